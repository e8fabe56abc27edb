"""What the API and the pages ask of the daemon. It is declared here, by its user; the package `app` implements it.

Everything that a page shows is the engine's and the store's own frozen values: nothing is copied into a
second vocabulary, and the JSON of the API is laid out in one place (`api/views.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from watchtower.channels.contract import CallbackAnswer, CallbackRequest
from watchtower.channels.listening import Press
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.events import IncidentDeclared, SilenceAsked
from watchtower.core.explain_check import Explanation, LossForeseen
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident, Page
from watchtower.core.people.overrides import OnCallOverride
from watchtower.core.plan import Plan
from watchtower.core.reviews.record import Record
from watchtower.core.silences.silence import AlertSilence
from watchtower.core.silences.suppress import Suppression
from watchtower.errors import Problem
from watchtower.history.curve import Curve
from watchtower.model import ChannelName, Instant, Observation, WatchGap
from watchtower.probes.held_alerts import HeldAlert, PostedAlert
from watchtower.report.drills import DrillReport
from watchtower.values import Frozen, field

if TYPE_CHECKING:
    from watchtower.store.jobs import Backlog
    from watchtower.store.kept_request import KeptRequest


class Status(Frozen):
    """The state of everything at `at`.

    `last` holds the newest observation by check and series; a check of the plan without an entry has not
    been measured yet. `alerts` are those pending or firing, `incidents` those open, worst and newest first.
    `problems` are those of the last reload that was refused; empty when the plan in force is the newest.
    """

    at: Instant
    started_at: Instant
    version: str
    plan: Plan
    last: Mapping[tuple[str, str], Observation] = field(default_factory=dict)
    alerts: Sequence[Alert] = ()
    incidents: Sequence[Incident] = ()
    loaded_at: Instant = 0.0
    problems: Sequence[Problem] = ()
    held: Sequence[Problem] = ()
    """What a reload would drop that waits for somebody to confirm it."""
    losses: Mapping[tuple[str, str], Sequence[LossForeseen]] = field(default_factory=dict)
    """What a loss that begins now would lead to, by check and series, as it was last foreseen."""
    without_zone: frozenset[tuple[str, str]] = frozenset()
    """Series whose traffic goes by the hours of the day, while nobody has said of which zone these are."""
    gap: WatchGap | None = None
    """When nobody watched before this daemon started, for an hour afterwards."""
    silences: Sequence[AlertSilence] = ()
    """Those that are pending or active."""
    overrides: Sequence[OnCallOverride] = ()
    """Who stands in, in on-call schedules, by people's word."""
    suppressed: Mapping[str, Suppression] = field(default_factory=dict)
    """Open incidents whose pages are held back, by id."""
    no_history: str = ""
    """Why the history of measurements is not kept now."""


class IncidentDetail(Frozen):
    """One incident with the alerts that hold it up, its timeline, and its pages in order.

    Each page comes with the number of attempts and the last answer or error.
    """

    incident: Incident
    alerts: Sequence[Alert] = ()
    timeline: Sequence[LogEntry] = ()
    pages: Sequence[tuple[Page, int, str]] = ()
    history: History | None = None
    """As the engine holds it; None for one that is settled: it is projected from the log."""
    unread: bool = False
    """The store does not answer: the log is missing, and so are pages that are no longer on their way."""


class CheckHistory(Frozen):
    """What a series measured from `since` on, in steps of so many seconds: a curve for each value, by its name."""

    check: str
    series: str
    since: Instant
    step: float
    curves: Mapping[str, Curve]


OFF = 2.0
"""Seconds by which a clock may be off before it is told, and times are moved."""
BEHIND = 5.0
"""Seconds for which workers' samples may wait before it is told."""


class InstanceRole(StrEnum):
    """What a daemon is to its store. `WAITING`: the store does not answer yet."""

    LEADER = "leader"
    STANDBY = "standby"
    WAITING = "waiting"


class InstanceStatus(Frozen):
    """The instance and its role. `leader` is the host and process that leads, `leader_url` where people reach
    it, `epoch` how often the lead has changed; empty and 0 where no other daemon could lead."""

    role: InstanceRole
    since: Instant
    instance: str = ""
    store: str = ""
    leader: str = ""
    leader_url: str = ""
    epoch: int = 0
    leads_since: Instant = 0.0
    """When the leader took over, by its clock; 0: an older version leads, which has not said."""
    unled: float | None = None
    """For how many seconds nobody led before; None where nobody watched that."""
    plan: str = ""
    """A hash of this daemon's configuration."""
    leader_plan: str = ""
    """A hash of the leader's; empty: not known."""
    standbys: Sequence[StandbyStatus] = ()
    workers: Sequence[WorkerStatus] = ()
    locations: Sequence[LocationStatus] = ()
    """Empty where there is no worker, and no check names one."""
    behind: float = 0.0
    """Seconds for which the oldest observation of a worker waited when it was last read."""
    jobs: Backlog | None = None
    """None where nobody has ever queued one, or it is not known here."""
    unfenced: int = 0
    """Pages that this process sent while another daemon might have led."""


