"""Texts of a cell of the matrix, made when somebody reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from watchtower.core.indicators import FlowImpact
from watchtower.core.plan.indicators import INDICATORS, Value
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.severity import indicator_texts
from watchtower.model import Language, Severity, Text, Unit
from watchtower.texts import units

_NONE = Text("", "")


class Said(NamedTuple):
    """The text of a cell. `threshold`: the one that was reached (`P1 from 10,000`), else the next one;
    `doubt`: `10,500 to 13,800, estimated`. Empty where there is none."""

    measured: Text
    threshold: Text = _NONE
    doubt: Text = _NONE


def fact(name: str, level: Severity) -> Said:
    what = Text(f"{name.replace('_', ' ')} is confirmed", f"已确认 {indicator_texts.FACTS.get(name, name)}")
    return Said(what, Text(f"always {level}", f"一律为 {level}"))


def duties(level: Severity, duties: tuple[str, ...]) -> Said:
    names = ", ".join(duties)
    what = Text(f"a compliance duty is triggered: {names}", f"已触发合规义务：{names}")
    return Said(what, _least(level))


def unknown(flow: FlowImpact, level: Severity, titles: Mapping[str, Text]) -> Said:
    title, tier = _title(flow, titles), indicator_texts.TIERS[flow.tier]
    what = Text(
        f"what {title.en} loses is not known, and it is {'worth money' if flow.payment else tier.en}",
        f"“{title.zh}”的损失未知，且属于{'资金类业务' if flow.payment else tier.zh}",
    )
    return Said(what, Text(f"{level} assumed", f"按 {level} 处理"))


def first(flow: FlowImpact, level: Severity, titles: Mapping[str, Text]) -> Said:
    title, tier = _title(flow, titles), indicator_texts.TIERS[flow.tier]
    what = Text(
        f"this begins on {title.en}, {tier.en}{' that moves money' if flow.payment else ''}",
        f"故障始于{'资金类' if flow.payment else ''}{tier.zh}“{title.zh}”",
    )
    return Said(what, Text(f"the first page is at least {level}", f"首次告警至少 {level}"))


def floor(
    flow: FlowImpact, level: Severity, down: bool, titles: Mapping[str, Text], needs: float | None
) -> Said:
    """`needs`: the share of the product (0..1) that the flow lacks for a worse floor."""
    title, tier, hours = (
        _title(flow, titles),
        indicator_texts.TIERS[flow.tier],
        indicator_texts.HOURS[flow.urgency],
    )
    share = units.show(flow.impact, Unit.RATIO, Language.EN)
    what = Text(
        f"{title.en}, {tier.en}, is {'down' if down else f'degraded by {share}'} {hours.en}",
        f"{tier.zh}“{title.zh}”在{hours.zh}{'中断' if down else f'降级 {share}'}",
    )
    if needs is None:
        return Said(what, _least(level))
    weight, least = (units.show(one, Unit.RATIO, Language.EN) for one in (flow.weight, needs))
    small = Text(
        f"at least {level}: it is {weight} of the product, and worse from {least}",
        f"至少 {level}：占产品 {weight}，{least} 起更高",
    )
    return Said(what, small)


def row(
    policy: SeverityPolicy, name: str, of: Value, at: Severity | None, held: bool,
    worst: FlowImpact | None, titles: Mapping[str, Text],
) -> Said:  # fmt: skip
    what, by_flow = indicator_texts.measured(name, of), INDICATORS[name].worst_flow
    if worst is not None and by_flow is not None and isinstance(of, (int, float)):
        what = by_flow(
            _title(worst, titles), indicator_texts.TIERS[worst.tier], indicator_texts.value(name, of)
        )
    if at is None:
        return Said(what, _NONE, indicator_texts.doubt(name, of))
    gate, row = policy.gates.get(at, 0.0), policy.matrix.row(name)
    least = indicator_texts.threshold(at, name, row[at], gate)
    if held:
        shown = indicator_texts.value(name, row[at])
        least = Text(
            f"{at} from {shown}, but only from {gate:,.0f} users",
            f"{shown} 起为 {at}，但受影响用户须达 {gate:,.0f} 人",
        )
    return Said(what, least, indicator_texts.doubt(name, of))


def _least(level: Severity) -> Text:
    return Text(f"at least {level}", f"至少 {level}")


def _title(flow: FlowImpact, titles: Mapping[str, Text]) -> Text:
    return titles.get(flow.flow) or Text(flow.flow, flow.flow)
