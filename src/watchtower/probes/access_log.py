"""`access_log` counts the lines that a web server or an application adds to its log."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Literal, Self

from watchtower.fields import Field, FileName, model_validator
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.patterns import Pattern
from watchtower.probes.contract import Probe, Target, unknown
from watchtower.probes.log_follower import Follower
from watchtower.probes.log_lines import LoggedRequest, Reader, Role, by_itself, by_json, by_pattern, combined
from watchtower.probes.traffic import TRAFFIC, CannotTell, SeriesOfCheck, counted
from watchtower.values import Mutable, field

_BUDGET = 0.8
"""Share of the timeout that may be spent on reading."""
_UNREADABLE = 0.5
"""Share of lines that may be unreadable, such as a scanner's. Beyond it the rest says little of the flow."""
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


class AccessLog(Probe):
    """Follows a log across rotation and counts the lines that match."""

    kind = "access_log"
    facts: ClassVar[Facts] = {
        **{name: TRAFFIC[name] for name in ("requests", "errors", "error_ratio", "users", "amount")},
        "latency": Fact.number("mean time of a request, where the log has it", Unit.SECONDS),
        "latency_p95": Fact.number("time that 19 of 20 requests stay below, to 2 %", Unit.SECONDS),
        "unparsed": Fact.number("new lines that could not be read"),
        "backlog": Fact.number("bytes of the log that were not read in time", Unit.BYTES),
    }
    detector = "traffic"
    every = "10s"

    class Settings(Probe.Settings):
        file: FileName = Field(min_length=1, description="The log file.")
        format: Literal["auto", "combined", "json"] = Field(
            default="auto",
            description="`combined` (nginx, Apache), `json` (an object a line); `auto`: by each line.",
        )
        pattern: str = Field(
            default="",
            description="In place of `format`: a regular expression with groups status, path, method, user, latency, amount.",
        )
        fields: dict[Role, str] = Field(
            default={}, description="Where a JSON log has what, dots between levels."
        )
        route: str = Field(
            default="",
            description="Count only paths in which this regular expression is found; its group `series` names the series.",
        )
        methods: list[str] = Field(default=[], description="Count only these methods.")
        status: str = Field(
            default="", description="Count only statuses that match this regular expression in full."
        )
        error_status: str = Field(default="5..", description="Statuses that count as errors, likewise.")
        latency_unit: Literal["s", "ms", "us"] = Field(
            default="s", description="The unit of times in the log."
        )

        @model_validator(mode="after")
        def _patterns_compile(self) -> Self:
            for name in ("pattern", "route", "status", "error_status"):
                try:
                    # A status has three digits, whatever comes: only the others meet text without end.
                    if getattr(self, name):
                        (re.compile if "status" in name else Pattern)(getattr(self, name))
                except re.error as error:
                    raise ValueError(f"{name} is not a regular expression: {error}") from None
                except ValueError as error:
                    raise ValueError(
                        f"{name} {str(error).removeprefix(repr(getattr(self, name)) + ' ')}"
                    ) from None
            if self.pattern and (self.format != "auto" or self.fields):
                raise ValueError("pattern takes the place of format and fields: remove those")
            if self.pattern and "status" not in Pattern(self.pattern).groups:
                raise ValueError("pattern needs a group named status: (?P<status>[0-9]{3})")
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._route = Pattern(settings.route) if settings.route else None
        self._status = re.compile(settings.status) if settings.status else None
        self._error = re.compile(settings.error_status)
        self._methods = frozenset(settings.methods)
        self._fans_out = self._route is not None and "series" in self._route.groups
        self._series = SeriesOfCheck(target, self._fans_out)
        self._reader = _reader(settings)
        self._follower = Follower(settings.file)
        self._at: float | None = None

    async def close(self) -> None:
        self._follower.close()

    def probe(self) -> Sequence[Reading]:
        try:
            return self._read(time.monotonic())
        except CannotTell as why:
            return self._series.blind(why)
        except OSError as error:
            reason = "denied" if isinstance(error, PermissionError) else "unreadable"
            return self._series.blind(CannotTell(reason, f"{self.settings.file}: {error.strerror}"))

    def _read(self, at: float) -> Sequence[Reading]:
        there = self._follower.look()
        before, self._at = self._at, at
        tallies, lines, unparsed = dict[str, Tally](), 0, 0
        until = at + self.timeout_seconds * _BUDGET
        while time.monotonic() < until and (taken := self._follower.take()) is not None:
            for line in filter(None, taken):
                lines += 1
                entry = self._reader(line)
                if entry is None:
                    unparsed += 1
                elif (series := self._wanted(entry)) is not None:
                    tallies.setdefault(series, Tally()).add(entry, self._is_error(entry))
        backlog = self._follower.backlog
        if self._follower.lost and before is not None:
            raise CannotTell(
                "rotated", "lines are gone: the log was cut off, or rotated twice, since the last poll"
            )
        if not there and not lines:
            raise CannotTell("absent", f"there is no file {self.settings.file}")
        if unparsed > lines * _UNREADABLE:
            read = lines - unparsed or "none"
            raise CannotTell("garbage", f"{read} of {lines} new lines could be read: check format or pattern")
        if before is None:
            raise CannotTell("first_poll", "counting starts at the end of the file")
        about_all = {"unparsed": float(unparsed), "backlog": float(backlog)}
        return self._series.readings(
            tallies, lambda series: self._reading(series, tallies.get(series), about_all, at - before)
        )

    def _reading(
        self, series: str, tally: Tally | None, about_all: dict[str, float], covers: float
    ) -> Reading:
        if tally is None and about_all["backlog"]:
            # What was read holds none, but not all was read: that is no zero.
            return unknown("backlog", "the log grows faster than it can be read", series)
        if tally is None and about_all["unparsed"]:
            return unknown(
                "garbage", "some of its lines could not be read: none of the others is no zero", series
            )
        measured = (tally or Tally()).measurements(_SECONDS[self.settings.latency_unit])
        return counted({**measured, **about_all}, covers, series)

    def _wanted(self, entry: LoggedRequest) -> str | None:
        """The series of this request; None when the check does not count it."""
        if self._methods and entry.method not in self._methods:
            return None
        if self._status is not None and self._status.fullmatch(str(entry.status)) is None:
            return None
        if self._route is None:
            return ""
        if not self._fans_out:
            return "" if self._route.search(entry.path) else None
        found = self._route.named(entry.path)
        return found["series"] if found else None

    def _is_error(self, entry: LoggedRequest) -> bool:
        return self._error.fullmatch(str(entry.status)) is not None


