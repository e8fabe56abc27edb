"""Silences, and the book of those that are not over, read back from its entries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from math import inf

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.core.matchers import LabelMatcher, parse_matchers
from watchtower.core.plan.recurrence import TimeSpan, recurring, span_after, span_at
from watchtower.core.silences import kinds
from watchtower.daily_hours import zone_of
from watchtower.model import Instant
from watchtower.values import Frozen, Mutable, field


class SilenceState(StrEnum):
    """Alertmanager's words for where a silence stands."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


class AlertSilence(Frozen):
    """Pages about alerts that fit all `matchers` are held back from `starts_at` on and before `ends_at`, and again by
    `rrule` on the clocks of `zone`. `spans` are all its times, in order.

    The fields are those of Alertmanager's silence: `by` is its createdBy, `reason` its comment.
    """

    id: str
    matchers: tuple[LabelMatcher, ...]
    starts_at: Instant
    ends_at: Instant
    by: str
    reason: str = ""
    rrule: str = ""
    zone: str = "UTC"
    spans: tuple[TimeSpan, ...] = ()

    @property
    def over_at(self) -> Instant:
        """The end of its last time."""
        return self.times[-1][1]

    @property
    def times(self) -> tuple[TimeSpan, ...]:
        return self.spans or ((self.starts_at, self.ends_at),)

    def at(self, at: Instant) -> TimeSpan | None:
        """The time that holds now; None where none does."""
        return span_at(self.times, at)

    def next(self, at: Instant) -> TimeSpan | None:
        """Its first time that begins after this moment."""
        return span_after(self.times, at)

    @property
    def named(self) -> str:
        """`S-3 (li: the bank migrates)`."""
        return f"{self.id} ({self.by}: {self.reason})" if self.reason else f"{self.id} ({self.by})"

    @property
    def words(self) -> str:
        """`S-3 (li: the bank migrates): check="bank"`."""
        return f"{self.named}: {', '.join(map(str, self.matchers))}"

    def state(self, at: Instant) -> SilenceState:
        if at >= self.over_at:
            return SilenceState.EXPIRED
        return SilenceState.ACTIVE if self.at(at) else SilenceState.PENDING


def times_of(starts_at: Instant, ends_at: Instant, rrule: str, zone: str) -> tuple[TimeSpan, ...]:
    """All times of a silence, up to 800 days after the first where it recurs. Raises ValueError for a rule that is none."""
    if not rrule:
        return ((starts_at, ends_at),)
    try:
        first = datetime.fromtimestamp(starts_at, zone_of(zone))
        found = recurring(rrule, first, ends_at - starts_at, first)
    except (OverflowError, OSError):
        raise ValueError("begins at no moment of the calendar") from None
    times = tuple(one for one in found if one[1] > starts_at)
    if not times:
        raise ValueError("never recurs")
    return times


def _times_of(made: kinds.SilenceCreated) -> tuple[TimeSpan, ...]:
    try:
        return times_of(made.starts_at, made.ends_at, made.rrule, made.zone)
    except ValueError:  # of a version that understood it: the first time still holds
        return ((made.starts_at, made.ends_at),)


class SilenceBook(Mutable):
    """Silences that are pending or active, by id; `last` counts all that there ever were. `said` is what was told."""

    silences: dict[str, AlertSilence] = field(default_factory=dict)
    last: int = 0
    said: set[tuple[str, str | Instant]] = field(default_factory=set)
    looked: set[str] = field(default_factory=set)
    """Silences of which it was looked up whether they fit a check of the plan."""
    sources: dict[str, list[str]] = field(default_factory=dict)
    """The checks of the plan that each inhibition can have its source in."""

    def follow(self) -> None:
        """A new plan was adopted: what was looked up in it is looked up again."""
        self.looked.clear()
        self.sources.clear()

    @classmethod
    def of(cls, entries: Iterable[LogEntry]) -> SilenceBook:
        """From the log: entries of other kinds, and what cannot be read, are passed over."""
        book = cls()
        for entry in entries:
            book.add(entry)
        return book

    def add(self, entry: LogEntry) -> None:
        """Follows one more entry."""
        match read(entry, kinds.KINDS):
            case kinds.SilenceCreated() as made:
                self.said = {
                    one for one in self.said if one[0] != made.silence
                }  # of one whose end was changed
                self.last = max(self.last, int(made.silence.rpartition("-")[2]))
                self.silences[made.silence] = AlertSilence(
                    made.silence, parse_matchers(made.matchers), made.starts_at, made.ends_at, entry.by, entry.detail,
                    made.rrule, made.zone, _times_of(made),
                )  # fmt: skip
            case kinds.SilenceExpired(silence=id):
                self.silences.pop(id, None)
                self.said = {one for one in self.said if one[0] != id}
            case kinds.SilenceReminded(silence=id, why=why):
                self.said.add((id, why))
            case kinds.MaintenanceAnnounced(name=name, begin=begin):
                self.said = {one for one in self.said if one[0] != name} | {(name, begin)}


def ever_silenced(entries: Iterable[LogEntry]) -> list[tuple[AlertSilence, Instant]]:
    """Every silence that there ever was, with when it ended; infinite: it has not."""
    book, ended = SilenceBook(), list[tuple[AlertSilence, Instant]]()
    for entry in entries:
        over = read(entry, kinds.KINDS)
        if isinstance(over, kinds.SilenceExpired) and over.silence in book.silences:
            ended.append((book.silences[over.silence], entry.at))
        book.add(entry)
    return [*ended, *((one, inf) for one in book.silences.values())]
