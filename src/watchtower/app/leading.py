"""What a leader does differently because others could lead: pages while that is not certain, and what people did then.

Urgent pages go then too, marked and counted, under an identity that another daemon would give them. What people did is
handed over, should another one lead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from watchtower.app import deeds
from watchtower.app.archive import Archive
from watchtower.app.inbox import Inbox
from watchtower.app.standby import Standby
from watchtower.core.events import Decision, Event
from watchtower.core.incident.identity import told_as
from watchtower.core.incident.incidents import Page
from watchtower.core.pipeline.engine import Engine
from watchtower.delivery.fence import Fence
from watchtower.errors import StoreError
from watchtower.journal import Journal
from watchtower.logs import log
from watchtower.model import Severity
from watchtower.store.lease import POLL, Lease
from watchtower.values import replace

MOST = 500
"""What people did that is remembered at most, until somebody has it."""
AT_ONCE = 0.6
"""Seconds in which another daemon may take it before its person is answered."""


class Leading(Fence):
    """The fence of pages, and what `web.Peers` needs. Owned by the daemon's loop."""

    def __init__(
        self, lease: Lease, standby: Standby, engine: Callable[[], Engine], journal: Callable[[], Journal]
    ) -> None:  # fmt: skip
        self._lease, self._standby, self._engine, self._journal = lease, standby, engine, journal
        self.inbox: Inbox
        self.archive: Archive
        self._known: set[str] = set()
        """Deeds that were done here in this term."""
        self._numbers: dict[str, str] = {}
        """Ours, by those that a daemon which could not write them has given to silences and overrides."""

    async def ask_others(self) -> None:
        """Ends this term when another daemon says that it leads a later one."""
        await self._standby.others.look(self._lease)

    # ---- pages ---------------------------------------------------------------------------------------------

    def may(self, severity: Severity) -> bool:
        return self._lease.may_send(urgent=not Severity.P1.worse_than(severity))

    async def passed(self, severity: Severity) -> None:
        while not self.may(severity):  # noqa: ASYNC110 - goes by a clock that no event knows
            await asyncio.sleep(POLL)

    def as_told(self, page: Page) -> Page:
        message = page.message
        if not self._lease.good:
            message = replace(message, unfenced=True)
        if (name := self._name(page.incident, page.origin)) != page.incident:
            page, message = replace(page, incident=name), replace(message, incident=name, told_as="")
        if message.also:
            also = tuple(replace(one, incident=self._told(one.incident)) for one in message.also)
            message = replace(message, also=also)
        return page if message is page.message else replace(page, message=message)

    def sent(self, page: Page) -> None:
        if page.message.unfenced:
            self._standby.unfenced += 1
            silent = round(self._lease.silent, 1)
            log.warning("page_without_lease", page=page.id, incident=page.incident, seconds=silent)

    # ---- other daemons ------------------------------------------------------------------------------------------

    def epoch(self) -> int:
        return self._lease.holder.epoch if self._lease.holder else 0

    def number(self, name: str) -> str:
        return self._engine().state.number_of(name)

    # ---- deeds ---------------------------------------------------------------------------------------------

    async def did(self, event: Event, decisions: Sequence[Decision]) -> None:
        """Hands over what a person did and the store has not taken, should another daemon lead."""
        done = deeds.did(event, decisions)
        for one in done[: MOST - len(self._standby.deeds)]:
            deed = deeds.new(*self._about(one))
            self._known.add(deed.id)
            self._standby.deeds.append(deed)
        if done:
            with suppress(TimeoutError):
                async with asyncio.timeout(AT_ONCE):
                    await self._standby.hand_over()

    def ended(self) -> None:
        """At the end of the term: of what we told and could not write, another daemon tells the end."""
        state = self._engine().state
        for incident in state.incidents.values():
            told = None if self._journal().knows(incident.id) else deeds.left(state, incident)
            if told is not None and len(self._standby.deeds) < MOST:
                self._standby.deeds.append(deeds.new(told, incident.key))

    async def take(self, body: bytes, kept: bool) -> int:
        """Does what was done at another daemon, in an earlier term or before ours; what is about an incident that we do not
        know yet is kept until we do. Returns the status of the answer."""
        deed = deeds.read(self._standby.peer_key, body)
        if deed is None:
            return 403
        if deed in self._standby.deeds:
            return 409  # it is our own, which nobody else has
        if deed.id in self._known:
            return 204 if await self.inbox.settled() else 503
        event, state = deeds.numbered(deed.event, self._numbers), self._engine().state
        if isinstance(event, deeds.ToIncident):
            number = state.number_of(event.incident)
            if number not in state.incidents:
                if await self.archive.came_late(number, event):
                    self._known.add(deed.id)
                    return 204
                known = state.open_incident(deed.subject)
                if known is None:
                    return 404 if kept else await self._standby.take(body)
                number = known.id
            event = replace(event, incident=number)
        self._known.add(deed.id)
        if not deeds.number(state, event):
            await self.inbox.ask(event)
        if made := deeds.number(state, event):
            self._numbers[deed.subject] = made
        return 204 if self.inbox.written else 503  # whoever did it keeps it until somebody has written it

    async def look_at_deeds(self) -> None:
        """What the store has by now need not be handed over; the rest is tried again."""
        mine = [deed for deed in self._standby.deeds if deed.id in self._known]
        if mine and self._journal().failing_since is None:
            with suppress(StoreError):
                await self._journal().durable()
                self._standby.deeds = [deed for deed in self._standby.deeds if deed not in mine]
        await self._standby.hand_over()

    def _about(self, event: deeds.Done) -> tuple[deeds.Done, str]:
        """With the incident's name while the store does not have its number; and what that is about."""
        state = self._engine().state
        if not isinstance(event, deeds.ToIncident) or (known := state.incidents.get(event.incident)) is None:
            return event, deeds.number(state, event)
        return replace(event, incident=self._name(known.id, known.origin)), known.key

    def _name(self, incident: str, origin: str) -> str:
        """Its number once the store has it, and nobody else can give it to another fault."""
        return incident if self._journal().knows(incident) else told_as(incident, origin)

    def _told(self, number: str) -> str:
        known = self._engine().state.incidents.get(number)
        return self._name(number, known.origin if known else "")
