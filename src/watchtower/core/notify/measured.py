"""What was measured, against what: a rule's condition in words with the numbers in it, never as an expression.

latency > 1.0 || outcome == "down"      latency 2.3 s (> 1 s)      HTTP 503
traffic.silent                          no request for 3 min 20 s, 2.1/s expected
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import eq, ge, gt, le, lt, ne

from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.model import Fact, Language, Outcome, Text, Unit, Value
from watchtower.texts import units
from watchtower.texts.failures import failure

_NOTHING = Text("", "")
_NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_TERM = re.compile(rf"({_NAME})\s*(==|!=|<=|>=|<|>)\s*(-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?![\w.]|\s*[-+*/%])")
_RECKONED = ("+", "-", "*", "/", "%")
"""After one of these, or before, a name and a number are no comparison of that name with that number."""
_WORD = re.compile(rf"\"[^\"]*\"|'[^']*'|({_NAME})")
_HOLDS = {"==": eq, "!=": ne, "<=": le, ">=": ge, "<": lt, ">": gt}
_SIGNS = {"==": "=", "!=": "≠", "<=": "<=", ">=": ">=", "<": "<", ">": ">"}
_WHOSE = frozenset(
    {
        "check",
        "probe",
        "flow",
        "tier",
        "series",
        "severity",
        "currency",
        "outcome",
        "reason",
        "because",
        "because_zh",
    }
)
"""What a condition may ask about that is no measurement."""
_HOW = frozenset({"outcome", "reason", "failed_step"})
"""Of these one sentence says how the target is."""
_MOST = 3
"""Measurements in one text; more of them nobody reads at night."""

_LABELS: Mapping[str, Text] = {
    "latency": Text("latency", "耗时"),
    "latency_min": Text("lowest latency", "最低耗时"),
    "latency_max": Text("highest latency", "最高耗时"),
    "loss_ratio": Text("lost pings", "丢包率"),
    "latency_p95": Text("p95 latency", "P95 耗时"),
    "duration": Text("duration", "耗时"),
    "dns_seconds": Text("name resolution", "域名解析耗时"),
    "connect_seconds": Text("connecting", "建连耗时"),
    "tls_seconds": Text("TLS handshake", "TLS 握手耗时"),
    "first_byte_seconds": Text("first byte", "首字节耗时"),
    "status": Text("HTTP status", "HTTP 状态码"),
    "http_version": Text("HTTP version", "HTTP 版本"),
    "health": Text("health", "健康状态"),
    "code": Text("gRPC status", "gRPC 状态码"),
    "steps_done": Text("steps done", "已完成步骤"),
    "failed_step": Text("failed step", "失败步骤"),
    "failing_since": Text("failing since", "失败始于"),
    "cleanup_failed": Text("failed steps of the clean-up", "清理失败步骤数"),
    "body_bytes": Text("length of the answer", "响应大小"),
    "redirects": Text("redirects", "重定向次数"),
    "exit_code": Text("exit status", "退出码"),
    "level": Text("level", "级别"),
    "desired": Text("replicas asked for", "期望副本数"),
    "ready": Text("replicas ready", "就绪副本数"),
    "updated": Text("replicas updated", "已更新副本数"),
    "unavailable": Text("replicas missing", "不可用副本数"),
    "restarts": Text("restarts", "重启次数"),
    "new_restarts": Text("new restarts", "新增重启次数"),
    "oom_kills": Text("restarts for lack of memory", "内存不足重启数"),
    "waiting": Text("waits for", "等待原因"),
    "waiting_pods": Text("pods that wait", "等待中的 Pod 数"),
    "alertname": Text("alert", "告警"),
    "firing": Text("firing", "触发中"),
    "alerts": Text("alerts that fire", "触发中的告警"),
    "refused": Text("alerts without room", "未收下的告警"),
    "text": Text("it says", "内容"),
    "description": Text("description", "说明"),
    "runbook": Text("runbook", "手册"),
    "requests": Text("requests", "请求数"),
    "errors": Text("errors", "错误数"),
    "error_ratio": Text("errors", "错误率"),
    "users": Text("users", "用户数"),
    "transactions": Text("transactions", "交易笔数"),
    "amount": Text("amount", "交易金额"),
    "backlog": Text("log not read yet", "未读日志"),
    "unparsed": Text("unreadable lines", "无法解析的行数"),
    "part": Text("part", "分子"),
    "whole": Text("whole", "分母"),
    "value": Text("value", "当前值"),
    "share": Text("share", "占比"),
    "balance": Text("balance", "余额"),
    "cash": Text("cash", "现金余额"),
    "credit": Text("credit", "信用额度"),
    "debt": Text("debt", "欠费"),
    "limit": Text("quota", "配额上限"),
    "used": Text("used", "已用量"),
    "used_share": Text("share of the quota that is used", "配额使用率"),
    "throttled": Text("calls refused", "被限流次数"),
    "tls_days_left": Text("certificate ends in", "证书剩余"),
    "protocol": Text("TLS version", "TLS 版本"),
    "domain_days_left": Text("registration ends in", "域名注册剩余"),
    "states": Text("states of the domain", "域名状态"),
    "locked": Text("locked against transfer", "禁止转移"),
    "registrar": Text("registrar", "注册商"),
    "name_servers": Text("name servers", "域名服务器"),
    "fingerprint": Text("certificate", "证书指纹"),
    "issuer": Text("issuer", "证书签发者"),
    "subject": Text("subject", "证书主体"),
    "answers": Text("DNS answers", "解析记录数"),
    "ttl": Text("TTL", "TTL"),
    "rcode": Text("DNS answer", "解析应答码"),
    "matches": Text("DNS answers as expected", "解析结果符合预期"),
    "foreign": Text("number of foreign DNS answers", "外部解析结果数"),
    "foreign_answers": Text("foreign DNS answers", "外部解析结果"),
    "silent_servers": Text("name servers without an answer", "无应答的域名服务器数"),
    "issuer_name": Text("issuer's name", "证书签发机构"),
    "key_fingerprint": Text("key of the certificate", "证书公钥指纹"),
    "final_host": Text("host that answers", "最终站点"),
    "content": Text("content of the page", "页面内容"),
    "remote_ip": Text("address", "目标地址"),
    "connections": Text("connections", "连接数"),
    "max_connections": Text("connections allowed", "连接数上限"),
    "connected_clients": Text("clients", "客户端连接数"),
    "used_memory_bytes": Text("memory used", "内存用量"),
    "memory_ratio": Text("memory used", "内存使用率"),
    "role": Text("role", "角色"),
    "replicas": Text("replicas", "从库数"),
    "replication_up": Text("replication works", "主从复制正常"),
    "in_recovery": Text("is a standby", "为备库"),
    "replay_age_seconds": Text("replication lag", "复制延迟"),
    "read_only": Text("takes no writes", "只读"),
    "replication_running": Text("replication runs", "主从复制运行中"),
    "replication_lag_seconds": Text("replica behind by", "从库落后"),
    "connections_left": Text("connections left", "剩余连接数"),
    "has_primary": Text("has a primary", "有主节点"),
    "members": Text("members", "成员数"),
    "members_well": Text("members that are well", "正常成员数"),
    "brokers": Text("brokers", "Broker 数"),
    "partitions_without_leader": Text("partitions without a leader", "无主分区数"),
    "partitions_under_replicated": Text("partitions not fully replicated", "副本不足分区数"),
    "lag": Text("messages behind", "消费积压"),
    "unreadable": Text("unreadable metrics", "无法解析的指标数"),
    "left": Text("one side", "一方合计"),
    "right": Text("other side", "另一方合计"),
    "difference": Text("difference", "对账差额"),
    "unexplained": Text("unexplained difference", "未平差额"),
    "differs_seconds": Text("books have differed for", "账不平已持续"),
    "runway.days_left": Text("{} left", "剩余 {}"),
    "runway.days_low": Text("at least {} left", "至少剩余 {}"),
    "runway.days_high": Text("at most {} left", "至多剩余 {}"),
    "runway.step": Text("warning at {} left", "剩余 {}预警"),
    "runway.burn_per_day": Text("used a day", "每日消耗"),
    "traffic.success_ratio": Text("success", "成功率"),
    "traffic.rate": Text("requests", "请求速率"),
    "traffic.expected": Text("{} expected", "平时 {}"),
    "traffic.expected_low": Text("at least {} expected", "平时至少 {}"),
    "traffic.expected_high": Text("at most {} expected", "平时至多 {}"),
    "traffic.clock_moved": Text("the daily timetable has moved by", "每日时段偏移"),
    "traffic.ratio": Text("{} of the usual requests", "请求为平时的 {}"),
    "traffic.ratio_5m": Text("{} of the usual requests in 5 min", "5 分钟请求为平时的 {}"),
    "traffic.ratio_since_onset": Text("{} of the usual requests since it began", "开始以来请求为平时的 {}"),
    "traffic.ratio_since_onset_low": Text(
        "at least {} of the usual requests since it began", "开始以来请求至少为平时的 {}"
    ),
    "traffic.ratio_since_onset_high": Text(
        "at most {} of the usual requests since it began", "开始以来请求至多为平时的 {}"
    ),
    "traffic.anomaly_score": Text("strangeness of the silence", "无请求的异常程度"),
    "traffic.missing": Text("requests missing", "缺失请求数"),
    "traffic.silent_for": Text("without a request for", "无请求时长"),
    "traffic.onset": Text("began at", "开始于"),
    "traffic.capacity_in": Text("capacity reached in", "距容量上限"),
    "ratio.value": Text("ratio", "比率"),
    "ratio.low": Text("ratio at least {}", "比率至少 {}"),
    "ratio.high": Text("ratio at most {}", "比率至多 {}"),
    "ratio.usual": Text("usually", "平时"),
    "ratio.onset": Text("another ratio since", "比率变化始于"),
    "ratio.missing": Text("missing", "缺失数"),
    "anomaly.score": Text("strangeness", "异常程度"),
    "anomaly.news": Text("new strangeness", "新增异常程度"),
    "anomaly.expected_low": Text("expected at least", "预期下限"),
    "anomaly.expected_high": Text("expected at most", "预期上限"),
    "anomaly.expected": Text("expected", "预期值"),
    "reach.outside_failing": Text("views from outside that fail", "外部视角失败数"),
    "reach.outside_total": Text("views from outside", "外部视角数"),
}
"""What people call a measurement, `{}` being its value; others go by their name."""
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
        "{gauge} is too high, usually {anomaly.expected_low} to {anomaly.expected_high}",
        "{gauge}，高于平时的 {anomaly.expected_low}～{anomaly.expected_high}",
    ),
    "anomaly.low": Text(
        "{gauge} is too low, usually {anomaly.expected_low} to {anomaly.expected_high}",
        "{gauge}，低于平时的 {anomaly.expected_low}～{anomaly.expected_high}",
    ),
    "runway.exhausted": Text("nothing is left", "已耗尽"),
    "firing": Text("it fires", "触发中"),
}
"""What a detector's verdict is said by; `{name}` is a measurement, `{gauge}` the one that its detector watches."""
_SENTENCES = {"reach.unreachable": "reach.because", "reach.intercepted": "reach.evidence"}
"""Verdicts that bring their own sentence, and its measurement."""
_OUTCOMES: Mapping[str, Text] = {
    Outcome.UP: Text("up", "正常"),
    Outcome.UNKNOWN: Text("not known", "未知"),
}
_PLACE = re.compile(rf"\{{({_NAME})\}}")


