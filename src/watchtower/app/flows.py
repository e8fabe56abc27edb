"""What the board knows of each flow: its curve of 24 hours, and whom a silence that begins now would page."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

from watchtower.api.board import INCIDENT, SILENCED, DayOfFlow, FlowTraffic, SilenceForeseen
from watchtower.app.day_curve import DayCurve
from watchtower.core.explain_check import counted_first, silence_of
from watchtower.core.matchers import fit
from watchtower.core.notify.routing import addressees_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.silences.labels import static_labels
from watchtower.core.silences.silence import AlertSilence
from watchtower.core.sources import Series
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.model import Instant, Value
from watchtower.store.store import Store

CURVES = 600.0
"""Seconds between two writes of all curves; a kill loses so much of them."""
_MOST = 200
"""Flows with a curve, core flows first."""
_ROUND = 60.0
"""Seconds in which each curve is marked and each silence is foreseen anew, one flow after the other."""
_PLAYED = 60
"""Flows whose silence is foreseen: playing one takes up to ten milliseconds."""
_NAME = "flow_curves"


class Flows:
    """Owned by the daemon's loop. `look` is called each second."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine, self._store = engine, store
        self._curves: dict[str, DayCurve] = {}
        self._days: dict[str, DayOfFlow] = {}
        self._silences: dict[str, SilenceForeseen] = {}
        self._series: Mapping[str, Sequence[Series]] = {}
        self._seen: dict[str, Instant] = {}
        self._waiting: list[str] = []
        self._round_at, self._plan = -inf, engine.plan

    async def open(self, at: Instant) -> None:
        """Loads the curves of an earlier run. A store that cannot be read costs the curves only."""
        try:
            saved = json.loads(await self._store.get(_NAME) or "{}")
            self._curves = {flow: DayCurve.restored(state, at) for flow, state in saved.items()}
        except (StoreError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.error("flow_curves_unread", error=str(error))

    async def save(self) -> None:
        """Writes all curves. Raises StoreError."""
        states = {flow: curve.state() for flow, curve in self._curves.items()}
        await self._store.put(_NAME, json.dumps(states, separators=(",", ":")))

    def look(self, at: Instant) -> None:
        """Takes the samples that are new, and does the next part of the round."""
        if not 0.0 <= at - self._round_at < _ROUND or self._plan is not self._engine.plan:
            self._begin(at)
        for flow, series in self._series.items():
            newest = max((self._at(one) for one in series), default=0.0)
            if newest > self._seen.get(flow, 0.0):
                self._seen[flow] = newest
                self._sample(flow, series, newest)
        share = max(1, -(-len(self._series) // int(_ROUND - 5.0)))
        for flow in self._waiting[:share]:
            self._foresee(flow, at)
        del self._waiting[:share]

    def now(self, at: Instant) -> Mapping[str, FlowTraffic]:
        """Every flow whose requests are counted."""
        return {flow: self._now(flow, series, at) for flow, series in self._series.items()}

    def _begin(self, at: Instant) -> None:
        """A new round: which series count each flow's requests may have changed, and what is wrong with it."""
        self._round_at, self._plan = at, self._engine.plan
        self._series = _counting(self._plan, self._engine.detectors.series())
        self._curves = {flow: self._curves.get(flow) or DayCurve(at) for flow in self._series}
        self._days = {flow: one for flow, one in self._days.items() if flow in self._series}
        self._silences = {flow: one for flow, one in self._silences.items() if flow in self._series}
        self._waiting = list(self._series)
        for incident in self._engine.state.incidents.values():
            if incident.open and not incident.drill:
                for flow in dict.fromkeys((incident.flow, *incident.flows)):
                    if flow in self._curves:
                        self._curves[flow].mark(incident.onset, at, INCIDENT)

    def _sample(self, flow: str, series: Sequence[Series], at: Instant) -> None:
        found = [facts for facts in map(self._facts, series) if facts.get("traffic.rate") is not None]
        rate = _sum(found, "traffic.rate")
        if rate is not None:
            self._curves[flow].add(
                at, rate, _sum(found, "traffic.expected_low"), _sum(found, "traffic.expected_high")
            )

    def _foresee(self, flow: str, at: Instant) -> None:
        if self._silenced(flow, at):
            self._curves[flow].mark(at, at, SILENCED)
        self._days[flow] = self._curves[flow].day(at)
        if list(self._series).index(flow) >= _PLAYED:
            return
        name, series = self._series[flow][0]
        rule, seconds = silence_of(self._engine, self._plan.checks[name], series, at)
        pages = addressees_of(self._plan, rule.severity, at) if rule is not None else ()
        self._silences[flow] = SilenceForeseen(seconds, rule.name if rule is not None else "", tuple(pages))

    def _silenced(self, flow: str, at: Instant) -> bool:
        """Whether a silence or a window that holds now fits all that is known of the flow's alerts before they fire."""
        name, series = self._series[flow][0]
        check, rules = self._plan.checks[name], self._engine.plan.rules_of(name)
        labels = [static_labels(self._plan, check, rule, series) for rule in rules]
        there: list[AlertSilence | Maintenance] = [
            *self._engine.state.book.silences.values(), *self._plan.maintenance,
        ]  # fmt: skip
        held = [one.matchers for one in there if one.at(at)]
        return bool(labels) and all(any(fit(matchers, one) for matchers in held) for one in labels)

    def _now(self, flow: str, series: Sequence[Series], at: Instant) -> FlowTraffic:
        found = [facts for facts in map(self._facts, series) if facts.get("traffic.rate") is not None]
        day = self._days.get(flow)
        if not found:
            return FlowTraffic(series, day=day)
        low, high = _sum(found, "traffic.expected_low"), _sum(found, "traffic.expected_high")
        onsets = [one for facts in found if isinstance(one := facts.get("traffic.onset"), float)]
        return FlowTraffic(
            series, _sum(found, "traffic.rate"), low, high, _mean(found, "traffic.success_ratio"),
            _mean(found, "traffic.ratio_since_onset"), min(onsets, default=None),
            silent=all(facts.get("traffic.silent") is True for facts in found),
            few=any(facts.get("traffic.low") is True or facts.get("traffic.silent") is True for facts in found),
            surge=any(facts.get("traffic.surge") is True for facts in found),
            known=any(facts.get("traffic.known") is True for facts in found),
            closed=high == 0.0, day=day, silence=self._silences.get(flow),
        )  # fmt: skip

    def _facts(self, series: Series) -> Mapping[str, Value]:
        check = self._engine.plan.checks.get(series[0])
        values = self._engine.state.last_facts.get(series, ())
        return dict(zip(check.facts, values, strict=False)) if check is not None else {}

    def _at(self, series: Series) -> Instant:
        seen = self._engine.state.last.get(series)
        return seen.at if seen is not None else 0.0


def _counting(plan: Plan, series: Iterable[Series]) -> Mapping[str, Sequence[Series]]:
    """The series that count each flow's requests. Of several checks the first counts, as they count the same; its series
    are parts."""
    found: dict[str, list[Series]] = defaultdict(list)
    for name, one in counted_first(plan, set(series)):
        flow = plan.flows.get(plan.checks[name].flow_of(one))
        if flow is None or not flow.counted_by(name):
            continue
        if len(found) < _MOST or flow.name in found:
            if not found[flow.name] or found[flow.name][0][0] == name:
                found[flow.name].append((name, one))
    return dict(found)


def _sum(found: Sequence[Mapping[str, Value]], name: str) -> float | None:
    known = list(_numbers(found, name))
    return sum(known) if known else None


def _mean(found: Sequence[Mapping[str, Value]], name: str) -> float | None:
    """By the rate of each."""
    known = [
        (value, rate)
        for one in found
        for value in _numbers([one], name)
        for rate in _numbers([one], "traffic.rate")
    ]
    weight = sum(rate for _, rate in known)
    if not known:
        return None
    return sum(value * rate for value, rate in known) / weight if weight else known[0][0]


def _numbers(found: Sequence[Mapping[str, Value]], name: str) -> Iterator[float]:
    return (value for one in found if isinstance(value := one.get(name), float))
