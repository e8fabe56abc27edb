"""A page of tables and forms: what each is made of, and how it is rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchtower.api.contract import RunningDaemon, Status
from watchtower.api.names import named
from watchtower.model import AccessRole, Text
from watchtower.texts.phrases import Phrase
from watchtower.values import Frozen, field
from watchtower.web.action_forms import form
from watchtower.web.lists.texts import NO_TITLE
from watchtower.web.locale import Visitor, visitor
from watchtower.web.pages import page


class ListRow(Frozen):
    """`href` is where its first cell leads, below the root; `tone` is a severity, `bad` or `soft`."""

    cells: Sequence[Phrase]
    href: str = ""
    tone: str = ""


class ListTable(Frozen):
    """`empty` is said where there is no row. `pages` are links before and after it: words and address."""

    kind: ClassVar = "table"
    title: Phrase
    columns: Sequence[Text]
    rows: Sequence[ListRow]
    empty: Text
    pages: Sequence[tuple[Text, str]] = ()


class ListInput(Frozen):
    """A field of a form. `kind` is HTML's, or `textarea`; with `options` (value, words) it is a list."""

    name: str
    label: Text
    kind: str = "text"
    options: Sequence[tuple[str, Phrase]] = ()
    value: str = ""
    required: bool = False
    longest: int = 300


class Form(Frozen):
    """A form that is sent to `path`. One that `acts` asks who it is; the others are searches and are sent by GET. With a
    `folded` title it is opened by a click."""

    kind: ClassVar = "form"
    path: str
    button: Text
    inputs: Sequence[ListInput] = ()
    title: Text = NO_TITLE
    acts: bool = True
    folded: bool = False


class ListNotes(Frozen):
    """Lines of text under a title; with `tone` they stand out."""

    kind: ClassVar = "notes"
    title: Text
    lines: Sequence[Phrase] = field(default_factory=tuple)
    tone: str = ""


Part = ListTable | Form | ListNotes


def listing(who: Visitor, status: Status, title: Text, parts: Sequence[Part]) -> Response:
    """Returns the whole page. A long one takes a third of a second: not on the loop."""
    return page(
        who,
        "listing.html",
        who.say(title),
        product=status.plan.product,
        at=status.at,
        parts=parts,
    )


async def acting(
    request: Request, role: AccessRole = AccessRole.RESPOND
) -> tuple[Mapping[str, str], str, RunningDaemon]:
    """The fields of a form, who sends it, and the daemon. Raises ApiError for whoever may not."""
    fields = await form(request)
    request.app.state.access.may_act(request, fields, role)
    return fields, named(request, fields.get("by")), request.app.state.daemon


def back(request: Request, path: str) -> Response:
    """Leads to the page that shows what was done."""
    return RedirectResponse(visitor(request).here(path), 303)
