"""What loss of a flow would be paged after how long, at every hour of the week to come.

Each hour is played on copies of the live detector. An hour of usual traffic comes first. Then a share of the requests
is missing, and the engine that runs live is watched until somebody is paged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from watchtower.core.events import PageQueued
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.state import Series
from watchtower.core.usual_traffic import Counted, Drawn, polled, seen_from, usual_traffic
from watchtower.detectors import DETECTORS
from watchtower.model import Instant, Observation, Outcome, Reading, Value
from watchtower.replay import Replay
from watchtower.replay.series import narrowed_to
from watchtower.simulate.faults import normal
from watchtower.values import Frozen, Mutable, field

LOSSES = (1.0, 0.5, 0.25)
"""Shares of the requests that are missing."""
DAY = 24
"""Hours that are played in a row: requests are drawn anew for each day, so that days can be played apart."""
HOURS = 7 * DAY
_BEFORE = 3900.0
"""Seconds of usual traffic before a loss: windows of an hour are full then."""
_HOUR = 3600.0


class LossPlayed(Frozen):
    """A loss that begins at `at`, just after a poll. `per_minute` are the usual requests then, None where nobody can
    know, or an alert goes on already. `seconds` and `requests` are what it lasts and costs until the first page; seconds
    None: nobody is paged in the time that was played, and `requests` are those of that time. `severity` and `people`
    are that page's."""

    at: Instant
    share: float
    per_minute: float | None
    seconds: float | None = None
    requests: float | None = None
    severity: str = ""
    people: tuple[str, ...] = ()

    @property
    def idle(self) -> bool:
        """Nothing is expected, so nothing can be lost."""
        return self.seconds is None and self.requests == 0.0


class SeriesCovered(Mutable):
    """Every hour of the week to come, for each loss. Hours are those of `zone`."""

    check: str
    series: str
    flow: str
    zone: str
    longest: float
    played: list[LossPlayed] = field(default_factory=list)
    not_before: dict[float, Instant | None] = field(default_factory=dict)
    """Of losses that would not be seen at the next hour: when they would be at this hour of the day, if a week of usual
    traffic came; None: not within that week."""

    @property
    def name(self) -> str:
        return f"{self.check}[{self.series}]" if self.series else self.check

    def hours(self, share: float) -> Mapping[tuple[int, int], LossPlayed]:
        """By weekday (Monday is 0) and hour."""
        zone = ZoneInfo(self.zone)
        local = ((datetime.fromtimestamp(one.at, zone), one) for one in self.played if one.share == share)
        return {(at.weekday(), at.hour): one for at, one in local}


