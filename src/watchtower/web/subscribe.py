"""Public updates by mail: the form on the status page, and the links in the mails. No script, no cookie.

A GET changes nothing, because what looks into mails follows links.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from watchtower.access.status_subscribers import WITHIN, StatusSubscribers
from watchtower.api.aside import standing
from watchtower.api.auth import Access
from watchtower.api.contract import RunningDaemon, Status
from watchtower.api.proofs import TRAP
from watchtower.api.responses import ApiError
from watchtower.model import Language, Text
from watchtower.outside_text import clean
from watchtower.values import replace
from watchtower.web import tokens
from watchtower.web.action_forms import form
from watchtower.web.guard import client
from watchtower.web.lists import texts
from watchtower.web.locale import visitor
from watchtower.web.pages import templates


async def ask(request: Request) -> Response:
    """The form. Its answer is the same for every address."""
    known, fields = _subscribers(request), await form(request)
    if known.carrier() is None:
        raise ApiError(404, "there is no such address")
    language = visitor(request).language
    if fields.get("lang") in tuple(Language):
        language = Language(fields["lang"])
    if not fields.get(TRAP) and not known.ask(fields.get("address", ""), language, client(request)):
        return _answer(request, texts.ASKED_TOO_OFTEN, status=429, language=language)
    return _answer(request, texts.SUBSCRIPTION_ASKED, language=language)


async def confirm(request: Request) -> Response:
    claim = _claim(request, *Language)
    if claim is None or claim.expires <= _status(request).at:
        return _answer(request, texts.SUBSCRIPTION_LINK_OVER, status=404)
    if request.method != "POST":
        return _answer(request, texts.CONFIRM_SUBSCRIPTION, texts.SUBSCRIBE)
    if not await _subscribers(request).confirm(claim.responder, Language(claim.incident)):
        return _answer(request, texts.NO_ROOM, status=503)
    return _answer(request, texts.SUBSCRIBED)


async def unsubscribe(request: Request) -> Response:
    """By the button, or by the one click of a mail program, whose body says nothing more."""
    if (claim := _claim(request, tokens.UNSUBSCRIBE)) is None:
        return _answer(request, texts.SUBSCRIPTION_LINK_OVER, status=404)
    if request.method != "POST":
        return _answer(request, texts.END_SUBSCRIPTION, texts.UNSUBSCRIBE)
    await _subscribers(request).remove(claim.responder)
    return _answer(request, texts.UNSUBSCRIBED)


def _claim(request: Request, *purposes: str) -> tokens.Claim | None:
    """What the link says, where it is for one of these purposes."""
    _subscribers(request)
    try:
        key = tokens.status_key(request.app.state.access.ack_key)
        claim = tokens.read(key, request.path_params["token"])
    except tokens.TokenInvalid:
        return None
    return claim if claim.incident in purposes else None


def _subscribers(request: Request) -> StatusSubscribers:
    """Raises ApiError where the page is not switched on."""
    access: Access = request.app.state.access
    if not access.status_page or access.subscribers is None:
        raise ApiError(404, "there is no such address")
    return access.subscribers


def _status(request: Request) -> Status:
    daemon: RunningDaemon = request.app.state.daemon
    return standing(daemon)


def _answer(
    request: Request,
    words: Text,
    button: Text | None = None,
    status: int = 200,
    language: Language | None = None,
) -> Response:
    who = visitor(request)
    if language is not None:
        who = replace(who, language=language, chosen=True)
    html = templates().get_template("status_subscribe.html").render(
        product=_status(request).plan.product, words=words, button=button, who=who, language=who.language, texts=texts,
        lang=who.language.tag,
    )  # fmt: skip
    return HTMLResponse(clean(html), status, {"Retry-After": f"{WITHIN:.0f}"} if status == 429 else None)
