"""What was measured, against what: a rule's condition in words with the numbers in it, never as an expression.

latency > 1.0 || outcome == "down"      latency 2.3 s (> 1 s)      HTTP 503
traffic.silent                          no request for 3 min 20 s, 2.1/s expected
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import eq, ge, gt, le, lt, ne

from watchtower.core.plan.checks import Check
from watchtower.model import Fact, Language, Outcome, Text, Unit, Value
from watchtower.texts import units
from watchtower.texts.failures import failure

_NOTHING = Text("", "")
_NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_TERM = re.compile(rf"({_NAME})\s*(==|!=|<=|>=|<|>)\s*(-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?![\w.])")
_WORD = re.compile(rf"\"[^\"]*\"|'[^']*'|({_NAME})")
_HOLDS = {"==": eq, "!=": ne, "<=": le, ">=": ge, "<": lt, ">": gt}
_SIGNS = {"==": "=", "!=": "≠", "<=": "<=", ">=": ">=", "<": "<", ">": ">"}
_MOST = 3
"""Measurements in one text; more of them nobody reads at night."""

_LABELS: Mapping[str, Text] = {
    "latency": Text("latency", "耗时"),
    "latency_p95": Text("p95 latency", "P95 耗时"),
    "duration": Text("duration", "耗时"),
    "status": Text("HTTP status", "HTTP 状态码"),
    "exit_code": Text("exit status", "退出码"),
    "requests": Text("requests", "请求数"),
    "errors": Text("errors", "错误数"),
    "error_ratio": Text("errors", "错误率"),
    "value": Text("value", "当前值"),
    "share": Text("share", "占比"),
    "balance": Text("balance", "余额"),
    "tls_days_left": Text("certificate ends in", "证书剩余"),
    "answers": Text("DNS answers", "解析记录数"),
    "connections": Text("connections", "连接数"),
    "memory_ratio": Text("memory used", "内存使用率"),
    "replay_age_seconds": Text("replication lag", "复制延迟"),
    "runway.days_left": Text("days left", "剩余天数"),
    "runway.step": Text("days left, warning at", "剩余天数预警档"),
    "traffic.success_ratio": Text("success", "成功率"),
    "traffic.ratio": Text("of the usual requests", "请求为平时的"),
    "traffic.ratio_5m": Text("of the usual requests in 5 min", "5 分钟请求为平时的"),
    "traffic.rate": Text("requests", "请求速率"),
    "traffic.silent_for": Text("without a request for", "无请求时长"),
    "ratio.value": Text("ratio", "比率"),
}
"""What people call a measurement; others go by their name."""
_VERDICTS: Mapping[str, Text] = {
    "traffic.silent": Text(
        "no request for {traffic.silent_for}, {traffic.expected} expected",
        "已 {traffic.silent_for}无请求，平时 {traffic.expected}",
    ),
    "traffic.low": Text(
        "{traffic.ratio_5m} of the usual requests in 5 min, {traffic.expected} expected",
        "5 分钟请求为平时的 {traffic.ratio_5m}，平时 {traffic.expected}",
    ),
    "traffic.surge": Text(
        "{traffic.ratio_5m} of the usual requests in 5 min, {traffic.expected} expected",
        "5 分钟请求为平时的 {traffic.ratio_5m}，平时 {traffic.expected}",
    ),
    "traffic.over_capacity": Text("{traffic.rate} is at capacity", "当前 {traffic.rate}，已达容量上限"),
    "ratio.fallen": Text("{ratio.value}, usually {ratio.usual}", "{ratio.value}，平时 {ratio.usual}"),
    "ratio.risen": Text("{ratio.value}, usually {ratio.usual}", "{ratio.value}，平时 {ratio.usual}"),
    "anomaly.high": Text(
        "too high, usually {anomaly.expected_low} to {anomaly.expected_high}",
        "偏高，平时 {anomaly.expected_low} 至 {anomaly.expected_high}",
    ),
    "anomaly.low": Text(
        "too low, usually {anomaly.expected_low} to {anomaly.expected_high}",
        "偏低，平时 {anomaly.expected_low} 至 {anomaly.expected_high}",
    ),
    "runway.exhausted": Text("nothing is left", "已耗尽"),
}
"""What a detector's verdict is said by; `{name}` is a measurement."""
_OUTCOMES: Mapping[str, Text] = {
    Outcome.UP: Text("up", "正常"),
    Outcome.UNKNOWN: Text("not known", "未知"),
}
_PLACE = re.compile(rf"\{{({_NAME})\}}")


