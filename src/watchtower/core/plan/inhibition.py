"""`[[inhibit]]`: alerts that hold back pages about others."""

from __future__ import annotations

from watchtower.core.matchers import Matchers
from watchtower.fields import Field, Table
from watchtower.names import FreeName


class Inhibition(Table):
    """While an alert that fits `source_matchers` fires, pages about alerts that fit `target_matchers` are held back."""

    name: FreeName = Field(description="What the timeline calls it.")
    source_matchers: Matchers = Field(description="The alerts that hold back others.")
    target_matchers: Matchers = Field(description="The alerts about which nobody is paged meanwhile.")
    equal: tuple[str, ...] = Field(
        default=(), description="Labels that must be the same in both; one that neither has is the same."
    )
