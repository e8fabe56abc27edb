"""The stage that keeps the numbers: each poll of a flow that suffers is metered, each minute is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchtower.core.impact import losses
from watchtower.core.impact.kinds import ImpactMeasured
from watchtower.core.impact.measure import Around, measure
from watchtower.core.impact.meter import MINUTE, SLIGHT, Meter, resumed
from watchtower.core.impact.recovery import recovery_of
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import Indicators, Recovery
from watchtower.core.plan.checks import Check
from watchtower.core.severity.factors import Factors
from watchtower.core.state import State, Step
from watchtower.model import AlertState, Instant, Observation, Outcome, Value

_PROBES = ("", "")
_LATELY = 300.0
"""Seconds of the past that a fact such as `traffic.success_ratio` tells of."""


def observe(step: Step, check: Check, observation: Observation, facts: Mapping[str, Value]) -> list[str]:
    """Meter this observation; the incidents whose numbers it moved."""
    meters, reading = step.state.meters, observation.reading
    flow = check.flow_of(reading.series)
    users, requests = reading.measurements.get("users"), reading.measurements.get("requests")
    losses.observe(step, check, observation, facts)
    counts = _counts(step, check, flow)
    if flow and counts:
        meters.surges(flow, facts, step.at)
    watching = meters.by_flow.get(flow)
    if not watching:
        if isinstance(users, float) and isinstance(requests, float):
            meters.learn_users(flow, requests, users)
        return []
    declared = step.plan.flows.get(flow)
    part = _part(step, check, reading.series, flow, facts) if counts else None
    for incident in watching:
        signal = step.state.alerts.fires(incident, flow)
        here = meters.by_incident[incident]
        if counts:
            source = (flow, check.name, reading.series)
            meter = here.get(source)
            if part is None and (flow, *_PROBES) in here:
                continue  # after a restart: what was metered is of the whole flow, and this is a part of it
            if meter is None:
                # What was metered of the flow so far (by its probes, or before a restart) goes on.
                meter = here.pop((flow, *_PROBES), None)
                if meter is None:
                    began = min((m.onset for m in here.values() if m.flow == flow), default=step.at)
                    # Who has a part of the users of a flow is counted beside who lost his from the beginning.
                    since = max(began, step.at - 2.0 * check.every) if reading.series else step.at
                    meter = Meter(flow, began, since, 0.0, signal, seen_at=step.at)
                meters.put(incident, source, meter)
            meter.part = 1.0 if part is None else part
            if reading.outcome is Outcome.UNKNOWN:
                meter.impute(step.at, declared)
            else:
                seen, well = meter.expect(facts, losses.usual_day(step, flow)), meter.back_since is not None
                meter.poll(seen, step.at, declared, signal)
                if meter.back_since is not None and not well:
                    meter.back_since = max(meter.back_since, _held_until(step, check, reading.series))
        elif (flow, *_PROBES) in here:
            _probed(step, here[flow, *_PROBES], flow, signal)
    return list(watching)


def _held_until(step: Step, check: Check, series: str) -> Instant:
    """When a rule on it was true for the last time, less the time that its facts look back: a failure of one in twenty is no
    missing traffic, and still nobody was well while it lasted."""
    alerts = step.state.alerts.of_check(check.name)
    over = [
        (a.resolved_at, step.plan.rules.get(a.rule)) for a in alerts if a.series == series and a.resolved_at
    ]
    return max((at - (rule.keep_firing_for if rule else 0.0) - _LATELY for at, rule in over), default=0.0)


def join(step: Step, incident: Incident) -> None:
    """Meters for flows that are new to the incident, with what was lost before anybody noticed."""
    meters = step.state.meters
    if incident.id not in meters.by_incident:
        known = step.history(incident.id).impact.indicators
        for found in known.flows if known else ():
            meters.put(incident.id, (found.flow, *_PROBES), resumed(found, known.at if known else step.at))
        losses.resume(step, incident)
    for alert in step.state.alerts_of(incident.id, AlertState.FIRING):
        begin(step, alert)


def suffering(step: Step, incident: str) -> set[str]:
    """Its flows whose requests fell, and have not been seen to be back."""
    meters = step.state.meters.by_incident.get(incident, {}).values()
    return {meter.flow for meter in meters if meter.fell and meter.back_since is None}


def recovering(step: Step, incident: str) -> bool:
    """Whether all that is wrong with it looks over, and only time or some more requests must still show that it is."""
    meters, shown = step.state.meters.by_incident.get(incident, {}), set()
    for source, meter in meters.items():
        if meter.counted and meter.fell and meter.seen(step.at):
            shown.add(source)
            if meter.back_since is None and not meter.share.rises:
                return False
        elif meter.impact >= SLIGHT:
            return False
    return all(
        alert.clears_since is not None
        or (_flow_of(step, alert.check, alert.series), alert.check, alert.series) in shown
        for alert in step.state.alerts_of(incident, AlertState.FIRING)
    )


def rests(step: Step, incident: str) -> bool:
    """Whether all that fires for it is declared closed."""
    firing = step.state.alerts_of(incident, AlertState.FIRING)
    return bool(firing) and all(step.plan.closed(alert.check, step.at) for alert in firing)


def forget_usual(step: Step, incident: str, flows: Sequence[str]) -> None:
    """What was usual of these flows before their onset is so no more: they are well by what is usual from now on."""
    for meter in step.state.meters.by_incident.get(incident, {}).values():
        if meter.flow in flows:
            meter.accept()
    step.state.meters.forecast_at = None


def begin(step: Step, alert: Alert) -> None:
    """A meter for the flow of this alert, where its incident has none yet."""
    meters, flow, incident = step.state.meters, _flow_of(step, alert.check, alert.series), alert.incident
    if not flow or incident in meters.by_flow.get(flow, ()):
        return
    check = step.plan.checks[alert.check]
    counts = _counts(step, check, flow)
    source = (flow, alert.check, alert.series) if counts else (flow, *_PROBES)
    meter = Meter(flow, alert.onset if alert.onset is not None else step.at, step.at)
    if counts:
        facts = step.state.facts.get(alert.key, {})
        meter.part = _part(step, check, alert.series, flow, facts) or 1.0
        seen = meter.expect(facts, losses.usual_day(step, flow))
        meter.begin(seen, step.plan.flows.get(flow))
    else:
        meter.impact, meter.confirmed = _failing(step, flow)
        meter.begin({}, step.plan.flows.get(flow))
    meters.put(incident, source, meter)


def numbers(step: Step, incident: Incident, factors: Factors) -> Indicators | None:
    """The indicators now; None for an incident that concerns no flow."""
    meters, history = step.state.meters, step.history(incident.id)
    found = meters.of(incident.id)
    manual = history.impact.manual
    if not found and not manual:
        return None
    recovery = _recovery(step, incident, factors.recovery)
    around = Around(
        forecasts=meters.forecasts, users_per_request=meters.per_request, loss=losses.lost(step, incident),
        signals=_signals(step, incident), recovery=recovery,
        recovery_since=_since(step, incident.id, recovery), duties=factors.duties, duties_apart=factors.duties_apart,
        whole=meters.whole(step.plan),
    )  # fmt: skip
    indicators = measure(step.plan, found, around, manual, step.at, incident.onset)
    meters.tell(incident.id, indicators)
    return indicators


def note(step: Step, incident: Incident, indicators: Indicators, *, force: bool = False) -> None:
    """Once a minute, and whenever a level changes, the numbers go into the log."""
    last = step.history(incident.id).impact.indicators
    every = MINUTE if indicators.bad else 5 * MINUTE
    # What has come to it must be known after a restart too.
    force = force or (last is not None and {f.flow for f in last.flows} != {f.flow for f in indicators.flows})
    if force or last is None or not 0.0 <= step.at - last.at < every:
        step.log(incident.id, ImpactMeasured(indicators))


def forget(state: State, incident: str) -> None:
    """Its meters and its numbers."""
    state.meters.drop(incident)
    state.numbers.pop(incident, None)


def _flow_of(step: Step, check: str, series: str) -> str:
    found = step.plan.checks.get(check)
    return found.flow_of(series) if found is not None else ""


def _counts(step: Step, check: Check, flow: str) -> bool:
    """Whether this check counts the requests of this flow of it."""
    declared = step.plan.flows.get(flow)
    return "traffic.rate" in check.facts and (declared is None or declared.counted_by(check.name))


def _part(step: Step, check: Check, series: str, flow: str, facts: Mapping[str, Value]) -> float | None:
    """The share of this series in what is expected of the flow: all of it, while nobody knows of others; None where none of
    them was seen yet."""
    if not series:
        return 1.0
    at, last = list(check.facts).index("traffic.expected"), step.state.last_facts
    mine = [one for one in step.state.sources.of_flow(flow) if one[0] == check.name and one in last]
    expected = facts.get("traffic.expected")
    others = [last[one][at] for one in mine if one[1] != series]
    total = sum(rate for rate in [expected, *others] if isinstance(rate, float))
    if not others or not isinstance(expected, float) or not total:
        return 1.0 if mine else None
    return expected / total


def _probed(step: Step, meter: Meter, flow: str, signal: bool) -> None:
    share, several = _failing(step, flow)
    meter.probe(share, step.at, step.plan.flows.get(flow), signal, several)


def _failing(step: Step, flow: str) -> tuple[float, bool]:
    """The share of the flow's probes that fail, and whether two of them or more do. Where a transaction fails, those of
    transactions count: what users do fails, whatever else answers."""
    sources = [
        one
        for one in step.state.sources.of_flow(flow)
        if (made := step.plan.checks.get(one[0])) is not None and made.alerts is None
    ]
    if (
        not sources
    ):  # others raise alerts about it, and nothing measures it: of how much fails nothing is known
        return 0.0, False
    looks = (step.state.last.get(series) for series in sources)
    seen = [o.reading for o in looks if o and o.reading.outcome is not Outcome.UNKNOWN]
    down = [one for one in seen if one.outcome is Outcome.DOWN]
    if not down:  # something other than an outcome is wrong with it
        return (1.0, False) if not seen else (0.0, False)
    several = len(down) > 1
    if ways := [one for one in down if "failed_step" in one.measurements]:
        down, seen = ways, [one for one in seen if "failed_step" in one.measurements]
    return len(down) / len(seen), several


def _signals(step: Step, incident: Incident) -> int:
    """Independent kinds of signals: traffic, probes, money, people."""
    kinds = set()
    for alert in step.state.alerts_of(incident.id, AlertState.FIRING):
        check = step.plan.checks.get(alert.check)
        kinds.add(check.detector or "probe" if check is not None else "own")
    manual = step.history(incident.id).impact.manual
    return max(1, len(kinds) + bool(set(manual) & {"affected_users", "complaints", "data_breach", "loss"}))


def _recovery(step: Step, incident: Incident, switch: Recovery | None) -> Recovery | None:
    plans = [step.plan.flows[flow].recovery for flow in incident.flows if flow in step.plan.flows]
    manual = step.history(incident.id).impact.manual
    return recovery_of(step.state, plans, switch, manual, step.at)


def _since(step: Step, incident: str, recovery: Recovery | None) -> Instant | None:
    """Since when the recovery has been what it is."""
    known = step.state.meters.recovery_since
    if recovery is None:
        known.pop(incident, None)
        return None
    before = known.get(incident)
    if before is None or before[0] != recovery:
        told = step.history(incident).impact.indicators
        since = told.recovery_since if told is not None and told.recovery is recovery else None
        began = step.state.incidents[incident].onset if before is None else step.at
        known[incident] = (recovery, since if since is not None else began)
    return known[incident][1]
