"""Other daemons on the same store, asked directly while the store is away: one that leads a later term ends ours."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from watchtower.config.environment import EnvironmentSettings, listed
from watchtower.logs import log
from watchtower.store.lease import Holder, Lease

if TYPE_CHECKING:
    from watchtower.web.passing import Leader

EVERY, WITHIN, TAKEN = 1.0, 0.8, 0.5
"""Seconds between two questions, for an answer, and for taking what people did: who did it waits."""
_LARGEST = 64 * 1024


class OtherDaemons:
    """Owned by the event loop. `key` is by which daemons on one store believe each other, `known` the URLs that the store
    has named."""

    def __init__(
        self, settings: EnvironmentSettings, key: Callable[[], bytes], known: Callable[[], Iterable[str]]
    ) -> None:  # fmt: skip
        self._settings, self._key, self._known = settings, key, known
        self._ways: dict[str, Leader] = {}

    def way(self, url: str) -> Leader:
        """To the daemon that is reached there."""
        from watchtower.web.passing import Leader

        if (found := self._ways.get(url)) is None or found.key != self._key():
            name = urlsplit(self._settings.base_url).hostname or ""
            found = self._ways[url] = Leader(url, self._key(), name, self._settings.tls_certificate)
        return found

    async def look(self, lease: Lease) -> None:
        """Ends our term when another daemon says that it leads a later one; asked while it is not sure that we lead."""
        if not lease.unsure or (holder := lease.holder) is None:
            return
        found = await self._asked(self._epoch)
        epochs = {url: epoch for url, epoch in found if epoch > holder.epoch}
        if epochs:
            url = max(epochs, key=epochs.__getitem__)
            log.warning("another_leads", url=url, epoch=epochs[url])
            lease.holder = Holder("", url, epochs[url])
            lease.depose()

    async def somebody_leads(self) -> bool:
        """Whether one of them says so; who asks may have read nothing from the store yet, so the operator's list is believed."""
        return any(role == "leader" for _, role in await self._asked(self._role))

    async def take(self, deed: bytes) -> bool:
        """Whether one of them has taken this signed deed: done it, or written it down for whoever leads next."""

        async def given(way: Leader) -> bool | None:
            answer = await way.ask(_scope(way, "POST", WHO_LEADS), deed)
            answer.close()
            return answer.status in (202, 204) or None  # one of an older version says 200, and does nothing

        from watchtower.web.peers import WHO_LEADS

        return bool(await self._asked(given, TAKEN))

    async def _asked(
        self, what: Callable[[Leader], Any], within: float = WITHIN
    ) -> Sequence[tuple[str, Any]]:
        urls = list(
            dict.fromkeys(url.rstrip("/") for url in (*listed(self._settings.peers), *self._known()) if url)
        )
        answers = await asyncio.gather(*(self._answer(what, url, within) for url in urls))
        return [(url, answer) for url, answer in zip(urls, answers, strict=True) if answer is not None]

    async def _answer(self, what: Callable[[Leader], Any], url: str, within: float) -> Any:
        try:
            async with asyncio.timeout(within):
                return await what(self.way(url))
        except Exception as error:  # noqa: BLE001 - whatever stands there instead of a daemon
            log.debug("daemon_not_asked", url=url, error=f"{type(error).__name__}: {error}")
            return None

    async def _epoch(self, way: Leader) -> int:
        from watchtower.web.peers import WHO_LEADS, leads

        asked = secrets.token_hex(8).encode()
        said = await _read(way, WHO_LEADS, asked)
        epoch = int(said.split()[0])
        return epoch if said == leads(self._key(), epoch, asked) else 0

    async def _role(self, way: Leader) -> str:
        return str(json.loads(await _read(way, "/readyz"))["role"])


async def _read(way: Leader, path: str, query: bytes = b"") -> bytes:
    answer = await way.ask(_scope(way, "GET", path, query), b"")
    try:
        body = b""
        async for piece in answer.pieces():
            body += piece
            if len(body) > _LARGEST:
                raise OSError("its answer is too long")
        return body
    finally:
        answer.close()


def _scope(way: Leader, method: str, path: str, query: bytes = b"") -> Mapping[str, Any]:
    return {
        "method": method, "scheme": "http", "client": None, "raw_path": path.encode(), "query_string": query,
        "headers": [(b"host", way.host.encode())],
    }  # fmt: skip
