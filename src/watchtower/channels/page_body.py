"""The JSON of a page webhook, version 1, as `page_schema.py` declares it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.core.notify.messages import VERSION, Message
from watchtower.model import Language, Text
from watchtower.texts.units import iso

if TYPE_CHECKING:
    from watchtower.channels.page_schema import PageBody, Words


def page_body(letter: Letter) -> PageBody:
    """The body for this letter: the same for every attempt."""
    message = letter.message
    checks = {b.check for b in message.because}
    title = message.sop_title
    return {
        "version": VERSION,  # type: ignore[typeddict-item]
        "id": letter.id,
        "dedup_key": letter.thread,
        "incident": message.incident,
        "number": message.number,
        "kind": message.kind.value,
        "severity": message.severity.value,
        "previous_severity": message.previous_severity.value if message.previous_severity else None,
        "status": message.status,  # type: ignore[typeddict-item]
        "acknowledged_by": message.acknowledged_by or None,
        "reason": message.reason,
        "responder": letter.responder,
        "role": message.role or None,
        "duty": _words(message.duty),
        "note": _words(message.note),
        "informs": message.informs,
        "acks_missing": message.acks_missing,
        "product": {"en": message.product.en, "zh": message.product.zh},
        "drill": message.drill,
        "unfenced": message.unfenced,
        "title": message.title.in_(letter.language),
        "text": {
            "en": sentences.headline(message, UTC, Language.EN),
            "zh": sentences.headline(message, UTC, Language.ZH),
        },
        "flow": message.flow or None,
        "check": checks.pop() if len(checks) == 1 else None,
        "indicators": _indicators(message),
        "why": _words(message.why),
        "again": message.again,
        "undone": _words(message.undone),
        "command": message.command or None,
        "because": [
            {
                "rule": b.rule,
                "check": b.check,
                "series": b.series,
                "severity": b.severity.value,
                "since": iso(b.since),
                "text": {"en": b.text.en, "zh": b.text.zh},
                "when": b.when,
                "now": {"en": b.now.en, "zh": b.now.zh},
            }
            for b in sentences.ordered(message)
        ],
        "sop": {
            "name": message.sop,
            "title": {"en": title.en, "zh": title.zh} if title else {"en": message.sop, "zh": message.sop},
            "url": message.sop_url,
            "steps": [{"en": step.en, "zh": step.zh} for step in message.sop_steps],
        }
        if message.sop
        else None,
        "links": {
            "brief": letter.brief_url or None,
            "ack": None if message.informs else letter.ack_url or None,
        },
        "onset": iso(message.onset),
        "at": iso(message.at),
    }


def _words(text: Text | None) -> Words | None:
    return None if text is None else {"en": text.en, "zh": text.zh}


def _indicators(message: Message) -> dict[str, Any]:
    """Flows that suffer, each with its impact (0..1), and users; what is not known is left out."""
    flows = [{"title": _words(one.title), "impact": one.impact} for one in message.flows]
    users = {} if message.users is None else {"users": message.users, "users_at_most": message.users_at_most}
    return {"flows": flows, **users} if flows else users
