"""What the JSON of a page webhook holds, version 1: declared, and as the published JSON Schema (draft 2020-12).

Fields are only ever added; `version` rises when one changes its meaning. The daemon does without this file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import TypeAdapter

# pydantic reads the standard library's only from Python 3.12 on.
from typing_extensions import TypedDict

from watchtower.fields import Field
from watchtower.page_kinds import PageKind

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
    now: Annotated[Words, Field(description="what its newest observation says; empty where there is none")]


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
    kind: Annotated[str, Field(json_schema_extra={"enum": [kind.value for kind in PageKind]})]
    severity: Level
    previous_severity: Level | None
    status: Literal["triggered", "acknowledged", "mitigated", "resolved", "unwatched"]
    acknowledged_by: str | None
    reason: Annotated[str, Field(description="the named reason for sending this page")]
    responder: str
    role: Annotated[str | None, Field(description="the role for which the responder is paged")]
    duty: Annotated[Words | None, Field(description="what that role is to do")]
    note: Annotated[
        Words | None,
        Field(description="what this page says beside the alerts: an update, why somebody else is asked"),
    ]
    informs: Annotated[bool, Field(description="for information: nobody is asked to acknowledge by it")]
    acks_missing: Annotated[int, Field(description="how many people more must acknowledge")]
    product: Words
    drill: Annotated[bool, Field(description="people practise: nothing is wrong")]
    unfenced: Annotated[
        bool,
        Field(
            description="sent without the database: another daemon may lead, and tell the same under this id"
        ),
    ]
    title: Annotated[str, Field(description="what is affected, in the responder's language")]
    text: Annotated[Words, Field(description="everything in one line")]
    flow: str | None
    check: Annotated[str | None, Field(description="the check, when all of `because` is about one")]
    indicators: Annotated[
        dict[str, Any],
        Field(
            description="flows that suffer, each with its impact from 0 to 1, and users; empty when none is known"
        ),
    ]
    why: Annotated[Words | None, Field(description="why the severity is what it has just become")]
    again: Annotated[bool, Field(description="it was well, and came back")]
    undone: Annotated[Words | None, Field(description="what was taken back or changed since it was well")]
    command: Annotated[str | None, Field(description="what a person types to do what the note asks for")]
    because: list[Reason]
    sop: Procedure | None
    links: Links
    onset: Annotated[Moment, Field(description="when the incident began, as far as known")]
    at: Annotated[Moment, Field(description="when this page was decided")]


def page_schema() -> dict[str, Any]:
    """As published in `schemas/page.schema.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(PageBody).json_schema(),
        "title": "Watchtower page, version 1",
    }
