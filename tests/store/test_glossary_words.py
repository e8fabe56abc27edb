"""A store that was written with the words before has those of the glossary once it is open."""

# ruff: noqa: S608 - the SQL is put together from constants of this file

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.parts.postgres import Postgres
from tests.store.samples import incident, page
from watchtower.core.incident.incidents import PageState
from watchtower.model import Severity
from watchtower.store import open_store
from watchtower.store.migrate import migrations
from watchtower.store.rows import encode_incident, encode_page

NAME = "glossary.sql"
LEVELS = {"en": 'says "level":', "zh": "x", "level": "P1", "cells": [{"indicator": "rule", "level": "P1"}]}
LOG = (
    ("told", "notified", {}),
    ("not_told", "not_notified", {}),
    ("nobody_was_told", "nobody_notified", {}),
    ("absorbs", "merged", {}),
    ("absorbed", "merged_into", {}),
    ("relapsed", "recurred", {}),
    ("level_unchanged", "severity_unchanged", {}),
    ("notices.owed", "pages.requested", {"roles": ["commander"], "en": "x", "zh": "x"}),
    ("people.rung", "people.next_warning", {"alert": "1f"}),
    ("review.rung", "review.threshold", {"check": "disk", "days_left": 3.0}),
    ("degrade.run_owed", "degrade.run_queued", {"run": "1", "plan": "p", "phase": "start", "key": "k"}),
    ("deadlines.leveled", "deadlines.severity_changed", {"level": "P0", "clocks": {}}),
    ("levels.opened", "severity.opened", LEVELS),
    ("levels.relapsed", "severity.recurred", LEVELS),
    ("levels.let_go", "severity.released", {}),
    ("sop.opened", "sop.opened", {"sop": "x", "level": "P1", "steps": []}),
    ("opened", "opened", {"page": "INC-1.1.li.email", "state": "queued"}),
    ("notes.note", "notes.note", {"text": 'the word "level": stays'}),
)
"""Kinds before and now, with data as they were written."""


def _before(dialect: str) -> tuple[str, int]:
    """SQL that makes a store as it was before the words changed, with one open incident; and its version."""
    steps = migrations(dialect)
    changed = next(step.version for step in steps if step.name.endswith(NAME))
    out = [step.sql for step in steps if step.version < changed]
    told = encode_incident(incident(notified=PageState.QUEUED))
    told = told.replace('"notified":[', '"told":[').replace('"queued"', '"queued"')
    told = told.replace('"merged_into":', '"absorbed_by":')
    sent = (
        encode_page(page())
        .replace('"queued"', '"queued"')
        .replace('"reason":"opened"', '"reason":"absorbed"')
    )
    out.append(
        f"INSERT INTO incidents VALUES ('INC-1', 1, 'k', 'triggered', 'P1', 'P1', 1, NULL, 0, '{told}');"
    )
    out.append(
        "INSERT INTO outbox (page, incident, responder, channel, kind, state, created_at, data) "
        f"VALUES ('INC-1.1.li.email', 'INC-1', 'li', 'email', 'new', 'queued', 1, '{sent}');"
    )
    for seq, (kind, _, data) in enumerate(LOG):
        row = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        out.append(
            f"INSERT INTO incident_log VALUES ('INC-1', {seq}, 1, '{kind}', 'd', 'li', '{row}', '{seq}');"
        )
    return "\n".join(out), changed - 1


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
async def test_what_was_written_before_has_the_words_of_the_glossary(
    dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    script, version = _before(dialect)
    if dialect == "sqlite":
        url = f"sqlite:///{tmp_path}/w.db"
        connection = sqlite3.connect(tmp_path / "w.db")
        connection.executescript(f"{script}\nPRAGMA user_version = {version};")
        connection.close()
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.create_database()
        done = f"INSERT INTO schema_version SELECT generate_series(1, {version});"
        versions = f"CREATE TABLE schema_version (version INTEGER PRIMARY KEY); {done}"
        first = f"CREATE SCHEMA watchtower; SET search_path TO watchtower; {versions}"
        postgres.sql(f"{first}\n{script}", url.rpartition("/")[2])
    store = open_store(url)
    await store.open()
    try:
        entries = await store.timeline("INC-1")
        assert [entry.kind for entry in entries] == [now for _, now, _ in LOG]
        by_kind = {entry.kind: entry.data for entry in entries}
        assert by_kind["severity.opened"]["severity"] == "P1"
        assert by_kind["severity.opened"]["cells"] == [{"indicator": "rule", "severity": "P1"}]
        assert by_kind["severity.opened"]["en"] == 'says "level":'
        assert by_kind["deadlines.severity_changed"]["severity"] == "P0"
        assert by_kind["sop.opened"]["severity"] == "P1"
        assert by_kind["opened"]["state"] == "queued"
        assert by_kind["notes.note"]["text"] == 'the word "level": stays'
        [row] = await store.outbox()
        assert (row.page.state, row.page.message.reason) == (PageState.QUEUED, "merged_into")
        [found] = (await store.load()).incidents
        assert found.notified == incident(notified=PageState.QUEUED).notified
        assert (found.merged_into, found.severity) == ("", Severity.P1)
        await store.attempted(row.page.id, 2.0, 1, 3.0, "busy")
        assert [one.attempts for one in await store.outbox()] == [1]
    finally:
        await store.close()