def measured(when: str, check: Check, facts: Mapping[str, Value]) -> Text:
    """What makes the condition `when` true of this check's `facts`; empty where only the rule's name says it."""
    found = (one for one in _TERM.finditer(when) if not when[: one.start()].rstrip().endswith(_RECKONED))
    terms = [one.groups() for one in found]
    hold = [
        (name, sign, float(least))
        for name, sign, least in terms
        if isinstance(value := facts.get(name), float) and _HOLDS[sign](value, float(least))
    ]
    said = []
    names = list(dict.fromkeys(name for name in _WORD.findall(when) if name))
    if _HOW.intersection(names) and facts.get("outcome") != Outcome.UP:
        said.append(outcome(facts))
    said += [_verdict(name, check, facts) for name in names if name in _VERDICTS and facts.get(name) is True]
    for verdict, sentence in _SENTENCES.items():
        if verdict in names and isinstance(why := facts.get(sentence), str):
            said.append(Text(why, str(facts.get(f"{sentence}_zh") or why)))
    bounds: dict[str, list[tuple[str, float]]] = {}
    for name, sign, least in hold:
        if not (name == "status" and said):  # its number is said already
            bounds.setdefault(name, []).append((sign, least))
    said += [_compared(name, check, facts, against) for name, against in bounds.items()]
    if not said:  # it is `!(value <= 5.0)`, or a comparison of two measurements: what it asks about, as it is
        asked = (name for name in names if name in check.facts and name not in _WHOSE)
        known = (
            name
            for name in asked
            if isinstance(facts.get(name), float if "." in name else (float, str, bool))
        )
        said = [_compared(name, check, facts, []) for name in known]
    said = list(dict.fromkeys(said))[:_MOST]
    return Text("; ".join(one.en for one in said), "；".join(one.zh for one in said))


