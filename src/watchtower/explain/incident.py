"""Explains an incident's severity: cell by cell, with every change, and whom it pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo

from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan.indicators import INDICATORS
from watchtower.core.severity.indicator_texts import GROUPS
from watchtower.explain.say import Json, Say, epoch
from watchtower.model import Language, Severity
from watchtower.texts.units import duration_words

_NAMES = {
    "floor": ("floor", "保底级别"),
    "unknown": ("not known", "影响未知"),
    "first": ("first page", "首次告警"),
    "rule": ("rule", "规则"),
    "duties": ("compliance", "合规义务"),
}
_BASES = {
    "estimated": ("estimated", "估算"),
    "imputed": ("no data since, taken to go on", "数据缺失，按此前影响推算"),
    "manual": ("by hand", "人工录入"),
}
_CHANGES = {
    "opened": ("opened", "定级"),
    "raised": ("raised", "上调"),
    "lowered": ("lowered", "下调"),
    "recurred": ("recurred", "复发"),
    "promoted": ("overdue", "超时上调"),
}


def words(body: Json, source: str, language: Language, zone: tzinfo | None = None) -> list[str]:
    """All lines. `source` names the origin of the data; times are in `zone`, else in this machine's."""
    local = zone or datetime.now().astimezone().tzinfo or UTC
    say = Say(language, local, epoch(body["at"]))
    return [*_head(body, source, say), *_table(body, say), *_beside(body, say), *_after(body, say)]


def _head(body: Json, source: str, say: Say) -> Iterator[str]:
    over, response, record = body["resolved_at"] is not None, body["response"], body["record"]
    drill = say("[DRILL] ", "[演练] ") if body["drill"] else ""
    yield f"{drill}{body['incident']}: {_in(body['title'], say)}"
    now = f"{datetime.fromtimestamp(say.at, say.zone):%Y-%m-%d} {say.when(body['at'])}"
    yield say(f"As of {now}, from {source}", f"截至 {now}，来源：{source}")
    yield ""
    if over:
        yield say(
            f"  Over since {say.when(body['resolved_at'])}; record severity {record}, the worst it ever had.",
            f"  已于 {say.when(body['resolved_at'])} 恢复；记录级别 {record}（历史最高）。",
        )
    else:
        yield say(
            f"  Response severity {response}: what people act by. Record severity {record}: the worst it ever had.",
            f"  响应级别 {response}（当前处置依据），记录级别 {record}（历史最高）。",
        )
    sentence = _in(body["why"], say)
    why = body["response_why"]
    if not body["matrix"]:
        named = ", ".join(f"{name} {level}" for name, level in body["rules"].items())
        yield say(
            f"  Its rules name their severity{f': {named}' if named else ''}.",
            f"  级别由规则直接指定{f'：{named}' if named else ''}。",
        )
        if body["rows"]:
            yield say(f"  By the matrix it would be {sentence}", f"  若按定级矩阵则为 {sentence}")
        return
    if not over and why is not None and body["computed"] != response:
        yield f"  {_in(why, say)}"
        yield say(f"  By the matrix alone: {sentence}", f"  仅按矩阵：{sentence}")
    else:
        yield f"  {sentence}"
    if not over and record != response and body["record_why"] is not None:
        yield say("  At its worst: ", "  最严重时：") + _in(body["record_why"], say)
    proposed = body["proposed"]
    if proposed is not None:
        yield say(
            f"  To be confirmed: {proposed['severity']}, asked by {proposed['by']} at {say.when(proposed['at'])}.",
            f"  待确认：{say.when(proposed['at'])} {proposed['by']} 建议调整为 {proposed['severity']}。",
        )


def _table(body: Json, say: Say) -> Iterator[str]:
    """The rows of the matrix. The threshold that a number reaches is in brackets."""
    if not body["rows"]:
        return
    levels = [str(level) for level in Severity if any(level in row["thresholds"] for row in body["rows"])]
    head = ["", say("indicator", "指标"), say("measured", "测得"), *levels]
    head += [say("severity", "级别"), say("kind", "类别")]
    rows, notes = [head], list[str]()
    for row in body["rows"]:
        shown = row["shown"]["thresholds"]
        marked = [
            f"[{shown[level]}]" if level == row["reaches"] else shown.get(level, "-") for level in levels
        ]
        group = GROUPS[row["group"]]
        rows.append(
            ["*" if row["decided"] else "", _name(row["indicator"], say), _measured(row, say), *marked,
             row["severity"] or "-", say(group.en, group.zh)]
        )  # fmt: skip
        if note := _note(row, say):
            notes.append(f"    {_name(row['indicator'], say)}{say(': ', '：')}{note}")
    yield ""
    if body["resolved_at"] is None:
        yield say("The matrix now", "当前的定级矩阵")
    else:
        then = say.when(body["as_of"])
        worst = body["record_why"] is not None
        yield say(
            f"The matrix when it was {'at its worst' if worst else 'measured last'}, {then}",
            f"{'最严重时' if worst else '最近一次测量时'}（{then}）的定级矩阵",
        )
    yield from _columns(rows)
    yield from notes
    yield say("    [ ] reached; * decided the severity", "    [ ] 已达到的阈值；* 决定级别的指标")


