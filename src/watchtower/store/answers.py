"""Converts rows of a database into the contract's objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import TAKEN, Incident, Page, PageState
from watchtower.core.reviews.record import Record
from watchtower.store.contract import OutboxRow, Snapshot
from watchtower.store.rows import decode_alert, decode_incident, decode_page, decode_record, from_json

Row = Sequence[Any]
Rows = Iterable[Row]


def snapshot(
    alerts: Rows, incidents: Rows, pages: Rows, detectors: Rows, counter: Rows, logs: Rows, outages: Rows, sent: Rows,
    newest: Rows,
) -> Snapshot:  # fmt: skip
    lines: dict[str, list[LogEntry]] = {}
    for row in logs:
        lines.setdefault(row[0], []).append(_entry(row))
    return Snapshot(
        alerts=tuple(decode_alert(row[0]) for row in alerts),
        incidents=incidents_of(incidents),
        pages=tuple(decode_page(row[0], row[1]) for row in pages),
        detectors={(row[0], row[1]): from_json(row[2], f"detector state of {row[0]}") for row in detectors},
        last_incident=next((int(row[0]) for row in counter), 0),
        logs=lines,
        outages=timeline_of(outages),
        newest_pages=tuple(decode_page(row[0], row[1]) for row in newest),
        sent=tuple((row[0], (row[1], row[2]), PageState(row[3]), row[4]) for row in sent),
    )


def incidents_of(rows: Rows) -> Sequence[Incident]:
    return tuple(decode_incident(row[0]) for row in rows)


def unsent(rows: Rows) -> Sequence[OutboxRow]:
    return tuple(OutboxRow(decode_page(row[0], row[1]), row[2], row[3], row[4]) for row in rows)


def pages_of(rows: Rows) -> Sequence[tuple[Page, int, str]]:
    """Pages with their last message: the receiver's reference once it accepted the page, the last error
    before."""
    return tuple(
        (decode_page(data, state), attempts, reference if state in TAKEN else error)
        for data, state, attempts, error, reference in rows
    )


def records_of(rows: Rows) -> Sequence[Record]:
    return tuple(decode_record(row[0]) for row in rows)


def timeline_of(rows: Rows) -> Sequence[LogEntry]:
    return tuple(_entry(row) for row in rows)


def _entry(row: Row) -> LogEntry:
    incident, at, kind, detail, actor, data = row
    return LogEntry(at, kind, actor, detail, from_json(data, f"log of {incident}"))
