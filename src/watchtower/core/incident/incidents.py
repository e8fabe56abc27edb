"""The incident: what people deal with. It holds alerts together, and remembers who was told what.

An incident that is over is kept until everyone who was told "firing" has been told that it is resolved, or no longer
watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from watchtower.core.incident.identity import told_as
from watchtower.core.incident.kinds import IncidentKind, kind_of
from watchtower.core.notify.messages import Message
from watchtower.model import ChannelName, IncidentState, Instant, Severity, Text
from watchtower.page_kinds import PageKind
from watchtower.values import Frozen, field

Address = tuple[str, ChannelName]
"""A responder's name and one of the channels to reach them."""


def named(identity: str, origin: str) -> str:
    """An identity for outside, such as `INC-7.1.li.sms`, that no other instance gives."""
    return f"{identity}.{origin}" if origin else identity


class PageState(StrEnum):
    """The state of a page. `HELD`: it waits to be told with others, or another page tells of it. `FAILING`: attempts
    go on, but others have been paged instead. `DELIVERED`: its far side took it. What the far side reports later, where it
    does: `RECEIVED` (the phone or the mailbox has it), `READ`, `ANSWERED` (a call, by a person or by a mailbox), or
    `UNDELIVERED`."""

    HELD = "held"
    QUEUED = "queued"
    FAILING = "failing"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RECEIVED = "received"
    ANSWERED = "answered"
    READ = "read"
    UNDELIVERED = "undelivered"


TAKEN = (PageState.DELIVERED, PageState.ANSWERED, PageState.RECEIVED, PageState.READ)
"""Its far side took it, and has not said that it did not arrive."""
PENDING = (PageState.QUEUED, PageState.FAILING, PageState.HELD)
"""On its way: it may still arrive."""


class Page(Frozen):
    """One message to one address: the outbox row. `id` is stable: the receiver recognises a repetition by it."""

    id: str
    incident: str
    responder: str
    channel: ChannelName
    kind: PageKind
    message: Message
    created_at: Instant
    state: PageState = PageState.QUEUED
    failover_of: str = ""
    origin: str = ""
    """The incident's; within its identities, but not in what people read."""
    carries: tuple[str, ...] = ()
    """Pages that it tells of beside its own incident: what becomes of it becomes of them."""
    spent: tuple[str, ...] = ()
    """Channels of its kind that must not carry it, as "sms.cn": their budget has no room for it."""

    @property
    def thread(self) -> str:
        """The thread name, the same for every message of the incident to this address."""
        who = told_as(self.incident, self.origin)
        return named(f"{who}.{self.responder}.{self.channel}", self.origin)

    @property
    def address(self) -> Address:
        return self.responder, self.channel


class Notified(Frozen):
    """The notifications of one address: the state of its last firing page and of its resolved page."""

    firing: PageState = PageState.QUEUED
    resolved: PageState | None = None
    informed: bool = False
    """Only informed, never asked to acknowledge: that they know reaches nobody who would act."""


class Incident(Frozen):
    """`severity` is the response severity now, `record` the worst so far; `pages` counts pages sent."""

    id: str
    key: str
    """What it is about: `flow:checkout`, `check:bank-gateway`, `no_data`, `unreached`, `drill:monday`,
    `channel:sms.cn`, `declared:INC-7`."""
    title: Text
    flow: str
    state: IncidentState
    severity: Severity
    record: Severity
    opened_at: Instant
    onset: Instant
    acknowledged_at: Instant | None = None
    acknowledged_by: str = ""
    acks_missing: int = 0
    """How many people more must acknowledge before it counts as acknowledged."""
    resolved_at: Instant | None = None
    """When it ended: was resolved, or was no longer watched."""
    reminded_at: Instant | None = None
    """When people were last told of it."""
    pages: int = 0
    notified: Mapping[Address, Notified] = field(default_factory=dict)
    sop: str = ""
    flows: tuple[str, ...] = ()
    """All flows that it concerns; `flow` is the first."""
    matrix: bool = False
    """Graded by the severity matrix, by one alert at least."""
    drill: bool = False
    """Nothing is wrong: people practise."""
    mitigated_at: Instant | None = None
    """Since when nothing of it fires any more, while it is watched whether it stays so."""
    again_at: Instant | None = None
    """When it began to be bad again, after it was well; None while it never was."""
    merged_into: str = ""
    """The incident in which this one goes on: what it depends on turned out to fail."""
    settled: bool = False
    """It is over, everybody was notified of the end, and an alert that fires again would open another incident."""
    origin: str = ""
    """Which instance opened it, and when, or a word (`identity.py`): `INC-7` is another incident on another instance, and
    after a backup was restored. Empty in a backtest, and for incidents of before instances had an id."""
    told_as: str = ""
    """The name by which people were told of it before it had a number, or by another daemon."""

    @property
    def kind(self) -> IncidentKind:
        return kind_of(self.key)

    @property
    def open(self) -> bool:
        return not self.state.ended

    @property
    def notified_all(self) -> bool:
        """Whether it is resolved, and everybody was notified of that."""
        return not self.open and all(
            t.firing not in PENDING and t.resolved not in PENDING for t in self.notified.values()
        )
