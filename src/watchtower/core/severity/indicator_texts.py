"""Texts of numbers and indicators, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchtower.core.indicators import Amount, Basis, Estimate, Recovery, Urgency
from watchtower.core.plan.indicators import INDICATORS, IndicatorUnit, Value
from watchtower.model import Language, Severity, Text, Tier, Unit
from watchtower.texts import units

TIERS: Mapping[Tier, Text] = {
    Tier.CORE: Text("a core flow", "核心业务"),
    Tier.SUPPORTING: Text("a supporting flow", "次核心业务"),
    Tier.PERIPHERAL: Text("a peripheral flow", "非核心业务"),
}
HOURS: Mapping[Urgency, Text] = {
    Urgency.PEAK: Text("at peak hours", "高峰时段"),
    Urgency.NORMAL: Text("at normal hours", "平峰时段"),
    Urgency.OFF_PEAK: Text("at off-peak hours", "低峰时段"),
}
RECOVERY: Mapping[Recovery, Text] = {
    Recovery.READY: Text("recovery is ready", "快恢预案就绪"),
    Recovery.UNPROVEN: Text("recovery is unproven", "快恢预案未经演练验证"),
    Recovery.NONE: Text("there is nothing to recover with", "没有可用的快恢预案"),
    Recovery.FAILED: Text("recovery has failed", "快恢预案执行失败"),
}
GROUPS: Mapping[str, Text] = {
    "reach": Text("reach", "影响范围"),
    "money": Text("money", "资金"),
    "time": Text("time", "时长"),
    "duty": Text("duty", "合规义务"),
    "trust": Text("trust", "客户信任"),
}
_PLURAL = re.compile(r"(?<=[a-z])s\b")
FACTS: Mapping[str, str] = {"data_breach": "数据泄露"}
"""What we call facts in Chinese; others go by the name that they were given."""


def value(indicator: str, number: float, currency: str = "") -> str:
    """`31%`, `12,000`, `1,200,000 CNY`: the same in both languages."""
    unit = INDICATORS[indicator].unit
    if unit is IndicatorUnit.SHARE:
        return units.show(number, Unit.RATIO, Language.EN)
    if currency:
        return f"{number:,.0f} {currency}"
    # Of minutes the one that has begun is counted: tenths of it would only puzzle whoever looks at a clock.
    shown = number if abs(number) < 1 and unit is IndicatorUnit.MINUTES else float(int(number))
    return f"{shown:,.1f}".removesuffix(".0")


def measured(indicator: str, of: Value) -> Text:
    """`12,000 users`, `at most 12,000 users`."""
    words, unit = INDICATORS[indicator].sentence, INDICATORS[indicator].unit
    if isinstance(of, (int, float)):
        shown = value(indicator, of)
    else:
        shown = value(indicator, float(of.point), of.currency if isinstance(of, Amount) else "")
    if shown == "1" and unit in (IndicatorUnit.COUNT, IndicatorUnit.MINUTES):
        words = Text(_PLURAL.sub("", words.en, count=1), words.zh)
    if isinstance(of, Estimate) and of.upper_bound:
        return Text(words.en.format(f"at most {shown}"), words.zh.format(f"至多 {shown}"))
    return Text(words.en.format(shown), words.zh.format(shown))


def doubt(indicator: str, of: Value) -> Text:
    """`10,500 to 13,800, estimated`; empty for what was measured without doubt."""
    if isinstance(of, (int, float)):
        return Text("", "")
    currency = of.currency if isinstance(of, Amount) else ""
    low, high = value(indicator, float(of.low), currency), value(indicator, float(of.high), currency)
    notes = [] if low == high else [Text(f"{low} to {high}", f"{low} 至 {high}")]
    if of.basis is not Basis.MEASURED:
        notes.append(_BASES[of.basis])
    return Text(", ".join(one.en for one in notes), "，".join(one.zh for one in notes))


_BASES: Mapping[Basis, Text] = {
    Basis.ESTIMATED: Text("estimated", "估算"),
    Basis.IMPUTED: Text("data are missing, the last impact taken to go on", "数据缺失，按此前影响推算"),
    Basis.MANUAL: Text("entered by hand", "人工录入"),
}


def threshold(level: Severity, indicator: str, at_least: float, gate: float = 0.0) -> Text:
    """`P1 from 10,000`; of a share with its gate, `P1 from 25% and 100 users`."""
    shown = value(indicator, at_least)
    if INDICATORS[indicator].relative and gate > 1:
        return Text(f"{level} from {shown} and {gate:,.0f} users", f"{shown} 且 {gate:,.0f} 人起为 {level}")
    return Text(f"{level} from {shown}", f"{shown} 起为 {level}")


def minutes(seconds: float) -> Text:
    """A span in both languages."""
    return Text(units.duration_words(seconds, Language.EN), units.duration_words(seconds, Language.ZH))