class StandbyStatus(Frozen):
    """Another daemon that was there within the last seconds. `plan` is a hash of its configuration."""

    name: str
    since: Instant
    plan: str
    same_plan: bool
    """Whether that is the leader's; one with another waits longer before it takes over."""


class WorkerStatus(Frozen):
    """A worker that is alive. `plan` is a hash of its configuration, `skew` how many seconds its clock is ahead of the
    database's, `dropped` how many observations it could not send in time."""

    name: str
    location: str
    since: Instant
    plan: str
    same_plan: bool
    shards: int
    version: str
    skew: float
    dropped: int

    @property
    def odd(self) -> bool:
        """Somebody should look at it."""
        return not self.same_plan or abs(self.skew) > OFF or self.dropped > 0


class LocationStatus(Frozen):
    """Where checks are made; empty: where the daemon is. `held` of its `shards` have a worker that is alive. It is lost
    since `lost_since`; None: it is not."""

    name: str
    workers: int
    held: int
    shards: int
    home: bool
    """The daemon is there, and makes what no worker holds."""
    lost_since: Instant | None = None

    @property
    def free(self) -> int:
        """Shards whose checks nobody makes."""
        return 0 if self.home else self.shards - self.held


class ProvenWay(Frozen):
    """When a way to a person was last shown to work, and `by` what: `receipt`, `acknowledgement`, `canary`; never: empty."""

    at: Instant
    by: str


class CanaryPage(Frozen):
    """A page of a canary. `channel` is the configured one, as "sms.cn"; `rings`: it cannot be sent without a call; `answer`
    is the receiver's last one, or the last error."""

    responder: str
    channel: str
    state: str
    rings: bool
    attempts: int
    answer: str


class Practising(Protocol):
    """Drills, as the API and the pages use them."""

    async def begin(
        self, name: str, check: str, level: str, lasts: float | None, by: str, via: str
    ) -> tuple[str, str]:
        """Starts a drill; without `name`, one of this check at this severity. Returns its incident, or why there is none."""

    async def stop(self, by: str, via: str) -> Sequence[str]:
        """Stops the drills that are under way and returns their incidents."""

    async def canary(self, responder: str) -> tuple[str, str]:
        """Sends everybody, or this responder, a test page by each channel. Returns its id, or why there is none."""

    async def canary_pages(self, id: str) -> Sequence[CanaryPage]:
        """Returns its pages in order."""

    async def reports(self, limit: int, after: str = ...) -> Sequence[DrillReport]:
        """Returns the reports of the newest drills, newest first: with `after` of those before that one."""


class Watching(Protocol):
    """Any daemon, also one that stands by."""

    def standing(self) -> InstanceStatus: ...

    def status(self) -> Status: ...

    def queued(self) -> tuple[int, float]:
        """Returns the number of queued pages, and the age of the oldest in seconds."""

    def ready(self) -> Sequence[str]:
        """Returns what is wrong with it, one word each. `is_ready` says whether it is ready all the same."""

    async def metrics(self) -> tuple[Sequence[bytes], str]:
        """Returns the exposition in pieces, and its content type."""


class PassesOn(Protocol):
    """The way to the leader."""

    url: str

    async def ask(self, scope: Any, body: bytes, within: float = ...) -> Any:
        """Returns the leader's answer as far as its head, within so many seconds, as web/passing.py relays it."""


class StandingBy(Watching, Protocol):
    """A daemon that does not lead."""

    name: str

    def leader(self) -> PassesOn | None:
        """Returns the way to the leader; None while none is known."""

    async def keep(self, request: KeptRequest) -> bool:
        """Keeps a request for the next leader. False where the store is away, or too many are kept."""

    async def take(self, body: bytes) -> int:
        """Writes down for whoever leads next what this deed says, which a daemon has signed whose store does not take it
        (app/deeds.py). Returns the status of the answer."""


