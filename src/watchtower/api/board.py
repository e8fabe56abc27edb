"""What the board asks of the daemon: the status, and what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from watchtower.api.contract import InstanceRole, InstanceStatus, ProvenWay, RunningDaemon, Status
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Address, Page, PageState
from watchtower.core.sources import Series
from watchtower.model import Instant, Value
from watchtower.values import Frozen, field

SLOT, SLOTS = 300.0, 288
"""Seconds of one point of a day's curve, and points of a day."""
STEP = 6
"""Points of the curve for one of the band."""
INCIDENT, SILENCED = 1, 2
"""Bits of `DayOfFlow.marks`."""


class DayOfFlow(Frozen):
    """The last 24 hours of a flow, up to the slot that ends at `until`. Rates are requests per second, None where nothing
    was measured; `low` and `high` bound what was expected, with a point for `STEP` slots. `marks` has a byte a slot."""

    until: Instant
    observed: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]
    marks: bytes = bytes(SLOTS)


class SilenceForeseen(Frozen):
    """If no request came from now on, `rule` would fire after so many `seconds` and page `pages`. Without a rule none
    would within `seconds`."""

    seconds: float
    rule: str = ""
    pages: Sequence[Address] = ()


class FlowTraffic(Frozen):
    """What a flow's detectors say now. Rates are requests per second; None is unknown.

    `share` is what comes of what is expected since `onset`, `success` the share of requests that did not fail. `closed`:
    nothing is expected at this time.
    """

    series: Sequence[Series]
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    success: float | None = None
    share: float | None = None
    onset: Instant | None = None
    silent: bool = False
    few: bool = False
    surge: bool = False
    known: bool = False
    closed: bool = False
    day: DayOfFlow | None = None
    silence: SilenceForeseen | None = None


class BoardPage(Frozen):
    """A page, its state, and when it came to it."""

    page: Page
    state: PageState
    at: Instant


class BoardStatus(Frozen):
    """Everything that the board says. `facts` are what rules were last shown, by check and series; `pages` the newest
    pages, the newest first; `queued` the number of pages that wait and the age of the oldest."""

    status: Status
    standing: InstanceStatus = field(default_factory=lambda: InstanceStatus(InstanceRole.LEADER, 0.0))
    flows: Mapping[str, FlowTraffic] = field(default_factory=dict)
    facts: Mapping[Series, Sequence[Value]] = field(default_factory=dict)
    histories: Mapping[str, History] = field(default_factory=dict)
    pages: Sequence[BoardPage] = ()
    proven: Mapping[tuple[str, str], ProvenWay] = field(default_factory=dict)
    not_ready: Sequence[str] = ()
    queued: tuple[int, float] = (0, 0.0)


class BoardDaemon(RunningDaemon, Protocol):
    """The running daemon, as the board uses it."""

    def board(self) -> BoardStatus:
        """Returns everything that the board says, copied for another thread."""
