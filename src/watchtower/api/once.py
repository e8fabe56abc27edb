"""Idempotency-Key: a request that is sent again, because its answer was lost, is not done again."""

from __future__ import annotations

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from watchtower.access.kept_answers import KeptAnswers, key_for
from watchtower.api.auth import Access
from watchtower.api.operation import Endpoint, Need, Operation
from watchtower.api.responses import ApiError
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.model import AccessRole


def done_once(one: Operation) -> Endpoint:
    """The endpoint of this operation, which keeps its answer where the request has a key."""

    async def answered(request: Request) -> Response:
        access: Access = request.app.state.access
        given = request.headers.get("idempotency-key", "").strip().strip('"')
        if "idempotency-key" not in request.headers or access.kept is None:
            return await one.endpoint(request)
        if not (0 < len(given) <= 255 and given.isascii() and given.isprintable()):
            raise ApiError(422, '"Idempotency-Key" is not usable', "at most 255 printable characters")
        if one.need is Need.REPORT:
            access.may_report(request)
        else:
            access.may_change(request, AccessRole(one.need))
        caller = access.caller(request)
        key = key_for(f"{caller.way} {caller.name}", given)
        asked = sha256(
            f"{request.method} {request.url.path}?{request.url.query}\0".encode() + await request.body()
        )
        return await _once(one, request, access.kept, key, asked.hexdigest())

    return answered


async def _once(one: Operation, request: Request, kept: KeptAnswers, key: str, asked: str) -> Response:
    before = kept.find(key)
    if before is not None and before.request != asked:
        raise ApiError(
            422, "this key was used for another request", "use a new key for each request", kind="key-reused"
        )
    if before is not None:
        again = {"Idempotency-Replayed": "true"}
        return Response(before.body, before.status, again, "application/json")
    if key in kept.under_way:
        wait = {"Retry-After": "1"}
        raise ApiError(
            409, "the same request is under way", "ask again in a second", kind="key-busy", headers=wait
        )
    kept.under_way.add(key)
    try:
        answer = await one.endpoint(request)
        # A refusal has changed nothing, and may be none the next time.
        if answer.status_code < 300:
            await _keep(kept, key, asked, answer)
    finally:
        kept.under_way.discard(key)
    return answer


async def _keep(kept: KeptAnswers, key: str, asked: str, answer: Response) -> None:
    """It is done, whether the store takes the answer or not."""
    try:
        await kept.keep(key, asked, answer.status_code, bytes(answer.body))
    except StoreError as error:
        log.warning("answer_not_kept", error=str(error))
