"""The cells of the matrix that indicators reach: each says what was measured, from where it counts, and how bad it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from watchtower.core.indicators import Amount, Basis, Estimate, FlowImpact, Indicators
from watchtower.core.severity import words
from watchtower.core.severity.policy import GROUPS, RELATIVE, Group, Row, SeverityPolicy
from watchtower.model import Severity, Text

_TRAFFIC = frozenset(
    {"scope_share", "affected_users_share", "affected_users", "day_share", "flow_minutes", "floor", "unknown"}
)


_NONE = Text("", "")


@dataclass(frozen=True, slots=True)
class Cell:
    """`level` is None below every threshold. `group` is None for what belongs to none (a rule's own severity)."""

    indicator: str
    level: Severity | None
    group: Group | None
    measured: Text
    threshold: Text
    """`P1 from 10,000`: the threshold that was reached, else the next one; empty where there is none."""
    flow: str = ""
    weak: bool = False
    """It rests on a low-confidence estimate alone."""
    decided: bool = False
    doubt: Text = _NONE
    """`10,500 to 13,800, estimated`; empty for what was measured without doubt."""
    by_hand: bool = False
    rank: int = 9
    """Among cells of one level the lower speaks first: breach and loss, duties, matrix, counts, estimates."""

    @property
    def of_traffic(self) -> bool:
        """It is known by seeing the flows: worth nothing new while data are missing."""
        return self.indicator in _TRAFFIC and not self.by_hand


def cells_of(policy: SeverityPolicy, found: Indicators, titles: Mapping[str, Text]) -> Iterator[Cell]:
    """One cell for each row that is known, and for each flow's floor, each fact and each duty."""
    yield from _facts(policy, found)
    yield from _duties(policy, found)
    for flow in found.flows:
        yield from _floor(policy, flow, titles)
    yield from _rows(policy, found, titles)


def _facts(policy: SeverityPolicy, found: Indicators) -> Iterator[Cell]:
    for name, level in policy.facts.items():
        if found.manual.get(name) is True:
            what = Text(f"{name.replace('_', ' ')} is confirmed", f"已确认 {_FACTS.get(name, name)}")
            yield Cell(name, level, Group.TRUST, what, Text(f"always {level}", f"一律为 {level}"), rank=0)


_FACTS = {"data_breach": "数据泄露"}


def _duties(policy: SeverityPolicy, found: Indicators) -> Iterator[Cell]:
    if found.duties:
        names = ", ".join(found.duties)
        what = Text(f"a compliance duty is triggered: {names}", f"已触发合规义务：{names}")
        least = Text(f"at least {policy.duty}", f"至少 {policy.duty}")
        yield Cell("duties", policy.duty, Group.DUTY, what, least, rank=2)


def _floor(policy: SeverityPolicy, flow: FlowImpact, titles: Mapping[str, Text]) -> Iterator[Cell]:
    title = titles.get(flow.flow, Text(flow.flow, flow.flow))
    tier, hours = words.TIERS[flow.tier], words.HOURS[flow.urgency]
    if flow.missing is None and (flow.impact > 0 or not flow.seen):
        level = policy.unknown_payment if flow.payment else policy.unknown_core
        if flow.payment or flow.tier.value == "core":
            what = Text(
                f"what {title.en} loses is not known, and it is {'worth money' if flow.payment else tier.en}",
                f"“{title.zh}”的损失未知，且属于{'资金类流程' if flow.payment else tier.zh}",
            )
            yield Cell("unknown", level, Group.REACH, what, _assumed(level), flow.flow, rank=5)
    down = flow.impact >= policy.down_from
    row = policy.floor.get(flow.tier)
    if row is None or flow.impact < policy.degraded_from or not flow.confirmed:
        return
    level = (row.down if down else row.degraded)[flow.urgency]
    share = words.value("scope_share", flow.impact)
    what = Text(
        f"{title.en}, {tier.en}, is {'down' if down else f'degraded by {share}'} {hours.en}",
        f"{tier.zh}“{title.zh}”在{hours.zh}{'中断' if down else f'降级 {share}'}",
    )
    least = Text(f"at least {level}", f"至少 {level}")
    yield Cell("floor", level, Group.REACH, what, least, flow.flow, not flow.confident, rank=3)


def _assumed(level: Severity) -> Text:
    return Text(f"{level} assumed", f"按 {level} 处理")


def _rows(policy: SeverityPolicy, found: Indicators, titles: Mapping[str, Text]) -> Iterator[Cell]:
    hurt = [flow for flow in found.flows if flow.impact > 0 or flow.flow_minutes > 0]
    young = bool(found.flows) and not any(flow.confident for flow in found.flows)
    for name, of in _known(found).items():
        row = policy.matrix.get(name, {})
        if isinstance(of, Amount):
            number, weak = _in_currency(policy, of), False
        elif isinstance(of, Estimate):
            number, weak = of.point, young and of.basis is not Basis.MANUAL
        else:
            number, weak = of, young and name == "flow_minutes"
        level, what, doubt = _level(row, number), words.measured(name, of), words.doubt(name, of)
        by_hand = not isinstance(of, (int, float)) and of.basis is Basis.MANUAL
        flow = ""
        if name == "flow_minutes" and hurt:
            worst = max(hurt, key=lambda one: one.flow_minutes)
            flow, what = worst.flow, _outage(worst, found.flow_minutes, titles)
        if level is not None and name in RELATIVE:
            gated = _gated(policy, found, level)
            if gated is not level:
                held = _held(policy, name, gated, level, what, weak)
                yield replace(held, doubt=doubt, by_hand=by_hand)
                continue
        rank = 1 if name.startswith("loss") else 4 if name in ("flow_minutes", "complaints") else 5
        at = _next(row, number) if level is None else level
        least = words.threshold(at, name, row[at], policy.gates.get(at, 0.0)) if at is not None else _NONE
        yield Cell(name, level, GROUPS[name], what, least, flow, weak, False, doubt, by_hand, rank)


def _known(found: Indicators) -> dict[str, Estimate | Amount | float]:
    """Rows that have a value, in the order of the matrix. What is not known is no zero."""
    complaints = found.manual.get("complaints")
    counted = float(complaints) if isinstance(complaints, (int, float)) else None
    every: dict[str, Estimate | Amount | float | None] = {
        "scope_share": found.scope_share,
        "affected_users_share": found.affected_users_share,
        "affected_users": found.affected_users,
        "day_share": found.day_share,
        "loss": found.loss,
        "loss_projected": found.loss_projected,
        "flow_minutes": found.flow_minutes,
        "complaints": counted,
    }
    return {name: of for name, of in every.items() if of is not None}


def _level(row: Row, number: float) -> Severity | None:
    return next((level for level in Severity if level in row and number >= row[level]), None)


def _next(row: Row, number: float) -> Severity | None:
    return next((level for level in reversed(Severity) if level in row and number < row[level]), None)


def _in_currency(policy: SeverityPolicy, amount: Amount) -> float:
    """The point in the thresholds' currency; at face value where no rate is known."""
    rate = policy.rates.get(amount.currency) if amount.currency != policy.currency else None
    return float(amount.point * rate if rate is not None else amount.point)


def _gated(policy: SeverityPolicy, found: Indicators, level: Severity) -> Severity | None:
    """The worst level at most `level` whose gate the count of users passes. Each request is one user at most; where
    neither is known, the level that is assumed for what is unknown is as far as a share may go."""
    users = found.affected_users or found.affected_requests
    if users is None:
        payment = any(flow.payment for flow in found.flows)
        most = policy.unknown_payment if payment else policy.unknown_core
        return level if not level.worse_than(most) else most
    passing = (one for one in Severity if not one.worse_than(level))
    return next(
        (one for one in passing if users.point >= policy.gates.get(one, 0.0) and one is not Severity.P4), None
    )


def _held(
    policy: SeverityPolicy, name: str, level: Severity | None, wanted: Severity, what: Text, weak: bool
) -> Cell:
    """A share that the gate holds down."""
    needs = policy.gates.get(wanted, 0.0)
    least = Text(
        f"{wanted} from {words.value(name, policy.matrix[name][wanted])}, but only from {needs:,.0f} users",
        f"{words.value(name, policy.matrix[name][wanted])} 起为 {wanted}，但受影响用户须达 {needs:,.0f} 人",
    )
    return Cell(name, level, GROUPS[name], what, least, weak=weak, rank=6)


def _outage(flow: FlowImpact, minutes: float, titles: Mapping[str, Text]) -> Text:
    title, tier = titles.get(flow.flow, Text(flow.flow, flow.flow)), words.TIERS[flow.tier]
    shown = words.value("flow_minutes", minutes)
    return Text(
        f"{title.en}, {tier.en}, has been down for {shown} full {'minute' if shown == '1' else 'minutes'}",
        f"{tier.zh}“{title.zh}”累计等效全中断 {shown} 分钟",
    )
