"""`[review]`: how reviews are held."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from watchtower.fields import AfterValidator, Duration, Field, Table
from watchtower.model import Instant, Severity

DAY = 86400.0
_DUE: Mapping[Severity, float] = {Severity.P0: 14 * DAY, Severity.P1: 30 * DAY}


def _tag(value: str) -> str:
    made = tag_of(value)
    if made != value:
        raise ValueError(f'"{value}" is no tag: write "{made}"' if made else f'"{value}" is no tag')
    return value


Tag = Annotated[str, AfterValidator(_tag)]


class ReviewPolicy(Table):
    """How reviews are held: until when actions are due, and which causes have a tag."""

    action_due: Annotated[
        Mapping[Severity, Annotated[Duration, Field(gt=0)]], AfterValidator(lambda given: {**_DUE, **given})
    ] = Field(
        default=_DUE, description="How long an action has when nobody names a date, by the worst severity."
    )
    causes: tuple[Tag, ...] = Field(default=(), description="The tags that a cause may have; none: any.")

    template: str = Field(
        default="", description="A Jinja2 template of the review's Markdown: a path, relative to this file."
    )
    template_text: str = Field(default="", written=False)
    """What that file holds; empty where the review has the built-in form."""
    webhook: Any = Field(
        default=None, description="A program to which every change of an action item is posted."
    )
    """The settings of the call, opaque here; None where there is none."""

    def due(self, record: Severity, at: Instant) -> Instant | None:
        """The due date of an action item that is added now; None: a person has to give one."""
        span = self.action_due.get(record)
        return at + span if span is not None else None


def tag_of(text: str) -> str:
    """`Bad Deploy` -> `bad-deploy`; empty when nothing of it can be in a tag."""
    return re.sub(r"[^\w]+", "-", text.strip().lower()).strip("-_")[:60]
