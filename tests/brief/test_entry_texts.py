"""The log in words: each kind that is told is told in both languages, from the same parts."""

from __future__ import annotations

import re

import pytest

from watchtower.brief import entry_texts as h
from watchtower.brief.entry_texts import entry_lines
from watchtower.core.checklists.tasks import Task
from watchtower.core.incident.entry import LogEntry
from watchtower.model import Language, Text
from watchtower.texts.phrases import Tongue

TABLES: dict[str, Text] = {
    **{kind: text for kind, (text, _) in h.LIFECYCLE.items()},
    **{kind: text for kind, (text, _) in h.ENTRIES.items()},
}


@pytest.mark.parametrize("kind", TABLES)
def test_both_languages_name_the_same_parts_in_the_same_order(kind: str) -> None:
    text = TABLES[kind]
    assert re.findall(r"\{\w*\}", text.en) == re.findall(r"\{\w*\}", text.zh)


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("language", Language)
def test_it_is_said_whatever_its_data_are(kind: str, language: Language) -> None:
    for data in ({}, {"tag": 7, "role": None, "who": [], "plan": {}, "step": 1.5, "duty": True}):
        line = h.entry_line(LogEntry(0.0, kind, "li", "{} braces {by}", data))
        assert line is not None
        said = Tongue(language).say(line.text)
        assert said
        if "{}" in TABLES[kind].en:
            assert "{} braces {by}" in said  # what people write is no template


QUIET = [
    LogEntry(0.0, "impact.measured", data={"indicators": {}}),
    LogEntry(0.0, "pages.requested", detail="status_overdue", data={"en": "x", "zh": "x"}),
    LogEntry(0.0, "sop.nudged", detail="x"),
    LogEntry(0.0, "severity.computed", data={"en": "x", "zh": "x"}),
    LogEntry(0.0, "resolved", data={"alert": "1f"}),
    LogEntry(0.0, "opened", data={"page": "INC-1.1"}),
    LogEntry(0.0, "notified", detail="li by sms"),
    LogEntry(0.0, "another.version", detail="x"),
    LogEntry(0.0, "."),
]


@pytest.mark.parametrize("entry", QUIET, ids=[f"{i}-{e.kind}" for i, e in enumerate(QUIET)])
def test_what_is_no_news_is_left_out(entry: LogEntry) -> None:
    assert h.entry_line(entry) is None


def test_a_step_that_ticked_itself_is_said_in_the_readers_language() -> None:
    """FIELD E10: Chinese pages with English steps."""
    ticked = LogEntry(0.0, "sop.done", data={"n": 2, "step": "People were notified", "auto": "notified"})
    (line,) = entry_lines([ticked], [Task(2, Text("People were notified", "已通知相关人员"))])
    assert Tongue(Language.ZH).say(line.text) == "步骤完成：已通知相关人员"
    (line,) = entry_lines([ticked])
    assert Tongue(Language.ZH).say(line.text) == "步骤完成：People were notified"
