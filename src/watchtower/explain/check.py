"""Explains a check: its last sample, its detector, its rules, and whom they would page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from types import ModuleType
from zoneinfo import ZoneInfo

from watchtower.explain import anomaly, ratio, runway, traffic
from watchtower.explain.say import Json, Row, Say, epoch, table
from watchtower.model import Language, Value
from watchtower.texts.units import number

DETECTORS: Mapping[str, ModuleType] = {
    "traffic": traffic,
    "runway": runway,
    "anomaly": anomaly,
    "ratio": ratio,
}
"""Each with `rows`, `picture` and `title`."""


def words(body: Json, source: str, language: Language, width: int, *, week: bool, picture: bool) -> list[str]:
    """All lines. `source` names the origin of the data; `width` is the terminal's, in characters."""
    view, kind, every, say = body["view"], body["detector"], body["every"], say_of(body, language)
    name = f"{body['check']}[{body['series']}]" if body["series"] else body["check"]
    flow = say(f", flow {body['flow']}", f"，业务 {body['flow']}") if body["flow"] else ""
    now = f"{datetime.fromtimestamp(say.at, say.zone):%Y-%m-%d} {say.when(body['at'])}"
    out = [
        say(
            f"{name}: probe {body['probe']}, every {say.span(every)}{flow}",
            f"{name}：探针 {body['probe']}，每 {say.span(every)}{flow}",
        ),
        say(f"As of {now}, from {source}", f"截至 {now}，来源：{source}"),
        "",
    ]
    there = DETECTORS.get(kind)
    out += table(rows_of(body, say))
    shown = there.picture(view, week, width, say) if picture and there is not None and view else []
    if there is not None and shown:
        out += ["", f"  {there.title(view, week, say)}", *shown]
    heading = (
        say("Rules that evaluate it", "评估它的规则")
        if body["rules"]
        else say("No rule evaluates it.", "没有规则评估它。")
    )
    return [*out, "", heading, *rules_of(body, say)]


def say_of(body: Json, language: Language) -> Say:
    """The words for an explanation: in this language, in the flow's zone, as of when it was made."""
    return Say(language, _zone(body["view"]), epoch(body["at"]))


def rows_of(body: Json, say: Say) -> list[Row]:
    """What was seen last, what the detector expects and why it would page, and what a partial loss would lead to."""
    there, view = DETECTORS.get(body["detector"]), body["view"]
    rows: list[Row] = [(say("Last seen", "最近一次"), _last(body, say))]
    measured = body["last"]["measurements"] if body["last"] else {}
    if seen := say(measured.get("locations.because") or "", measured.get("locations.because_zh") or ""):
        rows.append((say("Locations", "探测点"), seen))
    if there is not None and view:
        rows += there.rows(view, body["every"], say)
    return [*rows, *_losses(body, say)]


def _zone(view: Json) -> tzinfo:
    """The flow's own; else this machine's."""
    return ZoneInfo(view["zone"]) if "zone" in view else datetime.now().astimezone().tzinfo or ZoneInfo("UTC")


def _last(body: Json, say: Say) -> str:
    last = body["last"]
    if last is None:
        return say("nothing has been observed yet", "尚无观测")
    shown = {name: value for name, value in last["measurements"].items() if not name.startswith("location")}
    measured = ", ".join(f"{name} {_value(value, say)}" for name, value in shown.items())
    why = ": ".join(filter(None, (last["reason"], last["detail"])))
    text = say(f"{last['outcome']} at {say.when(last['at'])}", f"{say.when(last['at'])} {last['outcome']}")
    return text + (f", {why}" if why else "") + (f": {measured}" if measured else "")


def _losses(body: Json, say: Say) -> Iterator[Row]:
    """What a partial loss would lead to, a row each."""
    label = say("Partial loss", "部分丢失")
    for one in body["losses"]:
        if one["fires_after"] is None:
            span = say.span(one["played_seconds"])
            later = _later(one, say)
            en, zh = f"no rule fires within {span}{later}", f"{span}内无规则触发{later}"
        else:
            span, lost, rule = say.span(one["fires_after"]), number(round(one["lost_requests"])), one["rule"]
            en, zh = (
                f"{rule} fires after {span}, when {lost} are missing",
                f"{span}后触发 {rule}，已损失 {lost} 笔",
            )
        share = f"{one['missing_share']:.0%}"
        yield label, say(f"{share} of the requests missing: {en}", f"丢失 {share} 请求：{zh}")
        label = ""


