"""The process over its terms: it waits for its store, stands by while another leads, leads, and stands by again when
it was replaced. On SQLite there is one term: a second daemon is refused."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

from watchtower import __version__
from watchtower.api.auth import access_for
from watchtower.api.porch import Porch
from watchtower.app.configuration import Configuration
from watchtower.app.daemon import Daemon
from watchtower.app.door import Door
from watchtower.app.lock import only_one
from watchtower.app.service_manager import say
from watchtower.app.standby import Standby
from watchtower.config.environment import listed
from watchtower.errors import Deposed, StoreAway
from watchtower.logs import log
from watchtower.store import open_store
from watchtower.store.store import Store
from watchtower.web.tls import Certificate

AGAIN = 1.0
"""Seconds between two attempts to open a store that is away, and between two looks at the files meanwhile."""
SETTLES = 0.5
"""Seconds in which a start without others finds that it leads: before them nobody need be told of standing by."""


class Leadership:
    """Owned by the event loop. Signals set `stop` and `reload`."""

    def __init__(self, configuration: Configuration, stop: asyncio.Event, reload: asyncio.Event) -> None:
        self._configuration, self._settings = configuration, configuration.settings
        self._stop, self._reload = stop, reload
        certificate, key = self._settings.tls_certificate, self._settings.tls_key
        self._door = Door(
            self._settings.listen, listed(self._settings.trusted_proxies),
            Certificate(certificate, key) if certificate and key else None,
        )  # fmt: skip
        self._url = self._settings.base_url or f"http{'s' if certificate else ''}://{self._settings.listen}"
        self._standby = Standby(configuration, f"{socket.gethostname()}:{os.getpid()}")

    async def run(self) -> None:
        """Runs until `stop` is set; raises the daemon's error."""
        with only_one(self._settings.store):
            access = await access_for(self._settings, b"")
            self._answers = Porch(self._standby, access, "watchtower.web.standby")
            watching = asyncio.create_task(self._watched())
            try:
                while not self._stop.is_set():
                    await self._term()
            finally:
                watching.cancel()
                await self._door.close()

    async def _watched(self) -> None:
        """People are told when no daemon can watch because the database is away."""
        if not self._settings.store.startswith("sqlite:"):
            from watchtower.app.nobody_watches import NobodyWatches

            await NobodyWatches(self._configuration, self._standby).watch()

    async def _term(self) -> None:
        """One term, from opening the store until it is closed by a signal or because another daemon leads."""
        store = await self._until_stopped(self._opened())
        if store is None:
            return
        daemon, lease = None, store.lease(self._standby.name, self._url, await self._peer_url())
        try:
            if lease is not None:
                self._standby.lease = lease
                await self._standby.tell_plan()
                await self._until_stopped(self._stand_by(lease.take()))
            if not self._stop.is_set():
                await store.claim()
                daemon = Daemon(self._configuration, store, lease, self._door, self._standby)
                self._standby.leads = True
                await daemon.run(self._stop, self._reload, self._leave)
        except Deposed:
            log.error("deposed", leader=self._standby.standing().leader)
        except StoreAway as error:
            log.error("store_away", error=str(error))
        finally:
            self._standby.leads = False
            if lease is not None:
                await lease.end()
            if daemon is None:
                await store.close()
            await self._standby.hand_over()

    async def _peer_url(self) -> str:
        """Where the other daemons reach this one: where it listens or, where that is every address, the one from which
        the database is reached."""
        settings = self._settings
        if settings.peer_url or not self._standby.peer_key:
            return settings.peer_url
        host, port = settings.listen_host, settings.listen_port
        if host in ("", "0.0.0.0", "::"):  # noqa: S104 - compared only
            database = urlsplit(settings.store).netloc.rpartition("@")[2].partition(",")[0]
            host = await asyncio.to_thread(own_address, urlsplit(f"//{database}").hostname or "")
        return (
            f"http{'s' if settings.tls_certificate else ''}://{f'[{host}]' if ':' in host else host}:{port}"
        )

    async def _leave(self) -> None:
        """The daemon ends and answers no more requests."""
        if self._stop.is_set():
            await self._door.close()
        else:
            await self._door.open(self._answers)

    async def _opened(self) -> Store:
        """Returns the store once it can be reached. Raises StoreError when waiting cannot help."""
        said = ""
        while True:
            store = open_store(self._settings.store)
            try:
                await store.open()
                self._standby.store, self._standby.away, self._standby.shards = store, "", store.shards()
                self._standby.tell_schema(store)
                self._standby.instance = await store.once("instance", secrets.token_hex(6))
                if store.shared:
                    self._standby.peer_key = (await store.once("peer", secrets.token_hex(32))).encode()
                return store
            except StoreAway as error:
                await store.close()
                self._standby.away = str(error)
                if said != str(error):
                    said = str(error)
                    log.error("store_away", error=said)
                await self._door.open(self._answers)
            await self._look_at_files()
            await asyncio.sleep(AGAIN)

    async def _stand_by(self, take: Coroutine[Any, Any, None]) -> None:
        """Serves as a standby until this daemon holds the lease."""
        taking = asyncio.create_task(take)
        try:
            await asyncio.wait({taking}, timeout=SETTLES)
            if taking.done():
                return await taking
            await self._door.open(self._answers)
            say("READY=1")
            log.info("standing_by", leader=self._standby.standing().leader, version=__version__)
            web = asyncio.create_task(self._door.wait())
            while not taking.done():
                await self._look_at_files()
                await asyncio.wait({taking, web}, timeout=AGAIN, return_when=asyncio.FIRST_COMPLETED)
                if web.done():
                    raise web.exception() or RuntimeError("the web server ended")
            web.cancel()
            await taking
        finally:
            taking.cancel()

    async def _look_at_files(self) -> None:
        """Hands over what is left of a term, and loads a plan that changes during standby, so that the daemon leads with it."""
        await self._standby.hand_over()
        await self._door.look()
        if self._reload.is_set() or await asyncio.to_thread(self._configuration.changed):
            self._reload.clear()
            await self._standby.reload()

    async def _until_stopped(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Returns the result, or None when a signal comes first or the listener fails."""
        working, stopped = asyncio.create_task(work), asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return await working if working.done() else None
        finally:
            stopped.cancel()
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working


def own_address(other: str) -> str:
    """The address of this machine from which that host is reached; nothing is sent to it."""
    with contextlib.suppress(OSError):
        for family, kind, protocol, _, address in socket.getaddrinfo(other, 9, type=socket.SOCK_DGRAM):
            with contextlib.suppress(OSError), socket.socket(family, kind, protocol) as asking:
                asking.connect(address)
                return str(asking.getsockname()[0])
    return "127.0.0.1"
