"""One line of the log in words, for the brief: what changed for people, not each alert's and each page's own moves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from watchtower.core.entry import Entry
from watchtower.core.situation.phrases import Fill, Phrase, When, many
from watchtower.core.situation.sections import Line, Tone
from watchtower.model import Text

_COURSE: Mapping[str, tuple[Text, Tone]] = {
    "opened": (Text("Detected: {}", "发现：{}"), Tone.BAD),
    "alert_added": (Text("Also firing: {}", "新增告警：{}"), Tone.WARN),
    "alert_resolved": (Text("No longer firing: {}", "告警恢复：{}"), Tone.GOOD),
    "raised": (Text("Level raised: {}", "级别上调：{}"), Tone.BAD),
    "lowered": (Text("Level lowered: {}", "级别下调：{}"), Tone.GOOD),
    "acknowledged": (Text("Acknowledged by {by}", "{by} 已认领"), Tone.PLAIN),
    "mitigated": (Text("Nothing fires any more; being watched", "告警全部恢复，观察中"), Tone.GOOD),
    "relapsed": (Text("It is back: {}", "再次出现：{}"), Tone.BAD),
    "reopened": (Text("It is back, reopened: {}", "再次出现，重新打开：{}"), Tone.BAD),
    "resolved": (Text("Resolved", "已恢复"), Tone.GOOD),
    "not_told": (Text("Not delivered: {}", "未送达：{}"), Tone.WARN),
    "nobody_to_page": (Text("Nobody to page at this level", "该级别没有可通知的人"), Tone.BAD),
}
_NOTES: Mapping[str, Text] = {
    "note": Text("{by}: {}", "{by}：{}"),
    "known": Text("Known: {}", "已确认：{}"),
    "ruled_out": Text("Ruled out: {}", "已排除：{}"),
    "question": Text("Question: {}", "疑问：{}"),
    "answered": Text("Answer: {}", "答复：{}"),
    "tried": Text("Tried: {}", "已尝试：{}"),
    "doing": Text("{by} is doing: {}", "{by} 正在：{}"),
    "finished": Text("Finished: {}", "已完成：{}"),
    "need": Text("Needed: {}", "需要：{}"),
    "decision": Text("Decided: {}", "已决定：{}"),
    "cause": Text("Cause: {}", "原因：{}"),
    "update": Text("Said to {tag}: {}", "已通报（{tag}）：{}"),
    "change": Text("Changed: {}", "变更：{}"),
    "withdrawn": Text("A note was taken back", "撤回一条记录"),
}
AUDIENCES: Mapping[str, Text] = {
    "internal": Text("the team", "内部"),
    "customers": Text("customers", "客户"),
    "partners": Text("partners", "合作方"),
    "public": Text("the public", "公众"),
    "regulators": Text("regulators", "监管机构"),
    "executives": Text("executives", "管理层"),
}
_QUIET = ("impact", "notices")
"""Rooms whose entries are numbers and post, told elsewhere in the brief."""


def happening(entry: Entry) -> Line | None:
    """None for what is no news for people."""
    if "alert" in entry.data or "page" in entry.data:
        return None
    room, _, word = entry.kind.partition(".")
    if not word:
        known = _COURSE.get(entry.kind)
        if known is None:
            return None
        return _line(entry, known[0], known[1])
    if room == "notes":
        text = _NOTES.get(word)
        return None if text is None else _line(entry, text, Tone.PLAIN)
    if room in _QUIET or not entry.detail or word in _ROUTINE:
        return None
    return Line(_said(entry), When(entry.at, exact=True))


_ROUTINE = ("nudged", "assessed", "opened")


def happenings(log: Iterable[Entry]) -> Sequence[Line]:
    """All of a log, in its order."""
    return [line for line in map(happening, log) if line is not None]


def _line(entry: Entry, text: Text, tone: Tone) -> Line:
    tag = entry.data.get("tag", "")
    parts: Mapping[str, Phrase] = {
        "{}": entry.detail,
        "{by}": entry.by,
        "{tag}": AUDIENCES.get(tag, "") if isinstance(tag, str) else "",
    }
    places = re.findall(r"\{\w*\}", text.en)  # the same order in both languages
    plain = Text(*(re.sub(r"\{\w+\}", "{}", one) for one in (text.en, text.zh)))
    return Line(Fill(plain, tuple(parts[place] for place in places)), When(entry.at, exact=True), tone)


def _said(entry: Entry) -> Phrase:
    """What a room wrote, in both languages where it gave both."""
    en, zh = entry.data.get("en"), entry.data.get("zh")
    if isinstance(en, str) and isinstance(zh, str):
        return Text(en, zh)
    by = "" if entry.by == "watchtower" else entry.by
    return many([entry.detail, by])