class RunningDaemon(Watching, Protocol):
    """The running daemon, as the API and the pages use it. A StoreError from any of these answers 503."""

    @property
    def practice(self) -> Practising: ...

    def ready(self) -> Sequence[str]:
        """Returns what is wrong with the daemon itself: `store`, `scheduler_late`, `log`.

        Neither a refused reload nor a mail server that is down is among them: the sidecar's unreadiness would
        take the product's own pod out of service.
        """

    async def incidents(
        self, *, open_only: bool, limit: int, before: tuple[Instant, int] = ...
    ) -> Sequence[Incident]:
        """Newest first, of those that opened `before` this one: when that was, and its number."""

    async def incident(self, id: str) -> IncidentDetail | None: ...

    async def history(
        self, check: str, series: str, since: Instant, until: Instant, points: int
    ) -> CheckHistory:
        """Returns its curves in steps so that there are at most so many `points`."""

    async def explain(self, check: str, series: str) -> Explanation:
        """Raises KeyError where there is no such check, and ValueError, naming the series, where it has no such series."""

    def written(self) -> bool:
        """Returns whether what people did so far is durable, or another daemon has it that can write."""

    async def acknowledge(self, incident: str, by: str, via: str) -> bool:
        """Returns False when there is no such open incident, or somebody has acknowledged it before."""

    async def declare(self, declared: IncidentDeclared) -> tuple[str, str]:
        """Opens an incident that a person saw first. Returns its id, or why there is none."""

    async def resolve(self, incident: str, by: str, via: str) -> bool:
        """Returns False when there is no such open incident, or an alert of it still fires."""

    async def records(self, since: Instant, until: Instant) -> Sequence[Record]:
        """Returns the records of incidents that opened from `since` on and before `until`, newest first; open ones as they
        stand."""

    async def log_root(self, until: Instant) -> tuple[str, str]:
        """Returns the newest day (UTC) before this moment that has a root of the log, and the root; empty for none."""

    async def lessons(self, words: Sequence[str], most: int) -> tuple[Sequence[Record], int]:
        """Returns the newest records in which all words are found, and how many more there are. Drills are left out."""

    async def do(self, incident: str, action: str, by: str, via: str, data: Mapping[str, Any]) -> str:
        """Does one of `core.features.ACTIONS`. Returns "" when it is done, else the reason in English; then nothing is
        changed."""

    async def silence(self, asked: SilenceAsked) -> tuple[str, str]:
        """Begins a silence. Returns its id, or why there is none."""

    async def ever_silenced(self) -> Sequence[tuple[AlertSilence, Instant]]:
        """Returns every silence that there ever was, with when it ended; infinite: it has not."""

    async def expire_silence(self, id: str, by: str) -> str:
        """Ends a silence. Returns "" when it is done, else the reason."""

    async def override(self, asked: OnCallOverride) -> tuple[str, str]:
        """Puts somebody on call. Returns the id of the override, or why there is none."""

    async def end_override(self, id: str, by: str) -> str:
        """Takes an override back. Returns "" when it is done, else the reason."""

    async def change(self, change: ChangeEvent) -> str:
        """Takes a report of a change. Returns "" when it is taken, else the reason."""

    async def published(self, since: Instant, limit: int) -> Sequence[str]:
        """Returns the incidents of which a status update was given since then, those of the newest first."""

    async def changes(self, since: Instant, until: Instant) -> Sequence[ChangeEvent]:
        """Returns changes that began or went on from `since` on and before `until`, in the order of their begin."""

    async def reload(self, confirmed: bool = False) -> Sequence[Problem]:
        """Reads the configuration again. Where it returns problems, the plan in force stays; else the new one is in force.
        One that would drop much is held, unless `confirmed`: then `status().held` is what it would drop."""

    async def called_back(self, channel: str, request: CallbackRequest) -> CallbackAnswer:
        """Passes a vendor's request, whose secret was right, to the channel. Returns what the vendor is told, once what it
        reports is durable. Raises CallbackRefused."""

    async def pressed(self, kind: ChannelName, press: Press) -> str:
        """Acknowledges for whoever has this address of this kind. Returns the answer, in their language."""

    def proven(self) -> Mapping[tuple[str, str], ProvenWay]:
        """Returns every way of the plan by responder and configured channel, as "sms.cn"."""

    def callback_url(self, channel: str) -> str:
        """Returns where this channel's vendor reports to; empty without a base URL or a `callback_secret`."""

    def push(self, check: str, counts: Mapping[str, float], at: Instant, series: str = "") -> None:
        """Passes counts to a push check. Raises KeyError where there is no push check of that name, and ValueError with
        the reason of a refusal."""

    def take_alerts(self, check: str, alerts: Sequence[PostedAlert], address: str, at: Instant) -> None:
        """Passes alerts that somebody else raised, and sent from this address, to a check of the probe `alertmanager`."""

    def others_alerts(self) -> Sequence[tuple[str, HeldAlert]]:
        """Returns the alerts that others raised and that fire, each with the check that took it."""

    async def export(self, check: str, body: bytes, headers: Mapping[str, str], at: Instant) -> None:
        """Passes metrics to a check of the probe `otlp`. Raises ValueError with the reason of a refusal."""


NO_HINDRANCE = frozenset({"log"})
"""Reasons that are reported and leave the daemon ready: it watches and pages as always."""


def is_ready(reasons: Sequence[str]) -> bool:
    """Whether nothing hinders checks or paging. An unready sidecar takes the product's own pod out of
    service."""
    return NO_HINDRANCE.issuperset(reasons)
