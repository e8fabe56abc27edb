"""What a cell of the matrix tells people, made when somebody reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from watchtower.core.indicators import Amount, Estimate, FlowImpact
from watchtower.core.plan.severity import SeverityPolicy
from watchtower.core.severity import words
from watchtower.model import Severity, Text

_NONE = Text("", "")


class Said(NamedTuple):
    """What a cell tells people. `threshold`: the one that was reached (`P1 from 10,000`), else the next one; `doubt`:
    `10,500 to 13,800, estimated`. Empty where there is none."""

    measured: Text
    threshold: Text = _NONE
    doubt: Text = _NONE


def fact(name: str, level: Severity) -> Said:
    what = Text(f"{name.replace('_', ' ')} is confirmed", f"已确认 {words.FACTS.get(name, name)}")
    return Said(what, Text(f"always {level}", f"一律为 {level}"))


def duties(level: Severity, duties: tuple[str, ...]) -> Said:
    names = ", ".join(duties)
    what = Text(f"a compliance duty is triggered: {names}", f"已触发合规义务：{names}")
    return Said(what, _least(level))


def unknown(flow: FlowImpact, level: Severity, titles: Mapping[str, Text]) -> Said:
    title, tier = _title(flow, titles), words.TIERS[flow.tier]
    what = Text(
        f"what {title.en} loses is not known, and it is {'worth money' if flow.payment else tier.en}",
        f"“{title.zh}”的损失未知，且属于{'资金类业务' if flow.payment else tier.zh}",
    )
    return Said(what, Text(f"{level} assumed", f"按 {level} 处理"))


def floor(flow: FlowImpact, level: Severity, down: bool, titles: Mapping[str, Text]) -> Said:
    title, tier, hours = _title(flow, titles), words.TIERS[flow.tier], words.HOURS[flow.urgency]
    share = words.value("scope_share", flow.impact)
    what = Text(
        f"{title.en}, {tier.en}, is {'down' if down else f'degraded by {share}'} {hours.en}",
        f"{tier.zh}“{title.zh}”在{hours.zh}{'中断' if down else f'降级 {share}'}",
    )
    return Said(what, _least(level))


def row(
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
        f"{tier.zh}“{title.zh}”累计等效全中断时长 {shown} 分钟",
    )


def _least(level: Severity) -> Text:
    return Text(f"at least {level}", f"至少 {level}")


def _title(flow: FlowImpact, titles: Mapping[str, Text]) -> Text:
    return titles.get(flow.flow) or Text(flow.flow, flow.flow)
