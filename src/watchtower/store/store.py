"""What the daemon asks of a store, over statements that every database understands."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from watchtower.core.changes.change import AHEAD, KEPT, ChangeEvent, book_of, changes_of
from watchtower.core.events import Decision
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.identity import TOLD_AS
from watchtower.core.incident.incidents import Incident, Page
from watchtower.core.reviews.record import VERSION, Record
from watchtower.errors import StoreError
from watchtower.model import Instant
from watchtower.store import answers, statements
from watchtower.store.chain import LogRoot, digest, entry_text, grown, link
from watchtower.store.contract import FOREVER, AuditEntry, Columns, OutboxRow, Slices, Snapshot
from watchtower.store.migrate import News
from watchtower.store.rows import plain

if TYPE_CHECKING:
    from pathlib import Path

    from watchtower.store.history import Tables
    from watchtower.store.jobs import Jobs
    from watchtower.store.kept_request import KeptRequest
    from watchtower.store.lease import Lease
    from watchtower.store.shards import Shards

_SLICE = 2000
"""Entries of the log that are read at once."""
_FEW = 500
"""Entries that are decoded on the loop: 5 ms."""


class Store:
    """SQLite or PostgreSQL. Every method raises `errors.StoreError` when the store fails.

    There is one writer; a commit is one transaction, and durable when it returns. What is not implemented here each
    database does its own way.
    """

    shared = False
    """Whether several daemons may share it, of which one leads."""

    async def open(self) -> None:
        """Connects, and creates or migrates the schema."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    def lease(self, owner: str, url: str, peer: str = "") -> Lease | None:
        """The right to write here, where several daemons may share a store; `owner` and `url` are shown to the others.
        None where the store lets only one in."""
        raise NotImplementedError

    async def contract(self) -> None:
        """Takes away what no version needs any more, where daemons of two versions may share a store: for who leads."""

    @property
    def news(self) -> News:
        """What open() or contract() did to the schema, or why it did not."""
        return {}

    def shards(self) -> Shards | None:
        """What workers hold and have measured; None where there can be none."""
        return None

    def jobs(self) -> Jobs | None:
        """Work that any process may do; None where no other process can."""
        return None

    async def keep_request(self, request: KeptRequest) -> bool:
        """Keeps it for the next leader. False where too many are kept."""
        raise NotImplementedError

    async def kept_request(self, but: Sequence[int]) -> tuple[int, float, KeptRequest] | None:
        """The next kept request but these: its id, its age in seconds, and what it asks."""
        raise NotImplementedError

    async def drop_request(self, id: int) -> None:
        raise NotImplementedError

    def history(self, path: Path | None = None) -> Tables:
        """Where the history lies: in this file, or where this store keeps it. To be opened by itself."""
        raise NotImplementedError

    async def load(self) -> Snapshot:
        raise NotImplementedError

    async def prune(self, before: Instant) -> int:
        """Deletes settled incidents resolved before this time, with all their rows; returns how many."""
        raise NotImplementedError

    async def _rows(self, sql: str, *parameters: Any) -> Sequence[answers.Row]:
        """All rows of this statement; its parameters are written as `?`."""
        raise NotImplementedError

    async def _carry_out(self, work: Mapping[str, Sequence[statements.Parameters]]) -> None:
        """Writes all rows of each of these statements, in this order and in one transaction."""
        raise NotImplementedError

    def slices(self, columns: Columns) -> Slices:
        """As `contract.Copied` says."""
        raise NotImplementedError

    async def fill(self, columns: Columns, slices: Callable[[], Slices]) -> None:
        """As `contract.Copied` says."""
        raise NotImplementedError

    async def claim(self) -> None:
        """For who leads, before it writes: a backup is a store from now on. Raises StoreError for a store that was moved."""
        copied = await self.get(statements.COPIED)
        if copied and copied.startswith(statements.UNFINISHED):
            raise StoreError(f"{self} was {copied}, which did not end: give `watchtower restore` again")
        if copied and copied != statements.BACKUP:
            raise StoreError(f"{self} was {copied}: set WATCHTOWER_STORE to that one")
        if copied:
            await self.put(statements.COPIED, "")

    async def opened_since(self, at: Instant) -> Mapping[str, int]:
        """How many incidents opened from then on, by what they are about."""
        return {str(key): int(count) for key, count in await self._rows(statements.OPENED_SINCE, at)}

    async def outbox(self) -> Sequence[OutboxRow]:
        """Pages that are queued or failing, oldest first."""
        return answers.unsent(await self._rows(statements.UNSENT))

    async def incidents(
        self, *, open_only: bool = False, limit: int = 100, before: tuple[Instant, int] = (FOREVER, 0)
    ) -> Sequence[Incident]:
        """Newest first, of those that opened `before` this one: when that was, and its number."""
        sql = statements.OPEN_INCIDENTS if open_only else statements.INCIDENTS
        return answers.incidents_of(await self._rows(sql, *before, limit))

    async def incident(self, id: str) -> Incident | None:
        sql, key = statements.INCIDENT, id
        if TOLD_AS.fullmatch(id):
            sql, key = statements.INCIDENT_TOLD_AS, f'%"origin":"%-{id.removeprefix("INC-")}%'
        found = answers.incidents_of(await self._rows(sql, key))
        return found[0] if found else None

    async def pages(self, incident: str) -> Sequence[tuple[Page, int, str]]:
        """Pages of an incident in order, with attempts and the last answer or error."""
        return answers.pages_of(await self._rows(statements.PAGES, incident))

    async def page(self, id: str, reference: str) -> Page | None:
        """The page of this id, or the newest that its receiver knows by this reference."""
        found = answers.pages_of(await self._rows(statements.PAGE, id, reference, reference))
        return found[0][0] if found else None

    async def timeline(self, incident: str) -> Sequence[LogEntry]:
        """The log of an incident, oldest first."""
        rows = await self._rows(statements.TIMELINE, incident)
        if len(rows) < _FEW:
            return answers.timeline_of(rows)
        return await asyncio.to_thread(answers.timeline_of, rows)

    async def published(self, since: Instant, limit: int) -> Sequence[str]:
        """Incidents of which a status update was given since then, those of the newest first."""
        return [str(row[0]) for row in await self._rows(statements.PUBLISHED, since, limit)]

    async def items_changed(self, since: Instant) -> Sequence[str]:
        """Incidents of which an action item was changed from then on."""
        return list(dict.fromkeys(str(row[0]) for row in await self._rows(statements.ITEMS_CHANGED, since)))

    async def changes(self, since: Instant, until: Instant) -> Sequence[ChangeEvent]:
        """Changes that began or went on from `since` on and before `until`, in the order of their begin."""
        rows = await self._rows(statements.CHANGES, book_of(since - AHEAD), book_of(until + KEPT))

        def found() -> Sequence[ChangeEvent]:
            every = changes_of(answers.timeline_of(rows)).values()
            return sorted((one for one in every if one.overlaps(since, until)), key=ChangeEvent.begun)

        return await asyncio.to_thread(found)

    async def records(
        self, since: Instant = 0.0, until: Instant = FOREVER, limit: int = 10_000, last: str = ""
    ) -> Sequence[Record]:
        """Of incidents that opened from `since` on and before `until`, newest first. To read on: when the `last` one
        that was read had opened, and its id."""
        rows = await self._rows(statements.RECORDS, since, until, last, limit)
        # Thousands take a while: not on the loop that pages people.
        return await asyncio.to_thread(answers.records_of, rows)

    async def record(self, incident: str) -> Record | None:
        found = answers.records_of(await self._rows(statements.RECORD, incident))
        return found[0] if found else None

    async def unrecorded(self, limit: int = 100) -> Sequence[str]:
        """Ended incidents whose record is missing or older than their timeline, newest first."""
        return tuple(row[0] for row in await self._rows(statements.UNRECORDED, VERSION, limit))

    async def get(self, name: str) -> str | None:
        """A small named value (schema version, generated keys)."""
        rows = await self._rows(statements.GET, name)
        return str(rows[0][0]) if rows else None

    async def commit(
        self, decisions: Sequence[Decision], evaluated: Mapping[int, tuple[int, int]] = statements.NOTHING
    ) -> None:
        """Writes log, alert, incident and outbox rows of these decisions in one transaction, and how far what workers
        measured was evaluated: epoch and number by shard.

        Entries of an incident that is long over are written too: its log is never closed.
        """
        work = await statements.of_decisions(decisions)
        if evaluated:
            work[statements.EVALUATED] = [(shard, *upto) for shard, upto in evaluated.items()]
        if work:
            await self._carry_out(work)

    async def attempted(self, page: str, at: Instant, attempts: int, next_at: Instant, error: str) -> None:
        """Records a failed attempt."""
        await self._carry_out({statements.ATTEMPTED: [statements.attempted(page, attempts, next_at, error)]})

    async def save_detectors(self, states: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
        """Upserts detector states (bounded, JSON)."""
        await self._carry_out({statements.UPSERT_DETECTOR: statements.of_detectors(states, time.time())})

    async def save_records(self, records: Sequence[Record]) -> None:
        """Upserts the rows of these incidents."""
        await self._carry_out({statements.UPSERT_RECORD: statements.of_records(records)})

    async def access(self) -> Sequence[tuple[str, str, str]]:
        """All records of access: kind, id, JSON."""
        return [tuple(row) for row in await self._rows(statements.ACCESS)]

    async def save_access(
        self, kept: Sequence[tuple[str, str, str]], gone: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Drops the records that are `gone`, and upserts those that are `kept`, in one transaction."""
        put = [(kind, plain(id), plain(data)) for kind, id, data in kept]
        work: dict[str, Sequence[statements.Parameters]] = {
            statements.DROP_ACCESS: gone, statements.PUT_ACCESS: put,
        }  # fmt: skip
        await self._carry_out({sql: rows for sql, rows in work.items() if rows})

    async def save_audit(self, entries: Sequence[AuditEntry]) -> None:
        """Writes them; one that was written before, by its id, stays as it is."""
        rows = [(one.id, one.at, *map(plain, one[2:6]), one.status) for one in entries]
        await self._carry_out({statements.PUT_AUDIT: rows})

    async def audit(self, before: Instant = FOREVER, limit: int = 100) -> Sequence[AuditEntry]:
        """Who did what from where, the newest first."""
        return [AuditEntry(*row) for row in await self._rows(statements.AUDIT, before, limit)]

    async def put(self, name: str, value: str) -> None:
        await self._carry_out({statements.PUT: [(name, value)]})

    async def once(self, name: str, value: str) -> str:
        """The value under this name; it is set to `value` if there was none. Two callers at once get the same."""
        if (kept := await self.get(name)) is None:
            await self._carry_out({statements.PUT_ONCE: [(name, value)]})
            kept = await self.get(name)
        return kept or value

    async def chain_log(self) -> int:
        """Chains the entries that a version without chains wrote; returns how many. For who leads, before it commits."""
        done, last = 0, ("", "")
        while rows := await self._rows(statements.UNCHAINED, _SLICE):
            work = []
            for incident, seq, *shown, before in rows:
                before = last[1] if last[0] == incident else before
                last = incident, link(before, digest(entry_text(incident, *shown)))
                work.append((last[1], incident, seq))
            await self._carry_out({statements.CHAIN: work})
            done += len(work)
        return done

    async def roots(self) -> Sequence[LogRoot]:
        """The daily roots of the log, oldest first."""
        return [LogRoot(*row) for row in await self._rows(statements.ROOTS)]

    async def root_of(self, day: str) -> LogRoot | None:
        """Writes the root of a day (`2026-11-28`) over all that the log holds now; None when it has one, or a later day
        has."""
        roots = await self.roots()
        if roots and roots[-1].day >= day:
            return None
        heads = await self._rows(statements.HEADS)

        def made() -> LogRoot:
            rooted = {name: chain for root in roots for name, _, chain in json.loads(root.heads)}
            return LogRoot.after(roots[-1].root if roots else "", day, grown(map(tuple, heads), rooted))

        root = await asyncio.to_thread(made)
        await self._carry_out({statements.PUT_ROOT: [(root.day, root.heads, root.root)]})
        return root

    async def whole_log(self) -> AsyncGenerator[tuple[str, int, str, str], None]:
        """Of every entry: its incident, its number, its text and its chain; one log after the other, in order. Raises
        StoreError for a row that holds anything but numbers and text."""
        last: answers.Row = ("", -1)
        while rows := await self._rows(statements.WHOLE_LOG, *last, _SLICE):
            for incident, seq, at, *shown, chain in rows:
                if type(at) is not float or not all(
                    isinstance(text, str) for text in (incident, *shown, chain)
                ):
                    raise StoreError(
                        f"{self}: entry {seq} of {incident!r} holds something else than numbers and text"
                    )
                yield incident, seq, entry_text(incident, at, *shown), chain
            last = rows[-1][:2]

    async def damages(self) -> Sequence[str]:
        """What is wrong with the file itself, where the store is one; at most twenty lines."""
        return ()

    async def alive_at(self) -> Instant | None:
        """When `check` was last well, by whichever daemon; None when it never was."""
        checked = await self.get(statements.CHECKED)
        return float(checked) if checked else None

    async def check(self) -> None:
        """Raises StoreError when the store cannot be written now."""
        await self.put(statements.CHECKED, repr(time.time()))
