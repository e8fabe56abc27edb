"""What a leader does differently because others could lead: pages while that is not certain, and what people did then.

Urgent pages go then too, marked and counted, under an identity that another daemon would give them. What people did is
handed over, should another one lead.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from watchtower.app.standby import Standby
from watchtower.core.incident.identity import told_as
from watchtower.core.incident.incidents import Page
from watchtower.core.pipeline.engine import Engine
from watchtower.delivery.fence import Fence
from watchtower.journal import Journal
from watchtower.logs import log
from watchtower.model import Severity
from watchtower.store.lease import POLL, Lease
from watchtower.values import replace

_NUMBER = re.compile(r"INC-\d+")
_MOST = 500
"""Requests that are remembered at most."""


class Leading(Fence):
    """The fence of pages, and what `web.Peers` needs. Owned by the daemon's loop."""

    def __init__(
        self, lease: Lease, standby: Standby, engine: Callable[[], Engine], journal: Callable[[], Journal]
    ) -> None:  # fmt: skip
        self._lease, self._standby, self._engine, self._journal = lease, standby, engine, journal
        standby.done_here.clear()

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
            page, message = replace(page, incident=name), replace(message, incident=name)
        if message.also:
            also = tuple(replace(one, incident=self.told(one.incident)) for one in message.also)
            message = replace(message, also=also)
        return page if message is page.message else replace(page, message=message)

    def sent(self, page: Page) -> None:
        if page.message.unfenced:
            self._standby.unfenced += 1
            silent = round(self._lease.silent, 1)
            log.warning("page_without_lease", page=page.id, incident=page.incident, seconds=silent)

    # ---- requests ------------------------------------------------------------------------------------------

    def epoch(self) -> int:
        return self._lease.holder.epoch if self._lease.holder else 0

    def number(self, name: str) -> str:
        return self._engine().state.number_of(name)

    def told(self, number: str) -> str:
        known = self._engine().state.incidents.get(number)
        return self._name(number, known.origin if known else "")

    def did(self, scope: Any, body: bytes) -> None:
        """Remembers what nobody else may know of, should another daemon lead."""
        if self._journal().failing_since is None or len(self._standby.done_here) >= _MOST:
            return
        from watchtower.web.standby import kept_of

        raw = _NUMBER.sub(lambda found: self.told(found[0]), scope["raw_path"].decode("latin-1"))
        request = kept_of({**scope, "raw_path": raw.encode("latin-1")}, body, self._standby.name)
        if request is not None and not request.often:
            self._standby.done_here.append(request)

    def written(self) -> None:
        """Nothing waits to be handed over, once the store has it."""
        if self._journal().failing_since is None:
            self._standby.done_here.clear()

    def _name(self, incident: str, origin: str) -> str:
        """Its number once the store has it, and nobody else can give it to another fault."""
        return incident if self._journal().knows(incident) else told_as(incident, origin)
