"""`metrics` counts requests by the counters in an application's /metrics."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from watchtower.curl import Response
from watchtower.fields import Field
from watchtower.model import Fact, Facts, Reading
from watchtower.probes.contract import Probe, Target, unknown, up
from watchtower.probes.counters import AnotherProcess, Counters
from watchtower.probes.exposition import Exposition, Labels, Malformed, sums_by
from watchtower.probes.fetching import Fetcher, FetchSettings, text_of
from watchtower.probes.selectors import Query, Selector
from watchtower.probes.traffic import TRAFFIC, CannotTell, SeriesOfCheck, counted

_ACCEPT = "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5, */*;q=0.1"
_ACCEPT_ANY_NAME = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8, text/plain;version=0.0.4;q=0.3, */*;q=0.1"
)
"""Without `escaping`, servers write the names beyond [a-zA-Z0-9_:] with underscores in their place."""
_CLASSIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_MAX_BODY = 32 << 20
_MAX_SERIES = 20_000
_EXTRAS = ("errors", "users", "transactions", "amount")


class Metrics(Probe):
    """Scrapes an exposition and counts by its counters; a gauge is given as `value`."""

    kind = "metrics"
    facts: ClassVar[Facts] = {**TRAFFIC, "value": Fact.number("the sum of the gauges that `query` selects")}
    detector = "traffic"
    every = "10s"

    class Settings(FetchSettings):
        query: Query = Field(description="The series that count requests; several are summed.")
        label: str = Field(default="", description="Give one series per value of this label, for `flows`.")
        type: Literal["auto", "counter", "gauge"] = Field(
            default="auto", description="What `query` selects; `auto`: as its TYPE says, else by its name."
        )
        errors: Query | None = Field(default=None, description="The series that count failed requests.")
        users: Query | None = Field(
            default=None, description="The series that count users (a gauge is taken as it is)."
        )
        transactions: Query | None = Field(default=None, description="The series that count transactions.")
        amount: Query | None = Field(default=None, description="The series that add up the money moved.")
        absent: Literal["unknown", "zero"] = Field(
            default="unknown",
            description="What no matching series means: `zero` where counters appear only with their first count.",
        )

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._series = SeriesOfCheck(target, fans_out=bool(settings.label))
        queries = {"requests": settings.query} | {name: getattr(settings, name) for name in _EXTRAS}
        self._queries: dict[str, Selector] = {
            name: query for name, query in queries.items() if query is not None
        }
        self._counters = {name: Counters[Labels](_MAX_SERIES) for name in self._queries}
        names = [n for q in self._queries.values() for n in (q.name, *(m.label for m in q.matchers))]
        self._accept = _ACCEPT if all(map(_CLASSIC.fullmatch, names)) else _ACCEPT_ANY_NAME
        # A run that was given up may still be reading in its thread when the next one begins.
        self._one_by_one = threading.Lock()
        self._fetcher = Fetcher(settings, self.timeout_seconds, _MAX_BODY)

    async def probe(self) -> Sequence[Reading]:
        try:
            return await self._fetcher.ask(self.services.curl, self._answer, headers={"Accept": self._accept})
        except CannotTell as why:
            return self._series.blind(why)

    def _answer(self, response: Response) -> Sequence[Reading]:
        exposition = Exposition(
            text_of(response, _MAX_BODY),
            says=response.headers.get("content-type", "").lower(),
        )
        with self._one_by_one:
            try:
                return self._read(exposition, response.told_at, time.time())
            except Malformed as error:
                raise CannotTell("garbage", str(error)) from None

    def _read(self, exposition: Exposition, at: float, now: float) -> Sequence[Reading]:
        if exposition.text.lstrip()[:1] in ("<", "{"):
            raise CannotTell("garbage", "the answer is HTML or JSON, no exposition")
        started = exposition.process_start()
        taken: dict[str, dict[str, float]] = {}
        covers: float | None = None
        for name, selector in self._queries.items():
            found = self._values(exposition, selector)
            values = {labels: value for labels, value in found.items() if math.isfinite(value)}
            broken = dict.fromkeys(found.keys() - values.keys(), math.nan)
            if self._grows(exposition, name, selector):
                try:
                    growth = self._counters[name].take(
                        values,
                        at,
                        started=started,
                        age=started and now - started,
                        created=exposition.created(selector),
                    )
                except AnotherProcess:
                    continue  # said below, once every counter has begun anew
                if name == "requests":
                    covers = growth.covers if growth else None
                values = dict(growth.by_series) if growth else values
            values |= broken
            taken[name] = sums_by(values, self.settings.label)
        if "requests" not in taken:
            raise CannotTell(
                "another_process",
                "an older process answered: several share this address, scrape each of them",
            )
        gauge = not self._grows(exposition, "requests", self.settings.query)
        main = taken.pop("requests")
        return self._series.readings(
            main, lambda name: self._reading(exposition, name, main.get(name), taken, gauge, covers)
        )

    def _reading(
        self,
        exposition: Exposition,
        series: str,
        value: float | None,
        extras: Mapping[str, Mapping[str, float]],
        gauge: bool,
        covers: float | None,
    ) -> Reading:
        nan = value is not None and not math.isfinite(value)
        if nan and self.settings.absent == "zero":
            return unknown(
                "not_a_number", f"a value of {self.settings.query.name} is not a finite number", series
            )
        if nan or (value is None and (gauge or self.settings.absent == "unknown")):
            which = f'with {self.settings.label}="{series}"' if series else "with these labels"
            return unknown("absent", f"there is no {self.settings.query.name} {which}", series)
        if value is None and not exposition.whole:
            return unknown(
                "garbage", "the answer is no whole exposition, so what is not in it is not zero", series
            )
        if gauge:
            return up(series, value=value)
        if covers is None:
            return unknown("first_poll", "a count needs two polls", series)
        measured = {"requests": value or 0.0}
        for name, by_series in extras.items():
            # Counters of errors appear with the first one: their name is there, so none has come yet.
            none = 0.0 if exposition.has(self._queries[name].name) else None
            extra = by_series.get(series, none)
            if extra is not None and math.isfinite(extra):
                measured[name] = extra
        return counted(measured, covers, series)

    def _values(self, exposition: Exposition, selector: Selector) -> dict[Labels, float]:
        values = exposition.series(selector, _MAX_SERIES)
        if len(values) > _MAX_SERIES:
            raise CannotTell(
                "too_many_series",
                f"more than {_MAX_SERIES} series match {selector.name}: choose fewer by their labels",
            )
        return values

    def _grows(self, exposition: Exposition, name: str, selector: Selector) -> bool:
        if name == "requests" and self.settings.type != "auto":
            return bool(self.settings.type == "counter")
        return exposition.cumulative(selector.name)
