"""`[[maintenance]]`: windows in which pages are held back, once or recurring."""

from __future__ import annotations

from typing import Annotated

from watchtower.core.matchers import Matchers
from watchtower.core.oncall.turns import WallTime
from watchtower.core.plan.recurrence import TimeSpan, span_after, span_at
from watchtower.fields import Duration, Field, SpanOrOff, Table, Written
from watchtower.model import Instant
from watchtower.names import FreeName


class Maintenance(Table):
    """A maintenance window: pages about alerts that fit its matchers are held back, as by a silence.

    `spans` are all its times from a year ago to two years ahead, in order, none of them overlapping.
    """

    name: FreeName = Field(description="What people call it, in announcements and in the timeline.")
    matchers: Matchers = Field(description="The alerts about which nobody is paged meanwhile.")
    from_: Annotated[str, Written(WallTime)] = Field(
        default="", alias="from", description="When it begins, or begins first, on the clocks of `zone`."
    )
    for_: Duration = Field(default=0.0, alias="for", gt=0, description="How long it lasts.")
    rrule: str = Field(
        default="", description='How it recurs, by RFC 5545: "FREQ=WEEKLY;BYDAY=TH". Default: once.'
    )
    zone: str = Field(default="UTC", description="The IANA time zone of `from` and `rrule`.")
    ical: str = Field(
        default="",
        description="Instead of from, for and rrule: an iCalendar file or URL, each event of it a window.",
    )
    announce: SpanOrOff = Field(
        default=3600.0,
        description="How long before it begins those who are informed are notified; off: never.",
    )
    spans: tuple[TimeSpan, ...] = Field(default=(), written=False)
    unread: str = Field(default="", written=False)
    """Why its calendar could not be read when it was last asked; the spans are those of the time before."""

    def at(self, at: Instant) -> TimeSpan | None:
        """The span that holds now; None outside the window."""
        return span_at(self.spans, at)

    def next(self, at: Instant) -> TimeSpan | None:
        """The first span that begins after this moment."""
        return span_after(self.spans, at)
