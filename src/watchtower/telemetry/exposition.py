"""The metrics as Prometheus families, made at a scrape and kept for a second.

They are made in pieces, and the event loop has its turn between them: of ten thousand series all at once are 200 ms.
"""

from __future__ import annotations

import asyncio
import math
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from watchtower import logs
from watchtower.core.deadlines.duty_state import DutyStanding
from watchtower.core.incident.kinds import ALWAYS
from watchtower.core.notify.taken_pages import REPORTED
from watchtower.core.plan.targets import CLOCKS, Begin
from watchtower.errors import DeliveryFault
from watchtower.imports import SERVERS, hollow
from watchtower.model import AlertState, IncidentState, Instant, Severity
from watchtower.telemetry import metrics as m
from watchtower.telemetry.ledger import ACTIVE, ENDED, TOOK, Ledger
from watchtower.telemetry.series_text import Known, series_text

with hollow(*SERVERS):
    from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
    from prometheus_client.metrics_core import Metric as Family

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
Samples = Iterable[tuple[tuple[str, ...], float]]
_KEPT = 1.0


class HistoryState(Protocol):
    """What is said of the history: why it is not written, slots that were lost, bytes of its file or 0."""

    problem: str
    lost: int
    size: int


class Forwarding(Protocol):
    """What is said of the alerts that go out to Alertmanagers."""

    def counts(self) -> Mapping[tuple[str, str], int]: ...

    def up(self) -> Mapping[str, bool]: ...


