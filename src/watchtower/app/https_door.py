"""How a worker that does not reach the database hands over: to any daemon, by HTTPS."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from watchtower.access.records import key_of
from watchtower.api.work import BY, HEADER, Beat
from watchtower.channels.kinds.webhook import sign
from watchtower.curl import CurlFleet, FetchError, Request
from watchtower.errors import StoreAway
from watchtower.store.shards import Batch, Identity, Work, WorkerState

ANSWER = 5.0
"""Seconds for one exchange."""
MOST = 2 * 1024 * 1024
"""Bytes of one body; a batch more."""


class HttpsDoor:
    """As `Shards` is for a worker. Every failure is a StoreAway."""

    def __init__(self, url: str, token: str, curl: CurlFleet, authority: str) -> None:
        """`authority` is a file of certificates to trust; empty: the public ones."""
        self._url, self._token, self._curl, self._authority = url.rstrip("/"), token, curl, authority

    async def work(self, who: Identity, state: WorkerState) -> Work:
        found = await self._post("work", Beat(who.id, who.name, who.home, state))
        return Work(
            {slot: (shard, epoch) for slot, shard, epoch in found["shards"]}, found["plan"], found["skew"]
        )

    async def send(self, location: str, batches: Sequence[Batch]) -> None:
        some, size = list[Batch](), 0
        for one in batches:
            some.append(one)
            size += len(one.body)
            if size > MOST:
                await self._post("observations", some)
                some, size = [], 0
        if some:
            await self._post("observations", some)

    async def leave(self, id: str, location: str, turn: int) -> None:
        await self._post("work", Beat(id, "", False, WorkerState("", "", 0.0, 0, turn), leaves=True))

    def close(self) -> None:
        """Connections are libcurl's, and end with it."""

    async def _post(self, path: str, content: object) -> Any:
        body = msgspec.json.encode(content)
        signed = sign(self._token.encode(), int(time.time()), body)
        headers = {"Content-Type": "application/json", BY: key_of(self._token), HEADER: signed}
        asked = Request(
            f"{self._url}/api/v1/{path}",
            "POST",
            headers,
            body,
            ANSWER,
            keep_alive=True,
            ca_file=self._authority,
        )
        try:
            answer = await self._curl.fetch(asked)
            found = msgspec.json.decode(answer.body)
            if answer.status != 200:
                raise StoreAway(f"{answer.status}: {found.get('detail', '')}")
        except (FetchError, msgspec.DecodeError) as error:
            raise StoreAway(f"{self._url}: {error}") from None
        return found
