"""Signing in and out: by a password, by a provider, and by the one-time link with which people set their password.

A form counts when it is from our own page, shown to this browser: a cookie of its own says so before there is a session.
So no other site can sign somebody in, either.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.access import form_tokens
from watchtower.access.accounts import LONGEST
from watchtower.access.cookies import own_path
from watchtower.access.names import usable_name
from watchtower.access.passwords import SHORTEST, unusable
from watchtower.access.refusals import AccessRefused, LockedOut, ProviderFailed, TooBusy, WrongPassword
from watchtower.access.roles import SignInMethod
from watchtower.access.sign_in import SignIn
from watchtower.api.auth import Access
from watchtower.api.responses import ApiError
from watchtower.model import Text
from watchtower.outside_text import clean
from watchtower.texts.phrases import Fill, Phrase
from watchtower.web import access_texts
from watchtower.web.action_forms import form
from watchtower.web.guard import client
from watchtower.web.locale import visitor
from watchtower.web.pages import page

_BEFORE = "watchtower_in"
"""The cookie of a browser that has not signed in yet."""
_LASTS = 3600.0


async def show(request: Request) -> Response:
    return _form(request, own_path(request.query_params.get("next", "/")))


async def by_password(request: Request) -> Response:
    """Begins a session, and leads to where they wanted to go."""
    access, fields = _access(request), await _own_form(request)
    name, there = fields.get("name", ""), own_path(fields.get("next", "/"))
    if not _sign_in(request).known_from(name, client(request)):
        access.attempts.may_try(request)
    try:
        cookie = await _sign_in(request).by_password(
            name, fields.get("password", ""), client(request), _browser(request)
        )
    except WrongPassword:
        access.attempts.wrong(request)
        return _form(request, there, access_texts.SIGN_IN_WRONG, name, 403)
    except LockedOut as error:
        minutes = str(int(error.seconds // 60) + 1)
        return _form(request, there, Fill(access_texts.SIGN_IN_LOCKED, (minutes,)), name, 429)
    except TooBusy:
        return _form(request, there, access_texts.SIGN_IN_BUSY, name, 503)
    return _signed_in(request, cookie, there)


async def to_provider(request: Request) -> Response:
    """Leads to the provider a browser to which we showed the page; another one to the page. It is a link, because browsers
    hold where a form leads to our policy, and a provider leads on to wherever it likes."""
    there = own_path(request.query_params.get("next", "/"))
    if not _before(request):
        return RedirectResponse(visitor(request).here("/signin"), 303)
    try:
        url = await _sign_in(request).to_provider(_before(request), _back(request), there)
    except ProviderFailed as error:
        return _form(request, there, Text(str(error), str(error)), status=503)
    return RedirectResponse(url, 303)


async def from_provider(request: Request) -> Response:
    """The provider sent them back."""
    people = request.app.state.daemon.status().plan.responders.values()

    def called(claim: str) -> str:
        """The responder's name whose name or mail it is; else the claim itself."""
        known = claim.casefold()
        found = (
            p.name for p in people if known in (p.name.casefold(), p.addresses.get("email", "").casefold())
        )
        return next(found, claim)

    try:
        cookie, there = await _sign_in(request).from_provider(
            _before(request), request.query_params, called, client(request), _browser(request)
        )
    except (ProviderFailed, AccessRefused) as error:
        return _form(request, "/", Text(str(error), str(error)), status=403)
    return _signed_in(request, cookie, there)


async def welcome(request: Request) -> Response:
    """The form behind a one-time link. Looking at it uses nothing up."""
    return await _welcome(request)


