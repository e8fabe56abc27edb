"""What is asked of the database, in SQL that SQLite and PostgreSQL both understand; `?` marks a parameter. `statements.sql` has
what needs no putting together, each under its name.

Every statement of a commit may run twice with the same outcome, so that a commit whose answer was lost can
be repeated.
"""

# ruff: noqa: S608 - where SQL is put together here, it is from constants of this file

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from watchtower.core import events
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident, Page, PageState
from watchtower.core.incident.log import line_of
from watchtower.core.notify.taken_pages import REPORTED
from watchtower.core.reviews.record import VERSION, Record
from watchtower.model import Instant
from watchtower.store import chain
from watchtower.store.rows import encode_alert, encode_incident, encode_page, encode_record, plain, to_json

Parameters = tuple[Any, ...]
_FILE = files("watchtower.store") / "statements.sql"
_SQL: dict[str, str] = dict(re.findall(r"(?ms)^-- (\w+)\n(.*?);$", _FILE.read_text("utf-8")))
_WRITTEN = (
    "UPSERT_INCIDENT", "RAISE_COUNTER", "UPSERT_ALERT", "INSERT_PAGE", "PAGE_DELIVERED", "PAGE_CHANGED", "PAGE_REPORTED",
    "INSERT_ENTRY",
)  # fmt: skip
"""In this order, within a commit."""
_READ = (
    "LIVE_ALERTS", "UNSETTLED", "PAGES_UNSETTLED", "DETECTORS", "COUNTER", "LOGS_UNSETTLED", "OUTAGES", "SENT",
    "PAGES_NEWEST",
)  # fmt: skip
SNAPSHOT = [_SQL[name] for name in _READ]
"""What `answers.snapshot` reads, in the order of its arguments."""

_OLD = """settled = 1 AND resolved_at < ?
AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.incident = incidents.id AND outbox.state IN ('held', 'queued', 'failing'))"""
_OF_OLD = f"incident IN (SELECT id FROM incidents WHERE {_OLD})"
_ORPHAN = "incident NOT IN (SELECT id FROM incidents)"
PRUNE: Sequence[str] = (
    f"DELETE FROM incident_log WHERE {_OF_OLD}",
    f"DELETE FROM alerts WHERE state IN ('inactive', 'resolved') AND {_OF_OLD}",
    f"DELETE FROM outbox WHERE {_OF_OLD}",
    f"DELETE FROM records WHERE {_OF_OLD}",
    "DELETE FROM alerts WHERE state IN ('inactive', 'resolved') AND changed_at < ?",
    f"DELETE FROM outbox WHERE created_at < ? AND state NOT IN ('held', 'queued', 'failing') AND {_ORPHAN}",
    # A log goes as a whole: what is left of one must begin with its first entry.
    f"""DELETE FROM incident_log WHERE incident NOT IN (SELECT incident FROM incident_log WHERE at >= ?)
AND incident NOT IN ('silences', 'schedule') AND {_ORPHAN}""",
    "DELETE FROM detectors WHERE saved_at < ?",
    "DELETE FROM audit WHERE at < ?",
    f"DELETE FROM incidents WHERE {_OLD}",
)
"""In this order, each with the same instant; the last one says how many incidents."""

LAST_INCIDENT = "last_incident"
CHECKED = "checked_at"
COPIED = "copied"
"""In `kv`: `BACKUP` in a backup; in a store that was moved, where to and when, with `UNFINISHED` before until it is done; empty
in any other."""
BACKUP, UNFINISHED = "backup", "being"


def __getattr__(name: str) -> str:
    if name not in _SQL:
        raise AttributeError(name)
    return _SQL[name]


def select(table: str, columns: Sequence[str]) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"


def insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


NOTHING: Mapping[int, tuple[int, int]] = MappingProxyType({})


_TURN = 0.005
"""Seconds of making rows after which others have their turn; a page that tells of ten thousand incidents is one of 30 ms."""


