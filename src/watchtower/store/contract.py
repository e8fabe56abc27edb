"""What the daemon asks of a store. There is one writer; a commit is one transaction, and durable when it
returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from watchtower.core.events import Decision
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.incidents import Incident, Page
from watchtower.core.reviews.record import Record
from watchtower.model import Instant

if TYPE_CHECKING:
    from watchtower.store.lease import Lease

FOREVER: Instant = 1e15
"""Later than anything."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A queued page, with its attempts so far."""

    page: Page
    attempts: int = 0
    next_at: Instant = 0.0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The engine's whole state for a restart."""

    alerts: Sequence[Alert] = ()
    """Those that are pending or firing, and the resolved ones of incidents that are not settled."""
    incidents: Sequence[Incident] = ()
    """Those that are not settled."""
    pages: Sequence[Page] = ()
    """Pages of these incidents."""
    detectors: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    """Detector state by check and series."""
    last_incident: int = 0
    """The highest incident number ever used."""
    logs: Mapping[str, Sequence[LogEntry]] = field(default_factory=dict)
    """The lines of each of these incidents' logs, in order."""
    outages: Sequence[LogEntry] = ()
    """Lines that later incidents look back on, whether theirs is settled or not: how long flows were down, which
    degradation plans ran and worked."""


class Store(Protocol):
    """SQLite or PostgreSQL. Every method raises `errors.StoreError` when the store fails."""

    async def open(self) -> None:
        """Connects, and creates or migrates the schema."""

    async def close(self) -> None: ...

    def lease(self, owner: str, url: str) -> Lease | None:
        """The right to write here, where several daemons may share a store; `owner` and `url` are shown to the others.
        None where the store lets only one in."""

    async def load(self) -> Snapshot: ...

    async def commit(self, decisions: Sequence[Decision]) -> None:
        """Write log, alert, incident and outbox rows of these decisions in one transaction.

        Entries of an incident that is long over are written too: its log is never closed.
        """

    async def outbox(self) -> Sequence[OutboxRow]:
        """Pages that are queued or failing, oldest first."""

    async def attempted(self, page: str, at: Instant, attempts: int, next_at: Instant, error: str) -> None:
        """Records a failed attempt."""

    async def save_detectors(self, states: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
        """Upserts detector states (bounded, JSON)."""

    async def incidents(self, *, open_only: bool = False, limit: int = 100) -> Sequence[Incident]:
        """Newest first."""

    async def incident(self, id: str) -> Incident | None: ...

    async def pages(self, incident: str) -> Sequence[tuple[Page, int, str]]:
        """Pages of an incident in order, with attempts and the last answer or error."""

    async def timeline(self, incident: str) -> Sequence[LogEntry]:
        """The log of an incident, oldest first."""

    async def save_records(self, records: Sequence[Record]) -> None:
        """Upserts the rows of these incidents."""

    async def records(
        self, since: Instant = 0.0, until: Instant = FOREVER, limit: int = 10_000, last: str = ""
    ) -> Sequence[Record]:
        """Of incidents that opened from `since` on and before `until`, newest first. To read on: when the `last` one
        that was read had opened, and its id."""

    async def record(self, incident: str) -> Record | None: ...

    async def unrecorded(self, limit: int = 100) -> Sequence[str]:
        """Ended incidents whose record is missing or older than their timeline, newest first."""

    async def get(self, name: str) -> str | None:
        """A small named value (schema version, generated keys)."""

    async def put(self, name: str, value: str) -> None: ...

    async def once(self, name: str, value: str) -> str:
        """The value under this name; it is set to `value` if there was none. Two callers at once get the
        same."""

    async def prune(self, before: Instant) -> int:
        """Deletes settled incidents resolved before this time, with all their rows; returns how many."""

    async def check(self) -> None:
        """Raises StoreError when the store cannot be written now."""
