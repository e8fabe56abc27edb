"""`POST /api/v1/work` and `/api/v1/observations`: workers that do not reach the database hand over to any daemon.

A token has one location and may do nothing else. It is never sent: it signs the time and the body. What is sent again does
nothing, because a beat has a number, and a batch a key.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.auth import Access
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.channels.kinds.webhook import sign
from watchtower.store.shards import Batch, Identity, Shards, WorkerState
from watchtower.values import Frozen

HEADER, BY = "Watchtower-Signature", "Watchtower-Token"
FRESH = 300.0
"""Seconds by which the time of a signature may be off."""


class Beat(Frozen):
    """What a worker says each second; `leaves`: that it ends."""

    id: str
    name: str
    home: bool
    state: WorkerState
    leaves: bool = False


async def work(request: Request) -> Response:
    """Which shards it holds from now on: `[slot, shard, epoch]`."""
    shards, location = await _admitted(request)
    beat = _read(await request.body(), Beat)
    if beat.leaves:
        await shards.leave(beat.id, location, beat.state.turn)
        return JsonAnswer({"shards": []})
    found = await shards.work(Identity(beat.id, beat.name[:100], location, beat.home), beat.state)
    held = [[slot, *numbers] for slot, numbers in found.shards.items()]
    return JsonAnswer({"shards": held, "plan": found.plan, "skew": found.skew})


async def observations(request: Request) -> Response:
    shards, location = await _admitted(request)
    batches: Sequence[Batch] = _read(await request.body(), list[Batch])
    if batches:
        await shards.send(location, batches)
    return JsonAnswer({"taken": len(batches)})


async def _admitted(request: Request) -> tuple[Shards, str]:
    """The location of this token. Raises ApiError."""
    access: Access = request.app.state.access
    shards: Shards | None = request.app.state.daemon.shards
    if shards is None:
        raise ApiError(404, "this daemon has no workers", "workers need a store in PostgreSQL")
    location, secret = access.probes.get(request.headers.get(BY, ""), ("", ""))
    given = request.headers.get(HEADER, "")
    at = given.partition(",")[0].removeprefix("t=")
    right = secret and at.isdecimal() and hmac.compare_digest(
        given.encode(), sign(secret.encode(), int(at), await request.body()).encode()
    )  # fmt: skip
    if not right:
        access.attempts.wrong(request)
        raise ApiError(
            401, "the signature is not right", "give the worker a token with the scope probe:LOCATION"
        )
    if abs(time.time() - int(at)) > FRESH:
        raise ApiError(
            401, f"the signature is of another time: {time.time() - int(at):+.0f} s", "set the worker's clock"
        )
    return shards, location


def _read(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise ApiError(422, f"the body cannot be read: {error}") from None