def outcome(facts: Mapping[str, Value]) -> Text:
    """How the target is, in words: `HTTP 503`, `step 3 of 4, Pay, fails: HTTP 503`, `up`."""
    known = _OUTCOMES.get(str(facts.get("outcome")))
    if known is None or (facts.get("outcome") == Outcome.UNKNOWN and facts.get("reason")):
        return _why(facts)
    return known


def _why(facts: Mapping[str, Value]) -> Text:
    """The reason in words; of a probe that has its own, its `because`."""
    if said := facts.get("because"):
        return Text(str(said), str(facts.get("because_zh") or said))
    return failure(str(facts.get("reason") or ""), facts)


def in_words(check: Check, flow: Text | None, facts: Mapping[str, Value]) -> Mapping[str, Text]:
    """The facts that are words of ours, as people read them in a rule's summary."""
    return {
        "reason": _why(facts) if facts.get("reason") else _NOTHING,
        "outcome": _OUTCOMES.get(str(facts.get("outcome"))) or Text("down", "故障"),
        "check": title_of(check),
        "flow": flow or Text(str(facts.get("flow") or ""), str(facts.get("flow") or "")),
    }


def title_of(check: Check) -> Text:
    """What people call a check."""
    return check.title or Text(check.name, check.name)


def _compared(name: str, check: Check, facts: Mapping[str, Value], bounds: list[tuple[str, float]]) -> Text:
    label = _LABELS.get(name) or Text(name.replace("_", " "), name.replace("_", " "))
    said = []
    for way in Language:
        value, name_of = _shown(check, name, facts[name], facts, way), label.in_(way)
        if isinstance(facts[name], bool):
            name_of += Text(":", "：").in_(way)
        place = "" if name_of.endswith("：") else " "
        shown = name_of.replace("{}", value) if "{}" in name_of else f"{name_of}{place}{value}"
        limits = [f"{_SIGNS[sign]} {_shown(check, name, least, facts, way)}" for sign, least in bounds]
        between, brackets = Text(", ", "，").in_(way), Text(" ({})", "（{}）").in_(way)
        said.append(shown + (brackets.format(between.join(limits)) if limits else ""))
    return Text(*said)


