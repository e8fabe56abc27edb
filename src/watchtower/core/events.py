"""What goes into the engine, and what comes out.

Events in: `Observed`, `Ticked`, `ClockStepped`, `Acknowledged`, `ResolvedByHand`, `IncidentDeclared`, `IncidentLeft`,
`ActionRequest`, `DrillBegan`, `DrillStopped`, `CanaryAsked`, `SilenceAsked`, `SilenceEnded`, `ChangeAnnounced`, `OverrideAsked`,
`OverrideEnded`, `Switched`, `Delivered`, `Reported`, `PageFailing`, `Failed`, `ChannelBroken`, `WorkersSeen`.
Decisions out: `AlertChanged`, `IncidentChanged`, `PageQueued`, `PageChanged`, `NotPaged`, `Logged`, `Refused`,
each with a named reason, also when the answer is no. The shell writes all decisions of one event in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from watchtower.core.changes.change import ChangeEvent
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Address, Incident, Page, PageState
from watchtower.core.matchers import LabelMatcher
from watchtower.core.people.overrides import OnCallOverride
from watchtower.core.plan.drills import Drill
from watchtower.core.scene import Scene
from watchtower.errors import DeliveryFault
from watchtower.model import AlertState, Instant, Observation, Severity
from watchtower.values import Frozen, field


class Observed(Frozen):
    """A probe ran, or could not."""

    observation: Observation


class Ticked(Frozen):
    """Time passed: clocks, reminders and missing data are looked at. `at_most` bounds what one turn does of what is due
    (things looked at, decisions made); the rest is left for the next one, and `Engine.behind` says so."""

    at_most: float = inf


class ClockStepped(Frozen):
    """The clock was set, or the machine slept: `by` seconds that nobody lived through, negative when set back."""

    by: float


class Acknowledged(Frozen):
    """A person acknowledges an incident. `late`: they did so at another daemon, which told them that it counts: where it
    changes nothing any more, the log has it."""

    incident: str
    by: str
    via: str = "api"
    late: bool = False


class ResolvedByHand(Frozen):
    """A person says: it is over."""

    incident: str
    by: str
    via: str = "api"


class IncidentDeclared(Frozen):
    """A person says that something is wrong before any check does. Its severity is given, or follows by the matrix from
    `indicators`, as the action `indicator` takes them. `since` None: it began now. `origin`: that of the incident, where
    another daemon opened it and could not write it."""

    text: str
    by: str
    via: str = "api"
    flow: str = ""
    severity: Severity | None = None
    indicators: Mapping[str, str] = field(default_factory=dict)
    since: Instant | None = None
    origin: str = ""


class IncidentLeft(Frozen):
    """A leader that could not write this incident told these addresses of it, not that it is over, and leads no more.
    `alerts` are those that fire in it, `pages` what was taken, each with the channel that carried it and the receiver's id."""

    incident: Incident
    told: tuple[Address, ...]
    alerts: tuple[Alert, ...]
    pages: tuple[tuple[Page, str, str], ...] = ()


class ActionRequest(Frozen):
    """A person did something else to an incident: `action` is one of `core.features.ACTIONS`, `data` its fields."""

    incident: str
    action: str
    by: str
    via: str = "api"
    data: Mapping[str, Any] = field(default_factory=dict)


class DrillBegan(Frozen):
    """A drill is to begin, by the calendar or because `by` asks for it."""

    drill: Drill
    by: str = "watchtower"
    via: str = "calendar"


class DrillStopped(Frozen):
    """A person ends the drills that are under way."""

    by: str
    via: str = "api"


class CanaryAsked(Frozen):
    """These people, or everybody, are to be sent a test page by each of their channels."""

    responders: tuple[str, ...] = ()


class SilenceAsked(Frozen):
    """A person silences the alerts that fit these matchers, for this time; by `rrule` (RFC 5545) it recurs on the clocks
    of `zone`. Where it `replaces` a silence, that one ends."""

    matchers: tuple[LabelMatcher, ...]
    starts_at: Instant
    ends_at: Instant
    by: str
    reason: str = ""
    replaces: str = ""
    rrule: str = ""
    zone: str = "UTC"


class ChangeAnnounced(Frozen):
    """A person or CI reports a change; a report with a known key adds to what is known of it."""

    change: ChangeEvent


class SilenceEnded(Frozen):
    """A person ends a silence before its time."""

    silence: str
    by: str


class OverrideAsked(Frozen):
    """Somebody is to stand in, in an on-call schedule."""

    override: OnCallOverride


class OverrideEnded(Frozen):
    """A person takes an override back."""

    override: str
    by: str


