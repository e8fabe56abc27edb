"""The page of responders: by which ways each person is reached, and which of them were shown to work."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError
from watchtower.channels import way_title
from watchtower.texts.phrases import Phrase, When, many
from watchtower.web import page_texts
from watchtower.web.lists import texts
from watchtower.web.lists.listing import Form, ListInput, ListRow, ListTable, Part, acting, back, listing
from watchtower.web.locale import visitor


async def show(request: Request) -> Response:
    """No address: who may read everything need not know anybody's number."""
    daemon = read_by(request)
    who, status, proven = visitor(request), standing(daemon), daemon.proven()
    rows = []
    for (name, channel), way in proven.items():
        person = status.plan.responders[name]
        said = page_texts.PROVEN_BY.get(way.by, way.by)
        shown: Phrase = many([When(way.at), said]) if way.by else said
        rows.append(ListRow((name, person.role, way_title(channel), shown), tone="" if way.by else "bad"))
    people: list[tuple[str, Phrase]] = [
        ("", texts.EVERYBODY),
        *((one, one) for one in status.plan.responders),
    ]
    columns = (texts.NAME, texts.ROLE, texts.CHANNEL, texts.PROVEN)
    canary = Form(
        "/responders", texts.CANARY, (ListInput("responder", texts.CANARY_HINT, options=people),), texts.CANARY, folded=True
    )  # fmt: skip
    parts: list[Part] = [ListTable(texts.NO_TITLE, columns, rows, texts.NOBODY), canary]
    return await aside(request, lambda: listing(who, status, texts.RESPONDERS, parts))


async def send(request: Request) -> Response:
    """Sends test pages."""
    fields, _, daemon = await acting(request)
    _, why = await daemon.practice.canary(fields.get("responder", ""))
    if why:
        raise ApiError(422, why)
    return back(request, "/responders")
