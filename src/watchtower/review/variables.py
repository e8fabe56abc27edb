"""What a site's own template of a review is filled with: words and texts, in one language and one zone."""

from __future__ import annotations

from typing import Any

from watchtower.brief.sheet import Sheet
from watchtower.core.reviews.facts import Facts
from watchtower.core.reviews.parts import BLOCKS, MILESTONES
from watchtower.core.reviews.record import Record
from watchtower.core.reviews.review import SECTIONS
from watchtower.model import Instant
from watchtower.review.document import action_table, decided_list
from watchtower.review.timeline import SOURCES
from watchtower.texts.markdown import AsWritten
from watchtower.texts.phrases import Span, Tongue
from watchtower.texts.units import STATUSES, moment


def variables(facts: Facts, record: Record, sheet: Sheet, tongue: Tongue) -> dict[str, Any]:
    """By name, as the page on reviews has them. What did not happen, or nobody wrote, is an empty text."""
    incident, review, say = facts.incident, facts.history.review, tongue.say

    def at(instant: Instant | None) -> str:
        return "" if instant is None else moment(instant, tongue.zone, tongue.language, at=0.0)

    def span(seconds: float | None) -> str:
        return "" if seconds is None else say(Span(seconds))

    end = tongue.at if incident.resolved_at is None else incident.resolved_at
    moments = (
        record.onset, record.opened_at, record.acknowledged_at, record.cause_identified_at, record.mitigated_at,
        record.resolved_at,
    )  # fmt: skip
    spans = (
        record.to_detect, record.to_acknowledge, record.to_identify_cause, record.to_mitigate, record.to_resolve,
    )  # fmt: skip
    rows = {
        block.name: [{"label": row.label, "text": row.text} for row in block.rows] for block in sheet.blocks
    }
    return {
        "language": str(tongue.language),
        "incident": {
            "id": incident.id, "title": say(incident.title), "severity": str(record.record),
            "status": say(STATUSES.get(incident.state, str(incident.state))), "drill": incident.drill,
            "flows": list(record.flows), "lasted": span(end - incident.onset), "path": f"/incidents/{incident.id}",
        },
        "times": dict(zip(MILESTONES, map(at, moments), strict=True)),
        "after": dict(zip(MILESTONES[1:], map(span, spans), strict=True)),
        "detected_by": say(SOURCES[record.source]), "acknowledged_by": record.acknowledged_by, "people": list(record.people),
        "cause": record.cause, "cause_tag": record.cause_tag, "helped": record.helped,
        "review": {
            "owner": review.owner, "meeting": at(review.meeting_at), "closed": at(review.closed_at),
            "closed_by": review.closed_by,
        },
        "titles": {AsWritten(name): say(title) for name, title in SECTIONS.items()},
        "sections": {AsWritten(name): AsWritten(review.sections.get(name, "")) for name in SECTIONS},
        "decided": AsWritten(decided_list(review, tongue.language)),
        "actions": AsWritten(action_table(review, tongue.language)),
        "items": [
            {
                "id": item.id, "text": item.text, "type": str(item.type), "owner": item.owner, "due": at(item.due)[:10],
                "acceptance": item.acceptance, "state": item.state,
                "done": at(item.done_at), "dropped": item.dropped,
            }
            for item in review.actions
        ],
        "details": {name: rows.get(name, []) for name in BLOCKS},
    }  # fmt: skip
