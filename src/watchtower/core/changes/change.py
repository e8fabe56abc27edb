"""Changes and what is remembered of them: which of them an incident may follow from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from watchtower.core.changes.kinds import BOOKS, KINDS, ChangeReported
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.model import Instant
from watchtower.values import Frozen, Mutable, field

DAY = 86400.0
KEPT = 14 * DAY
"""Seconds for which the engine remembers a change after its begin; the store keeps it for longer."""
AHEAD = 31 * DAY
"""Seconds from now within which a change begins and ends."""
MOST = 2000
"""Changes that are remembered at once; the oldest are forgotten."""
BEFORE = DAY
"""Seconds before an onset within which a change may have led to it."""


class ChangeEvent(Frozen):
    """`key` is given by whoever reports it, so that a report that is repeated is no second change. `begins_at` None: now.
    `ends_at` is None for what is done at once, or goes on. `flow` is a flow of the plan, `service` any name; with neither
    it concerns everything."""

    key: str
    kind: str
    text: str
    by: str
    begins_at: Instant | None = None
    ends_at: Instant | None = None
    flow: str = ""
    service: str = ""
    link: str = ""

    @property
    def words(self) -> str:
        """`checkout 1.42.0 (https://ci.example/7)`."""
        return f"{self.text} ({self.link})" if self.link else self.text

    def begun(self) -> Instant:
        return self.begins_at or 0.0

    def overlaps(self, since: Instant, until: Instant) -> bool:
        """Whether it begins or goes on from `since` on and before `until`."""
        return self.begun() < until and max(self.begun(), self.ends_at or 0.0) >= since

    def about(self, flow: str) -> bool:
        """Whether it may concern this flow: it is its own, or names none."""
        return self.flow in ("", flow)

    def subject(self, known: Iterable[Collection[str]]) -> str:
        """What it concerns: its flow, else its service where one of the `known` has that name; empty: everything."""
        return self.flow or (self.service if any(self.service in names for names in known) else "")


def book_of(at: Instant) -> str:
    """The book of this day: `changes-2026-11-30`."""
    return f"{BOOKS}{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def changes_of(entries: Iterable[LogEntry]) -> dict[str, ChangeEvent]:
    """The changes by key, each as it was reported last, in the order of their first reports."""
    out: dict[str, ChangeEvent] = {}
    for entry in entries:
        said = read(entry, KINDS)
        if isinstance(said, ChangeReported):
            out[said.key] = ChangeEvent(
                said.key, said.what, entry.detail, entry.by, said.begins_at, said.ends_at, said.flow, said.service,
                said.link,
            )  # fmt: skip
    return out


class ChangeBook(Mutable):
    """The changes of the last days by key. `version` grows with every report."""

    changes: dict[str, ChangeEvent] = field(default_factory=dict)
    version: int = 0
    looked: dict[str, object] = field(default_factory=dict)
    """By incident: for what the changes were looked through already."""
    _today: tuple[int, int] = (0, 0)
    _ordered: tuple[int, Sequence[ChangeEvent], Sequence[ChangeEvent]] = (0, (), ())
    """Of which version; all by their begin, and those among them that end."""

    def add(self, entry: LogEntry) -> None:
        """Follows one more entry; those of other kinds are passed over."""
        for key, one in changes_of([entry]).items():
            self._today = (int(entry.at // DAY), self.taken(entry.at) + (key not in self.changes))
            self.changes[key] = one
            self.version += 1
        if len(self.changes) > MOST + MOST // 10:  # not one by one: a start reads a month of them
            for one in sorted(self.changes.values(), key=ChangeEvent.begun)[:-MOST]:
                del self.changes[one.key]

    def near(self, onset: Instant, at: Instant) -> Sequence[ChangeEvent]:
        """Those that began by now, and shortly before the onset or after it, or were in force at it. It is asked for each of
        a thousand incidents."""
        if self._ordered[0] != self.version:
            found = sorted(self.changes.values(), key=ChangeEvent.begun)
            self._ordered = self.version, found, [one for one in found if one.ends_at is not None]
        _, every, ending = self._ordered
        since = onset - BEFORE
        first, last = (
            bisect_left(every, since, key=ChangeEvent.begun),
            bisect_right(every, at, key=ChangeEvent.begun),
        )
        return [
            *(one for one in ending if one.begun() < since and (one.ends_at or 0.0) >= onset),
            *every[first:last],
        ]

    def taken(self, at: Instant) -> int:
        """How many changes were reported on the day of this moment (UTC)."""
        day, count = self._today
        return count if day == int(at // DAY) else 0

    def forget(self, at: Instant) -> None:
        """Drops what is over for longer than `KEPT`."""
        old = [k for k, one in self.changes.items() if max(one.begun(), one.ends_at or 0.0) < at - KEPT]
        for key in old:
            del self.changes[key]