class MetricsPage:
    """`text()` is the page at `/metrics`; scrapes within one second share it."""

    def __init__(self, ledger: Ledger, version: str, clock: Callable[[], Instant]) -> None:
        self.ledger, self.version, self.clock = ledger, version, clock
        self.not_ready: Callable[[], Iterable[str]] = tuple
        """Asked at every scrape."""
        self.silences: Callable[[], int] = int
        self.proven: Callable[[], Mapping[tuple[str, str], Any]] = dict
        self.listeners: Callable[[], Mapping[str, bool]] = dict
        self.known: Callable[[], Known] = lambda: ({}, {})
        self.history: HistoryState | None = None
        self.forwarding: Forwarding | None = None
        self.led: Callable[[], Any] = lambda: None
        """Returns an `InstanceStatus` of api/contract.py; None where only one daemon can lead."""
        self.store_lag: Callable[[], tuple[int, float]] = lambda: (0, 0.0)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._made_at: Instant = 0.0
        self._making: asyncio.Task[Sequence[bytes]] | None = None

    async def pieces(self) -> Sequence[bytes]:
        """The page, in pieces; who gave up waiting stops nobody else's."""
        if not self._is_fresh() or self._making is None:
            self._made_at, self._making = self.clock(), asyncio.create_task(self._make(), name="metrics")
        return await asyncio.shield(self._making)

    def tidy(self) -> None:
        """Drops the shared page when it is too old to share: with ten thousand series it takes megabytes."""
        if self._making is not None and self._making.done() and not self._is_fresh():
            self._making = None

    def _is_fresh(self) -> bool:
        return 0 <= self.clock() - self._made_at < _KEPT

    async def _make(self) -> Sequence[bytes]:
        made = [generate_latest(self._registry)]
        for piece in series_text(self.ledger, self.known()):
            if piece:
                made.append(piece)
            await asyncio.sleep(0)
        return made

    def collect(self) -> Iterator[Family]:
        yield from self._losses()
        yield from self._incidents()
        for metric, samples in clock_samples(self.ledger, self.clock()):
            yield family(metric, samples)
        yield from self._pages()
        yield from self._daemon()

    def _losses(self) -> Iterator[Family]:
        ledger = self.ledger
        yield family(m.SAMPLES_DROPPED, [((), ledger.dropped)])
        losses = [
            ((*series, f"{one.share:g}"), one) for series, some in ledger.losses.items() for one in some
        ]
        yield family(
            m.LOSS_SECONDS, ((of, math.inf if one.seconds is None else one.seconds) for of, one in losses)
        )
        yield family(m.LOSS_REQUESTS, ((of, one.requests) for of, one in losses if one.requests is not None))

    def _incidents(self) -> Iterator[Family]:
        ledger = self.ledger
        alerts = {(rule, state.value): 0 for rule in (*ledger.plan.rules, *ALWAYS) for state in ACTIVE}
        for alert in ledger.alerts.values():
            alerts[alert.rule, alert.state.value] = alerts.get((alert.rule, alert.state.value), 0) + 1
        yield family(m.ALERTS, alerts.items())
        yield family(m.ALERT, alert_samples(ledger))
        opened = dict.fromkeys(Severity, 0)
        for incident in ledger.incidents.values():
            opened[incident.severity] += 1
        yield family(m.INCIDENTS_OPEN, (((s.value,), n) for s, n in opened.items()))
        waiting = sum(incident.state is IncidentState.TRIGGERED for incident in ledger.incidents.values())
        yield family(m.INCIDENTS_UNACKNOWLEDGED, [((), waiting)])
        yield family(m.INCIDENTS, (((s.value,), ledger.opened[s]) for s in Severity))
        timed = (m.INCIDENT_DETECT, m.INCIDENT_ACKNOWLEDGE, m.INCIDENT_MITIGATE, m.INCIDENT_RESOLVE)
        for name, metric in zip(TOOK, timed, strict=True):
            yield histograms(metric, (((s.value,), ledger.took[name, s]) for s in Severity))
        yield family(m.UNREACHED, [((), ledger.unreached)])

    def _pages(self) -> Iterator[Family]:
        ledger = self.ledger
        channels = sorted({*ledger.plan.channels, *(channel for channel, _ in ledger.attempts)})
        kinds = sorted({*(name.partition(".")[0] for name in channels), *(kind for kind, _ in ledger.pages)})
        yield family(m.PAGES, (((k, s.value), ledger.pages[k, s]) for k in kinds for s in ENDED))
        yield family(m.PAGES_SUPPRESSED, (((reason,), n) for reason, n in ledger.suppressed.items()))
        yield family(m.SILENCES, [((), self.silences())])
        outcomes = ("delivered", "retry", "failover", "failed")
        yield family(m.PAGE_ATTEMPTS, (((c, o), ledger.attempts[c, o]) for c in channels for o in outcomes))
        yield family(m.PAGE_FAULTS, (((c, f), ledger.faults[c, f]) for c in channels for f in DeliveryFault))
        yield family(m.PAGE_RECEIPTS, (((c, o), ledger.receipts[c, o]) for c in channels for o in REPORTED))
        yield family(m.CHANNEL_PROVEN, ((key, way.at) for key, way in self.proven().items()))
        yield histograms(m.PAGE_ATTEMPT, (((c,), ledger.attempt_seconds[c]) for c in channels))
        yield histograms(m.PAGE_DELIVERY, (((k,), ledger.delivery_seconds[k]) for k in kinds))
        now = self.clock()
        oldest = min((page.created_at for page in ledger.outbox.values()), default=now)
        yield family(m.OUTBOX, [((), len(ledger.outbox))])
        yield family(m.OUTBOX_OLDEST, [((), max(0.0, now - oldest))])
        untried = (page.created_at for id, page in ledger.outbox.items() if id not in ledger.tried)
        yield family(m.OUTBOX_UNTRIED, [((), max(0.0, now - min(untried, default=now)))])
        yield family(m.LISTENER_UP, (((name,), up) for name, up in self.listeners().items()))
        if self.forwarding is not None:
            yield family(m.FORWARDED, self.forwarding.counts().items())
            yield family(m.FORWARD_UP, (((name,), up) for name, up in self.forwarding.up().items()))
        yield family(m.DELIVERY_RESTARTS, [((), ledger.lanes_restarted)])

    def _led(self) -> Iterator[Family]:
        led = self.led()
        if led is None:
            return
        yield family(m.LEADER_EPOCH, [((), led.epoch)])
        yield family(m.LEADER_SINCE, [((), led.leads_since)] if led.leads_since else [])
        yield family(m.UNLED, [((), led.unled)] if led.unled is not None else [])
        yield family(m.UNFENCED, [((), led.unfenced)])
        same = [one.same_plan for one in led.standbys]
        yield family(m.STANDBYS, [(("same",), same.count(True)), (("other",), same.count(False))])
        if led.jobs is not None:
            yield family(m.JOBS, [(("queued",), led.jobs.queued), (("taken",), led.jobs.taken)])
            yield family(m.JOBS_OLDEST, [((), led.jobs.oldest)])
        if led.locations:
            plans = Counter((one.location, "same" if one.same_plan else "other") for one in led.workers)
            of = [(one.name, plan) for one in led.locations for plan in ("same", "other")]
            yield family(m.WORKERS, ((key, plans[key]) for key in of))
            states = [(one, state) for one in led.locations for state in ("held", "free")]
            held = (((one.name, s), one.held if s == "held" else one.shards - one.held) for one, s in states)
            yield family(m.SHARDS, held)
            yield family(m.BEHIND, [((), led.behind)])
            up = [((one.name,), one.lost_since is None) for one in led.locations]
            yield family(m.LOCATION_UP, up)

    def _daemon(self) -> Iterator[Family]:
        ledger = self.ledger
        yield family(m.BUILD_INFO, [((self.version, platform.python_version()), 1)])
        yield family(m.INSTANCE_INFO, [((ledger.instance,), 1)] if ledger.instance else [])
        yield family(m.LEADER, [((), ledger.leads)])
        yield from self._led()
        against = set(self.not_ready())
        yield family(m.NOT_READY, (((reason,), reason in against) for reason in m.REASONS))
        yield family(m.GAP, [((), ledger.gap_seconds(self.clock()))])
        yield family(m.LOG_DROPPED, [((), logs.dropped())])
        yield family(m.SCHEDULER_MISSED, (((kind,), n) for kind, n in ledger.missed.items()))
        yield histograms(m.SCHEDULER_LAG, [((), ledger.lag)])
        yield family(m.RELOAD_SUCCESS, [((), ledger.load_ok)])
        yield family(m.RELOAD_HELD, [((), ledger.load_held)])
        yield family(m.RELOAD_TIMESTAMP, [((), ledger.loaded_at)])
        yield histograms(m.STORE_COMMIT, [((), ledger.commit)])
        yield family(m.STORE_LOG_ENTRIES, [((), ledger.decisions)])
        waiting, behind = self.store_lag()
        yield family(m.STORE_WAITING, [((), waiting)])
        yield family(m.STORE_BEHIND, [((), behind)])
        history = self.history
        if history is not None:
            yield family(m.HISTORY_UP, [((), not history.problem)])
            yield family(m.HISTORY_LOST, [((), history.lost)])
            yield family(m.HISTORY_BYTES, [((), history.size)] if history.size else [])


