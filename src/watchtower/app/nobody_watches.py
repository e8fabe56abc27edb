"""A daemon without its database, when no other one leads: after half a minute it says so, from the configuration alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from watchtower.app.configuration import Configuration
from watchtower.app.standby import Standby
from watchtower.core.events import Decision, Event, IncidentDeclared, PageQueued, ResolvedByHand
from watchtower.core.incident.identity import Identities, told_as
from watchtower.core.incident.incidents import Page
from watchtower.core.pipeline.engine import Engine
from watchtower.delivery import Delivery
from watchtower.delivery.fence import Fence
from watchtower.logs import log
from watchtower.model import Severity
from watchtower.store.store import Store
from watchtower.values import replace

LOOK, AFTER = 1.0, 30.0
"""Seconds between two looks, and without the database until people are told."""
_SAME = 3600
"""Seconds in which a daemon that is started again and again says it under one id."""
_ENDS = 10.0
TEXT = "The database does not answer, and nobody watches / 数据库无响应，当前无人监控"


class NobodyWatches:
    """Owned by the event loop."""

    def __init__(self, configuration: Configuration, standby: Standby) -> None:
        self._configuration, self._standby = configuration, standby
        self._telling: Telling | None = None
        self._since = time.monotonic()

    async def watch(self) -> None:
        """Looks for ever."""
        while True:
            await asyncio.sleep(LOOK)
            try:
                await self._look()
            except Exception:  # noqa: BLE001 - its next look may go well, and the daemon goes on
                log.exception("nobody_watches_crashed")

    async def _look(self) -> None:
        now = time.monotonic()
        if not self._standby.without_store:
            self._since = now
            ends, self._telling = self._telling, None
            if ends is not None:
                await ends.over()
        elif self._telling is None and now - self._since >= AFTER:
            if await self._standby.others.somebody_leads():
                self._since = now
                return
            log.error("nobody_watches", seconds=round(now - self._since))
            self._telling = Telling(self._configuration, self._standby.instance)
            await self._telling.begin()


class Telling(Fence):
    """One incident that lies in no store, and its pages."""

    def __init__(self, configuration: Configuration, instance: str) -> None:
        from watchtower.channels import build
        from watchtower.detectors import DETECTORS

        self._plan = configuration.plan
        self._engine = Engine(self._plan, DETECTORS, time.time())
        store = urlsplit(configuration.settings.store)
        place = f"{store.netloc.rpartition('@')[2]}{store.path}".encode()
        self._engine.state.instance = instance or blake2b(place, digest_size=6).hexdigest()
        self._engine.state.identities = Identities(f"no database {time.time() // _SAME:.0f}")
        self._channels = build(self._plan.channels, configuration.redact)
        self._delivery = Delivery(
            Nowhere(),
            self._channels,
            lambda: self._plan,
            self._handle,
            redact=configuration.redact,
            fence=self,
        )

    async def begin(self) -> None:
        await self._delivery.start()
        self._handle(IncidentDeclared(TEXT, "watchtower", "watchdog", severity=Severity.P1))

    async def over(self) -> None:
        """The database answers."""
        for incident in list(self._engine.state.incidents):
            self._handle(ResolvedByHand(incident, "watchtower", "watchdog"))
        ends = time.monotonic() + _ENDS
        while self._delivery.backlog() and time.monotonic() < ends:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(LOOK)
        await self._delivery.stop(LOOK)
        for channel in self._channels.values():
            await channel.close()

    def as_told(self, page: Page) -> Page:
        name = told_as(page.incident, page.origin)
        message = replace(page.message, unfenced=True, incident=name)
        return replace(page, incident=name, message=message)

    def _handle(self, event: Event) -> None:
        decisions: Sequence[Decision] = self._engine.handle(event, time.time())
        self._delivery.offer([one.page for one in decisions if isinstance(one, PageQueued)])


class Nowhere(Store):
    """Has nothing, and keeps nothing."""

    async def _rows(self, sql: str, *parameters: Any) -> Sequence[Any]:
        return ()

    async def _carry_out(self, work: Mapping[str, Any]) -> None:
        pass
