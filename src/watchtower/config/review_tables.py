"""The table of reviews in `rules.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from watchtower.core.plan.review import ReviewPolicy
from watchtower.core.review.tags import tag_of
from watchtower.fields import AfterValidator, Duration, Field, Settings
from watchtower.model import Severity


def _tag(value: str) -> str:
    made = tag_of(value)
    if made != value:
        raise ValueError(f'"{value}" is no tag: write "{made}"' if made else f'"{value}" is no tag')
    return value


Tag = Annotated[str, AfterValidator(_tag)]


class ReviewTable(Settings):
    """How reviews are held."""

    action_due: Mapping[Literal["P0", "P1", "P2", "P3", "P4"], Annotated[Duration, Field(gt=0)]] | None = (
        Field(
            default=None, description="How long an action has when nobody names a date, by the worst level."
        )
    )
    causes: tuple[Tag, ...] = Field(default=(), description="The tags that a cause may have; none: any.")


def policy_of(table: ReviewTable | None) -> ReviewPolicy:
    """What is left out keeps its default; a level that is written replaces that level only."""
    if table is None:
        return ReviewPolicy()
    given = {Severity(level): span for level, span in (table.action_due or {}).items()}
    return ReviewPolicy({**ReviewPolicy().action_due, **given}, table.causes)