async def of_decisions(decisions: Sequence[events.Decision]) -> dict[str, list[Parameters]]:
    """The statements of one commit with their parameters, in order. A storm's are thousands: others have their turn meanwhile."""
    out: dict[str, list[Parameters]] = {name: [] for name in _WRITTEN}
    newest = {id(decision) for decision in {_row(one): one for one in decisions}.values()}
    until = time.monotonic() + _TURN
    for decision in decisions:
        for name, parameters in _of(decision, newest=id(decision) in newest):
            out[name].append(parameters)
        if time.monotonic() >= until:
            await asyncio.sleep(0)
            until = time.monotonic() + _TURN
    return {_SQL[name]: rows for name, rows in out.items() if rows}


def _row(decision: events.Decision) -> Hashable:
    """Which row it replaces as a whole: of several in one commit only the newest is written."""
    match decision:
        case events.IncidentChanged(incident=incident):
            return incident.id
        case events.AlertChanged(alert=alert):
            return alert.key
        case _:
            return None


def _of(decision: events.Decision, *, newest: bool) -> Iterator[tuple[str, Parameters]]:
    match decision:
        case events.IncidentChanged(incident=incident) if newest:
            number = number_of(incident.id)
            yield "UPSERT_INCIDENT", _incident(incident, number)
            yield "RAISE_COUNTER", (LAST_INCIDENT, number)
        case events.AlertChanged(at=at, alert=alert) if newest:
            key = (alert.fingerprint, plain(alert.rule), plain(alert.check), plain(alert.series))
            yield "UPSERT_ALERT", (*key, alert.state, plain(alert.incident), at, encode_alert(alert))
        case events.PageQueued(page=page):
            yield "INSERT_PAGE", _page(page)
        case events.PageChanged(page=page_id, state=state, detail=detail):
            if state is PageState.DELIVERED:
                yield "PAGE_DELIVERED", (plain(detail), plain(page_id))
            elif state in REPORTED:
                yield "PAGE_REPORTED", (state, plain(detail), plain(page_id))
            else:
                yield "PAGE_CHANGED", (state, plain(detail), plain(page_id))
    line = line_of(decision)
    if line is not None:
        incident_id, entry = line
        yield "INSERT_ENTRY", _entry(incident_id, entry)


def _incident(incident: Incident, number: int) -> Parameters:
    return (
        plain(incident.id), number, plain(incident.key), incident.state, incident.severity, incident.record,
        incident.opened_at, incident.resolved_at, int(incident.settled), encode_incident(incident),
    )  # fmt: skip


def _page(page: Page) -> Parameters:
    key = (plain(page.id), plain(page.incident), plain(page.responder))
    return (*key, page.channel, page.kind, page.state, page.created_at, encode_page(page))


def _entry(incident: str, entry: LogEntry) -> Parameters:
    incident = plain(incident)
    shown = (float(entry.at), plain(entry.kind), plain(entry.detail), plain(entry.by), to_json(entry.data))
    digest = chain.digest(chain.entry_text(incident, *shown))
    return (incident, *shown, digest, digest, incident)


def number_of(incident: str) -> int:
    """42 of `INC-42`; 0 when the name ends in no number."""
    found = re.search(r"([0-9]{1,18})$", incident)
    return int(found[1]) if found else 0


def attempted(page: str, attempts: int, next_at: Instant, error: str) -> Parameters:
    return attempts, next_at, plain(error), plain(page)


def of_records(records: Sequence[Record]) -> list[Parameters]:
    return [(plain(r.incident), r.opened_at, r.lines, VERSION, encode_record(r)) for r in records]


def of_detectors(states: Mapping[tuple[str, str], Mapping[str, Any]], at: Instant) -> list[Parameters]:
    return [
        (plain(check), plain(series), int(state.get("version", 1)), at, to_json(state))
        for (check, series), state in states.items()
    ]
