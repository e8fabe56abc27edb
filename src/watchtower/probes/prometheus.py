"""`prometheus` counts requests by a query to a Prometheus server, or another one with its query API."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlencode, urlsplit, urlunsplit

from watchtower.fields import Duration, Field, format_duration, model_validator
from watchtower.model import Fact, Facts, Reading
from watchtower.probes.contract import Probe, Target, unknown, up
from watchtower.probes.counters import Counters
from watchtower.probes.exposition import Labels, sums_by
from watchtower.probes.fetching import Fetcher, FetchSettings
from watchtower.probes.promql import QueryResult, read_answer
from watchtower.probes.selectors import parse_selector
from watchtower.probes.traffic import TRAFFIC, CannotTell, SeriesOfCheck, counted
from watchtower.probes.urls import HttpUrl

_MAX_BODY = 16 << 20
_EXTRAS = ("errors", "users", "transactions", "amount")
_AS_THEY_ARE = ("users",)
"""Nobody can add up distinct users: their query's value is taken as it is."""


class Prometheus(Probe):
    """Sends an instant query. `gives` says what its value means."""

    kind = "prometheus"
    facts: ClassVar[Facts] = {**TRAFFIC, "value": Fact.number("the value of `query`, where it gives a gauge")}
    detector = "traffic"
    every = "15s"

    class Settings(FetchSettings):
        url: HttpUrl = Field(description="Address of the server, without /api/v1/query.")
        query: str = Field(min_length=1, description="PromQL; several series are summed.")
        gives: Literal["rate", "count", "cumulative", "gauge"] = Field(
            description="What the value is: per second, a count over `window`, an ever growing counter, or a gauge."
        )
        window: Duration | None = Field(
            default=None,
            gt=0,
            description="Of `count`: the one in increase(). Of `cumulative`: how far back samples are taken (2m).",
        )
        label: str = Field(default="", description="Give one series per value of this label, for `flows`.")
        errors: str = Field(default="", description="PromQL for failed requests, read as `gives` says.")
        users: str = Field(default="", description="PromQL for the number of users, taken as it is.")
        transactions: str = Field(default="", description="PromQL for transactions, read as `gives` says.")
        amount: str = Field(default="", description="PromQL for the money moved, read as `gives` says.")
        empty: Literal["unknown", "zero"] = Field(
            default="unknown", description="What an empty result means."
        )
        warnings: Literal["unknown", "ignore"] = Field(
            default="unknown",
            description="What to make of an answer that the server itself says may be incomplete.",
        )

        @model_validator(mode="after")
        def _fits_together(self) -> Self:
            if self.gives == "count" and self.window is None:
                raise ValueError(
                    'gives = "count" needs the window of the query\'s increase(), such as window = "1m"'
                )
            if self.gives in ("rate", "gauge") and self.window is not None:
                raise ValueError(f'gives = "{self.gives}" has no window: remove it')
            if self.gives == "cumulative":
                for query in (self.query, self.errors, self.transactions, self.amount):
                    _must_be_selector(query)
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._series = SeriesOfCheck(target, fans_out=bool(settings.label))
        queries = {"requests": settings.query} | {name: getattr(settings, name) for name in _EXTRAS}
        self._queries: dict[str, str] = {name: query for name, query in queries.items() if query}
        self._born_late = self._queries.keys() - _AS_THEY_ARE
        if settings.empty == "unknown":
            # Counters of failures appear with the first one. Where their name is there, none has come yet.
            same = settings.gives == "cumulative" and parse_selector(settings.query).name
            self._born_late = {
                name for name in self._born_late if same and parse_selector(self._queries[name]).name == same
            }
        self._counters = {name: Counters[Labels]() for name in self._queries}
        self._newest = -math.inf
        self._fetcher = Fetcher(settings, self.timeout_seconds, _MAX_BODY)
        base = urlsplit(self._fetcher.url)
        self._url = urlunsplit(base._replace(path=base.path.rstrip("/") + "/api/v1/query"))

    async def probe(self) -> Sequence[Reading]:
        try:
            results = await asyncio.gather(*(self._ask(name) for name in self._queries))
            return self._read(dict(zip(self._queries, results, strict=True)))
        except CannotTell as why:
            return self._series.blind(why)

    async def _ask(self, name: str) -> QueryResult:
        query = self._queries[name]
        if self._grows(name):
            # A range, because its samples bear the time of their scrape; an instant query's the time of asking.
            query = f"{query}[{format_duration(self.settings.window or 120.0)}]"
        result = await self._fetcher.ask(
            self.services.curl,
            read_answer,
            url=self._url,
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"query": query, "timeout": format_duration(self.timeout_seconds)}).encode(),
        )
        if result.warnings and self.settings.warnings == "unknown":
            raise CannotTell("partial", self._fetcher.clean(f"the server warns: {result.warnings}"))
        if any(not math.isfinite(sample.value) for sample in result.series.values()):
            raise CannotTell("not_a_number", f"a value of `{name}` is not a finite number")
        return result

    def _read(self, results: Mapping[str, QueryResult]) -> Sequence[Reading]:
        taken, covers = dict[str, dict[str, float]](), self._covers()
        newest = max((sample.at for sample in results["requests"].series.values()), default=None)
        if self._grows("requests") and newest is not None:
            if newest <= self._newest:
                raise CannotTell("stale", "no new sample since the last poll")
            self._newest = newest
        first = False
        for name, result in results.items():
            values = {key: sample.value * self._share(name) for key, sample in result.series.items()}
            if self._grows(name) and newest is not None:
                growth = self._counters[name].take(values, newest)
                if growth is None:
                    first = True
                else:
                    values, covers = dict(growth.by_series), growth.covers
            taken[name] = sums_by(values, self.settings.label)
        requests = taken.pop("requests")
        return self._series.readings(
            requests, lambda s: self._reading(s, requests.get(s), taken, first, covers)
        )

    def _reading(
        self,
        series: str,
        value: float | None,
        extras: Mapping[str, Mapping[str, float]],
        first: bool,
        covers: float,
    ) -> Reading:
        if value is None and self.settings.empty == "unknown":
            return unknown("absent", "the query's result is empty", series)
        if first:
            return unknown("first_poll", "a count needs two polls", series)
        measured = {
            name: by_series.get(series, 0.0)
            for name, by_series in extras.items()
            if series in by_series or name in self._born_late
        }
        if self.settings.gives == "gauge":
            return up(series, value=value or 0.0, **measured)
        return counted({"requests": value or 0.0, **measured}, covers, series)

    def _grows(self, name: str) -> bool:
        return self.settings.gives == "cumulative" and name not in _AS_THEY_ARE

    def _covers(self) -> float:
        """The new part of a window. Windows overlap when they are longer than the time between polls."""
        return min(self.target.every, self.settings.window or self.target.every)

    def _share(self, name: str) -> float:
        """The factor that turns a value into a count over `covers`."""
        if name in _AS_THEY_ARE:
            return 1.0
        if self.settings.gives == "rate":
            return self._covers()
        return self._covers() / self.settings.window if self.settings.gives == "count" else 1.0


def _must_be_selector(query: str) -> None:
    if query:
        try:
            parse_selector(query)
        except ValueError as error:
            raise ValueError(
                f'gives = "cumulative" takes a plain series selector, no function: {error}'
            ) from None