def _later(loss: Json, say: Say) -> str:
    """From when on it will be seen."""
    if loss["never"]:
        return say(", and another week of usual traffic would not change that", "，再学习一周也不会")
    if loss["not_before"] is None or epoch(loss["not_before"]) <= say.at:
        return ""
    day = f"{datetime.fromtimestamp(epoch(loss['not_before']), say.zone):%Y-%m-%d %H:%M}"
    return say(f"; it is seen from {day} on, if usual traffic comes", f"；若流量正常，{day} 起可发现")


def _value(value: Value, say: Say) -> str:
    if value is None:
        return say("not known", "未知")
    if isinstance(value, bool):
        return say("yes", "是") if value else say("no", "否")
    return value if isinstance(value, str) else number(value)


def rules_of(body: Json, say: Say) -> Iterator[str]:
    """Each rule in three lines, the first of them outdented; and the one about no data."""
    for rule in body["rules"]:
        level = rule["severity"]
        if rule["matrix"]:
            level = say(f"by the matrix, {level} until it can say", f"由定级矩阵决定，未定前为 {level}")
        lasts = (
            say(f", for {say.span(rule['for'])}", f"，持续 {say.span(rule['for'])}") if rule["for"] else ""
        )
        yield f"  {rule['rule']} ({level}): {rule['when']}{lasts}"
        yield f"    {_verdict(body, rule, say)}"
        yield f"    {_fires(body, rule, say)}"
    span, told = say.span(body["no_data"]["for"]), (body["no_data"]["severity"], _pages(body["no_data"], say))
    yield say(f"  No data for {span}: {', '.join(told)}", f"  {span} 无数据：{'，'.join(told)}")


def _verdict(body: Json, rule: Json, say: Say) -> str:
    facts = ", ".join(f"{name} = {_value(value, say)}" for name, value in rule["facts"].items())
    verdict = rule["verdict"]
    learning = body["detector"] == "traffic" and not body["view"].get("known", True)
    if verdict is not None:
        text = say("now true", "当前成立") if verdict else say("now false", "当前不成立")
        text += say(f" ({facts})", f"（{facts}）") if facts else ""
    elif learning:
        text = say("now cannot tell: it is still learning", "当前无法判断：仍在学习")
    else:
        text = say("now cannot tell", "当前无法判断")
    if rule["state"] not in ("firing", "pending"):
        return text
    state = say(rule["state"], "告警中" if rule["state"] == "firing" else "待确认")
    why = say(rule["text"]["en"], rule["text"]["zh"]) if rule["text"] else ""
    return f"{text}{say('; ', '；')}{say(', ', '，').join(filter(None, (state, rule['incident'], why)))}"


def _fires(body: Json, rule: Json, say: Say) -> str:
    pages = _pages(rule, say)
    if rule["state"] == "firing" or not body["detector"]:
        return pages
    if rule["fires_after"] is None:
        never = {
            "traffic": say("silence does not fire it", "仅无请求不会触发"),
            "runway": say("running out does not fire it", "仅耗尽不会触发"),
            "ratio": say("a fall to nothing does not fire it", "比率降为零不会触发"),
        }.get(body["detector"], say("an anomaly does not fire it", "仅异常不会触发"))
        return f"{never}{say('; ', '；')}{pages}" if body["view"].get("known") else pages
    span = say.span(rule["fires_after"])
    if body["detector"] == "traffic":
        fires = say(f"fires after {span} without a request from now on", f"从现在起 {span} 无请求则触发")
    elif body["detector"] == "ratio":
        fires = say(f"fires after {span} of a ratio of zero", f"比率为零持续 {span} 后触发")
    elif body["detector"] == "runway":
        day = f"{datetime.fromtimestamp(epoch(rule['fires_at']), say.zone):%Y-%m-%d %H:%M}"
        fires = say(f"fires on {day} if it goes on like this", f"照此下去将于 {day} 触发")
    else:
        fires = say(f"fires after {span} of such an anomaly", f"此类异常持续 {span} 后触发")
    return f"{fires}{say('; ', '；')}{pages}"


def _pages(rule: Json, say: Say) -> str:
    if not rule["pages"]:
        return say("pages nobody", "不通知任何人")
    who = say(", ", "、").join(
        say(f"{one['responder']} by {one['channel']}", f"{one['responder']}（{one['channel']}）")
        for one in rule["pages"]
    )
    return say(f"pages {who}", f"通知 {who}")
