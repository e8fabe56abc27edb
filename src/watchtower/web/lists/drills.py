"""The page of drills: who was paged and who answered when, with forms to begin and to stop one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.names import via
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError
from watchtower.report.drills import DrillReport
from watchtower.texts.phrases import Phrase, Span, When
from watchtower.web.lists import texts
from watchtower.web.lists.listing import Form, ListInput, ListRow, ListTable, Part, acting, back, listing
from watchtower.web.locale import visitor

MOST = 50


async def show(request: Request) -> Response:
    daemon = read_by(request)
    who, status = visitor(request), standing(daemon)
    found = await daemon.practice.reports(MOST)
    columns = (
        texts.INCIDENT,
        texts.DRILL,
        texts.BEGAN,
        texts.BY,
        texts.ANSWERED,
        texts.FIRST_ANSWER,
        texts.STEPS,
    )
    parts: list[Part] = [ListTable(texts.NO_TITLE, columns, [_row(one) for one in found], texts.NO_DRILLS)]
    if status.plan.drills:
        names = [(name, name) for name in status.plan.drills]
        pick = (ListInput("name", texts.DRILL, options=names),)
        parts.append(Form("/drills", texts.BEGIN_DRILL, pick, texts.BEGIN_DRILL, folded=True))
    parts.append(Form("/drills/stop", texts.STOP_DRILLS, (), texts.STOP_DRILLS, folded=True))
    return await aside(request, lambda: listing(who, status, texts.DRILLS, parts))


def _row(it: DrillReport) -> ListRow:
    answered = sum(one.answered_at is not None for one in it.answers)
    first: Phrase = "" if it.first_took is None else Span(it.first_took)
    cells = (
        it.incident, it.name, When(it.began_at), it.by, f"{answered}/{len(it.answers)}", first,
        f"{it.steps[0]}/{it.steps[1]}",
    )  # fmt: skip
    return ListRow(cells, f"/incidents/{it.incident}", "bad" if answered < len(it.answers) else "")


async def begin(request: Request) -> Response:
    """Begins one that is written down."""
    fields, by, daemon = await acting(request)
    id, why = await daemon.practice.begin(fields.get("name", ""), "", "P1", None, by, via(request, "board"))
    if not id:
        raise ApiError(409, why or "the drill has not begun")
    return back(request, f"/incidents/{id}")


async def stop(request: Request) -> Response:
    """Stops all that are under way."""
    _, by, daemon = await acting(request)
    await daemon.practice.stop(by, via(request, "board"))
    return back(request, "/drills")