class Switched(Frozen):
    """The shell threw a degradation plan's switch (`key`), or could not: `answer` is the receiver's, or why."""

    incident: str
    run: str
    phase: str
    key: str
    ok: bool
    answer: str = ""
    dry_run: bool = False


class Delivered(Frozen):
    """The far side took a page."""

    page: str
    incident: str
    reference: str = ""
    via: str = ""
    """Which of several channels of the kind took it, why, and which failed before: `sms.abroad (for any number) after
    sms.cn (http 503)`."""
    channel: str = ""
    """The configured one, as "sms.abroad"."""
    told_as: str = ""
    """What the page called the incident: a name, where that had no number yet."""


class Reported(Frozen):
    """A vendor says later what became of a page that `channel`, as "sms.cn", carried: `state` is `RECEIVED`, `READ`,
    `ANSWERED` or `UNDELIVERED`. The page is known by our id or by the vendor's `reference`; an `address` that the vendor
    names must be the page's. `acknowledges`: its person pressed the key that takes the incident."""

    channel: str
    state: PageState
    page: str = ""
    reference: str = ""
    address: str = ""
    code: str = ""
    fault: DeliveryFault = DeliveryFault.OTHER_CHANNEL
    acknowledges: bool = False


class PageFailing(Frozen):
    """A page is still tried, but has failed so often that others should be asked too."""

    page: str
    incident: str
    code: str


class Failed(Frozen):
    """A page was given up. `fault`: why it was not taken."""

    page: str
    incident: str
    code: str
    fault: DeliveryFault = DeliveryFault.RETRY


class TemplatesSeen(Frozen):
    """A vendor was asked for the templates of a channel: these are not approved now, by their code, and why."""

    channel: str
    withdrawn: Mapping[str, str]


class Unwatched(Frozen):
    """No daemon watched from `since` until now, which people are to be told of at this severity."""

    since: Instant
    severity: Severity


class ChannelBroken(Frozen):
    """A configured channel, as "sms.cn", takes no page until we mend something: credentials, template, balance, clock.

    `severity` is that of the page that it refused.
    """

    channel: str
    code: str
    detail: str
    severity: Severity


class WorkersSeen(Frozen):
    """Which workers of a location live now; the shell says it every few seconds, also where there is none."""

    location: str
    workers: tuple[str, ...]


Event = (
    Observed
    | Ticked
    | ClockStepped
    | Acknowledged
    | ResolvedByHand
    | IncidentDeclared
    | IncidentLeft
    | ActionRequest
    | DrillBegan
    | DrillStopped
    | CanaryAsked
    | SilenceAsked
    | SilenceEnded
    | ChangeAnnounced
    | OverrideAsked
    | OverrideEnded
    | Switched
    | Delivered
    | Reported
    | PageFailing
    | Failed
    | ChannelBroken
    | TemplatesSeen
    | Unwatched
    | WorkersSeen
)


class AlertChanged(Frozen):
    """An alert's state changed (or its texts while it fires). `alert` is the whole new state."""

    at: Instant
    reason: str
    alert: Alert
    previous: AlertState


class IncidentChanged(Frozen):
    """An incident was opened, changed or resolved. `reason` is the timeline's word for it:
    `opened`, `alert_added`, `alert_resolved`, `raised`, `lowered`, `acknowledged`, `resolved`,
    `notified`, `not_notified`, `settled`, ...; `detail` a short sentence; `by` who did it."""

    at: Instant
    reason: str
    incident: Incident
    detail: str = ""
    by: str = "watchtower"


class PageQueued(Frozen):
    """A new outbox row: this page must be sent."""

    at: Instant
    reason: str
    page: Page
    scene: Scene | None = None
    """What the mail's brief is written from, where the page has one."""


class PageChanged(Frozen):
    """An outbox row's state changed: delivered, failing, failed, cancelled (no longer needed), or as a receipt says."""

    at: Instant
    reason: str
    page: str
    incident: str
    state: PageState
    detail: str = ""
    via: str = ""
    """As in `Delivered`."""
    channel: str = ""


class NotPaged(Frozen):
    """Somebody was not told, and this is why (`acknowledged`, `no_policy`, `nobody_for_role`, ...)."""

    at: Instant
    reason: str
    incident: str
    detail: str = ""


class Logged(Frozen):
    """One more entry in an incident's log: what a room found, or what a person did."""

    at: Instant
    incident: str
    entry: LogEntry

    @property
    def reason(self) -> str:
        return self.entry.kind


class Refused(Frozen):
    """What a person asked for was not done; `detail` says why. Kept nowhere: it is the answer to them."""

    at: Instant
    reason: str
    incident: str
    detail: str


Decision = AlertChanged | IncidentChanged | PageQueued | PageChanged | NotPaged | Logged | Refused
