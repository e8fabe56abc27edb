"""The page of a review: what is known of the incident, and what people wrote."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.contract import IncidentDetail, Status
from watchtower.api.review import facts_in
from watchtower.brief.sections import Line, Tone
from watchtower.core.reviews.actions import missing
from watchtower.core.reviews.build import record_of
from watchtower.core.reviews.review import SECTIONS, ActionItem
from watchtower.model import Instant, Text
from watchtower.review.sheet import heads_of
from watchtower.review.timeline import sections_of
from watchtower.texts.phrases import Phrase, When, many
from watchtower.texts.phrases import fill as phrase
from watchtower.web import page_texts
from watchtower.web.brief_panels import Panel
from watchtower.web.incident import find
from watchtower.web.lists.review_forms import review_forms
from watchtower.web.locale import Visitor, visitor
from watchtower.web.pages import page

_STATES = {
    "open": Text("open", "进行中"),
    "done": Text("done", "已完成"),
    "dropped": Text("dropped", "已取消"),
}


async def show(request: Request) -> Response:
    request.app.state.access.may_read(request)
    who, daemon = visitor(request), request.app.state.daemon
    detail = await find(request, who)
    status = standing(daemon)
    return await aside(request, lambda: render(who, status, detail))


def render(who: Visitor, status: Status, detail: IncidentDetail, back: str = "") -> Response:
    """Returns the whole page; `back` is the address of the incident's page, where it is not the usual one."""
    facts = facts_in(detail)
    incident, review = facts.incident, facts.history.review
    record = record_of(status.plan, facts)
    return page(
        who,
        "review.html",
        f"{record.record} {who.say(incident.title)} · {incident.id}",
        product=status.plan.product,
        at=status.at,
        severity=record.record,
        incident=incident,
        back=back or who.here(f"/incidents/{incident.id}"),
        facts=many([incident.id, *heads_of(facts, status.at)]),
        missing=missing(incident, facts.history) if review.begun and review.closed_at is None else [],
        filled=[
            Panel(s.name, s.title, s.lines, (), s.elsewhere) for s in sections_of(facts, record, status.at)
        ],
        chapters=[
            (title, review.sections[name]) for name, title in SECTIONS.items() if review.sections.get(name)
        ],
        actions=_action_items(review.actions, status.at),
        forms=[] if back else review_forms(incident.id, review),
    )


def _action_items(items: tuple[ActionItem, ...], at: Instant) -> list[Panel]:
    lines = []
    for item in items:
        due: Phrase = phrase("due {}", "截止 {}", When(item.due)) if item.due is not None else ""
        late = item.open and item.on_time(at) is False
        text = many(
            [item.text, item.type, item.owner, due, item.acceptance, _STATES[item.state], item.dropped]
        )
        lines.append(Line(text, item.id, Tone.BAD if late else Tone.SOFT if not item.open else Tone.PLAIN))
    return [Panel("actions", page_texts.ACTION_ITEMS, lines)] if lines else []
