"""The indicators of an incident, from its flows' meters and from what is expected of the whole product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from math import fsum
from typing import Any

from watchtower.core.impact.meter import FACTOR, SLIGHT, Meter
from watchtower.core.indicators import Amount, Basis, Estimate, FlowImpact, Indicators, Recovery, Urgency
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.model import Instant
from watchtower.money import Money, parse_money
from watchtower.values import Frozen

PEAK, OFF_PEAK = 1.5, 0.3
"""What is expected now beside a usual day's mean, from which on the hour is busy, and up to which it is quiet."""
MANY = 400.0
"""Expected requests of which even a first look knows the share to within a few hundredths."""
CENT = Decimal("0.01")


class Forecast(Frozen):
    """Of one flow: requests per second expected now, requests of a usual day; None where nobody knows."""

    rate: float | None
    day: float | None

    def beside(self, other: Forecast) -> Forecast:
        """Both together, as far as they are known."""
        return Forecast(_sum(self.rate, other.rate), _sum(self.day, other.day))

    def after(self, before: Forecast) -> Forecast:
        """What is not known any more is as it was before."""
        return Forecast(
            before.rate if self.rate is None else self.rate, before.day if self.day is None else self.day
        )


class Whole(Frozen):
    """All flows together, whoever suffers: each one's share in the product (1 altogether), what one of its requests is
    worth, what a usual day is worth, and the users that are expected now."""

    weights: Mapping[str, float]
    worth: Mapping[str, float]
    day: float
    users: Mapping[str, float]
    """Users a second that are expected of each flow of which that is known."""
    all_users: float


class Around(Frozen):
    """What is known beside the flows that suffer. `loss` is what is lost now, how much more each second, and by
    what that is known."""

    forecasts: Mapping[str, Forecast]
    users_per_request: Mapping[str, float]
    loss: tuple[Money, Decimal, Basis] | None = None
    signals: int = 1
    recovery: Recovery | None = None
    recovery_since: Instant | None = None
    duties: tuple[str, ...] = ()
    duties_apart: tuple[str, ...] = ()
    whole: Whole | None = None
    """What all flows are together, where that is known already; else `whole_of` reckons it."""