def _reader(settings: Any) -> Reader:
    if settings.pattern:
        return by_pattern(Pattern(settings.pattern))
    if settings.format == "combined":
        return combined
    return by_json(settings.fields) if settings.format == "json" else by_itself(settings.fields)


_MOST_USERS = 200_000
"""Distinct users remembered within one poll; there may be more, and `users` then is the least there were."""
_BUCKETS_PER_E = 50
"""Times are kept as counts in logarithmic buckets: a percentile is exact to 2 %, the memory is bounded."""


class Tally(Mutable):
    """The sums of the new lines of one series."""

    requests: int = 0
    errors: int = 0
    amount: Decimal | None = None
    garbled: bool = False
    """Some amount could not be read: their sum is not known."""
    seconds: float = 0.0
    timed: int = 0
    users: set[int] = field(default_factory=set)
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, entry: LoggedRequest, error: bool) -> None:
        self.requests += 1
        self.errors += error
        if entry.user and len(self.users) < _MOST_USERS:
            self.users.add(hash(entry.user))
        self.garbled = self.garbled or (entry.garbled and not error)
        if entry.amount is not None and not error:
            self.amount = (self.amount or Decimal()) + entry.amount
        if entry.latency is not None:
            self.seconds += entry.latency
            self.timed += 1
            bucket = math.ceil(math.log(max(entry.latency, 1e-9)) * _BUCKETS_PER_E)
            self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def measurements(self, unit: float) -> dict[str, float]:
        """By name; `unit` is the seconds that one unit of the log's times is. What the log does not say is left out."""
        out = {"requests": float(self.requests), "errors": float(self.errors)}
        if self.users or not self.requests:  # a log that names nobody does not say that nobody came
            out["users"] = float(len(self.users))
        if self.amount is not None and not self.garbled:
            out["amount"] = float(self.amount)
        if self.timed:
            out["latency"] = self.seconds / self.timed * unit
            out["latency_p95"] = self._percentile(0.95) * unit
        return out

    def _percentile(self, share: float) -> float:
        wanted, seen = math.ceil(self.timed * share), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return math.exp(bucket / _BUCKETS_PER_E)
        return 0.0