class WeekOfLosses(Frozen):
    """`learned` are detectors' states; `now` is when they were taken. A loss is played for `longest` seconds at most."""

    plan: Plan
    learned: Mapping[Series, Mapping[str, Any]]
    now: Instant
    longest: float = 3 * _HOUR
    hours: int = HOURS
    """So many of the week's hours are played, the next one first."""

    def series(self, flow: str = "") -> list[Series]:
        """Those that count requests and were learnt; of one flow, where it is named."""
        checks = self.plan.checks
        return sorted(
            one for one in self.learned
            if one[0] in checks and checks[one[0]].detector == "traffic"
            and (not flow or checks[one[0]].flow_of(one[1]) == flow)
        )  # fmt: skip

    def play(
        self, series: Series, step: Callable[[], None] = lambda: None, part: range = range(HOURS)
    ) -> SeriesCovered:
        """Plays these of one series' hours, the next one being 0: whole days. `step` is called after each hour."""
        check = self.plan.checks[series[0]]
        plan = narrowed_to(self.plan, {series: check.every})
        view = self._detector(check, series).view(self.now)
        zone, dispersion = str(view["zone"]), float(view.get("dispersion", 1.0))
        covered = SeriesCovered(check.name, series[1], check.flow_of(series[1]), zone, self.longest)
        well = normal(check, plan, 0.0, {})
        first, hours = _next_hour(self.now, zone), dict[tuple[int, int], Instant]()
        drawn = Drawn(dispersion)
        for n in range(HOURS + 1):  # a week in which the clock is put back has one more
            local = datetime.fromtimestamp(first + n * _HOUR, ZoneInfo(zone))
            hours.setdefault((local.weekday(), local.hour), first + n * _HOUR)
        for n, at in enumerate([*hours.values()][: self.hours]):
            if n in part:
                if n % DAY == 0:
                    drawn = Drawn(dispersion, n // DAY)
                covered.played += self._hour(plan, check, series, at, well, drawn)
                step()
        low = any("traffic.low" in rule.programs[check.name].names for rule in plan.rules_of(check.name))
        for share in LOSSES[1:] if part.start == 0 else ():
            next_hour = covered.played[LOSSES.index(share)]
            if low and next_hour.seconds is None and not next_hour.idle:
                detector = self._detector(check, series)
                covered.not_before[share] = seen_from(detector, first, share)
        return covered

    def _alerts(self, check: Check, state: Mapping[str, Any], at: Instant, expected: float) -> bool:
        """Whether it is silent or low after a usual poll: then no loss would page for the first time."""
        requests = Counted().whole(expected)
        facts = _restored(check, state).update(polled(at + check.every, requests, check.every))
        return bool(facts["traffic.silent"] or facts["traffic.low"])

    def _detector(self, check: Check, series: Series) -> Any:
        return _restored(check, self.learned[series])

    def _hour(
        self, plan: Plan, check: Check, series: Series, at: Instant, well: Mapping[str, Value], drawn: Drawn
    ) -> Iterator[LossPlayed]:
        """From its first poll for which anything is expected: it may open in it."""
        every, before = check.every, round(_BEFORE / check.every)
        twin = self._detector(check, series)
        traffic = usual_traffic(twin, at - before * every, drawn.requests)
        known = len(list(islice(traffic, before))) == before
        state, polls = twin.state(), list(islice(traffic, 1)) if known else []
        begin, ends = at, at + _HOUR - every
        while begin < ends and polls and not polls[0]:
            state, polls, begin = twin.state(), list(islice(traffic, 1)), begin + every
        at = begin if any(polls) else at
        if not polls or (polls[0] and self._alerts(check, state, at, polls[0])):
            yield from (LossPlayed(at, share, None) for share in LOSSES)
        elif not polls[0]:
            yield from (LossPlayed(at, share, 0.0, None, 0.0) for share in LOSSES)
        else:
            polls += islice(traffic, max(0, int(self.longest / every) - 1))
            yield from (_loss(plan, check, series, at, share, state, polls, well, drawn) for share in LOSSES)


def _restored(check: Check, state: Mapping[str, Any]) -> Any:
    """The check's detector as it was when this was its state."""
    made = DETECTORS[check.detector](check.detect, check.every)
    made.restore(state)
    return made


def _loss(
    plan: Plan, check: Check, series: Series, at: Instant, share: float, state: Mapping[str, Any],
    polls: Sequence[float], well: Mapping[str, Value], drawn: Drawn,
) -> LossPlayed:  # fmt: skip
    """Feeds the engine until somebody is paged. `polls` are the usual requests of each."""
    every, lost, per_minute = check.every, 0.0, polls[0] / check.every * 60.0
    replay = Replay(plan, at, tick_every=every, learned={series: state})
    for n, expected in enumerate(polls, 1):
        lost += expected * share
        came = drawn.requests(expected * (1.0 - share))
        reading = Reading(Outcome.UP, {**well, "requests": came}, series=series[1], covers=every)
        decisions = replay.feed(Observation(check.name, at + n * every, reading))
        pages = [one.page for one in decisions if isinstance(one, PageQueued)]
        if pages:
            people = tuple(dict.fromkeys(f"{page.responder} by {page.channel}" for page in pages))
            return LossPlayed(at, share, per_minute, n * every, lost, str(pages[0].message.severity), people)
    return LossPlayed(at, share, per_minute, None, lost)


def _next_hour(now: Instant, zone: str) -> Instant:
    """The next full hour of the zone, which may be off by half an hour from UTC's."""
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    return float(round(now + _HOUR - (local.minute * 60.0 + local.second + local.microsecond / 1e6)))
