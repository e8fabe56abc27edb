"""Probes of traffic that ask for rows of a window of time: the columns of a row are measurements, a row is a series."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from watchtower.daily_hours import Zone
from watchtower.fields import Duration, Field
from watchtower.model import Fact, Facts, Reading
from watchtower.numbers import as_number
from watchtower.probes.contract import Probe, Target, unknown
from watchtower.probes.counters import Counters
from watchtower.probes.sql_sources import QueryWindow, Row
from watchtower.probes.traffic import FAN_OUT, TRAFFIC, CannotTell, SeriesOfCheck, counted

_LONGEST_GAP = 10
"""Polls that one window makes up for: a query over all of a long outage might never end in time."""
ADDED_UP = ("requests", "errors", "transactions", "amount")
MEASURED = (*ADDED_UP, "users", "value")


class WindowedCounts(Probe):
    """`rows` asks; with `label`, each row is a series."""

    facts: ClassVar[Facts] = {**TRAFFIC, "value": Fact.number("the column `value`, taken as it is")}
    detector = "traffic"
    every = "15s"
    hint: ClassVar[str] = ""
    """What to write so that there are requests."""

    class Settings(Probe.Settings):
        gives: Literal["count", "cumulative"] = Field(
            default="count",
            description="Counts between `:since` and `:until`, or totals that only ever grow.",
        )
        label: str = Field(default="", description="The column that names the series, for `flows`.")
        lag: Duration = Field(
            default=1.0,
            ge=0,
            description="How long after its time stamp a row may be there to be counted: windows end so long ago.",
        )
        zone: Zone = Field(default="UTC", description="The zone of time stamps without one.")

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._series = SeriesOfCheck(target, fans_out=bool(settings.label))
        self._counters = Counters[tuple[str, str]]()
        self._until: datetime | None = None

    async def rows(self, choose: QueryWindow) -> Sequence[Row]:
        """The rows for the window that `choose` makes of the source's clock, at most `FAN_OUT` + 1. Raises CannotTell,
        without secrets."""
        raise NotImplementedError

    async def probe(self) -> Sequence[Reading]:
        return await self.count(self.window)

    async def count(self, choose: QueryWindow) -> Sequence[Reading]:
        """What is given for the window that `choose` makes of the source's clock."""
        asked: list[tuple[datetime, datetime]] = []

        def window(now: datetime) -> tuple[datetime, datetime]:
            asked.append(choose(now))
            return asked[0]

        try:
            found = self._by_series(await self.rows(window))
            if self.settings.gives == "cumulative":
                return self._grown(found)
            ((since, until),) = asked
            if until <= since:
                raise CannotTell("stale", "the clock has not moved since the last poll")
            self._until = until
            return self._series.readings(
                found,
                lambda series: self._counted(found.get(series), series, (until - since).total_seconds()),
            )
        except CannotTell as why:
            return self._series.blind(why)

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """The window begins where the last one ended. The first one is as long as the time between polls."""
        until = now - timedelta(seconds=self.settings.lag)
        oldest = until - timedelta(seconds=self.target.every * _LONGEST_GAP)
        since = self._until or until - timedelta(seconds=self.target.every)
        return max(since, oldest), until

    def _by_series(self, rows: Sequence[Row]) -> dict[str, dict[str, float]]:
        label = self.settings.label
        if len(rows) > FAN_OUT:
            raise CannotTell("too_many_series", f"the query gives more than {FAN_OUT} rows")
        if not label and len(rows) > 1:
            raise CannotTell(
                "query", "the query gives several rows: name the column that tells them apart as `label`"
            )
        found: dict[str, dict[str, float]] = {}
        for row in rows:
            if label and label not in row:
                raise CannotTell("query", f"the query gives no column {label}")
            series = "" if not label or row[label] is None else str(row[label])
            if series in found:
                raise CannotTell("query", f"the query gives several rows for {series!r}: group by {label}")
            found[series] = _measurements(row, label)
        return found

    def _counted(self, measured: Mapping[str, float] | None, series: str, covers: float) -> Reading:
        if measured is None and self.settings.label:
            # A group without rows has no row: that is how SQL says zero.
            measured = {"requests": 0.0}
        if measured is None or "requests" not in measured:
            return unknown("absent", f"there are no requests in what is given{self.hint}", series)
        return counted(measured, covers, series)

    def _grown(self, found: Mapping[str, Mapping[str, float]]) -> Sequence[Reading]:
        totals = {
            (s, name): value for s, row in found.items() for name, value in row.items() if name in ADDED_UP
        }
        growth = self._counters.take(totals, time.monotonic())

        def read(series: str) -> Reading:
            if "requests" not in found.get(series, {}):
                return unknown("absent", "there are no requests in what is given", series)
            if growth is None:
                return unknown("first_poll", "a count needs two polls", series)
            by_name = {
                name: growth.by_series.get((series, name), value) for name, value in found[series].items()
            }
            return counted(by_name, growth.covers, series)

        return self._series.readings(found, read)


def _measurements(row: Row, label: str) -> dict[str, float]:
    """The columns as numbers; NULL is unknown. Raises CannotTell for a column that is no measurement."""
    out: dict[str, float] = {}
    for name, value in row.items():
        if name == label or value is None:
            continue
        if name not in MEASURED:
            raise CannotTell("query", f"the query gives a column {name}: columns are {', '.join(MEASURED)}")
        number = None if isinstance(value, str) else as_number(value)
        if number is None:
            raise CannotTell("not_a_number", f"the column {name} is no number")
        out[name] = number
    return out
