"""The meters of all open incidents that the matrix grades, found by incident and by flow."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from watchtower.core.impact.measure import Forecast, Whole, whole_of
from watchtower.core.impact.meter import Meter, merged, together
from watchtower.core.impact.outflow import Outflow
from watchtower.core.indicators import Indicators
from watchtower.core.plan import Plan
from watchtower.model import Instant, Value
from watchtower.values import Mutable, field

Source = tuple[str, str, str]
"""A flow, and the check and series that count its requests; two empty ones for its probes together."""
_RATE_OVER = 60.0
"""Seconds over which a loss's rate is taken: an average of more hides for minutes how ruinous it is."""


_USERS = "users"
States = Mapping[tuple[str, str], Mapping[str, Any]]
"""States of detectors, by check and series."""


def _flow(plan: Plan, series: tuple[str, str]) -> str:
    check = plan.checks.get(series[0])
    return check.flow_of(series[1]) if check else ""


class Meters(Mutable):
    """`forecasts` are of every flow, as of `forecast_at`; `users` sums requests and users of ordinary polls."""

    by_incident: dict[str, dict[Source, Meter]] = field(default_factory=dict)
    by_flow: dict[str, list[str]] = field(default_factory=dict)
    forecasts: Mapping[str, Forecast] = field(default_factory=dict)
    forecast_at: Instant | None = None
    users: dict[str, list[float]] = field(default_factory=dict)
    per_request: dict[str, float] = field(default_factory=dict)
    """Users that a request of each flow stands for, where somebody counts them."""
    losing: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Per check: the flows whose loss it measures, and by which measurement."""
    losses: dict[str, deque[tuple[Instant, Decimal]]] = field(default_factory=dict)
    outflows: dict[str, Outflow] = field(default_factory=dict)
    surging: dict[str, tuple[Instant, float]] = field(default_factory=dict)
    """Flows of which more comes than chance explains: since when, and how many times the usual."""
    recovery_since: dict[str, tuple[str, Instant]] = field(default_factory=dict)
    _whole: tuple[Plan, Mapping[str, Forecast], Whole] | None = None
    """All flows together, of which plan and of which forecasts they are."""

    def put(self, incident: str, source: Source, meter: Meter) -> None:
        self.by_incident.setdefault(incident, {})[source] = meter
        watching = self.by_flow.setdefault(source[0], [])
        if incident not in watching:
            watching.append(incident)

    def of(self, incident: str) -> list[Meter]:
        """One meter a flow, in the order in which they joined."""
        flows: dict[str, dict[str, list[Meter]]] = {}
        for (flow, check, _), meter in self.by_incident.get(incident, {}).items():
            flows.setdefault(flow, {}).setdefault(check, []).append(meter)
        return [merged([together(parts) for parts in steps.values()]) for steps in flows.values()]

    def tell(self, incident: str, indicators: Indicators) -> None:
        """What has been told of full minutes is never taken back."""
        told = {flow.flow: flow.flow_minutes for flow in indicators.flows}
        for (flow, _, _), meter in self.by_incident.get(incident, {}).items():
            meter.told = max(meter.told, told.get(flow, 0.0))

    def drop(self, incident: str) -> None:
        for flow in {flow for flow, _, _ in self.by_incident.pop(incident, {})}:
            self.by_flow[flow].remove(incident)
            if not self.by_flow[flow]:
                del self.by_flow[flow]
        self.recovery_since.pop(incident, None)

    def move(self, incident: str, to: str) -> None:
        """What this incident's flows have lost is the other's; of one that both have, what lost more counts."""
        here = self.by_incident.get(to, {})
        for source, meter in self.by_incident.get(incident, {}).items():
            known = here.get(source)
            if known is None or (known.full, known.point) < (meter.full, meter.point):
                self.put(to, source, meter)
        self.drop(incident)

    def whole(self, plan: Plan) -> Whole:
        """All flows together, reckoned once for each plan and forecast."""
        known = self._whole
        if known is None or known[0] is not plan or known[1] is not self.forecasts:
            known = self._whole = plan, self.forecasts, whole_of(plan, self.forecasts, self.per_request)
        return known[2]

    def surges(self, flow: str, facts: Mapping[str, Value], at: Instant) -> None:
        """Whether more comes than chance explains, by its detector; what is unknown changes nothing."""
        surge, times = facts.get("traffic.surge"), facts.get("traffic.ratio")
        if (surge or facts.get("traffic.backlog")) and isinstance(times, float):
            self.surging[flow] = self.surging.get(flow, (at,))[0], times
        elif surge is False and self.surging:
            self.surging.pop(flow, None)

    def learn_users(self, flow: str, requests: float, users: float) -> None:
        """An ordinary poll in which somebody counted users: a request stands for so many of them."""
        sums = self.users.setdefault(flow, [0.0, 0.0])
        sums[0] = sums[0] * 0.999 + requests
        sums[1] = sums[1] * 0.999 + users
        if sums[0] > 0.0:
            self.per_request[flow] = sums[1] / sums[0]

    def keep(self, plan: Plan, states: States) -> States:
        """The states of detectors, with the users of the flows whose requests they watch."""
        there = ((series, _flow(plan, series)) for series in states) if self.users else ()
        kept = {
            series: {**states[series], _USERS: self.users[flow]}
            for series, flow in there
            if flow in self.users
        }
        return {**states, **kept} if kept else states

    def restore(self, plan: Plan, states: States) -> None:
        """What earlier runs have kept."""
        for series, state in states.items():
            flow = _flow(plan, series)
            if flow and flow not in self.users and (sums := state.get(_USERS)):
                self.learn_users(flow, *sums)

    def foresee(self, now: Mapping[str, Forecast], plan: Plan, at: Instant) -> None:
        """A flow whose check was renamed by a reload is as large as before, until its new detector knows more."""
        before = {flow: told for flow, told in self.forecasts.items() if flow in plan.flows}
        self.forecasts = before | {flow: told.after(before.get(flow, told)) for flow, told in now.items()}
        self.forecast_at = at

    def follow(self, plan: Plan) -> None:
        """Which check measures which flow's loss. What was metered by a check that is gone goes on by the others."""
        for here in self.by_incident.values():
            for source in list(here):
                check = plan.checks.get(source[1])
                if source[1] and (check is None or check.flow_of(source[2]) != source[0]):
                    here.setdefault((source[0], "", ""), here.pop(source))

        losing: dict[str, list[tuple[str, str]]] = {}
        for flow in plan.flows.values():
            if flow.loss is not None:
                losing.setdefault(flow.loss[0], []).append((flow.name, flow.loss[1]))
        self.losing = losing
        self.losses = {
            flow: seen
            for flow, seen in self.losses.items()
            if flow in plan.flows and (plan.flows[flow].loss or plan.flows[flow].outflow)
        }
        self.outflows = {
            name: out
            for name, out in self.outflows.items()
            if name in plan.flows and plan.flows[name].outflow
        }

    def unfollow(self, series: tuple[str, str], flow: str) -> None:
        """The check's series is no more: nothing waits for its requests to come back."""
        for here in self.by_incident.values():
            for source in ((flow, *series), (flow, "", "")):
                if source in here:
                    here[source].fell = False

    def lost(self, flow: str, at: Instant, amount: Decimal) -> None:
        """A loss so far, as a check measured it; kept for a minute and a little."""
        seen = self.losses.setdefault(flow, deque(maxlen=400))
        seen.append((at, amount))
        while len(seen) > 2 and seen[1][0] <= at - _RATE_OVER:
            seen.popleft()

    def loss(self, flow: str) -> tuple[Decimal, Decimal] | None:
        """What is lost so far, and how much more each second by the last minute; None where nobody measures."""
        seen = self.losses.get(flow)
        if not seen:
            return None
        (began, before), (at, now) = seen[0], seen[-1]
        seconds = Decimal(repr(max(at - began, _RATE_OVER)))
        return now, max(Decimal(0), now - before) / seconds

    def shift(self, by: float) -> None:
        """The clock was set."""
        for meters in self.by_incident.values():
            for meter in meters.values():
                meter.at += by
                meter.seen_at += by
                meter.moves += 1
                if meter.back_since is not None:
                    meter.back_since += by
        self.forecast_at = None
