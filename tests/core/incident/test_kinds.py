"""Every kind of log entry is declared once: what is written is of a kind that the tables and the docs know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from tests.golden.streams import life, team_life
from watchtower.brief import entry_texts
from watchtower.core.incident import lifecycle
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History, project
from watchtower.core.incident.lifecycle import AlertLine, IncidentLine, PageLine
from watchtower.core.incident.log import line_of
from watchtower.core.incident.payload import read
from watchtower.core.pipeline.features import ACTIONS, FEATURES, KINDS
from watchtower.model import AlertState
from watchtower.page_kinds import PageKind

PAGE = Path(__file__).parents[3] / "docs" / "incident-log.md"
WORDS = {
    "Lifecycle": lifecycle.INCIDENT,
    "Alerts": lifecycle.ALERTS,
    "Pages": lifecycle.PAGES,
    "Not paged": lifecycle.SUPPRESSED,
}


def entries(seeds: range) -> Iterator[LogEntry]:
    for seed in seeds:
        for decision in (*life(seed), *team_life(seed)):
            if line := line_of(decision):
                yield line[1]


def declared(entry: LogEntry) -> bool:
    """Its kind is in a table, and its data is what the kind declares, to the last field."""
    if "." in entry.kind:
        payload = read(entry, KINDS)
        return payload is not None and msgspec.to_builtins(payload).keys() == entry.data.keys()
    for name, shape, words in (
        ("alert", AlertLine, lifecycle.ALERTS),
        ("page", PageLine, lifecycle.PAGES),
        ("state", IncidentLine, lifecycle.INCIDENT),
    ):
        if name in entry.data:
            known = {field.encode_name for field in msgspec.structs.fields(shape)}
            msgspec.convert(entry.data, shape)
            return entry.kind in words and entry.data.keys() <= known
    return entry.kind in lifecycle.SUPPRESSED and not entry.data


def test_all_that_is_written_is_of_a_declared_kind() -> None:
    unknown = {(entry.kind, *entry.data) for entry in entries(range(12)) if not declared(entry)}
    assert not unknown


def test_a_feature_has_a_field_of_the_history_and_its_kinds_begin_with_its_name() -> None:
    assert sorted(feature.name for feature in FEATURES) == sorted(field.name for field in fields(History))
    for feature in FEATURES:
        assert {kind.partition(".")[0] for kind in feature.kinds} <= {feature.name}


def test_every_kind_and_every_action_is_listed_once() -> None:
    assert len(KINDS) == 4 + sum(len(feature.kinds) for feature in FEATURES)
    assert len(ACTIONS) == sum(len(feature.actions) for feature in FEATURES)


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_of_which_nothing_can_be_read_changes_nothing(kind: str) -> None:
    name = kind.partition(".")[0]
    if hasattr(History(), name) and any(field.required for field in msgspec.structs.fields(KINDS[kind])):
        garbled = project([LogEntry(1.0, kind, "li", "", {"severity": [], "clocks": 7})])
        assert getattr(garbled, name) == getattr(History(), name)


def test_a_text_about_an_entry_is_filled_by_what_its_kind_declares() -> None:
    for kind, (text, _) in entry_texts.ENTRIES.items():
        known = {"", "by", *(field.encode_name for field in msgspec.structs.fields(KINDS[kind]))}
        assert set(re.findall(r"\{(\w*)\}", text.en)) <= known, kind
    assert set(entry_texts.LIFECYCLE) <= {*lifecycle.INCIDENT, *lifecycle.SUPPRESSED}


def test_the_words_that_are_typed_are_those_of_the_tables() -> None:
    typed = {*get_args(lifecycle.IncidentWord), *map(lifecycle.queued, PageKind)}
    assert typed == set(lifecycle.INCIDENT)
    assert set(get_args(lifecycle.AlertWord)) - {"keeps_firing", "holds_again"} == set(lifecycle.ALERTS)
    assert set(get_args(lifecycle.PageWord)) <= set(lifecycle.PAGES)
    assert set(lifecycle.MOVED) == set(AlertState)


def written() -> str:
    """The page's tables, as the declarations have them."""
    out = []
    for title, words in WORDS.items():
        rows = [f"| `{word}` | {says} |" for word, says in words.items()]
        out += [f"## {title}", "", "| Kind | Says |", "|---|---|", *rows, ""]
    rows = []
    for name, kind in KINDS.items():
        names = ", ".join(f"`{field.encode_name}`" for field in msgspec.structs.fields(kind))
        rows.append(f"| `{name}` | {' '.join((kind.__doc__ or '').split())} | {names} |")
    return "\n".join([*out, "## Features", "", "| Kind | Says | Fields |", "|---|---|---|", *rows, ""])


def test_the_page_of_the_log_has_every_kind() -> None:
    assert PAGE.read_text(encoding="utf-8").endswith(written())
