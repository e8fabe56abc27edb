"""The numbers that duties are judged by: what is measured, as the regulators count it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from watchtower.core.deadlines.kinds import OutageCounted
from watchtower.core.deadlines.outages import YEAR
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident
from watchtower.core.indicators import Amount, Basis, FlowImpact, Indicators
from watchtower.core.plan.indicators import INDICATORS as OF_SEVERITY
from watchtower.core.plan.indicators import IndicatorUnit, Value
from watchtower.core.plan.packs import Compliance
from watchtower.core.state import Step
from watchtower.model import Instant, Severity, Text, Tier
from watchtower.values import Frozen, replace

SLIGHT = 0.1
"""An impact below this is no degradation."""
LAG = 120.0
"""Seconds since the last numbers within which a flow that was bad is taken to be bad still."""

INDICATORS: Mapping[str, Text] = {
    **{name: one.description for name, one in OF_SEVERITY.items()},
    "affected_requests": Text("requests or transactions affected", "受影响交易笔数"),
    "affected_amount": Text("amount affected", "受影响金额"),
    "raw_minutes": Text("minutes of any degradation", "异常分钟数"),
    "critical_minutes": Text("minutes of any degradation of a critical flow", "关键业务异常分钟数"),
    "critical_affected": Text("1 when a critical flow is affected", "关键业务受影响"),
    "critical_impact": Text("how much of a critical flow fails now, 0 to 1", "关键业务当前失败比例"),
    "critical_severity": Text("the worst severity, where a critical flow is affected", "涉及关键业务时的最高级别"),
    "severity": Text("the worst severity so far", "最高级别"),
    "downtime_12m": Text("minutes a critical flow was degraded in twelve months", "关键业务12个月累计异常分钟数"),
    "found_minutes": Text("minutes since it was detected, until it is mitigated", "发现后异常分钟数"),
    "peak_minutes": Text("minutes of a critical flow within the peak hours", "业务高峰时段内异常分钟数"),
    "provinces": Text("provinces affected, as people enter them", "受影响省份数"),
    "data_breach": Text("1 when a person confirmed that data leaked", "确认数据泄露"),
}  # fmt: skip
"""What a pack can test, besides `manual.NAME`: any number that people enter."""
MONEY = frozenset(
    {
        "affected_amount",
        *(n for n, one in OF_SEVERITY.items() if one.unit is IndicatorUnit.MONEY),
    }
)
LEVELS = frozenset({"severity", "critical_severity"})
"""Tested against a level: `at_least = "P1"`."""
SUMMED = ("critical_minutes", "raw_minutes", "affected_users", "affected_requests", "day_share")
"""What adds up over incidents of one cause."""


class Number(Frozen):
    """One number with its doubt; money in `currency`."""

    point: float
    high: float
    basis: str = Basis.MEASURED
    currency: str = ""


Numbers = Mapping[str, Number]
"""By indicator; what is not known is absent."""


def rank(level: Severity) -> float:
    """P0 is 4, P4 is 0: worse is more."""
    return 4.0 - level.rank


def numbers_of(step: Step, incident: Incident) -> dict[str, Number]:
    """All that is known of the incident now."""
    history, compliance = step.history(incident.id), step.plan.deadlines.compliance
    indicators = step.indicators(incident.id)
    out = _measured(indicators) if indicators is not None else {}
    minutes = flow_minutes(step, incident)
    critical = {flow: m for flow, m in minutes.items() if is_critical(step, compliance, flow)}
    level = rank(incident.record)
    out["severity"] = _exact(level)
    out["raw_minutes"] = _exact(max(minutes.values(), default=0.0))
    out["critical_minutes"] = _exact(max(critical.values(), default=0.0))
    out["critical_affected"] = _exact(float(any(m > 0 for m in critical.values())))
    out["critical_severity"] = _exact(level if any(m > 0 for m in critical.values()) else -1.0)
    since = step.at - YEAR
    out["downtime_12m"] = _exact(
        max(
            (step.state.outages.minutes(flow, since, incident.id) + m for flow, m in critical.items()),
            default=0.0,
        )
    )
    end = min(step.at, history.milestones.mitigated_at or step.at)
    out["found_minutes"] = _exact(max(0.0, end - incident.opened_at) / 60.0)
    if compliance.peak:
        peak = step.plan.deadlines.calendar.minutes_within(compliance.peak, incident.onset, end)
        out["peak_minutes"] = _exact(min(peak, out["critical_minutes"].point))
    if indicators is not None:
        now = [f.impact for f in indicators.flows if f.flow in critical and f.confirmed]
        out["critical_impact"] = _exact(max(now, default=0.0))
    out.update(_manual(history, indicators))
    return out


def with_others(numbers: Numbers, outages: list[OutageCounted]) -> dict[str, Number]:
    """With what earlier incidents of the same cause add."""
    out = dict(numbers)
    for name in SUMMED:
        more = sum(outage.sums.get(name, 0.0) for outage in outages)
        if more > 0.0:
            mine = out.get(name, Number(0.0, 0.0))
            out[name] = replace(mine, point=mine.point + more, high=mine.high + more)
    return out


def flow_minutes(step: Step, incident: Incident) -> dict[str, float]:
    """Minutes of any degradation by flow. A minute that has begun counts, as long as it is bad."""
    indicators = step.indicators(incident.id)
    if indicators is not None and indicators.flows:
        return {flow.flow: _begun(flow, indicators.at, step.at) for flow in indicators.flows}
    flows = incident.flows or ((incident.flow,) if incident.flow else ())
    end = step.history(incident.id).milestones.mitigated_at
    seconds = max(0.0, (step.at if end is None else min(end, step.at)) - incident.onset)
    minutes = math.ceil(seconds / 60.0 - 1e-6) if end is not None else math.floor(seconds / 60.0 + 1e-6) + 1
    return dict.fromkeys(flows, float(minutes))


def sums_of(step: Step, incident: Incident) -> tuple[dict[str, float], dict[str, float]]:
    """For the history: minutes by flow, and what adds up over incidents."""
    numbers = numbers_of(step, incident)
    return flow_minutes(step, incident), {n: numbers[n].point for n in SUMMED if n in numbers}


def is_critical(step: Step, compliance: Compliance, flow: str) -> bool:
    """Whether the regulators would call it critical: declared so, or of tier core where none is declared."""
    if compliance.critical_flows:
        return flow in compliance.critical_flows
    declared = step.plan.flows.get(flow)
    return declared is not None and declared.tier is Tier.CORE


def in_currency(number: Number, currency: str, compliance: Compliance) -> Number | None:
    """The amount in another currency; None where nobody said what that is worth."""
    if not currency or number.currency == currency:
        return number
    home = compliance.currency or number.currency
    worth = {home: Decimal(1), **compliance.rates}
    if number.currency not in worth or currency not in worth:
        return None
    factor = float(worth[number.currency] / worth[currency])
    return replace(number, point=number.point * factor, high=number.high * factor, currency=currency)


def _begun(flow: FlowImpact, measured: Instant, at: Instant) -> float:
    bad = flow.impact >= SLIGHT and flow.back_since is None
    if not bad:
        return float(math.ceil(flow.raw_minutes - 1e-6))
    since = min(max(0.0, at - measured), LAG) / 60.0
    return float(math.floor(flow.raw_minutes + since + 1e-6) + 1)


def _measured(indicators: Indicators) -> dict[str, Number]:
    found = {name: one.read(indicators) for name, one in OF_SEVERITY.items()}
    found |= {
        "affected_requests": indicators.affected_requests,
        "affected_amount": indicators.affected_amount,
    }
    return {name: _number(one) for name, one in found.items() if one is not None}


def _number(of: Value) -> Number:
    if isinstance(of, (int, float)):
        return _exact(of)
    currency = of.currency if isinstance(of, Amount) else ""
    return Number(float(of.point), float(of.high), str(of.basis), currency)


def _manual(history: History, indicators: Indicators | None) -> dict[str, Number]:
    """What people entered, under its own name where it is an indicator, and always as `manual.NAME`."""
    out: dict[str, Number] = {}
    entered = dict(history.impact.manual)
    if indicators is not None:
        entered = {**indicators.manual, **entered}
    for name, value in entered.items():
        if isinstance(value, (bool, int, float)):
            number = Number(float(value), float(value), str(Basis.MANUAL))
            out[f"manual.{name}"] = number
            if name in ("data_breach", "complaints", "provinces"):
                out[name] = number
    return out


def _exact(value: float) -> Number:
    return Number(value, value)