def measured(when: str, check: Check, facts: Mapping[str, Value]) -> Text:
    """What makes the condition `when` true of this check's `facts`; empty where only the rule's name says it."""
    terms = [found.groups() for found in _TERM.finditer(when)]
    known, hold = [], []
    for name, sign, least in terms:
        if isinstance(value := facts.get(name), float):
            known.append((name, sign, float(least)))
            hold += known[-1:] if _HOLDS[sign](value, float(least)) else []
    said = []
    names = list(dict.fromkeys(name for name in _WORD.findall(when) if name))
    if ("outcome" in names or "reason" in names) and facts.get("outcome") != Outcome.UP:
        said.append(outcome(facts))
    said += [_verdict(name, check, facts) for name in names if name in _VERDICTS and facts.get(name) is True]
    if "reach.unreachable" in names and isinstance(why := facts.get("reach.because"), str):
        said.append(Text(why, str(facts.get("reach.because_zh") or why)))
    bounds: dict[str, list[tuple[str, float]]] = {}
    if not said and not hold:  # nothing holds, or it is `!(value <= 5.0)`: the values alone
        bounds = {name: [] for name, _, _ in known}
    for name, sign, least in hold:
        if not (name == "status" and said):  # its number is said already
            bounds.setdefault(name, []).append((sign, least))
    said += [_compared(name, check, facts, against) for name, against in bounds.items()]
    said = list(dict.fromkeys(said))[:_MOST]
    return Text("; ".join(one.en for one in said), "；".join(one.zh for one in said))


def outcome(facts: Mapping[str, Value]) -> Text:
    """How the target is, in words: `HTTP 503`, `up`."""
    known = _OUTCOMES.get(str(facts.get("outcome")))
    reason = str(facts.get("reason") or "")
    if known is None or (facts.get("outcome") == Outcome.UNKNOWN and reason):
        return failure(reason, facts)
    return known


def in_words(check: Check, flow: Text | None, facts: Mapping[str, Value]) -> Mapping[str, Text]:
    """The facts that are words of ours, as people read them in a rule's summary."""
    return {
        "reason": failure(str(facts.get("reason") or ""), facts) if facts.get("reason") else _NOTHING,
        "outcome": _OUTCOMES.get(str(facts.get("outcome"))) or Text("down", "故障"),
        "check": title_of(check),
        "flow": flow or Text(str(facts.get("flow") or ""), str(facts.get("flow") or "")),
    }


def title_of(check: Check) -> Text:
    """What people call a check."""
    return check.title or Text(check.name, check.name)


def _compared(name: str, check: Check, facts: Mapping[str, Value], bounds: list[tuple[str, float]]) -> Text:
    label = _LABELS.get(name) or Text(name.replace("_", " "), name.replace("_", " "))
    against = [
        tuple(f"{_SIGNS[sign]} {_shown(check, name, least, facts, way)}" for way in Language)
        for sign, least in bounds
    ]
    en, zh = (_shown(check, name, facts[name], facts, way) for way in Language)
    if not against:
        return Text(f"{label.en} {en}", f"{label.zh} {zh}")
    return Text(
        f"{label.en} {en} ({', '.join(one[0] for one in against)})",
        f"{label.zh} {zh}（{'，'.join(one[1] for one in against)}）",
    )


def _verdict(name: str, check: Check, facts: Mapping[str, Value]) -> Text:
    said = []
    for way in Language:
        template = _VERDICTS[name].in_(way)
        if any(facts.get(one) is None for one in _PLACE.findall(template)):
            template = re.split(r"[,，]", template)[0]
        said.append(_PLACE.sub(lambda found, way=way: _value(check, found[1], facts, way), template))  # type: ignore[misc]
    return Text(*said)


def _value(check: Check, name: str, facts: Mapping[str, Value], way: Language) -> str:
    return _shown(check, name, facts.get(name), facts, way)


def _shown(check: Check, name: str, value: Value, facts: Mapping[str, Value], way: Language) -> str:
    fact: Fact | None = check.facts.get(name)
    unit = fact.unit if fact is not None else Unit.NONE
    currency = facts.get("currency")
    said = units.show(value, unit, way)
    return f"{said} {currency}" if unit is Unit.MONEY and isinstance(currency, str) else said
