"""One line of the log in words, for the brief: what changed for people, not each alert's and each page's own moves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from watchtower.brief.detail_texts import detail_text
from watchtower.brief.roles import role_words
from watchtower.brief.sections import Line, Tone
from watchtower.core.checklists.tasks import Task
from watchtower.core.incident.entry import LogEntry
from watchtower.model import Text
from watchtower.texts.phrases import Fill, Phrase, When
from watchtower.texts.reasons import HOLDING_BACK
from watchtower.texts.text_file import TextFile

_TEXTS = TextFile("entries")
_LINES = {kind: (text, tone) for tone in Tone for kind, text in _TEXTS[tone.name].items()}
LIFECYCLE: Mapping[str, tuple[Text, Tone]] = {
    **{kind: line for kind, line in _LINES.items() if "." not in kind},
    **{
        str(one): (Text(f"{one.text.en.capitalize()}: {{}}", f"{one.text.zh}：{{}}"), Tone.WARN)
        for one in HOLDING_BACK
    },
}
AUDIENCES = _TEXTS["AUDIENCES"]
ENTRIES = {kind: line for kind, line in _LINES.items() if "." in kind}
"""What features write that is news."""
_LEVELS: Mapping[str, Tone] = {
    "severity.raised": Tone.BAD,
    "severity.promoted": Tone.BAD,
    "severity.recurred": Tone.BAD,
    "severity.lowered": Tone.GOOD,
    "severity.proposed": Tone.WARN,
}
"""Changes of the level, which bring their sentence in both languages."""
_STANDINGS, _PHASES = _TEXTS["STANDINGS"], _TEXTS["PHASES"]


def entry_line(entry: LogEntry, tasks: Sequence[Task] = ()) -> Line | None:
    """The entry as a line of the brief; None for what is no news for people. `tasks` have the steps in both languages."""
    if "alert" in entry.data or "page" in entry.data:
        return None
    known = LIFECYCLE.get(entry.kind) or ENTRIES.get(entry.kind)
    if known is not None:
        return _line(entry, *known, tasks)
    en, zh = entry.data.get("en"), entry.data.get("zh")
    if entry.kind not in _LEVELS or not (isinstance(en, str) and isinstance(zh, str)):
        return None
    return Line(Text(en, zh), When(entry.at, exact=True), _LEVELS[entry.kind])


def news(log: Sequence[LogEntry]) -> list[LogEntry]:
    """The entries that are told, in their order. A change of level is told once: by its sentence, where it has one."""
    explained = {entry.at for entry in log if entry.kind in _LEVELS}
    return [
        entry
        for entry in log
        if not (entry.kind in ("raised", "lowered") and entry.at in explained)
        and entry_line(entry) is not None
    ]


def entry_lines(log: Sequence[LogEntry], tasks: Sequence[Task] = ()) -> list[Line]:
    """The lines of a log that are news for people, in its order."""
    return [line for entry in news(log) if (line := entry_line(entry, tasks)) is not None]


def _line(entry: LogEntry, text: Text, tone: Tone, tasks: Sequence[Task]) -> Line:
    """Its places are filled with the entry's detail, who wrote it, and what is in its data."""
    names = re.findall(
        r"\{(\w*)\}", text.en
    )  # the same order in both languages: a test holds the tables to it
    plain = Text(*(re.sub(r"\{\w+\}", "{}", one) for one in (text.en, text.zh)))
    return Line(
        Fill(plain, tuple(_part(entry, name, tasks) for name in names)), When(entry.at, exact=True), tone
    )


def _part(entry: LogEntry, name: str, tasks: Sequence[Task]) -> Phrase:
    if name == "by":
        return entry.by
    if not name:
        en, zh = entry.data.get("en", entry.detail), entry.data.get("zh")
        if isinstance(en, str) and isinstance(zh, str):
            return Text(en, zh)
        return (
            entry.detail if "." in entry.kind else detail_text(entry.detail)
        )  # what people wrote is no form
    value = entry.data.get(name)
    said = value if isinstance(value, str) else ""
    match name:
        case "tag":
            return AUDIENCES.get(said, said)
        case "role":
            return role_words(said)
        case "standing":
            return _STANDINGS.get(said, said)
        case "phase":
            return _PHASES.get(said, said)
        case "step":
            return next((task.text for task in tasks if task.number == entry.data.get("n")), said)
        case "who":
            return said or entry.by
    return said