def _verdict(name: str, check: Check, facts: Mapping[str, Value]) -> Text:
    gauge, said = _gauge(check, facts), []
    for way in Language:
        known = {**facts, "gauge": _compared(gauge, check, facts, []).in_(way)} if gauge else facts
        template = _VERDICTS[name].in_(way)
        if not gauge:
            template = template.removeprefix("{gauge} is ").removeprefix("{gauge}，")
        if any(known.get(one) is None for one in _PLACE.findall(template)):
            template = re.split(r"[,，]", template)[0]
        pieces = enumerate(_PLACE.split(template))  # words, and names of measurements, in turn
        said.append("".join(_value(check, one, known, way) if n % 2 else one for n, one in pieces))
    return Text(*said)


def _gauge(check: Check, facts: Mapping[str, Value]) -> str:
    """What a detector of gauges watches: what its settings name, or the probe's first number."""
    wanted = str(getattr(check.detect, "measurement", None) or "")
    numbers = (name for name in facts if isinstance(facts[name], float) and name not in BASE_FACTS)
    return (
        wanted if facts.get(wanted) is not None else next((name for name in numbers if "." not in name), "")
    )


def _value(check: Check, name: str, facts: Mapping[str, Value], way: Language) -> str:
    return _shown(check, name, facts.get(name), facts, way)


def _shown(check: Check, name: str, value: Value, facts: Mapping[str, Value], way: Language) -> str:
    of = _gauge(check, facts) if name.startswith("anomaly.expected") else name
    fact: Fact | None = check.facts.get(of)
    unit = fact.unit if fact is not None else Unit.NONE
    currency = facts.get("currency")
    said = units.show(value, unit, way)
    return f"{said} {currency}" if unit is Unit.MONEY and isinstance(currency, str) else said
