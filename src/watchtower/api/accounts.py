"""`/api/v1/accounts`, `/api/v1/tokens` and `/api/v1/audit`: who may come in, as what, and who did what. For admins."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from watchtower.access.accounts import Accounts
from watchtower.access.names import usable_name
from watchtower.access.records import PersonalToken, UserAccount
from watchtower.access.refusals import AccessRefused
from watchtower.access.roles import SignInMethod, wrong_scope
from watchtower.api import views
from watchtower.api.auth import Access
from watchtower.api.parameters import changed_by, number_of
from watchtower.api.responses import ApiError, JsonAnswer
from watchtower.core.parse_time import parse_instant
from watchtower.model import AccessRole, Instant
from watchtower.texts.units import iso

T = TypeVar("T")
MOST = 1000
TOKENS, LONGEST = 100, 10 * 366 * 86400.0
"""Tokens of one account, and seconds for which one may last; one for ever names no time."""
ANYBODY = "-"
"""In the address of a link: for whoever makes the first account."""


async def me(request: Request) -> Response:
    """Who asks; 401 for a token that is none, and nobody for who sends none."""
    access: Access = request.app.state.access
    caller = access.caller(request)
    if caller.way is SignInMethod.NOBODY and "authorization" in request.headers:
        access.may_read(request, AccessRole.ADMIN)
    return JsonAnswer(
        {"name": caller.name, "way": caller.way, "role": caller.role, "push": sorted(caller.checks)}
    )


async def accounts(request: Request) -> Response:
    known = _accounts(request, read=True)
    return JsonAnswer({"accounts": [account(one, known) for one in known.accounts.values()]})


async def put(request: Request) -> Response:
    """`{"name": "li", "role": "respond"}`: makes the account, or changes its role at once."""
    body = await _changed(request)
    return JsonAnswer({"account": account(await put_account(request, body), _accounts(request))})


async def put_account(request: Request, fields: Mapping[str, Any]) -> UserAccount:
    """Raises ApiError."""
    try:
        name, role = usable_name(fields.get("name")), AccessRole(str(fields.get("role", "")))
    except ValueError as error:
        hint = f"a name, and one of the roles {', '.join(AccessRole)}"
        raise ApiError(422, str(error.args[0]), hint) from None
    return await refused(_accounts(request).put_account(name, role))


async def link(request: Request) -> Response:
    """A one-time link with which its holder sets the password. `-` as name: whoever opens it chooses one, and is admin."""
    await _changed(request)
    return JsonAnswer({"link": await make_link(request, request.path_params["name"])})


async def make_link(request: Request, name: str) -> str:
    """Raises ApiError for an account that is not there."""
    known, role = _accounts(request), AccessRole.ADMIN
    if name != ANYBODY:
        role = found(known, name).role
    access: Access = request.app.state.access
    return f"{access.cookies.base_url or access.address}/welcome/{await known.make_link('' if name == ANYBODY else name, role)}"


async def sign_out(request: Request) -> Response:
    """Ends all sessions of the account."""
    await _changed(request)
    ended = await _accounts(request).sign_out_everywhere(
        found(_accounts(request), request.path_params["name"]).name
    )
    return JsonAnswer({"ended": ended})


async def remove(request: Request) -> Response:
    """Removes the account with its sessions, tokens and links."""
    await _changed(request)
    await refused(_accounts(request).remove(request.path_params["name"]))
    return JsonAnswer({"removed": True})


async def tokens(request: Request) -> Response:
    return JsonAnswer({"tokens": [token(one) for one in _accounts(request, read=True).tokens()]})


async def make_token(request: Request) -> Response:
    """`{"account": "li", "title": "CI", "scopes": ["push:orders"], "expires": "90d"}`. The answer alone holds the token."""
    body = await _changed(request)
    owner = found(_accounts(request), str(body.get("account", "")))
    return JsonAnswer({"token": await issue(request, owner.name, body)})


async def issue(request: Request, owner: str, fields: Mapping[str, Any]) -> str:
    """A new token of this account. Raises ApiError."""
    title, scopes, expires = (
        str(fields.get("title", "")).strip(),
        fields.get("scopes"),
        fields.get("expires", ""),
    )
    if isinstance(scopes, str):
        scopes = scopes.replace(",", " ").split()
    if not title or len(title) > 100 or not isinstance(scopes, list) or not scopes:
        raise ApiError(422, "a token needs a title and scopes", 'such as "CI" and push:orders')
    if wrong := wrong_scope(map(str, scopes)):
        hint = "read, respond, worker, admin, push for every check, push:CHECK for one"
        raise ApiError(422, f'there is no scope "{wrong[:50]}"', hint)
    now: Instant = request.app.state.daemon.status().at
    try:
        until = parse_instant(expires, now) if expires else 0.0
    except ValueError:
        raise ApiError(422, f'"{str(expires)[:30]}" is no time', "such as 90d, or 2027-01-01") from None
    if until and not now < until <= now + LONGEST:
        raise ApiError(422, "that is over already, or more than ten years from now", "such as 90d")
    if len(_accounts(request).tokens(owner)) >= TOKENS:
        raise ApiError(422, f"there are {TOKENS} tokens of {owner} already", "revoke one that is not used")
    return await _accounts(request).make_token(owner, title, [str(one) for one in scopes], until)


async def revoke(request: Request) -> Response:
    """Ends a token, by the id that the list shows."""
    await _changed(request)
    if not await _accounts(request).revoke(request.path_params["id"]):
        raise ApiError(404, "there is no such token", "see /api/v1/tokens")
    return JsonAnswer({"revoked": True})


async def audit(request: Request) -> Response:
    """Who did what from where, the newest first: `?limit=100`, `?before=` a moment."""
    access: Access = request.app.state.access
    access.may_read(request, AccessRole.ADMIN)
    limit, asked = number_of(request, "limit", 100, MOST), request.query_params.get("before", "")
    try:
        before = {"before": parse_instant(asked)} if asked else {}
    except ValueError:
        raise ApiError(422, '"before" is no time', "such as 2026-11-30T12:00:00Z") from None
    entries = await access.audit.read(limit, **before) if access.audit else []
    return JsonAnswer({"entries": [{**one._asdict(), "at": iso(one.at, "microseconds")} for one in entries]})


def account(one: UserAccount, known: Accounts) -> dict[str, Any]:
    """An account as JSON."""
    ways = [way for way, there in (("password", one.password), ("provider", one.subject)) if there]
    seen = max((s.seen_at for s in known.sessions(one.name).values()), default=None)
    return {
        "name": one.name, "role": one.role, "created_at": views.instant(one.created_at), "ways": ways,
        "sessions": len(known.sessions(one.name)), "seen_at": views.instant(seen),
    }  # fmt: skip


def token(one: PersonalToken) -> dict[str, Any]:
    """A token as JSON: all but itself."""
    return {
        "id": one.id, "account": one.account, "title": one.title, "scopes": list(one.scopes),
        "created_at": views.instant(one.created_at), "expires_at": views.instant(one.expires_at or None),
        "used_at": views.instant(one.used_at or None),
    }  # fmt: skip


def found(known: Accounts, name: str) -> UserAccount:
    """Raises ApiError."""
    one = known.account(name)
    if one is None:
        raise ApiError(404, f'there is no account "{name[:100]}"', "see /api/v1/accounts")
    return one


async def refused(work: Awaitable[T]) -> T:
    """What the work gives. Raises ApiError (409) where it is refused."""
    try:
        return await work
    except AccessRefused as error:
        raise ApiError(409, str(error), error.hint) from None


async def _changed(request: Request) -> Mapping[str, Any]:
    _, body, _ = await changed_by(request, AccessRole.ADMIN)
    return body


def _accounts(request: Request, *, read: bool = False) -> Accounts:
    access: Access = request.app.state.access
    if read:
        access.may_read(request, AccessRole.ADMIN)
    if access.accounts is None:
        raise ApiError(503, "there are no accounts here", "ask the daemon that leads")
    return access.accounts
