"""`[review]` with its template, and the call that exports action items."""

from __future__ import annotations

from watchtower.core.plan.review import ReviewPolicy
from watchtower.fields import Field, FileName
from watchtower.switches.webhook import WebhookAction


class ReviewTable(ReviewPolicy):
    """How reviews are held, and where their action items go."""

    template: FileName = Field(
        default="", description="A Jinja2 template of the review's Markdown: a path, relative to this file."
    )
    webhook: WebhookAction | None = Field(
        default=None, description="A program to which every change of an action item is posted."
    )
