"""What a store gives: queued pages, and the engine's state for a restart."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident, Page
from watchtower.core.notify.budgets import SentRow
from watchtower.model import Instant
from watchtower.values import Frozen, field

FOREVER: Instant = 1e15
"""Later than anything."""


Columns = Mapping[str, Sequence[str]]
"""Tables with their columns."""
Slices = AsyncGenerator[tuple[str, Sequence[Sequence[Any]]], None]
"""A table's name and some of its rows, table after table."""
SLICE = 200
"""Rows in one; a detector's state may have 50 kB."""


class Copied(Protocol):
    """What can be copied with all its rows: a store or a history. Both raise StoreError."""

    def slices(self, columns: Columns) -> Slices:
        """All rows of these tables as of one moment; whoever writes meanwhile does not wait."""

    async def fill(self, columns: Columns, slices: Callable[[], Slices]) -> None:
        """Writes these rows into tables that must be empty. It may ask for the slices a second time."""


class OutboxRow(Frozen):
    """A queued page, with its attempts so far."""

    page: Page
    attempts: int = 0
    next_at: Instant = 0.0
    last_error: str = ""


class AuditEntry(NamedTuple):
    """Who did what from where: `action` is an address or a word, `status` HTTP's."""

    id: str
    at: Instant
    actor: str
    action: str
    about: str
    address: str
    status: int


class Snapshot(Frozen):
    """The engine's whole state for a restart."""

    alerts: Sequence[Alert] = ()
    """Those that are pending or firing, and the resolved ones of incidents that are not settled."""
    incidents: Sequence[Incident] = ()
    """Those that are not settled."""
    pages: Sequence[Page] = ()
    """Pages of these incidents."""
    newest_pages: Sequence[Page] = ()
    """Those that were queued last, of whatever incident: people see them on the board."""
    detectors: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    """Detector state by check and series."""
    last_incident: int = 0
    """The highest incident number ever used."""
    logs: Mapping[str, Sequence[LogEntry]] = field(default_factory=dict)
    """The lines of each of these incidents' logs, in order."""
    sent: Sequence[SentRow] = ()
    """Pages of the last 31 days that budgets count."""
    outages: Sequence[LogEntry] = ()
    """Lines that later incidents look back on, whether theirs is settled or not: how long flows were down, which
    degradation plans ran and worked, which silences there are, what was changed lately."""