def _measured(row: Json, say: Say) -> str:
    shown = row["shown"]
    if shown["value"] is None:
        return say("not known", "未知")
    text: str = shown["value"]
    if row["upper_bound"]:
        text = say(f"at most {text}", f"至多 {text}")
    if shown["low"] != shown["high"]:
        text += say(f" ({shown['low']} to {shown['high']})", f"（{shown['low']} 至 {shown['high']}）")
    return text


def _note(row: Json, say: Say) -> str:
    """Notes on a number: how it is known, and what limits it."""
    notes = []
    if row["basis"] in _BASES:
        notes.append(say(*_BASES[row["basis"]]))
    if row["weak"] and row["severity"]:
        notes.append(say("little history", "历史数据不足"))
    if row["reaches"] != row["severity"] and row["threshold"]:
        notes.append(_in(row["threshold"], say))
    return say("; ", "；").join(notes)


def _beside(body: Json, say: Say) -> Iterator[str]:
    """Cells that are no number, then the steps from the worst cell to the severity."""
    if body["cells"]:
        yield ""
        yield say("Beside the numbers", "数字之外")
    for cell in body["cells"]:
        mark = "*" if cell["decided"] else " "
        named = ", ".join(f"{name} {level}" for name, level in body["rules"].items())
        what = _in(cell["measured"], say) + (
            say(": ", "：") + named if cell["indicator"] == "rule" and named else ""
        )
        least = _in(cell["threshold"], say)
        tail = f" ({least})" if least != cell["severity"] else ""
        yield f"  {mark} {cell['severity']}  {what}{tail if say.language is Language.EN else _wide(tail)}"
    if body["steps"]:
        yield ""
        yield say("From the worst cell to the severity", "由最严重项到级别")
    for step in body["steps"]:
        yield say(
            f"    {step['from']} to {step['to']}: {_in(step['why'], say)}",
            f"    {step['from']} → {step['to']}：{_in(step['why'], say)}",
        )


def _after(body: Json, say: Say) -> Iterator[str]:
    if body["changes"]:
        yield ""
        yield say("Severity so far", "级别变化")
    for each in body["changes"]:
        what = say(*_CHANGES.get(each["change"], (each["change"], each["change"])))
        level = each["severity"] if each["previous"] is None else f"{each['previous']} → {each['severity']}"
        by = "" if each["by"] == "watchtower" else say(f" by {each['by']}", f"（{each['by']}）")
        yield f"  {say.when(each['at'])}  {level} {what}{by}"
        yield f"    {_in(each['why'], say)}"
    if body["resolved_at"] is not None:
        return
    coming = body["next"]
    if coming is not None:
        soon = duration_words(coming["in_minutes"] * 60.0, say.language)
        what = _in(coming["what"], say)
        yield ""
        yield say(
            f"Next: {coming['severity']} in {soon} if it goes on like this, at {what}.",
            f"下一级：照此下去 {soon}后达到 {coming['severity']}（{what}）。",
        )
    yield ""
    yield say(f"Paged at {body['response']}: ", f"{body['response']} 通知：") + _people(body["paged"], say)
    if body["informed"]:
        yield say("Informed: ", "知会：") + _people(body["informed"], say)


def _people(people: Sequence[Json], say: Say) -> str:
    if not people:
        return say("nobody", "无人")
    return say(", ", "、").join(
        say(
            f"{one['responder']} ({_role(one['role'], say)}, {', '.join(_ways(one, say))})",
            f"{one['responder']}（{_role(one['role'], say)}，{'、'.join(_ways(one, say))}）",
        )
        for one in people
    )


def _ways(one: Json, say: Say) -> Iterator[str]:
    """`sms by sms.cn, for +86, then sms.abroad, for any number`, where there are several of the kind."""
    for kind in one["channels"]:
        several = [each for each in one["through"] if each["channel"].startswith(f"{kind}.")]
        said = (
            say(f"{e['channel']} {e['why']['en']}", f"{e['channel']}（{e['why']['zh']}）") for e in several
        )
        yield f"{kind}{say(' by ', '：')}{say(', then ', '，其次 ').join(said)}" if several else kind


_ROLES = {"oncall": ("on call", "值班"), "backup": ("backup", "备值")}


def _role(role: str, say: Say) -> str:
    duty = DUTIES.get(role)
    if role in _ROLES:
        return say(*_ROLES[role])
    return role if duty is None else say(duty.title.en, duty.title.zh)


def _name(indicator: str, say: Say) -> str:
    if known := INDICATORS.get(indicator):
        return say(known.title.en, known.title.zh)
    return say(*_NAMES.get(indicator, (indicator, indicator)))


def _in(text: Json, say: Say) -> str:
    return say(text["en"], text["zh"])


def _wide(text: str) -> str:
    return text.replace(" (", "（").replace(")", "）")


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Numbers and severities are right-aligned, words left-aligned; wide characters count as two columns."""
    from rich.cells import cell_len

    widths = [max(cell_len(row[n]) for row in rows) for n in range(len(rows[0]))]
    left = {0, 1, len(rows[0]) - 1}
    for row in rows:
        line = "  ".join(
            text + " " * (wide - cell_len(text)) if n in left else " " * (wide - cell_len(text)) + text
            for n, (text, wide) in enumerate(zip(row, widths, strict=True))
        )
        yield f"  {line}".rstrip()
