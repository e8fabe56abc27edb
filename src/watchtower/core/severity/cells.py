"""The cells of the matrix that indicators reach: each says what was measured, from where it counts, and how bad it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from watchtower.core.indicators import Amount, Basis, Estimate, FlowImpact, Indicators
from watchtower.core.severity import words
from watchtower.core.severity.policy import GROUPS, RELATIVE, Group, Row, SeverityPolicy
from watchtower.model import Severity, Text, Tier

_TRAFFIC = frozenset(
    {"scope_share", "affected_users_share", "affected_users", "day_share", "flow_minutes", "floor", "unknown"}
)


_NONE = Text("", "")


class Said(NamedTuple):
    """What a cell tells people. `threshold`: the one that was reached (`P1 from 10,000`), else the next one; `doubt`:
    `10,500 to 13,800, estimated`. Empty where there is none."""

    measured: Text
    threshold: Text = _NONE
    doubt: Text = _NONE


@dataclass(frozen=True, slots=True)
class Cell:
    """`level` is None below every threshold. `group` is None for what belongs to none (a rule's own severity).

    Its words are made when somebody reads them: most polls change no level, and nobody does.
    """

    indicator: str
    level: Severity | None
    group: Group | None
    say: Callable[[], Said] = field(repr=False, compare=False)
    flow: str = ""
    weak: bool = False
    """It rests on a low-confidence estimate alone."""
    by_hand: bool = False
    rank: int = 9
    """Among cells of one level the lower speaks first: breach and loss, duties, matrix, counts, estimates."""
    decided: bool = False

    @property
    def measured(self) -> Text:
        return self.say().measured

    @property
    def threshold(self) -> Text:
        return self.say().threshold

    @property
    def doubt(self) -> Text:
        return self.say().doubt

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
            yield Cell(name, level, Group.TRUST, partial(_say_fact, name, level), rank=0)


def _duties(policy: SeverityPolicy, found: Indicators) -> Iterator[Cell]:
    if found.duties:
        yield Cell("duties", policy.duty, Group.DUTY, partial(_say_duties, policy.duty, found.duties), rank=2)


def _floor(policy: SeverityPolicy, flow: FlowImpact, titles: Mapping[str, Text]) -> Iterator[Cell]:
    if flow.missing is None and (flow.impact > 0 or not flow.seen):
        level = policy.unknown_payment if flow.payment else policy.unknown_core
        if flow.payment or flow.tier is Tier.CORE:
            yield Cell(
                "unknown", level, Group.REACH, partial(_say_unknown, flow, level, titles), flow.flow, rank=5
            )
    down = flow.impact >= policy.down_from
    row = policy.floor.get(flow.tier)
    if row is None or flow.impact < policy.degraded_from or not flow.confirmed:
        return
    level = (row.down if down else row.degraded)[flow.urgency]
    say = partial(_say_floor, flow, level, down, titles)
    yield Cell("floor", level, Group.REACH, say, flow.flow, not flow.confident, rank=3)


def _rows(policy: SeverityPolicy, found: Indicators, titles: Mapping[str, Text]) -> Iterator[Cell]:
    young = bool(found.flows) and not any(flow.confident for flow in found.flows)
    hurt = [flow for flow in found.flows if flow.impact > 0 or flow.flow_minutes > 0]
    worst = max(hurt, key=lambda one: one.flow_minutes, default=None)
    for name, of in _known(found).items():
        row, by_hand = policy.matrix.get(name, {}), False
        if isinstance(of, Amount):
            number, weak, by_hand = _in_currency(policy, of), False, of.basis is Basis.MANUAL
        elif isinstance(of, Estimate):
            by_hand = of.basis is Basis.MANUAL
            number, weak = of.point, young and not by_hand
        else:
            number, weak = of, young and name == "flow_minutes"
        level = wanted = _level(row, number)
        if level is not None and name in RELATIVE:
            level = _gated(policy, found, level)
        at = _next(row, number) if wanted is None else wanted
        lasting = worst if name == "flow_minutes" else None
        say = partial(_say_row, policy, name, of, at, wanted is not level, lasting, titles)
        rank = 1 if name.startswith("loss") else 4 if name in ("flow_minutes", "complaints") else 5
        flow = lasting.flow if lasting is not None else ""
        yield Cell(name, level, GROUPS[name], say, flow, weak, by_hand, rank)


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


def _say_fact(name: str, level: Severity) -> Said:
    what = Text(f"{name.replace('_', ' ')} is confirmed", f"已确认 {words.FACTS.get(name, name)}")
    return Said(what, Text(f"always {level}", f"一律为 {level}"))


def _say_duties(level: Severity, duties: tuple[str, ...]) -> Said:
    names = ", ".join(duties)
    what = Text(f"a compliance duty is triggered: {names}", f"已触发合规义务：{names}")
    return Said(what, _least(level))


def _say_unknown(flow: FlowImpact, level: Severity, titles: Mapping[str, Text]) -> Said:
    title, tier = _title(flow, titles), words.TIERS[flow.tier]
    what = Text(
        f"what {title.en} loses is not known, and it is {'worth money' if flow.payment else tier.en}",
        f"“{title.zh}”的损失未知，且属于{'资金类流程' if flow.payment else tier.zh}",
    )
    return Said(what, Text(f"{level} assumed", f"按 {level} 处理"))


def _say_floor(flow: FlowImpact, level: Severity, down: bool, titles: Mapping[str, Text]) -> Said:
    title, tier, hours = _title(flow, titles), words.TIERS[flow.tier], words.HOURS[flow.urgency]
    share = words.value("scope_share", flow.impact)
    what = Text(
        f"{title.en}, {tier.en}, is {'down' if down else f'degraded by {share}'} {hours.en}",
        f"{tier.zh}“{title.zh}”在{hours.zh}{'中断' if down else f'降级 {share}'}",
    )
    return Said(what, _least(level))


def _say_row(
    policy: SeverityPolicy, name: str, of: Estimate | Amount | float, at: Severity | None, held: bool,
    lasting: FlowImpact | None, titles: Mapping[str, Text],
) -> Said:  # fmt: skip
    what = words.measured(name, of)
    if lasting is not None and isinstance(of, (int, float)):
        what = _outage(lasting, of, titles)
    if at is None:
        return Said(what, _NONE, words.doubt(name, of))
    gate, row = policy.gates.get(at, 0.0), policy.matrix[name]
    least = words.threshold(at, name, row[at], gate)
    if held:
        shown = words.value(name, row[at])
        least = Text(
            f"{at} from {shown}, but only from {gate:,.0f} users",
            f"{shown} 起为 {at}，但受影响用户须达 {gate:,.0f} 人",
        )
    return Said(what, least, words.doubt(name, of))


def _outage(flow: FlowImpact, minutes: float, titles: Mapping[str, Text]) -> Text:
    title, tier = _title(flow, titles), words.TIERS[flow.tier]
    shown = words.value("flow_minutes", minutes)
    return Text(
        f"{title.en}, {tier.en}, has been down for {shown} full {'minute' if shown == '1' else 'minutes'}",
        f"{tier.zh}“{title.zh}”累计等效全中断 {shown} 分钟",
    )


def _least(level: Severity) -> Text:
    return Text(f"at least {level}", f"至少 {level}")


def _title(flow: FlowImpact, titles: Mapping[str, Text]) -> Text:
    return titles.get(flow.flow) or Text(flow.flow, flow.flow)
