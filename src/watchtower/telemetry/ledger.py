"""What the metrics are made from: the last values and the counts, kept as cheaply as can be.

Written by the daemon's one thread; read by the exposition when somebody scrapes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from watchtower.core import events
from watchtower.core.deadlines.kinds import ClockBreached
from watchtower.core.deadlines.sla_clocks import Deadlines
from watchtower.core.explain_check import LossForeseen
from watchtower.core.incident.alerts import Alert, AlertKey
from watchtower.core.incident.incidents import Incident, Page, PageState
from watchtower.core.incident.kinds import UNREACHED
from watchtower.core.incident.payload import read_as
from watchtower.core.notify.taken_pages import REPORTED
from watchtower.core.plan import Plan
from watchtower.model import GONE, AlertState, Instant, Observation, Outcome, WatchGap
from watchtower.telemetry.metrics import FAST, LONG, SLOW, Histogram
from watchtower.texts.reasons import HOLDING_BACK

ENDED = (PageState.DELIVERED, PageState.FAILED, PageState.CANCELLED)
ACTIVE = (AlertState.PENDING, AlertState.FIRING)
OVER_BUDGET = "over_budget"
"""A page was not sent, because its channel's budget has no room for it."""
MISSED = ("missed", "max_instances", "error")
"""Why a run did not happen when it was due; exported from the start, so that the first one is an increase."""
TOOK = ("detect", "acknowledge", "mitigate", "resolve")
"""What is timed of an incident."""
_NONE = Deadlines()
_UP, _DOWN = Outcome.UP, Outcome.DOWN


