"""Renders pages. Each has a template in `templates/`, and all share one layout; an error is a page too."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from watchtower.model import Text
from watchtower.outside_text import clean
from watchtower.web import page_texts
from watchtower.web.board import texts as board_texts
from watchtower.web.locale import Visitor, visitor

if TYPE_CHECKING:
    from jinja2 import Environment

REFRESH = 10
"""Seconds after which the board reloads."""


_PRODUCT = Text("watchtower", "watchtower")


def page(
    who: Visitor,
    template: str,
    title: str,
    *,
    product: Text = _PRODUCT,
    icon: str = "ok",
    refresh: int = 0,
    status: int = 200,
    **values: object,
) -> Response:
    """Returns a whole page. With `refresh` it reloads itself: by its script, or as a whole where scripts are off."""
    html = templates().get_template(template).render(
        {"query": None, "frame": 0, **values}, who=who, language=who.language, texts=page_texts, lang=who.language.tag,
        title=title, product=product, icon=icon, refresh=refresh, asset=_asset(), board_texts=board_texts,
    )  # fmt: skip
    return HTMLResponse(clean(html), status, {"Vary": "Accept-Language"})


def macros(who: Visitor, template: str, **values: object) -> Any:
    """Returns the macros of a template, to render a part of a page; they know these values."""
    return (
        templates()
        .get_template(template)
        .make_module({**values, "who": who, "language": who.language, "texts": page_texts})
    )


def error_page(request: Request, status: int, what: str, hint: str = "") -> Response:
    """Returns the page of an error: `what`, `hint`, and a link to the board."""
    who = visitor(request)
    return page(
        who, "error.html", what, what=what[:1].upper() + what[1:], hint=hint, icon="bad", status=status
    )


@cache
def templates() -> Environment:
    """Returns the templates of all pages."""
    from watchtower.templates import environment  # with Jinja2, which comes with the first page

    return environment("watchtower.web", "watchtower.report")


@cache
def _asset() -> str:
    """Returns a digest of stylesheets and scripts, so that browsers may keep them."""
    static = files("watchtower.web") / "static"
    there = sorted(static.iterdir(), key=lambda one: one.name)
    return blake2b(b"".join(one.read_bytes() for one in there), digest_size=4).hexdigest()