async def set_password(request: Request) -> Response:
    """Uses the link up: sets the password, and signs in."""
    access, fields, code = _access(request), await _own_form(request), request.path_params["code"]
    link = access.accounts.link(code) if access.accounts else None
    if link is None or access.accounts is None:
        return await _welcome(request)
    password, name = fields.get("password", ""), link.account or fields.get("name", "")
    try:
        name = usable_name(name)
        if unusable(password, name):
            return await _welcome(request, Fill(access_texts.PASSWORD_WEAK, (str(SHORTEST),)), name)
        hashed = await _sign_in(request).passwords.hash(password)
        account = await access.accounts.redeem(code, name, hashed)
    except (AccessRefused, TooBusy, ValueError) as error:
        return await _welcome(request, Text(str(error.args[0]), str(error.args[0])), name)
    if access.audit:
        access.audit.note(account.name, "set password", "one-time link", client(request))
    cookie = await access.accounts.sign_in(account.name, client(request), _browser(request))
    return _signed_in(request, cookie, "/")


async def sign_out(request: Request) -> Response:
    """Ends this session; with `everywhere` all of the account."""
    access, fields = _access(request), await form(request)
    caller = access.caller(request)
    if caller.way is SignInMethod.SESSION and access.accounts is not None:
        access.must_be_own_form(request, fields, caller.session)
        if fields.get("everywhere"):
            await access.accounts.sign_out_everywhere(caller.name)
        await access.accounts.sign_out(caller.session)
    response = RedirectResponse(visitor(request).here("/signin"), 303)
    access.cookies.set(request, response, "", 0)
    return response


def _form(request: Request, there: str, wrong: Phrase = "", name: str = "", status: int = 200) -> Response:
    access, who, before = _access(request), visitor(request), _before(request) or secrets.token_urlsafe(16)
    provider = access.sign_in.provider if access.sign_in else None
    response = page(
        who, "sign_in.html", who.say(access_texts.SIGN_IN), at=request.app.state.daemon.status().at, words=access_texts,
        there=there, wrong=wrong,
        typed=name, status=status, token=form_tokens.make(access.ack_key, before),
        provider=provider.issuer.partition("://")[2] if provider else "",
        accounts=bool(access.accounts and any(one.password for one in access.accounts.accounts.values())),
    )  # fmt: skip
    access.cookies.set(request, response, before, _LASTS, _BEFORE)
    return response


async def _welcome(request: Request, wrong: Phrase = "", name: str = "") -> Response:
    access, who, code = _access(request), visitor(request), request.path_params["code"]
    access.attempts.may_try(request)
    link = access.accounts.link(code) if access.accounts else None
    if link is None:
        access.attempts.wrong(request)
        raise ApiError(404, who.say(access_texts.LINK_USED), "watchtower account link")
    before = _before(request) or secrets.token_urlsafe(16)
    response = page(
        who, "welcome.html", who.say(access_texts.WELCOME), at=request.app.state.daemon.status().at, words=access_texts,
        link=link, wrong=wrong,
        typed=name, status=422 if wrong else 200, least=SHORTEST, token=form_tokens.make(access.ack_key, before),
    )  # fmt: skip
    access.cookies.set(request, response, before, _LASTS, _BEFORE)
    return response


async def _own_form(request: Request) -> Mapping[str, str]:
    """The fields of a form that we showed to this browser. Raises ApiError."""
    fields = await form(request)
    _access(request).must_be_own_form(request, fields, _before(request))
    return fields


def _signed_in(request: Request, cookie: str, there: str) -> Response:
    access, who = _access(request), visitor(request)
    response = RedirectResponse(who.root + there, 303)
    access.cookies.set(request, response, cookie, LONGEST)
    access.cookies.set(request, response, "", 0, _BEFORE)
    return response


def _back(request: Request) -> str:
    """Where the provider sends them back to: what is registered there."""
    return f"{_access(request).cookies.base_url}/signin/return"


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


def _sign_in(request: Request) -> SignIn:
    found = _access(request).sign_in
    if found is None:
        raise ApiError(503, "nobody can sign in here", "ask the daemon that leads")
    return found


def _before(request: Request) -> str:
    return _access(request).cookies.read(request, _BEFORE)


def _browser(request: Request) -> str:
    return clean(request.headers.get("user-agent", ""))