class Ledger:
    """`series_bound` is how many series of one check are exported: their names may come from outside."""

    def __init__(self, series_bound: int) -> None:
        self.series_bound = series_bound
        self.plan = Plan()
        self.loaded_at: Instant = 0.0
        self.load_ok = self.load_held = False
        self.instance, self.leads = "", False
        self.last: dict[tuple[str, str], Observation] = {}
        self.series_of: Counter[str] = Counter()
        self.samples: dict[str, list[int]] = {}
        """By check: samples that were up, down, unknown."""
        self.dropped = 0
        self.alerts: dict[AlertKey, Alert] = {}
        self.incidents: dict[str, Incident] = {}
        self.opened: Counter[str] = Counter()
        self.drills: set[str] = set()
        """Drills that are not settled; they are counted nowhere."""
        self.took: defaultdict[tuple[str, str], Histogram] = defaultdict(lambda: Histogram(LONG))
        """By what happened (`TOOK`) and the worst severity so far: seconds from the onset."""
        self.deadlines: dict[str, Deadlines] = {}
        """By incident: its clocks and duties, while it is not settled."""
        self.breaches: Counter[tuple[str, str]] = Counter()
        self.outbox: dict[str, Page] = {}
        self.tried: set[str] = set()
        self.lanes_restarted = 0
        self.pages: Counter[tuple[str, str]] = Counter()
        self.suppressed: Counter[str] = Counter(dict.fromkeys((*HOLDING_BACK, OVER_BUDGET), 0))
        self.receipts: Counter[tuple[str, str]] = Counter()
        self.attempts: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[tuple[str, str]] = Counter()
        self.attempt_seconds: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(SLOW))
        self.delivery_seconds: defaultdict[str, Histogram] = defaultdict(lambda: Histogram(SLOW))
        self.missed: Counter[str] = Counter(dict.fromkeys(MISSED, 0))
        self.losses: Mapping[tuple[str, str], Sequence[LossForeseen]] = {}
        self.gap: WatchGap | None = None
        self.lag = Histogram(FAST)
        self.commit = Histogram(FAST)
        self.decisions = 0

    def gap_seconds(self, at: Instant) -> float:
        return self.gap.seconds if self.gap and at - self.gap.until < 3600.0 else 0.0

    def observe(self, observation: Observation) -> Observation | None:
        """Take note; the reading before this one, None when it is the first of its series.

        A reading beyond the bound of series is answered with itself: counted, otherwise let pass.
        """
        reading = observation.reading
        key = (observation.check, reading.series)
        if reading.reason == GONE:
            self.series_of[observation.check] -= self.last.pop(key, None) is not None
            return observation
        before = self.last.get(key)
        if before is None:
            if self.series_of[observation.check] >= self.series_bound:
                self.dropped += 1
                return observation
            self.series_of[observation.check] += 1
        self.last[key] = observation
        counts = self.samples.get(observation.check)
        if counts is None:
            counts = self.samples[observation.check] = [0, 0, 0]
        outcome = reading.outcome
        # By identity: hashing an enum's member costs more than all the rest.
        counts[0 if outcome is _UP else 1 if outcome is _DOWN else 2] += 1
        return before

    def decide(self, decision: events.Decision) -> None:
        match decision:
            case events.AlertChanged(alert=alert):
                if alert.state in ACTIVE:
                    self.alerts[alert.key] = alert
                else:
                    self.alerts.pop(alert.key, None)
            case events.IncidentChanged(incident=incident) if incident.drill:
                # Nothing is wrong: no graph and no alert on these figures should move. Its pages are real.
                (self.drills.discard if incident.settled else self.drills.add)(incident.id)
            case events.IncidentChanged(incident=incident):
                self._time(decision, incident)
                if incident.open:
                    if incident.id not in self.incidents:
                        self.opened[incident.severity] += 1
                    self.incidents[incident.id] = incident
                else:
                    self.incidents.pop(incident.id, None)
                if incident.settled:
                    self.deadlines.pop(incident.id, None)
            case events.Logged(incident=id, entry=entry) if (
                entry.kind.startswith("deadlines.") and id not in self.drills
            ):
                after = self.deadlines[id] = self.deadlines.get(id, _NONE).after(entry)
                breached = read_as(entry, ClockBreached) if entry.kind == ClockBreached.kind else None
                if breached is not None and (clock := after.clocks.get(breached.clock)):
                    self.breaches[clock.level, clock.name] += 1
            case events.NotPaged(reason=reason) if reason in self.suppressed:
                self.suppressed[reason] += 1
            case events.PageQueued(page=page):
                self.outbox[page.id] = page
            case events.PageChanged(state=state, channel=channel) if state in REPORTED:
                self.receipts[channel, state] += 1
            case events.PageChanged(page=id, state=state, reason=reason) if (
                state in ENDED and id in self.outbox
            ):
                page = self.outbox.pop(id)
                self.suppressed[OVER_BUDGET] += reason == OVER_BUDGET
                self.tried.discard(id)
                self.pages[page.channel, state] += 1
                if state is PageState.DELIVERED:
                    self.delivery_seconds[page.channel].observe(max(0.0, decision.at - page.created_at))
            case _:
                pass

    def _time(self, decision: events.IncidentChanged, incident: Incident) -> None:
        """Measures the time until now, when the event has a duration."""
        took: dict[str, Instant | None] = {}
        if decision.reason == "opened":
            took = {"detect": incident.opened_at}
        elif decision.reason == "acknowledged":
            took = {"acknowledge": incident.acknowledged_at}
        elif decision.reason == "resolved":
            took = {
                "mitigate": incident.mitigated_at or incident.resolved_at,
                "resolve": incident.resolved_at,
            }
        for name, at in took.items():
            if at is not None:
                self.took[name, incident.record].observe(max(0.0, at - incident.onset))

    def restore(
        self, alerts: Iterable[Alert], incidents: Iterable[Incident], pages: Iterable[Page],
        deadlines: Mapping[str, Deadlines],
    ) -> None:  # fmt: skip
        """Counts what was open before a restart as open, not as newly opened."""
        incidents = list(incidents)
        self.drills.update(incident.id for incident in incidents if incident.drill)
        self.deadlines.update((id, one) for id, one in deadlines.items() if id not in self.drills)
        self.alerts.update((alert.key, alert) for alert in alerts if alert.state in ACTIVE)
        self.incidents.update(
            (incident.id, incident) for incident in incidents if incident.open and not incident.drill
        )
        self.outbox.update((page.id, page) for page in pages if page.state not in ENDED)

    def load(self, plan: Plan, at: Instant) -> None:
        """Adopts a new plan; series of removed checks are no longer exported."""
        gone = self.plan.checks.keys() - plan.checks.keys()
        self.plan, self.loaded_at, self.load_ok = plan, at, True
        if not gone:
            return
        self.last = {key: seen for key, seen in self.last.items() if key[0] in plan.checks}
        self.series_of = Counter(check for check, _ in self.last)
        self.samples = {check: counts for check, counts in self.samples.items() if check in plan.checks}

    @property
    def unreached(self) -> int:
        """Open incidents without a delivered notification."""
        return sum(
            alert.rule == UNREACHED and alert.state is AlertState.FIRING for alert in self.alerts.values()
        )
