"""The business scenarios: traffic of shops, markets, paydays, deploys and losses, each with what is asked of the detector.

A name ends with `-p` where arrivals are Poisson, with `-b` where they are bursty: variance three times the mean, and a
level that strays by 15 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.arrivals import Clock, Outage, Traffic, draw, source
from benchmarks.detection.trace import Floats

Season = Callable[[Clock], Floats]
"""Requests a minute by poll."""
Outages = Callable[[Clock, np.random.Generator], list[Outage]]
Mask = Callable[[Clock], NDArray[np.bool_]]
QUARTER = 900.0
HOUR = 3600.0


@dataclass(frozen=True)
class Aims:
    """At most so many false pages in two weeks and later; at least `seen` outages (None: all); `within` seconds in the
    median (None: 1.25 times the oracle's, 1.5 where bursty, or one poll later)."""

    first: int = 5
    later: int = 2
    seen: int | None = None
    within: float | None = None


@dataclass(frozen=True)
class Scenario:
    """A week begins with the first day, a Monday. Requests come so many at a time (`batch`). `absent` polls were not
    taken; in `paused` ones nothing comes; in those of `calls` one request comes by the clock."""

    name: str
    season: Season
    outages: Outages = lambda clock, rng: []
    aims: Aims = Aims()
    days: int = 56
    every: float = 10.0
    bursty: bool = False
    batch: float = 1.0
    random: bool = True
    zone: str = "Asia/Shanghai"
    detect: Mapping[str, Any] = field(default_factory=lambda: {"zone": "Asia/Shanghai"})
    absent: Mask = lambda clock: np.zeros(len(clock.times), bool)
    paused: Mask = lambda clock: np.zeros(len(clock.times), bool)
    calls: Mask = lambda clock: np.zeros(len(clock.times), bool)

    def traffic(self, seed: int) -> Traffic:
        """Of this scenario alone: the same seed gives the same requests whatever else is run."""
        clock, rng = Clock(self.days, self.every, self.zone, "2026-03-02"), source(seed, self.name)
        outages = sorted(self.outages(clock, rng), key=lambda one: one.begin)
        dispersion, strays = (3.0, 0.15) if self.bursty else (self.batch, 0.0)
        return draw(
            clock, self.season(clock), outages, dispersion if self.random else 0.0, strays, self.detect, rng,
            self.absent(clock), self.paused(clock), self.batch, self.calls(clock),
        )  # fmt: skip


def _through(*points: tuple[float, float]) -> Season:
    """A day through (hour, requests a minute), straight in the logarithm."""
    hours, rates = zip(*points, strict=True)
    logs = np.log(rates)
    return lambda clock: np.exp(np.interp(clock.hour, hours, logs))


def _steps(*steps: tuple[float, float]) -> Season:
    """From each hour on so many requests a minute, until the next."""
    hours, rates = np.array(steps).T
    return lambda clock: rates[np.searchsorted(hours, clock.hour, "right") - 1]


DAY_OF_CONSUMERS = _through(
    (0, 14), (3, 6), (6, 11), (9, 48), (12, 72), (15, 58), (20, 88), (22, 62), (24, 14)
)
"""A consumer's day of 6 to 90 requests a minute."""
NIGHTLY_SHOP = _through(
    (0, 2), (1, 0.1), (6.8, 0.05), (7, 0.3), (7.25, 22), (9, 42), (12, 68), (14, 44), (18, 62), (20, 88), (22, 66),
    (23, 18), (24, 2),
)  # fmt: skip
"""Nearly nobody at night, a steep morning."""


def _times(season: Season, factor: float) -> Season:
    return lambda clock: season(clock) * factor


def _on(season: Season, *weekdays: int, factor: float = 0.0) -> Season:
    """On these weekdays (Monday is 0) times this factor."""
    return lambda clock: season(clock) * np.where(np.isin(clock.weekday, weekdays), factor, 1.0)


def during(season: Season, factor: float, spans: Callable[[Clock], list[tuple[float, float]]]) -> Season:
    """In these spans times this factor."""

    def rate(clock: Clock) -> Floats:
        out = season(clock).copy()
        for begin, end in spans(clock):
            out[clock.within(begin, end)] *= factor
        return out

    return rate


def _from(day: int, before: Season, after: Season) -> Season:
    """Another timetable from this day on."""
    return lambda clock: np.where(clock.day < day, before(clock), after(clock))


def market(*hours: tuple[float, float], holidays: tuple[int, ...] = ()) -> Season:
    """120 requests a minute from Monday to Friday in these hours, else none at all."""

    def rate(clock: Clock) -> Floats:
        opened = np.zeros(len(clock.times), bool)
        for begin, end in hours:
            opened |= (clock.hour >= begin) & (clock.hour < end)
        return np.where(opened & (clock.weekday < 5) & ~np.isin(clock.day, holidays), 120.0, 0.0)

    return rate


def _random(
    count: int, seconds: float, first: int = 14, hours: tuple[float, float] = (9, 22), keep: float = 0.0,
    but: tuple[int, ...] = (),
) -> Outages:  # fmt: skip
    """So many, at least six hours apart, from the day `first` on, within these hours, not on these weekdays."""

    def outages(clock: Clock, rng: np.random.Generator) -> list[Outage]:
        out: list[Outage] = []
        while len(out) < count:
            day = int(rng.integers(first, clock.days))
            begin = clock.at(day, 0.0) + 10.0 * round(rng.uniform(*hours) * 360.0)
            if day % 7 not in but and all(abs(begin - one.begin) > 6 * HOUR for one in out):
                out.append(Outage(begin, begin + seconds, keep))
        return out

    return outages


def _at(*begins: tuple[float, float], seconds: float, keep: float = 0.0, decays: bool = False) -> Outages:
    """At each (day, hour)."""
    return lambda clock, rng: [
        Outage(clock.at(*one), clock.at(*one) + seconds, keep, decays) for one in begins
    ]


def _in_the_market(clock: Clock, rng: np.random.Generator) -> list[Outage]:
    days = [day for day in range(14, clock.days) if day % 7 < 5 and day != 35 and rng.random() < 0.5]
    hours = [rng.uniform(9.6, 11.2) if rng.random() < 0.5 else rng.uniform(13.2, 14.7) for _ in days]
    return [
        Outage(clock.at(d, h) // 10 * 10, clock.at(d, h) // 10 * 10 + QUARTER)
        for d, h in zip(days, hours, strict=True)
    ]


def spans(seconds: float, *begins: tuple[float, float]) -> Callable[[Clock], list[tuple[float, float]]]:
    return lambda clock: [(clock.at(*one), clock.at(*one) + seconds) for one in begins]


_PAYDAYS = ((13, 9.0), (30, 9.0), (44, 9.0))
_CAMPAIGNS = ((16, 20.0), (26, 20.0), (44, 20.0))
_SPIKES = during(
    during(DAY_OF_CONSUMERS, 6.0, spans(3 * HOUR, *_PAYDAYS)), 10.0, spans(HOUR / 2.0, *_CAMPAIGNS)
)


def _in_spikes(clock: Clock, rng: np.random.Generator) -> list[Outage]:
    """Two in a campaign or just after it, one on a payday, others at ordinary times."""
    own = [
        Outage(clock.at(16, 20.2), clock.at(16, 20.25)),
        Outage(clock.at(26, 20.6), clock.at(26, 20.85)),
        Outage(clock.at(30, 10.0), clock.at(30, 10.25)),
    ]
    spiked = [clock.at(*one) for one in (*_PAYDAYS, *_CAMPAIGNS)]
    others = _random(18, QUARTER)(clock, rng)
    return own + [one for one in others if all(abs(one.begin - at) > 8 * HOUR for at in spiked)]


_AUCTION = _steps((0, 0.0), (9.5, 300.0), (10.5, 30.0), (15, 6.0), (16, 0.0))
_LATE_RUSH = _steps((0, 0.0), (7, 3.0), (8, 12.0), (9, 40.0), (10, 60.0), (22, 90.0), (23, 0.0))
_OFFICE = _through((0, 5), (3, 2), (7.9, 2), (8, 58), (12, 82), (20, 88), (21.9, 62), (22, 5), (24, 5))
_FULL = _steps((0, 0.0), (8, 60.0), (22, 0.0))
_SHORTER = _steps((0, 0.0), (8, 60.0), (21, 0.0))
_LATER = _steps((0, 0.0), (9, 60.0), (22, 0.0))
_REST = _steps((0, 5.0), (8, 60.0), (22, 5.0))
_REST_SHORTER = _steps((0, 5.0), (8, 60.0), (21, 5.0))
_HOT = spans(HOUR, *((day, 13.0) for day in (15, 18, 21, 24, 27)))
_MOVED = Aims(later=3)
_LOSSES = 14


def batches(between: float) -> Season:
    """200 requests in a poll of every five minutes, and so many a minute between."""
    return lambda clock: between + np.where(clock.second % 300.0 < clock.every, 12000.0 / clock.every, 0.0)


def trickle(night: float) -> Season:
    """60 requests a minute from 8 to 22, and so many by night."""
    return _steps((0, night), (8, 60.0), (22, night))


def _every_hour(seconds: float) -> Mask:
    return lambda clock: clock.second % HOUR < seconds


def _both(
    name: str, season: Season, outages: Outages, aims: Aims = Aims(), **more: Any
) -> Iterator[Scenario]:
    """Poisson and bursty: five false pages later are allowed of a bursty flow."""
    yield Scenario(f"{name}-p", season, outages, aims, **more)
    bursty = Aims(aims.first, max(aims.later, 5), aims.seen, aims.within)
    yield Scenario(f"{name}-b", season, outages, bursty, bursty=True, **more)


def _timetables() -> Iterator[Scenario]:
    yield Scenario(
        "closed-nights", _steps((0, 0.0), (9, 60.0), (17, 0.0)), days=30, random=False, zone="UTC", detect={}
    )
    yield Scenario(
        "step", _steps((0, 700.0), (9, 1200.0), (18, 700.0)), days=21, every=60.0, zone="UTC", detect={}
    )
    yield from _both("shop", NIGHTLY_SHOP, _random(20, QUARTER))
    dead = _at(*((day, 6 + 5 / 6) for day in (20, 30, 40, 50)), seconds=HOUR * 13 / 6)
    yield from _both("shop-opening-dead", NIGHTLY_SHOP, dead)
    yield from _both("market", market((9.5, 11.5), (13, 15), holidays=(35,)), _in_the_market)
    odd = market((9 + 17 / 60 + 20 / 3600, 11 + 43 / 60 + 40 / 3600), (13 + 8 / 60, 15 + 21 / 60 + 50 / 3600))
    yield Scenario("market-odd-p", odd, _at((16, 10.0), (30, 13.5), (44, 10.5), seconds=QUARTER))
    zone = {"zone": "Asia/Shanghai"}
    quiet = {**zone, "quiet": ["16:00-09:30"]}
    dead = _at(*((day, 9.5) for day in (10, 15, 18)), seconds=QUARTER)
    yield Scenario("auction-opening-dead-p", _AUCTION, dead, days=21)
    yield Scenario("auction-opening-dead-quiet-p", _AUCTION, dead, days=21, detect=quiet)
    yield Scenario("late-rush-p", _LATE_RUSH, days=21)
    yield Scenario("late-rush-quiet-p", _LATE_RUSH, days=21, detect={**zone, "quiet": ["23:00-07:00"]})
    for name, days in (("weekend", (5, 6)), ("sunday", (6,)), ("monday", (0,)), ("friday-saturday", (4, 5))):
        yield Scenario(f"rest-{name}-p", _on(DAY_OF_CONSUMERS, *days), _random(10, QUARTER, but=days))
    yield Scenario("rest-new-sunday-p", _from(28, DAY_OF_CONSUMERS, _on(DAY_OF_CONSUMERS, 6)))
    yield Scenario("weekend-40-p", _on(DAY_OF_CONSUMERS, 5, 6, factor=0.4), _random(10, QUARTER))
    yield Scenario("closes-earlier-p", _from(28, _FULL, _SHORTER), aims=_MOVED)
    yield Scenario("closes-earlier-some-p", _from(28, _REST, _REST_SHORTER), aims=Aims(later=5))
    yield Scenario("opens-later-p", _from(28, _FULL, _LATER), aims=_MOVED)
    for name, detect in (("zone", {"zone": "Europe/Berlin"}), ("no-zone", {})):
        outages = _random(20, QUARTER, hours=(9, 20))
        yield from _both(f"dst-{name}", _OFFICE, outages, zone="Europe/Berlin", detect=detect)


def _levels() -> Iterator[Scenario]:
    yield from _both("spikes", _SPIKES, _in_spikes)
    yield from _both(
        "growth",
        lambda clock: DAY_OF_CONSUMERS(clock) / 2.0 * 1.05 ** (clock.day / 7.0),
        _random(20, QUARTER),
    )
    yield Scenario("level-doubled-p", _from(28, DAY_OF_CONSUMERS, _times(DAY_OF_CONSUMERS, 2.0)), aims=_MOVED)
    yield Scenario(
        "lost-for-good-p", DAY_OF_CONSUMERS, _at((28, 10.0), seconds=28 * 24 * HOUR - 10 * HOUR, keep=0.4)
    )
    for rate in (10.0, 1.0, 0.1):
        yield Scenario(
            f"cold-{rate * 60:.0f}-p", _times(DAY_OF_CONSUMERS, rate), _at((0, 10.5), (1, 14.0), (2, 11.0), seconds=HOUR / 2.0),
            days=7, absent=lambda clock: clock.times < clock.at(0, 9.0),
        )  # fmt: skip
    for rate, name, seconds in ((1.0, "1", 0.75 * HOUR), (0.1, "0.1", 6 * HOUR)):
        outages = _random(10, seconds, hours=(9, 20))
        flat: Season = lambda clock, rate=rate: np.full(len(clock.times), rate)  # type: ignore[misc]  # noqa: E731 - its rate is bound
        yield Scenario(f"slow-{name}-p", flat, outages, every=30.0)
        yield from _both(f"slow-day-{name}", _times(DAY_OF_CONSUMERS, rate / 60.0), outages, every=30.0)
    collapse = _at(*((day, 13.75) for day in (15, 18, 21, 24, 27)), seconds=HOUR / 4.0, keep=0.04)
    yield Scenario(
        "surge-collapse-p", during(DAY_OF_CONSUMERS, 2.4, _HOT), collapse, Aims(within=20.0), days=30
    )
    yield from _both("flood", during(DAY_OF_CONSUMERS, 6.0, _HOT), lambda clock, rng: [], days=30)
    after = spans(HOUR / 6.0, *((day, 13.25) for day in (15, 18, 21, 24, 27)))
    before = _at(*((day, 13.0) for day in (15, 18, 21, 24, 27)), seconds=QUARTER)
    yield from _both("backlog", during(DAY_OF_CONSUMERS, 3.0, after), before, days=30)


def _outages() -> Iterator[Scenario]:
    for hours, later in ((6, (7, 26, 169)), (30, (31, 49, 169))):

        def outages(
            clock: Clock, rng: np.random.Generator, hours: int = hours, later: tuple[int, ...] = later
        ) -> list[Outage]:
            first = clock.at(15, 10.0)
            more = [Outage(first + n * HOUR, first + n * HOUR + HOUR / 2.0) for n in later]
            return [Outage(first, first + hours * HOUR), *more]

        yield from _both(f"outage-{hours}h", DAY_OF_CONSUMERS, outages, days=35)
    daily = [(day, 20.0) for day in range(18, 28)]
    yield from _both("daily-outage", DAY_OF_CONSUMERS, _at(*daily, seconds=HOUR / 2.0), days=35)
    yield Scenario("daily-loss-50-p", DAY_OF_CONSUMERS, _at(*daily, seconds=HOUR / 2.0, keep=0.5), days=35)
    for seconds in (20, 60):
        yield from _both(
            f"deploys-{seconds}s",
            DAY_OF_CONSUMERS,
            _random(14, QUARTER),
            days=35,
            paused=_every_hour(seconds),
        )
    nightly: Mask = lambda clock: (clock.second >= 3 * HOUR) & (clock.second < 3 * HOUR + 60.0)  # noqa: E731
    yield Scenario(
        "deploy-nightly-p", _times(DAY_OF_CONSUMERS, 4.0), _random(14, QUARTER), days=35, paused=nightly
    )
    for between in (0.0, 3.0):
        yield Scenario(f"batches-{between:.0f}-p", batches(between), _random(14, HOUR), days=35)
    blind: Mask = lambda clock: (clock.hour >= 6) & (clock.hour < 10) & (clock.day % 3 == 2)  # noqa: E731
    yield Scenario("blind-mornings-p", DAY_OF_CONSUMERS, days=21, absent=blind)


def _losses() -> Iterator[Scenario]:
    for lost, rate in product((20, 50, 70, 90, 99), (1, 10)):
        outages = _random(_LOSSES, HOUR, first=10, hours=(9, 21), keep=1.0 - lost / 100.0)
        name = f"loss-{lost}-x{rate}"
        poisson, bursty = Aims(within=120.0 if rate == 10 else HOUR), Aims(later=3, within=HOUR)
        if lost == 20:
            bursty = Aims(seen=0, later=3, within=HOUR)
        elif lost == 50 and rate == 1:
            bursty = Aims(seen=10, within=1200.0, later=3)
        yield Scenario(f"{name}-p", _times(DAY_OF_CONSUMERS, rate), outages, poisson, days=28)
        yield Scenario(f"{name}-b", _times(DAY_OF_CONSUMERS, rate), outages, bursty, days=28, bursty=True)
    for hours, poisson_within, bursty_within in ((3, HOUR, 2 * HOUR), (8, 2 * HOUR, 6 * HOUR)):
        outages = _at(
            *((day, 10.0) for day in (12, 15, 18, 21, 24)), seconds=hours * HOUR, keep=0.1, decays=True
        )
        yield Scenario(f"decay-{hours}h-p", DAY_OF_CONSUMERS, outages, Aims(within=poisson_within), days=28)
        yield Scenario(
            f"decay-{hours}h-b",
            DAY_OF_CONSUMERS,
            outages,
            Aims(later=3, within=bursty_within),
            days=28,
            bursty=True,
        )


def _nights() -> Iterator[Scenario]:
    """60 requests a minute by day, nearly none by night. A silence that lasts from the night into the morning, one in the
    evening, one before closing, one of a night alone."""
    outages: Outages = lambda clock, rng: [  # noqa: E731
        Outage(clock.at(*begin), clock.at(*begin) + hours * HOUR)
        for begin, hours in (((14, 3.0), 6), ((15, 20.0), 0.25), ((16, 21.25), 1), ((17, 23.5), 7))
    ]
    at_night: Mask = lambda clock: (clock.hour < 8) | (clock.hour >= 22)  # noqa: E731
    calls: Mask = lambda clock: at_night(clock) & (clock.second % 600.0 < clock.every)  # noqa: E731
    for night in (0.02, 0.2, 1.0, 2.0):
        aims = Aims(seen=3 if night == 0.02 else 4)  # in seven hours eight requests are no evidence
        dusk = _through((0, night), (6, night), (8, 60), (20, 60), (23, night), (24, night))
        for (shape, season), (kind, batch) in product(
            (("sharp", trickle(night)), ("dusk", dusk)), (("p", 1.0), ("batch", 3.0))
        ):
            yield Scenario(
                f"night-{night:g}-{shape}-{kind}", season, outages, aims, days=21, every=30.0, batch=batch
            )
    yield Scenario("night-cron-p", _FULL, outages, days=21, every=30.0, calls=calls)


SCENARIOS: Mapping[str, Scenario] = {
    one.name: one for one in (*_timetables(), *_levels(), *_outages(), *_losses(), *_nights())
}
QUICK = (
    "closed-nights", "step", "shop-p", "shop-b", "market-p", "auction-opening-dead-p", "surge-collapse-p",
    "slow-day-1-p", "daily-outage-p", "deploys-60s-p", "loss-20-x10-p", "loss-50-x1-b", "loss-50-x10-b", "decay-8h-p",
)  # fmt: skip
"""Two minutes on two cores."""
