"""`[storm]`: what begins together is one page a person."""

from __future__ import annotations

from watchtower.fields import Duration, Field, Table


class StormPolicy(Table):
    """When several incidents share one page."""

    window: Duration = Field(
        default=10.0,
        ge=0,
        description="What begins so soon after a page about something else waits, and shares one page; 0s: each by itself.",
    )
    update_every: Duration = Field(
        default=180.0,
        ge=0,
        description="How often at most a person hears by a channel while more incidents come.",
    )
