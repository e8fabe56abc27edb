"""What a gateway's request may contain, as `{{ name }}`: the whole text, or its parts for vendors of templates."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.channels import sentences, sms_text
from watchtower.channels.contract import Letter
from watchtower.core.notify.messages import Message
from watchtower.daily_hours import zone_of
from watchtower.model import Language

PLACEHOLDERS: Mapping[str, str] = {
    "to": "the number, as +8613800138000",
    "to_digits": "the number without its +",
    "to_national": "the number without `country_code`",
    "text": "the whole message, cut to `max_segments`",
    "id": "the page's id, the same for every attempt",
    "incident": "the incident's id",
    "severity": "P0 to P4",
    "title": "what is affected",
    "summary": "what was seen",
    "harm": "which flows suffer, and how many users",
    "status": "not acknowledged, acknowledged by …, resolved",
    "kind": "New incident, Reminder, Resolved, …",
    "elapsed": "how long it has lasted",
    "since": "when it began, in the responder's zone",
    "ack": "the link to acknowledge",
    "brief": "the link to the brief",
}
"""Every name, and what it stands for."""
RECEIVING = frozenset({"to", "to_digits", "to_national"})
"""Who is meant."""
TELLING = frozenset(PLACEHOLDERS) - RECEIVING - {"id"}
"""What a person reads."""


def _title(message: Message, language: Language) -> str:
    """A vendor's template may hold nothing else that says that this is a drill."""
    drill = f"{sentences.DRILL_WORD.in_(language)} " if message.drill else ""
    return drill + sentences.subject_of(message, language)


def values_of(letter: Letter, text: str, country_code: str = "", limit: int = 0) -> dict[str, str]:
    """What fills them for this letter. `limit` cuts words of ours (0: never), never links, numbers or the text."""
    message, language = letter.message, letter.language
    zone = zone_of(letter.zone)
    words = {
        "title": _title(message, language),
        "summary": sentences.summary(message, language),
        "harm": sentences.harm(message, language),
        "status": sentences.standing(message, language),
        "kind": message.kind.traits.word.in_(language)
        + (sentences.REPEAT_WORDS.in_(language) if sentences.may_repeat(message) else ""),
        "elapsed": sentences.span(message.elapsed, language),
        "since": sentences.clock(message.onset, zone, message.at),
    }
    if limit:
        words = {name: sms_text.clip(value, limit) for name, value in words.items()}
    return {
        **words,
        "to": letter.address,
        "to_digits": letter.address.lstrip("+"),
        "to_national": letter.address.removeprefix(country_code).lstrip("+"),
        "text": text,
        "id": letter.id,
        "incident": sentences.clean(message.incident),
        "severity": str(message.severity),
        "ack": letter.ack_url,
        "brief": letter.brief_url,
    }
