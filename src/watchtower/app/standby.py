"""A daemon that stands by: it names the leader, passes requests on to it, and can lead at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from watchtower import __version__
from watchtower.api.contract import InstanceRole, InstanceStatus, StandbyStatus, Status
from watchtower.app.configuration import Configuration
from watchtower.app.other_daemons import EVERY, OtherDaemons
from watchtower.app.watch import Signature
from watchtower.config.loaded import Loaded
from watchtower.core.incident.identity import Identities
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.probes.registry import Registry
from watchtower.store.migrate import News
from watchtower.store.store import Store
from watchtower.telemetry import Telemetry
from watchtower.values import replace

SCHEMA = 10.0
"""Seconds between two looks whether daemons of the version before still live."""

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from watchtower.api.porch import Application
    from watchtower.app.archive import Archive
    from watchtower.app.deeds import Deed
    from watchtower.app.fleet import Fleet
    from watchtower.app.inbox import Inbox
    from watchtower.app.leading import Leading
    from watchtower.app.probing import Probing
    from watchtower.core.pipeline.engine import Engine
    from watchtower.journal import Journal
    from watchtower.store.kept_request import KeptRequest
    from watchtower.store.lease import Lease
    from watchtower.store.shards import Shards
    from watchtower.web.passing import Leader


class Standby:
    """Owned by the event loop. `name` is how others see this daemon: host and process."""

    def __init__(self, configuration: Configuration, name: str) -> None:
        self.name, self.instance, self.away = name, "", ""
        self.store: Store | None = None
        self.shards: Shards | None = None
        """For workers that hand over by HTTPS; None where there can be none."""
        self.lease: Lease | None = None
        self.peer_key = b""
        """By which daemons on this store believe each other; empty on a store that lets only one in."""
        self.fleet: Fleet | None = None
        self.deeds: list[Deed] = []
        """What people did here while this daemon led, and nobody else has: neither the store nor another daemon."""
        self._handing = asyncio.Lock()
        self.leads = False
        self._news: News = {}
        self.unfenced = 0
        """Pages that this process has sent while another daemon might have led."""
        self.others = OtherDaemons(configuration.settings, lambda: self.peer_key, self._peers)
        self._configuration, self._started_at = configuration, time.time()
        self._telemetry = Telemetry(__version__)
        self._telemetry.load(configuration.plan)

    def standing(self) -> InstanceStatus:
        lease = self.lease if not self.away else None
        role = InstanceRole.WAITING if self.away or not self.store else InstanceRole.STANDBY
        own = InstanceStatus(
            role, self._started_at, self.instance, str(self.store or ""), unfenced=self.unfenced
        )
        if lease is None or (holder := lease.holder) is None:
            return own
        others = tuple(
            StandbyStatus(one.name, one.since, one.plan, one.plan == holder.plan) for one in lease.standbys
        )
        return replace(
            own, leader=holder.owner, leader_url=holder.url, epoch=holder.epoch, leads_since=holder.taken,
            unled=holder.unled, plan=lease.plan, leader_plan=holder.plan, standbys=others,
            **(self.fleet.standing() if self.fleet else {}),
        )  # fmt: skip

    def led(self) -> InstanceStatus | None:
        """Who leads; None where no other daemon can, or none is known."""
        standing = self.standing()
        return standing if standing.epoch else None

    def status(self) -> Status:
        return Status(
            time.time(), self._started_at, __version__, self._configuration.plan,
            loaded_at=self._configuration.loaded_at, problems=self._configuration.problems,
            held=self._configuration.held.problems if self._configuration.held else (),
        )  # fmt: skip

    def ready(self) -> Sequence[str]:
        """A standby is ready, because it takes over within seconds, unless the store does not answer."""
        return ["store"] if self.away or (self.lease and not self.lease.answered) else []

    @property
    def without_store(self) -> bool:
        """Whether this daemon waits for its store, or stands by and cannot tell whether somebody leads."""
        return not self.leads and (self.store is None or bool(self.ready()))

    def leader(self) -> Leader | None:
        holder = self.lease.holder if self.lease else None
        if holder is None or holder.owner == self.name:
            return None
        return self.others.way(holder.peer or holder.url)

    def _peers(self) -> Sequence[str]:
        """Where the store said that others are."""
        if self.lease is None:
            return ()
        holder = self.lease.holder
        led = [holder.peer or holder.url] if holder and holder.owner != self.name else []
        return [*led, *(one.peer for one in self.lease.standbys)]

    async def lead(
        self, store: Store, engine: Callable[[], Engine], journal: Callable[[], Journal]
    ) -> Leading | None:  # fmt: skip
        """What a leader does differently where others could lead. None on a store that lets only one in."""
        from watchtower.app.leading import Leading

        if self.lease is None:
            return None
        await self.hand_over()  # of an earlier term: to ourselves, by the store
        before, since = self.lease.before
        left = await store.opened_since(since) if before else {}
        engine().state.identities = Identities(self.lease.term, before, left)
        return Leading(self.lease, self, engine, journal)

    async def hand_over(self) -> None:
        """Gives what people did here to another daemon or, where none takes it, to the store; what neither has taken is
        tried again at the next call."""
        async with self._handing:
            for deed in list(self.deeds):
                from watchtower.app.deeds import kept, signed

                body = signed(self.peer_key, deed)
                taken = await self.others.take(body) or await self.keep(kept(body, self.name))
                if not taken:
                    return
                log.info("handed_over", deed=deed.id, what=type(deed.event).__name__, by=deed.by)
                if deed in self.deeds:  # by now it may be written here
                    self.deeds.remove(deed)

    async def take(self, body: bytes) -> int:
        """Writes down what people did at a daemon that cannot. Returns the status of the answer."""
        from watchtower.app.deeds import kept, read

        if read(self.peer_key, body) is None:
            return 403
        return 202 if not self.ready() and await self.keep(kept(body, self.name)) else 503

    async def keep(self, request: KeptRequest) -> bool:
        if self.store is None or self.away:
            return False
        try:
            return await self.store.keep_request(request)
        except StoreError as error:
            log.error("request_not_kept", error=str(error))
            return False

    def queued(self) -> tuple[int, float]:
        return 0, 0.0

    async def metrics(self) -> tuple[Sequence[bytes], str]:
        self._telemetry.stands(self.instance, leads=False, led=self.led)
        return await self._telemetry.scrape()

    async def reload(self) -> None:
        """Replaces the plan with which this daemon would lead."""
        await self._configuration.reload(self._telemetry, self._take)

    async def _take(self, loaded: Loaded, registry: Registry, seen: Signature) -> None:
        self._configuration.take(loaded, registry, seen)
        self._telemetry.reloaded(True, (), loaded.plan)
        await self.tell_plan()

    def for_peers(
        self, app: Application, chore: Callable[..., None], kept: Callable[..., Awaitable[None]], leading: Leading | None,
        inbox: Inbox, archive: Archive,
    ) -> Application:  # fmt: skip
        """The leader's application, also for requests that daemons which stand by pass on, or have kept."""
        if leading is None or self.store is None:
            return app
        from watchtower.app.kept_requests import LOOK, KeptRequests
        from watchtower.web.peers import Peers

        leading.inbox, leading.archive = inbox, archive
        peers = Peers(app, self.peer_key, leading)
        requests = KeptRequests(self.store, peers)
        chore("kept-requests", LOOK, lambda: kept(requests.look), delay=0.0)
        chore("done-here", LOOK, leading.look_at_deeds)
        chore("other-daemons", EVERY, leading.ask_others)
        chore("schema", SCHEMA, lambda: kept(self._contract), delay=SCHEMA)
        return peers

    async def _contract(self) -> None:
        """Takes away from the schema what the version before needed, once none of its daemons and workers lives."""
        assert self.store is not None
        try:
            await self.store.contract()
        finally:
            self.tell_schema(self.store)

    def tell_schema(self, store: Store) -> None:
        """Says what was done to the schema, once."""
        before, self._news = self._news, store.news
        for event, values in self._news.items() if self._news != before else ():
            log.info(event, **values)

    async def with_workers(
        self, stack: AsyncExitStack, probing: Probing, inbox: Inbox, journal: Journal
    ) -> None:  # fmt: skip
        """What workers make is evaluated here, and not made here; nothing where the store can have none."""
        if self.lease is None or self.store is None or (shards := self.store.shards()) is None:
            return
        from watchtower.app.fleet import Fleet

        self.fleet = Fleet(self._configuration, shards, inbox, journal, probing, self.lease)
        stack.callback(self._without_workers, self.fleet)
        await self.fleet.open()

    def _without_workers(self, fleet: Fleet) -> None:
        fleet.close()
        self.fleet = None

    async def tell_plan(self) -> None:
        """Tells the other daemons with which configuration this one leads, or would."""
        if self.lease is not None:
            self.lease.plan = await asyncio.to_thread(self._configuration.plan_hash)
