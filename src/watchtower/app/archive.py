"""Ended incidents: people may still add to them, and each has a record from which reports are made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from watchtower.app.inbox import Inbox, refusal
from watchtower.core.events import Acknowledged, ActionRequest, Logged, ResolvedByHand
from watchtower.core.incident.incidents import Incident
from watchtower.core.people.kinds import AckCameLate
from watchtower.core.pipeline.afterwards import do_afterwards
from watchtower.core.pipeline.engine import Engine
from watchtower.core.reviews.build import record_of
from watchtower.core.reviews.facts import facts_of
from watchtower.core.reviews.record import Record
from watchtower.core.reviews.similar import found_in, lesson_of
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.model import Instant
from watchtower.store.contract import FOREVER
from watchtower.store.store import Store

AT_ONCE = 20
"""Records that are built in one go."""
IN_SLICES = 500
"""Records that are read and looked through in one go."""
LIVE = 200
"""Open incidents of which a report builds records at most, the newest first: a storm is told in full once it is over."""
LESSONS = 200
"""Earlier incidents that the engine compares new ones with."""


class Archive:
    """Owned by the daemon's loop. `decided` is the number of decisions of the engine so far."""

    def __init__(self, store: Store, engine: Engine, inbox: Inbox, decided: Callable[[], int]) -> None:
        self._store, self._engine, self._inbox, self._decided = store, engine, inbox, decided
        self._looked_at = -1
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Loads what was learnt before. A store that cannot be read does not stop paging."""
        try:
            await self._learn()
        except StoreError as error:
            log.error("lessons_unread", error=str(error))

    async def do(self, incident: str, action: str, by: str, via: str, data: Mapping[str, Any]) -> str:
        """Executes an action, by the engine or, for an incident that it no longer holds, on the log. Returns
        "" or the refusal."""
        if incident in self._engine.state.incidents:
            decisions = await self._inbox.ask(ActionRequest(incident, action, by, via, data))
            return refusal(decisions)
        async with self._writing:
            await self._inbox.settled()
            found = await self._store.incident(incident)
            if found is None:
                return f"there is no incident {incident}"
            entries = await self._store.timeline(incident)
            decisions = do_afterwards(self._engine.plan, found, entries, action, by, via, data, time.time())
            refused = refusal(decisions)
            if not refused:
                self._inbox.carry_out(decisions)
                await self._inbox.settled()
                await self.catch_up()
            return refused

    async def came_late(self, incident: str, event: Acknowledged | ActionRequest | ResolvedByHand) -> bool:
        """Writes what somebody was told would count, and which comes when the incident is over. False where the store has
        no such incident. Raises StoreError."""
        found = await self._store.incident(incident)
        if found is None:
            return False
        if isinstance(event, ActionRequest):
            await self.do(found.id, event.action, event.by, event.via, event.data)
        elif isinstance(event, Acknowledged):
            now = time.time()
            self._inbox.carry_out(
                [Logged(now, found.id, AckCameLate(event.by).entry(now, event.via, event.by))]
            )
            await self._inbox.settled()
        return True

    async def catch_up(self) -> None:
        """Builds records that are missing or behind their log. Without new decisions it does nothing."""
        decided = self._decided()
        if decided == self._looked_at:
            return
        saved = 0
        while missing := await self._store.unrecorded(AT_ONCE):
            records = [record for id in missing if (record := await self._record(id)) is not None]
            if not records:
                break
            await self._store.save_records(records)
            saved += len(records)
        if saved:
            await self._learn()
        self._looked_at = decided

    async def records(self, since: Instant = 0.0, until: Instant = FOREVER) -> Sequence[Record]:
        """Records of incidents that opened in this span, newest first; open ones as of now."""
        await self.catch_up()
        found = {record.incident: record for record in await self._store.records(since, until)}
        found |= await self._live(since, until)
        return sorted(found.values(), key=lambda record: -record.opened_at)

    async def lessons(self, words: Sequence[str], most: int) -> tuple[Sequence[Record], int]:
        """The newest in which all words are found, and how many more there are; read in slices, of which the memory
        holds one."""
        await self.catch_up()
        live = await self._live(0.0, FOREVER)

        def sift(records: Sequence[Record]) -> list[Record]:
            return [r for r in records if not r.drill and found_in(r, words)]

        kept = await asyncio.to_thread(sift, list(live.values()))
        count, until, last = len(kept), FOREVER, ""
        while some := await self._store.records(until=until, limit=IN_SLICES, last=last):
            until, last = some[-1].opened_at, some[-1].incident
            good = await asyncio.to_thread(sift, [r for r in some if r.incident not in live])
            count += len(good)
            kept = sorted([*kept, *good], key=lambda record: -record.opened_at)[:most]
        return kept[:most], max(0, count - most)

    async def _live(self, since: Instant, until: Instant) -> dict[str, Record]:
        """Records of open incidents, as of now."""
        found = {}
        live = [i for i in self._engine.state.incidents.values() if since <= i.opened_at < until]
        for incident in sorted(live, key=lambda i: -i.opened_at)[:LIVE]:
            record = await self._record(incident.id, incident)
            if record is not None:
                found[incident.id] = record
        return found

    async def _record(self, id: str, live: Incident | None = None) -> Record | None:
        incident = live or await self._store.incident(id)
        if incident is None:
            return None
        timeline = await self._store.timeline(id)
        plan = self._engine.plan
        # Not on the loop: the log of a long incident takes a tenth of a second to project.
        return await asyncio.to_thread(lambda: record_of(plan, facts_of(incident, timeline)))

    async def _learn(self) -> None:
        records = await self._store.records(limit=LESSONS)
        # Not on the loop: the words of two hundred long reviews take 50 ms to find.
        lessons = await asyncio.to_thread(lambda: [lesson_of(record) for record in records])
        self._engine.state.lessons = tuple(lesson for lesson in lessons if lesson is not None)
