"""The frame of every page, and the page that says no."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from watchtower.model import Language, Text
from watchtower.outside_text import clean
from watchtower.web import words
from watchtower.web.locale import Visitor, visitor
from watchtower.web.markup import Html, fill

REFRESH = 10
"""Seconds after which the board looks again."""
_OTHER = {Language.EN: (Language.ZH, "中文"), Language.ZH: (Language.EN, "English")}
_PRODUCT = Text("watchtower", "watchtower")


def page(
    who: Visitor,
    title: str,
    body: Html,
    *,
    product: Text = _PRODUCT,
    icon: str = "ok",
    refresh: int = 0,
    status: int = 200,
) -> Response:
    """A whole page. With `refresh` it looks again by itself: by its script, or without scripts as a whole."""
    other, other_name = _OTHER[who.language]
    html = fill(
        "layout",
        lang="zh-CN" if who.language is Language.ZH else "en",
        title=title,
        icon=icon,
        asset=_asset(),
        head=fill("refresh", seconds=refresh) if refresh else "",
        refresh=refresh,
        root=who.root,
        home=who.here("/"),
        product=who.say(product),
        other_href=f"?lang={other}",
        other_lang="zh-CN" if other is Language.ZH else "en",
        other_name=other_name,
        lost=who.say(words.LOST),
        body=body,
    )
    return HTMLResponse(clean(html), status, {"Vary": "Accept-Language"})


def error_page(request: Request, status: int, what: str, hint: str = "") -> Response:
    """`what` and `hint` as they are; people get a way back to the board."""
    who = visitor(request)
    back = fill("anchor", href=who.here("/"), words=who.say(words.ERROR_BACK))
    head = fill("headline", kind="bad", words=what[:1].upper() + what[1:], small=hint)
    return page(who, what, Html(f"{head}<p>{back}</p>"), icon="bad", status=status)


@cache
def _asset() -> str:
    """Changes when a stylesheet or script does, so that browsers may keep them."""
    static = files("watchtower.web") / "static"
    return blake2b(
        b"".join((static / name).read_bytes() for name in ("board.css", "board.js")), digest_size=4
    ).hexdigest()
