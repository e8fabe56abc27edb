"""The JSON of a page webhook, version 1. The published JSON Schema is made from these declarations.

Fields are only ever added; `version` rises when one changes its meaning.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

# pydantic reads the standard library's only from Python 3.12 on.
from typing_extensions import TypedDict

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.core.messages import VERSION
from watchtower.fields import Field
from watchtower.model import Instant, Language

_ISO = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"
Moment = Annotated[
    str, Field(pattern=_ISO, description="ISO 8601 in UTC", examples=["2026-11-22T14:43:10.000Z"])
]
Level = Literal["P0", "P1", "P2", "P3", "P4"]


class Words(TypedDict):
    """One text in both languages."""

    en: str
    zh: str


class Reason(TypedDict):
    """One alert that holds the incident up."""

    rule: str
    check: str
    series: str
    severity: Level
    since: Moment
    text: Annotated[Words, Field(description="what the rule saw, with the measured values")]
    when: Annotated[str, Field(description="the rule's condition")]


class Procedure(TypedDict):
    """The standard operating procedure to follow."""

    name: str
    title: Words
    url: str
    steps: list[Words]


class Links(TypedDict):
    """Where people go on; null without a base URL."""

    brief: str | None
    ack: str | None


class PageBody(TypedDict):
    """What is posted for one page to one responder."""

    version: Literal[1]
    id: Annotated[
        str, Field(description="the page's id: the same for every attempt, also as Idempotency-Key")
    ]
    dedup_key: Annotated[str, Field(description="the same for every page of the incident to this responder")]
    incident: str
    number: Annotated[int, Field(description="counts the messages of the incident from 1")]
    kind: Literal["new", "update", "upgrade", "downgrade", "reminder", "resolved", "unwatched", "test"]
    severity: Level
    previous_severity: Level | None
    status: Literal["triggered", "acknowledged", "mitigated", "resolved", "unwatched"]
    acknowledged_by: str | None
    reason: Annotated[str, Field(description="the named reason for sending this page")]
    responder: str
    role: Annotated[str | None, Field(description="the role for which the responder is told")]
    duty: Annotated[Words | None, Field(description="what that role is to do")]
    note: Annotated[
        Words | None,
        Field(description="what this page says beside the alerts: an update, why somebody else is asked"),
    ]
    informs: Annotated[bool, Field(description="for information: nobody is asked to acknowledge by it")]
    acks_missing: Annotated[int, Field(description="how many people more must acknowledge")]
    product: Words
    drill: Annotated[bool, Field(description="people practise: nothing is wrong")]
    title: Annotated[str, Field(description="what is affected, in the responder's language")]
    text: Annotated[Words, Field(description="everything in one line")]
    flow: str | None
    check: Annotated[str | None, Field(description="the check, when all of `because` is about one")]
    indicators: Annotated[dict[str, Any], Field(description="measured impact; empty when none is known")]
    because: list[Reason]
    sop: Procedure | None
    links: Links
    onset: Annotated[Moment, Field(description="when the trouble began, as far as can be told")]
    at: Annotated[Moment, Field(description="when this page was decided")]


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
        "duty": {"en": message.duty.en, "zh": message.duty.zh} if message.duty else None,
        "note": {"en": message.note.en, "zh": message.note.zh} if message.note else None,
        "informs": message.informs,
        "acks_missing": message.acks_missing,
        "product": {"en": message.product.en, "zh": message.product.zh},
        "drill": message.drill,
        "title": message.title.in_(letter.language),
        "text": {
            "en": sentences.headline(message, UTC, Language.EN),
            "zh": sentences.headline(message, UTC, Language.ZH),
        },
        "flow": message.flow or None,
        "check": checks.pop() if len(checks) == 1 else None,
        "indicators": {},
        "because": [
            {
                "rule": b.rule,
                "check": b.check,
                "series": b.series,
                "severity": b.severity.value,
                "since": iso(b.since),
                "text": {"en": b.text.en, "zh": b.text.zh},
                "when": b.when,
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


def iso(instant: Instant) -> str:
    """`2026-11-22T14:43:10.000Z`."""
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
