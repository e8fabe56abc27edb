"""The page of who signed in: password, personal tokens, sessions; for admins also the accounts of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.access.accounts import Accounts
from watchtower.access.passwords import SHORTEST, unusable
from watchtower.access.refusals import LockedOut, TooBusy, WrongPassword
from watchtower.access.roles import PUSH, SCOPES, Principal, SignInMethod
from watchtower.api import accounts as api
from watchtower.api.aside import aside
from watchtower.api.auth import Access
from watchtower.api.responses import ApiError
from watchtower.model import AccessRole
from watchtower.texts.phrases import Fill, Phrase
from watchtower.web import access_texts
from watchtower.web.action_forms import form
from watchtower.web.errors import sign_in_path
from watchtower.web.guard import client
from watchtower.web.locale import visitor
from watchtower.web.pages import page

LASTING = ("90d", "7d", "365d", "")
"""How long a new token lasts, as the page offers it; empty: for ever."""


async def show(request: Request) -> Response:
    access: Access = request.app.state.access
    if access.caller(request).way is not SignInMethod.SESSION:
        return RedirectResponse(sign_in_path(request), 303)
    return await _page(request)


async def act(request: Request) -> Response:
    """One of the page's forms. What is shown once (a token, a link) is in the answer itself, and nowhere else."""
    access: Access = request.app.state.access
    fields, does = await form(request), _ACTS.get(request.path_params["what"])
    caller = access.caller(request)
    if does is None:
        raise ApiError(404, "there is no such form")
    work, role = does
    if caller.way is not SignInMethod.SESSION:
        return RedirectResponse(sign_in_path(request), 303)
    access.may_act(request, {**fields, "token": ""}, role)
    return await work(request, caller, fields)


async def _password(request: Request, caller: Principal, fields: Mapping[str, str]) -> Response:
    access, known = request.app.state.access, _known(request)
    account = known.accounts[caller.name]
    if not account.password:
        raise ApiError(409, "this account signs in by the provider")
    new = fields.get("new", "")
    if unusable(new, account.name):
        return await _page(request, wrong=Fill(access_texts.PASSWORD_WEAK, (str(SHORTEST),)))
    try:
        await access.sign_in.must_be(account.name, fields.get("password", ""), client(request))
        hashed = await access.sign_in.passwords.hash(new)
    except (WrongPassword, LockedOut, TooBusy):
        return await _page(request, wrong=access_texts.SIGN_IN_WRONG)
    await known.set_password(account.name, hashed, caller.session)
    return await _page(request, done=access_texts.PASSWORD_CHANGED)


async def _token(request: Request, caller: Principal, fields: Mapping[str, str]) -> Response:
    secret = await api.issue(request, caller.name, fields)
    return await _page(request, done=access_texts.TOKEN_ONCE, secret=secret)


async def _revoke(request: Request, caller: Principal, fields: Mapping[str, str]) -> Response:
    mine = "" if caller.may(AccessRole.ADMIN) else caller.name
    await _known(request).revoke(fields.get("id", ""), mine)
    return _back(request)


async def _put(request: Request, caller: Principal, fields: Mapping[str, str]) -> Response:
    made = await api.put_account(request, fields)
    if made.password or made.subject:
        return _back(request)
    return await _link(request, caller, {"name": made.name})


async def _link(request: Request, caller: Principal, fields: Mapping[str, str]) -> Response:
    link = await api.make_link(request, api.found(_known(request), fields.get("name", "")).name)
    return await _page(request, done=access_texts.LINK_ONCE, secret=link)


async def _sign_out(request: Request, caller: Principal, fields: Mapping[str, str]) -> Response:
    name = fields.get("name", caller.name) if caller.may(AccessRole.ADMIN) else caller.name
    await _known(request).sign_out_everywhere(name, but=caller.session)
    return _back(request)


async def _remove(request: Request, caller: Principal, fields: Mapping[str, str]) -> Response:
    await api.refused(_known(request).remove(fields.get("name", "")))
    return _back(request)


_ACTS: Mapping[
    str, tuple[Callable[[Request, Principal, Mapping[str, str]], Awaitable[Response]], AccessRole]
] = {
    "password": (_password, AccessRole.VIEW),
    "token": (_token, AccessRole.VIEW),
    "revoke": (_revoke, AccessRole.VIEW),
    "signout": (_sign_out, AccessRole.VIEW),
    "put": (_put, AccessRole.ADMIN),
    "link": (_link, AccessRole.ADMIN),
    "remove": (_remove, AccessRole.ADMIN),
}
"""Each form, and the role that it needs."""


async def _page(request: Request, done: Phrase = "", wrong: Phrase = "", secret: str = "") -> Response:
    """`secret` is shown this once."""
    who, known, status = visitor(request), _known(request), request.app.state.daemon.status()
    at = status.at
    me, mine = known.accounts[who.name], list(known.sessions(who.name).values())
    tokens = known.tokens("" if who.admin else me.name)
    count = known.counted()
    people = [(one, count[one.name]) for one in known.accounts.values()] if who.admin else []
    made = partial(
        page,
        who, "account.html", who.name, product=status.plan.product, at=at, words=access_texts,
        status=422 if wrong else 200, me=me, done=done, wrong=wrong, secret=secret,
        least=SHORTEST, sessions=mine, tokens=tokens, scopes=[*SCOPES, PUSH], lasting=LASTING,
        roles=list(AccessRole), people=people,
    )  # fmt: skip
    return made() if secret else await aside(request, made)  # a secret is not lost because others wait


def _back(request: Request) -> Response:
    return RedirectResponse(visitor(request).here("/account"), 303)


def _known(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.access.accounts
    return accounts
