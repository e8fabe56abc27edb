"""The money that an incident's flows lose: as a check measures it, or by what goes out beyond what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite

from watchtower.core.impact.measure import CENT
from watchtower.core.impact.outflow import Outflow
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import Basis
from watchtower.core.plan.checks import Check
from watchtower.core.plan.flows import Flow
from watchtower.core.state import Step
from watchtower.model import Observation, Value
from watchtower.money import Money


def observe(step: Step, check: Check, observation: Observation, facts: Mapping[str, Value]) -> None:
    """From its first observation: what was lost before anybody noticed is lost too, and its rate is known at once."""
    meters = step.state.meters
    for name, measurement in meters.losing.get(check.name, ()):
        value = observation.reading.measurements.get(measurement)
        if isinstance(value, (int, float)) and isfinite(value):
            meters.lost(name, step.at, Decimal(repr(value)))
    flow = step.plan.flows.get(check.flow_of(observation.reading.series))
    if flow is None or not flow.counted_by(check.name):
        return
    if flow.outflow and flow.amount_per_request is not None:
        _goes_out(step, flow, flow.amount_per_request, check, observation, facts)


def lost(step: Step, incident: Incident) -> tuple[Money, Decimal, Basis] | None:
    """What is lost now, and how much more each second, over the incident's flows of one currency: of the first that has
    one. Where a flow names none, its losses are in that of the others. Against what is expected it is an estimate."""
    found, basis = [], Basis.MEASURED
    for flow in incident.flows:
        declared, lost = step.plan.flows.get(flow), step.state.meters.loss(flow)
        if declared is not None and lost is not None:
            price = declared.amount_per_request
            found.append((price.currency if price else "", *lost))
            basis = Basis.ESTIMATED if declared.outflow else basis
    if not found:
        return None
    currency = next((one for one, _, _ in found if one), "")
    mine = [(now, rate) for one, now, rate in found if one in (currency, "")]
    now, rate = (sum(amounts, Decimal(0)) for amounts in zip(*mine, strict=True))
    known = step.indicators(incident.id)
    told = known.loss if known is not None else None
    if told is not None and told.currency == currency and told.basis is not Basis.MANUAL:
        # What comes back is for the review; and a difference that begins anew at midnight has paid nothing back.
        now = max(now, told.point)
    return Money(now, currency), rate, basis


def resume(step: Step, incident: Incident) -> None:
    """After a restart, or when it opens again: what had gone out goes on."""
    known = step.history(incident.id).impact.indicators
    if known is None or known.loss is None:
        return
    flows = (step.plan.flows.get(name) for name in incident.flows)
    flow = next((flow for flow in flows if flow is not None and flow.outflow), None)
    if flow is not None and flow.amount_per_request is not None:
        out = step.state.meters.outflows.setdefault(flow.name, Outflow())
        out.lost += float(known.loss.point / flow.amount_per_request.amount)


def usual_day(step: Step, flow: str) -> float | None:
    """Requests of a usual day as believed now; None where nobody knows, or nobody looked yet."""
    found = step.state.meters.forecasts.get(flow)
    return found.day if found is not None else None


def _goes_out(
    step: Step, flow: Flow, each: Money, check: Check, observation: Observation, facts: Mapping[str, Value]
) -> None:
    """By what was expected at the onset: who comes to believe in more, because it lasts, must not count less."""
    meters, series = step.state.meters, observation.reading.series
    watching = meters.by_flow.get(flow.name, ())
    out = meters.outflows.setdefault(flow.name, Outflow())
    if not watching and not out.surges:
        out.lost = 0.0
    for incident in watching:
        meter = meters.by_incident[incident].get((flow.name, check.name, series))
        facts = facts if meter is None else meter.expect(facts, usual_day(step, flow.name))
    for when, lost in out.see(facts, step.at, observation.reading.covers or check.every):
        meters.lost(flow.name, when, (Decimal(repr(lost)) * each.amount).quantize(CENT))
