"""`redis.counters` counts by numbers that the product increments in Redis: keys, or the fields of hashes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from watchtower.fields import Field
from watchtower.model import Facts, Outcome, Reading
from watchtower.numbers import as_number
from watchtower.probes.contract import Target, unknown
from watchtower.probes.counters import Counters
from watchtower.probes.redis import RedisServer
from watchtower.probes.traffic import FAN_OUT, TRAFFIC, CannotTell, SeriesOfCheck, counted

_EXTRAS = ("errors", "transactions", "amount")


class RedisCounters(RedisServer):
    """Growth since the previous poll. A key that is not there is unknown: it may have been evicted."""

    kind = "redis.counters"
    facts: ClassVar[Facts] = {name: fact for name, fact in TRAFFIC.items() if name != "users"}
    detector = "traffic"
    every = "10s"

    class Settings(RedisServer.Settings):
        requests: str = Field(min_length=1, description="The key that counts requests.")
        errors: str = Field(default="", description="The key that counts failed requests.")
        transactions: str = Field(default="", description="The key that counts transactions.")
        amount: str = Field(default="", description="The key that adds up the money moved.")
        hash: bool = Field(
            default=False, description="The keys are hashes: each field is a series, for `flows`."
        )

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        keys = {"requests": settings.requests} | {name: getattr(settings, name) for name in _EXTRAS}
        self._keys: dict[str, str] = {name: key for name, key in keys.items() if key}
        self._series = SeriesOfCheck(target, fans_out=settings.hash)
        self._counters = Counters[tuple[str, str]]()

    async def probe(self) -> Any:
        self._totals: dict[tuple[str, str], float] = {}
        reading = await super().probe()
        try:
            if reading.outcome is not Outcome.UP:
                raise CannotTell(reading.reason, reading.detail)
            return self._grown(self._totals)
        except CannotTell as why:
            return self._series.blind(why)

    async def measure(self, client: Any, measured: dict[str, Any]) -> None:
        async with client.pipeline(transaction=True) as at_once:
            for key in self._keys.values():
                at_once.hgetall(key) if self.settings.hash else at_once.get(key)
            found = await at_once.execute()
        for name, value in zip(self._keys, found, strict=True):
            for series, text in (value if self.settings.hash else {b"": value}).items():
                number = (
                    as_number(text.decode("ascii", "replace"), exponent=True) if text is not None else None
                )
                if number is not None:
                    self._totals[series.decode("utf-8", "replace"), name] = number

    def _grown(self, totals: Mapping[tuple[str, str], float]) -> Sequence[Reading]:
        if len(totals) > FAN_OUT * len(self._keys):
            raise CannotTell("too_many_series", f"more than {FAN_OUT} fields")
        growth = self._counters.take(totals, time.monotonic())

        def read(series: str) -> Reading:
            if (series, "requests") not in totals:
                return unknown(
                    "absent", f"there is no number in {self.settings.requests} {series}".rstrip(), series
                )
            if growth is None:
                return unknown("first_poll", "a count needs two polls", series)
            grown = {name: growth.by_series[series, name] for name in self._keys if (series, name) in totals}
            return counted(grown, growth.covers, series)

        return self._series.readings([series for series, name in totals if name == "requests"], read)
