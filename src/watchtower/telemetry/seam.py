"""Turns each decision into one log event and its metrics: state changes at info, the rest at debug."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from watchtower.core import events
from watchtower.core.deadlines.sla_clocks import Deadlines
from watchtower.core.explain_check import LossForeseen
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident, Page, PageState
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.errors import Problem
from watchtower.logs import log
from watchtower.model import Instant, Observation, Outcome, WatchGap
from watchtower.telemetry.exposition import CONTENT_TYPE, Forwarding, HistoryState, MetricsPage
from watchtower.telemetry.ledger import Ledger
from watchtower.telemetry.series_text import Known
from watchtower.values import Frozen

SERIES_BOUND = 1000
"""Series of one check that are exported: as many as the engine follows. The check's own counts as one of them."""
NO_DEADLINES: Mapping[str, Deadlines] = {}
_NOTIFIED = {"notified": "notification_delivered", "not_notified": "notification_failed"}
"""Log events of what became of a notification; the other changes of an incident are `incident_REASON`."""
_BAD = (PageState.FAILING, PageState.FAILED, PageState.UNDELIVERED)
LINES = 1000
"""Lines of the log a second about checks, alerts, incidents and pages. The rest of a storm is counted: ten thousand checks that
fail at once would be a hundred thousand lines, which nobody reads and the loop has to make. Timelines have them all."""
SLOW_COMMIT = 1.0
"""Seconds from which a transaction is worth a warning: pages wait for it."""


class Attempt(Frozen):
    """One try at handing over a page by a configured channel, as "sms.cn". `outcome` is `delivered`, `retry` (will be
    tried again), `failover` (now by another channel of the kind) or `failed` (given up); `code` is the far side's
    answer, `reference` its own id; `seconds` how long it took."""

    at: Instant
    page: str
    incident: str
    responder: str
    channel: str
    number: int
    outcome: str
    seconds: float
    code: str = ""
    detail: str = ""
    reference: str = ""
    fault: str = ""
    """What followed from it, one of `errors.DeliveryFault`; empty for `delivered`."""