def family(metric: m.Metric, samples: Samples) -> Family:
    """A gauge or a counter with these samples: the label values in order, and a value."""
    if metric.type is m.Type.COUNTER:
        out: Family = CounterMetricFamily(
            metric.name.removesuffix("_total"), metric.help, labels=metric.labels
        )
    else:
        out = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for values, value in samples:
        out.add_sample(metric.name, dict(zip(metric.labels, values, strict=True)), float(value))
    return out


def histograms(metric: m.Metric, rows: Iterable[tuple[tuple[str, ...], m.Histogram]]) -> Family:
    out = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for values, histogram in rows:
        out.add_metric(values, buckets=histogram.cumulative(), sum_value=histogram.total)
    return out


def alert_samples(ledger: Ledger) -> Samples:
    """Those that fire first, the worst first, as far as the bound goes: all are counted in `watchtower_alerts`."""
    worst = sorted(
        ledger.alerts.values(), key=lambda one: (one.state is not AlertState.FIRING, one.severity.rank)
    )
    for alert in worst[: ledger.series_bound]:
        incident, check = ledger.incidents.get(alert.incident), ledger.plan.checks.get(alert.check)
        severity = incident.severity if incident is not None else alert.severity
        flow = check.flow_of(alert.series) if check is not None else ""
        named = (alert.rule, alert.state.value, severity.value, alert.check, alert.series, flow)
        yield (*named, alert.incident), 1.0


SHOWN = (DutyStanding.WATCH, DutyStanding.TRIGGERED)
Rows = Sequence[tuple[tuple[str, ...], float]]


def clock_samples(ledger: Ledger, now: Instant) -> Iterator[tuple[m.Metric, Rows]]:
    """Each metric with its samples; those of the plan exist from the start, at 0."""
    policy = ledger.plan.deadlines
    keys = [
        (level.value, name)
        for level in Severity
        for name in policy.of(level)
        if name in CLOCKS and CLOCKS[name].begin is not Begin.NEVER
    ]
    running, overdue = Counter(dict.fromkeys(keys, 0)), Counter(dict.fromkeys(keys, 0))
    due: dict[tuple[str, ...], Instant] = {}
    duties = Counter(
        {(duty.id, standing.value): 0 for duty in policy.compliance.duties for standing in SHOWN}
    )
    filings: dict[tuple[str, ...], Instant] = {}
    for deadlines in ledger.deadlines.values():
        for clock in deadlines.clocks.values():
            key = (clock.level, clock.name)
            if clock.running:
                running[key] += 1
                due[key] = min(due.get(key, clock.due), clock.due)
            overdue[key] += clock.overdue(now)
        for duty in deadlines.duties.values():
            known = (duty.id, duty.standing.value)
            if known in duties:
                duties[known] += 1
                if duty.next_due is not None:
                    filings[duty.id,] = min(filings.get((duty.id,), duty.next_due), duty.next_due)
    yield m.CLOCKS_RUNNING, list(running.items())
    yield m.CLOCKS_OVERDUE, list(overdue.items())
    yield m.CLOCK_DUE, list(due.items())
    yield m.CLOCK_BREACHES, [(key, ledger.breaches[key]) for key in running]
    yield m.DUTIES, list(duties.items())
    yield m.DUTY_DUE, list(filings.items())