def measure(
    plan: Plan,
    meters: Sequence[Meter],
    around: Around,
    manual: Mapping[str, Any],
    at: Instant,
    onset: Instant,
) -> Indicators:
    """Pure: everything that it says is in its arguments."""
    whole = around.whole or whole_of(plan, around.forecasts, around.users_per_request)
    flows = tuple(_flow(plan, meter, whole.weights, around, at) for meter in meters)
    scope = fsum(flow.weight * flow.impact for flow in flows)
    basis = Basis.IMPUTED if any(not flow.seen for flow in flows) else Basis.ESTIMATED
    counted = [meter for meter in meters if meter.point or meter.counted or meter.rate]
    loss = _loss(around, manual, at)
    return Indicators(
        at=at,
        onset=onset,
        flows=flows,
        scope_share=Estimate(scope, scope, scope, basis, at) if flows else None,
        affected_users=_stated(manual, "affected_users", at) or _total([f.users for f in flows]),
        affected_users_share=_users_share(plan, flows, meters, around, whole, at, onset),
        affected_requests=_requests(counted, at) if counted else None,
        affected_amount=_amounts([f.amount for f in flows]),
        day_share=_day_share(whole, meters, at),
        loss=loss,
        loss_projected=_projected(loss, around),
        flow_minutes=max((flow.flow_minutes for flow in flows), default=0.0),
        raw_minutes=max((flow.raw_minutes for flow in flows), default=max(0.0, at - onset) / 60.0),
        imputed_minutes=max((flow.imputed_minutes for flow in flows), default=0.0),
        bad=any(flow.impact >= SLIGHT or flow.back_since is None for flow in flows) or not flows,
        seen=all(flow.seen for flow in flows),
        signals=around.signals,
        recovery=around.recovery,
        recovery_since=around.recovery_since,
        manual={name: value for name, value in manual.items() if isinstance(value, (float, bool, str))},
        duties=around.duties,
        duties_apart=around.duties_apart,
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return other if one is None else one + (other or 0.0)


def urgency_of(forecast: Forecast | None) -> Urgency:
    """How busy the hour is; normal where nobody knows."""
    if forecast is None or forecast.rate is None or not forecast.day:
        return Urgency.NORMAL
    share = forecast.rate * 86400.0 / forecast.day
    return Urgency.PEAK if share >= PEAK else Urgency.OFF_PEAK if share <= OFF_PEAK else Urgency.NORMAL


def _flow(plan: Plan, meter: Meter, weights: Mapping[str, float], around: Around, at: Instant) -> FlowImpact:
    """Made anew where it moved: of a thousand flows that fail a hundred are polled between two looks."""
    flow = plan.flows.get(meter.flow) or Flow(name=meter.flow, title=plan.product)
    seen, forecast = meter.seen(at), around.forecasts.get(meter.flow)
    per_user = _per_user(flow, around.users_per_request)
    of = (meter.moves, meter.told, seen, per_user, weights.get(meter.flow, 0.0), forecast, flow)
    if meter.made is None or meter.made[0] != of:
        made = _made(flow, meter, weights.get(meter.flow, 0.0), forecast, per_user, seen)
        meter.made = (meter.moves, meter.told, *of[2:]), made
    return meter.made[1]


def _made(
    flow: Flow, meter: Meter, weight: float, forecast: Forecast | None, per_user: float | None, seen: bool
) -> FlowImpact:
    missing = None
    if meter.counted or meter.point:
        basis = Basis.ESTIMATED if seen else Basis.IMPUTED
        low, high = min(meter.low, meter.point), max(meter.high, meter.point)
        missing = Estimate(low, meter.point, high, basis, meter.at)
    users = None
    if missing is not None and per_user is not None:
        users = Estimate(
            missing.low * per_user, missing.point * per_user, missing.high * per_user,
            missing.basis, missing.as_of, upper_bound=True,
        )  # fmt: skip
    return FlowImpact(
        flow=meter.flow, tier=flow.tier, impact=meter.impact, onset=meter.onset, weight=weight,
        urgency=urgency_of(forecast), flow_minutes=meter.minutes(flow),
        raw_minutes=meter.raw,
        imputed_minutes=meter.imputed, missing=missing, per_minute=meter.rate * 60.0, users=users,
        amount=_amount(flow, missing), confirmed=meter.confirmed,
        confident=meter.failing >= meter.impact
        or (meter.confident and (not meter.counted or meter.sure or meter.expected >= 30.0)), seen=seen,
        seen_twice=meter.sure or meter.failing >= meter.impact or meter.moves > 1 or meter.expected >= MANY,
        back_since=meter.back_since, expected=meter.expected, usual=meter.usual, by_day=meter.by_day,
        payment=bool(flow.amount_per_request),
    )  # fmt: skip


def whole_of(plan: Plan, forecasts: Mapping[str, Forecast], users_per_request: Mapping[str, float]) -> Whole:
    """It walks over every flow of the plan: once for each plan and forecast, not for each incident."""
    priced = _priced(plan)
    day = 0.0
    worth: dict[str, float] = {}
    users: dict[str, float] = {}
    for name, flow in plan.flows.items():
        worth[name] = _worth(flow, priced)
        users[name] = (_rate(flow, forecasts) or 0.0) * (_per_user(flow, users_per_request) or 0.0)
        found = forecasts.get(name)
        if found is not None and found.day is not None:
            day += found.day * worth[name]
        elif flow.requests_per_minute is not None:
            day += flow.requests_per_minute * 1440.0 * worth[name]
    return Whole(_weights(plan, forecasts), worth, day, users, fsum(users.values()))


def _per_user(flow: Flow | None, measured: Mapping[str, float]) -> float | None:
    """Users that a request of this flow stands for, as measured, else as declared."""
    return None if flow is None else measured.get(flow.name, flow.users_per_request)


def _weights(plan: Plan, forecasts: Mapping[str, Forecast]) -> dict[str, float]:
    """Each flow's share in the product, 1 altogether: as declared, or by requests (worth money where all are),
    times its tier. A flow of which nothing is known weighs as much as the mean of the others."""
    priced = _priced(plan)
    raw: dict[str, float | None] = {}
    for name, flow in plan.flows.items():
        rate = _rate(flow, forecasts)
        raw[name] = None if rate is None else rate * _worth(flow, priced) * FACTOR[flow.tier]
    known = [value for value in raw.values() if value is not None]
    mean = sum(known) / len(known) if known else 1.0
    made = {
        name: mean * FACTOR[plan.flows[name].tier] if value is None else value for name, value in raw.items()
    }
    total = fsum(made.values()) or 1.0
    shares = {name: value / total for name, value in made.items()}
    stated = {name: flow.weight for name, flow in plan.flows.items() if flow.weight is not None}
    if stated:
        shares.update(stated)
        total = fsum(shares.values()) or 1.0
        shares = {name: value / total for name, value in shares.items()}
    return shares


def _priced(plan: Plan) -> bool:
    """Whether requests of all flows can be told in money, of one currency."""
    prices = [flow.amount_per_request for flow in plan.flows.values()]
    return len({price.currency if price else "" for price in prices} | {""}) == 2 and all(prices)


def _worth(flow: Flow, priced: bool) -> float:
    return float(flow.amount_per_request.amount) if priced and flow.amount_per_request else 1.0


def _rate(flow: Flow, forecasts: Mapping[str, Forecast]) -> float | None:
    found = forecasts.get(flow.name)
    if found is not None and found.rate is not None:
        return found.rate
    return None if flow.requests_per_minute is None else flow.requests_per_minute / 60.0


def _amount(flow: Flow, missing: Estimate | None) -> Amount | None:
    if missing is None or not flow.amount_per_request:
        return None
    each = flow.amount_per_request

    def worth(requests: float) -> Decimal:
        return (Decimal(repr(requests)) * each.amount).quantize(CENT, ROUND_HALF_EVEN)

    return Amount(
        worth(missing.low),
        worth(missing.point),
        worth(missing.high),
        each.currency,
        missing.basis,
        missing.as_of,
    )


def _amounts(found: Sequence[Amount | None]) -> Amount | None:
    """The sum, where all are in one currency: others would need a rate that nobody gave."""
    there = [one for one in found if one is not None]
    if not there or any(one.currency != there[0].currency for one in there):
        return None
    first = there[0]
    low, point, high = (
        sum((getattr(one, part) for one in there), Decimal(0)) for part in ("low", "point", "high")
    )
    return Amount(low, point, high, first.currency, first.basis, max(one.as_of for one in there))


def _total(found: Sequence[Estimate | None]) -> Estimate | None:
    there = [one for one in found if one is not None]
    if not there:
        return None
    low, point, high = (fsum(getattr(one, part) for one in there) for part in ("low", "point", "high"))
    basis = Basis.IMPUTED if any(one.basis is Basis.IMPUTED for one in there) else there[0].basis
    return Estimate(
        low, point, high, basis, max(one.as_of for one in there), any(o.upper_bound for o in there)
    )


def _requests(meters: Sequence[Meter], at: Instant) -> Estimate:
    basis = Basis.ESTIMATED if all(meter.seen(at) for meter in meters) else Basis.IMPUTED
    low, high = (fsum(getattr(meter, part) for meter in meters) for part in ("low", "high"))
    point = fsum(meter.point for meter in meters)
    return Estimate(min(low, point), point, max(high, point), basis, at)


def _users_share(
    plan: Plan, flows: Sequence[FlowImpact], meters: Sequence[Meter], around: Around, whole: Whole, at: Instant, onset: Instant
) -> Estimate | None:  # fmt: skip
    """Of all users whom the product expected since the onset. None unless it is known for every flow that counts."""
    affected = _total([flow.users for flow in flows])
    if affected is None:
        return None
    expected = whole.all_users * max(0.0, at - onset)
    for meter in meters:
        per_user = _per_user(plan.flows.get(meter.flow), around.users_per_request)
        # All flows over the same time: one that joined late was well until then, and is metered since.
        metered = whole.users.get(meter.flow, 0.0) * max(0.0, at - max(meter.onset, onset))
        expected += meter.expected * (per_user or 0.0) - metered
    if expected <= 0.0:
        return None
    low, point, high = (min(1.0, part / expected) for part in (affected.low, affected.point, affected.high))
    return Estimate(low, point, high, affected.basis, affected.as_of, upper_bound=True)


def _day_share(whole: Whole, meters: Sequence[Meter], at: Instant) -> Estimate | None:
    """What is missing, as a share of what the product does in a usual day; in money where all flows have a price."""
    if whole.day <= 0.0 or not any(meter.counted for meter in meters):
        return None
    low, point, high = (
        fsum(getattr(meter, part) * whole.worth.get(meter.flow, 0.0) for meter in meters) / whole.day
        for part in ("low", "point", "high")
    )
    return Estimate(min(low, point), point, max(high, point), Basis.ESTIMATED, at)


def _stated(manual: Mapping[str, Any], name: str, at: Instant) -> Estimate | None:
    """What a person entered goes before what was measured."""
    value = manual.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return Estimate(number, number, number, Basis.MANUAL, at)


def _loss(around: Around, manual: Mapping[str, Any], at: Instant) -> Amount | None:
    value = manual.get("loss")
    if isinstance(value, str) and value:
        return _exactly(parse_money(value), Basis.MANUAL, at)
    if around.loss is None:
        return None
    return _exactly(around.loss[0], around.loss[2], at)


def _exactly(money: Money, basis: Basis, at: Instant) -> Amount:
    return Amount(money.amount, money.amount, money.amount, money.currency, basis, at)


def _projected(loss: Amount | None, around: Around) -> Amount | None:
    """What half an hour more of the last minute would add: small losses at a ruinous rate show in time."""
    if loss is None:
        return None
    more = around.loss[1] * 1800 if around.loss is not None else Decimal(0)
    point = (loss.point + more).quantize(CENT, ROUND_HALF_EVEN)
    return Amount(loss.low, point, point, loss.currency, Basis.ESTIMATED, loss.as_of)
