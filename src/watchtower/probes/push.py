"""`push` takes counts that the product itself reports to `POST /push/CHECK`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Literal

from watchtower.fields import Duration, Field, Token
from watchtower.model import NEVER_SEEN, Facts, Instant, Reading
from watchtower.numbers import parse_number
from watchtower.probes.contract import Probe, Target, unknown
from watchtower.probes.traffic import TRAFFIC, CannotTell, SeriesOfCheck, counted
from watchtower.values import Mutable, field

Number = float | str | Decimal

_COUNTS = ("requests", "errors", "users", "transactions", "amount")
_DIGITS = 18
_LONGEST_GAP = 10
"""Polls between two pushes that the second one is believed to cover. After a longer pause nobody knows."""


class Received(Mutable):
    """The counts that one series received since the last poll, and when."""

    counts: dict[str, Decimal] = field(default_factory=dict)
    at: Instant | None = None
    before: Instant | None = None
    """The last push that an earlier poll has reported."""


class PushedCounts(Probe):
    """Adds up what is pushed between two polls. No push is no data, unless the check's `absent` says that it
    is zero."""

    facts: ClassVar[Facts] = TRAFFIC
    detector = "traffic"
    by_name = True
    of_daemon = True
    every = "10s"

    class Settings(Probe.Settings):
        absent: Literal["unknown", "zero"] = Field(
            default="unknown",
            description="What no push means: `zero` where each request is pushed and none means that none came.",
        )
        stale_after: Duration | None = Field(
            default=None,
            gt=0,
            description="With `zero`: after so long without any push it is unknown all the same.",
        )

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._series = SeriesOfCheck(target, fans_out=bool(target.series))
        self.received = {name: Received() for name in target.series or ("",)}
        self._polled: Instant | None = None

    def blind(self, why: CannotTell) -> Sequence[Reading]:
        """Unknown for each series."""
        return self._series.blind(why)

    def add(self, told: Received, counts: Mapping[str, Decimal], at: Instant) -> None:
        """`users` are not added up: the largest of several pushes counts."""
        for name, number in counts.items():
            so_far = told.counts.get(name, Decimal())
            told.counts[name] = max(so_far, number) if name == "users" else so_far + number
        told.at = at

    async def probe(self) -> Sequence[Reading]:
        now = time.time()
        since = now - self._polled if self._polled is not None else self.target.every
        self._polled = now
        return self._series.readings((), lambda name: self._reading(name, self.received[name], now, since))

    def _reading(self, series: str, told: Received, now: Instant, since: float) -> Reading:
        if told.counts:
            measured = {name: float(number) for name, number in told.counts.items()}
            covers = since if self.settings.absent == "zero" else self._covers(told, since)
            told.counts, told.before = {}, told.at
            return counted(measured, covers, series)
        if told.at is None:
            return unknown(NEVER_SEEN, "waiting for the first push", series)
        silent = now - told.at
        if self.settings.stale_after is not None and silent > self.settings.stale_after:
            return unknown("stale", f"nothing was pushed for {silent:.0f} s", series)
        if self.settings.absent == "zero":
            return counted({"requests": 0.0}, since, series)
        return unknown("absent", "nothing was pushed since the last poll", series)

    def _covers(self, told: Received, since: float) -> float:
        """Senders push at their own pace: the last push covers the time since the one before."""
        if told.at is None or told.before is None:
            return since
        gap = told.at - told.before
        return gap if 0 < gap <= _LONGEST_GAP * self.target.every else since


class Push(PushedCounts):
    """The product posts its counts."""

    kind = "push"

    class Settings(PushedCounts.Settings):
        token: Token | None = Field(
            default=None,
            min_length=16,
            description="Opens this check, and then the push token for all does not: `${PUSH_ORDERS}`.",
        )

    def receive(self, counts: Mapping[str, Number], at: Instant, series: str = "") -> None:
        """Take counts since the sender's last push; all of them or none.

        Raises ValueError, in words for the sender, for a name or a series that the check does not have and
        for what is not a number from 0 up.
        """
        told = self.received.get(series)
        if told is None:
            known = ", ".join(name for name in self.received if name) or "none: it declares no flows"
            raise ValueError(f'check {self.target.check} has no series "{series}"; its series: {known}')
        taken = {name: _number(name, value) for name, value in counts.items()}
        if "requests" not in taken:
            raise ValueError("the push does not say how many requests came: send requests, 0 when none did")
        self.add(told, taken, at)


def _number(name: str, value: Number) -> Decimal:
    if name not in _COUNTS:
        raise ValueError(f'"{name[:100]}" is no count: send {", ".join(_COUNTS)}')
    try:
        number = parse_number(value)
    except ValueError:
        number = Decimal(-1)
    if number < 0 or number.adjusted() >= _DIGITS:
        raise ValueError(f'"{name}" must be a number from 0 up, not {str(value)[:40]}')
    return number