class Telemetry:
    """The daemon reports events to this object, which passes them to Prometheus and the log."""

    def __init__(
        self, version: str, *, clock: Callable[[], Instant] = time.time, series_bound: int = SERIES_BOUND
    ) -> None:
        self._ledger = Ledger(series_bound)
        self._exposition = MetricsPage(self._ledger, version, clock)
        self._clock = clock
        self._logger = logging.getLogger("watchtower")
        self._lines = 0

    def observed(self, observation: Observation, check: Check) -> None:
        """Counts a sample. The hot path: under 3 µs when nothing changed."""
        before = self._ledger.observe(observation)
        outcome = observation.reading.outcome
        previous = before.reading.outcome if before is not None else Outcome.UP
        if outcome is not previous and self._may_say():
            log.info(
                "check_changed",
                **_of(observation),
                flow=check.flow_of(observation.reading.series),
                previous=previous,
            )
        elif self._logger.isEnabledFor(logging.DEBUG):
            log.debug("observed", **_of(observation), measurements=observation.reading.measurements)

    def decided(self, decision: events.Decision) -> None:
        self._ledger.decide(decision)
        bad = isinstance(decision, events.PageChanged) and decision.state in _BAD
        if not (self._may_say() or bad):
            return
        match decision:
            case events.AlertChanged(alert=alert, reason=reason, previous=previous):
                say = log.info if alert.state is not previous else log.debug
                say(f"alert_{alert.state}", reason=reason, **_alert(alert), previous=previous)
            case events.IncidentChanged(incident=incident, reason=reason, detail=detail, by=by):
                event = _NOTIFIED.get(reason, f"incident_{reason}")
                log.info(event, **_incident(incident), detail=detail, by=by)
            case events.PageQueued(page=page, reason=reason):
                log.info("notification_queued", reason=reason, **_page(page))
            case events.PageChanged(state=state, reason=reason, detail=detail):
                say = log.warning if state in _BAD else log.info
                say(
                    f"page_{state}",
                    reason=reason,
                    page=decision.page,
                    incident=decision.incident,
                    detail=detail,
                )
            case events.Logged(incident=incident_id, entry=entry):
                say = log.debug if entry.kind == "impact.measured" else log.info
                say("incident_log", incident=incident_id, kind=entry.kind, detail=entry.detail, by=entry.by)
            case events.Refused(incident=incident_id, detail=detail):
                log.info("refused", incident=incident_id, detail=detail)
            case events.NotPaged(reason=reason, incident=incident_id, detail=detail):
                log.info("notification_suppressed", reason=reason, incident=incident_id, detail=detail)

    def _may_say(self) -> bool:
        """Whether the log has room in this second; at debug it always has."""
        if self._logger.isEnabledFor(logging.DEBUG):
            return True
        self._lines += 1
        return self._lines <= LINES

    def attempted(self, attempt: Attempt) -> None:
        self._ledger.attempts[attempt.channel, attempt.outcome] += 1
        if attempt.fault:
            self._ledger.faults[attempt.channel, attempt.fault] += 1
        if attempt.page in self._ledger.outbox:
            self._ledger.tried.add(attempt.page)
        self._ledger.attempt_seconds[attempt.channel].observe(attempt.seconds)
        say = log.info if attempt.outcome == "delivered" else log.warning
        say(
            "page_attempt", **_picked(attempt, "outcome page incident responder channel number"),
            seconds=round(attempt.seconds, 4), **_picked(attempt, "code detail reference fault"),
        )  # fmt: skip

    def lane_restarted(self) -> None:
        """A delivery task failed and was started again."""
        self._ledger.lanes_restarted += 1

    def listeners(self, up: Callable[[], Mapping[str, bool]]) -> None:
        """Sets the source that a scrape asks which channels listen, and whether each is connected."""
        self._exposition.listeners = up

    def reloaded(self, ok: bool, problems: Sequence[Problem] = (), plan: Plan | None = None) -> None:
        """The configuration was read: `plan` is in force when it was accepted, else `problems` lists the
        errors."""
        self._ledger.load_ok, self._ledger.load_held = ok, False
        if plan is not None and ok:
            self._ledger.load(plan, self._clock())
            log.info(
                "configuration_loaded",
                checks=len(plan.checks),
                rules=len(plan.rules),
                responders=len(plan.responders),
            )
        elif not ok:
            log.error("configuration_refused", problems=[str(problem) for problem in problems])

    def load(self, plan: Plan) -> None:
        """Adopts a plan whose acceptance was logged already."""
        self._ledger.load(plan, self._clock())

    def held(self, problems: Sequence[Problem]) -> None:
        """The configuration was read and would drop much. The old plan stays until somebody confirms."""
        self._ledger.load_held = True
        log.error("configuration_held", problems=[str(problem) for problem in problems])

    def restored(
        self, alerts: Iterable[Alert], incidents: Iterable[Incident], pages: Iterable[Page],
        deadlines: Mapping[str, Deadlines] = NO_DEADLINES,
    ) -> None:  # fmt: skip
        """Loads the store's state at the start; `deadlines` by incident, projected from its log."""
        self._ledger.restore(alerts, incidents, pages, deadlines)
        log.info("restored", incidents=len(self._ledger.incidents), pages=len(self._ledger.outbox))

    def scheduler_event(self, kind: str, check: str = "") -> None:
        """A scheduled run did not happen: `missed`, `max_instances`, … (a bounded set of words)."""
        self._ledger.missed[kind] += 1

    def scheduler_lag(self, seconds: float) -> None:
        """How late a run started. Called at every run, so it is cheap."""
        self._ledger.lag.observe(max(0.0, seconds))

    def store_commit(self, seconds: float, n: int) -> None:
        """A transaction of `n` decisions became durable."""
        self._ledger.commit.observe(seconds)
        self._ledger.decisions += n
        if seconds >= SLOW_COMMIT:
            log.warning("store_slow", seconds=round(seconds, 3), decisions=n)

    @property
    def decisions(self) -> int:
        """Counts what was written to the store since the start."""
        return self._ledger.decisions

    def stands(self, instance: str, *, leads: bool, led: Callable[[], Any]) -> None:
        """Which instance this is, and whether it leads; a scrape asks `led` who does, and who stands by."""
        self._ledger.instance, self._ledger.leads = instance, leads
        self._exposition.led = led

    def queued(self) -> tuple[int, float]:
        """The number of queued pages and the age of the oldest in seconds."""
        created = [page.created_at for page in self._ledger.outbox.values()]
        return len(created), max(0.0, self._clock() - min(created)) if created else 0.0

    def journal(self, lag: Callable[[], tuple[int, float]]) -> None:
        """Sets the source that a scrape asks for the number and age of unwritten decisions."""
        self._exposition.store_lag = lag

    def gap(self, span: WatchGap) -> None:
        """When no daemon watched before this one started."""
        self._ledger.gap = span

    def silences(self, count: Callable[[], int]) -> None:
        """Sets the source that a scrape asks for the number of silences that are not over."""
        self._exposition.silences = count

    def history(self, state: HistoryState) -> None:
        """Sets the source that a scrape asks how the history stands."""
        self._exposition.history = state

    def forwarding(self, state: Forwarding) -> None:
        """Sets the source that a scrape asks what became of alerts that go out."""
        self._exposition.forwarding = state

    def proven(self, ways: Callable[[], Mapping[tuple[str, str], Any]]) -> None:
        """Sets the source that a scrape asks when (`at`) each way to a person was last shown to work."""
        self._exposition.proven = ways

    def readiness(self, reasons: Callable[[], Sequence[str]]) -> None:
        """Sets the source that a scrape asks for reasons of not being ready: words of `metrics.REASONS`."""
        self._exposition.not_ready = reasons

    def foreseen(self, losses: Mapping[tuple[str, str], Sequence[LossForeseen]]) -> None:
        """What a loss that begins now would lead to, by check and series."""
        self._ledger.losses = losses

    def facts(self, known: Callable[[], Known]) -> None:
        """Sets the source that a scrape asks what the engine knows of each series."""
        self._exposition.known = known

    async def scrape(self) -> tuple[Sequence[bytes], str]:
        """The exposition in pieces, and its content type."""
        return await self._exposition.pieces(), CONTENT_TYPE

    def tidy(self) -> None:
        """Drops what was kept for scrapes that share it, and says how much of a storm the log left out. Called about every
        second."""
        self._exposition.tidy()
        left_out, self._lines = self._lines - LINES, 0
        if left_out > 0:
            log.info("log_lines_left_out", count=left_out)


def _picked(it: object, names: str) -> dict[str, object]:
    """These attributes, each by its name or as `key=attribute`."""
    pairs = (name.partition("=") for name in names.split())
    return {key: getattr(it, attribute or key) for key, _, attribute in pairs}


def _of(observation: Observation) -> dict[str, object]:
    reading = observation.reading
    return {
        "check": observation.check,
        **_picked(reading, "series outcome reason detail"),
        "duration": round(observation.duration, 4),
        "at": observation.at,
    }


def _alert(alert: Alert) -> dict[str, object]:
    return {**_picked(alert, "rule check series severity incident"), "text": alert.text.en}


def _incident(incident: Incident) -> dict[str, object]:
    return _picked(incident, "incident=id key state severity record")


def _page(page: Page) -> dict[str, object]:
    return _picked(page, "page=id incident responder channel kind failover_of")
