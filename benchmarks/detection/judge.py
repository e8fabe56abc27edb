"""Plays a scenario over the product's detector, as the daemon would, and judges the alerts.

What people get is one alert as long as the flow is silent or low: a silence that a loss turns into is the same alert.
The detector is known by its contract alone: its settings, `update`, and its facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.detection import oracle
from benchmarks.detection.arrivals import Outage, Traffic
from benchmarks.detection.trace import DAY, Floats
from watchtower.detectors import DETECTORS
from watchtower.model import Observation, Outcome, Reading, Value

_RECOVERED = 400.0
"""Requests, times the dispersion, that must come before anybody can tell that a loss is over."""
_SOON = 300.0


@dataclass
class Story:
    """An alert. `onset` is what it tells when it begins; `shares` what it tells of the share that still comes: at
    the first page, and a minute later. `silences`: when it became a silence, each time."""

    began: float
    onset: float
    ended: float = np.inf
    silences: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Found:
    """An outage that was seen. `seconds` and `lost` requests until the page; `back`: seconds from the outage's end to
    the alert's, and `back_limit` those that are allowed; `early`: alerts that ended while it went on."""

    seconds: float
    lost: float
    onset_error: float
    share_errors: list[float]
    early: int
    back: float | None
    back_limit: float


@dataclass(frozen=True)
class Verdict:
    """`oracle` are the oracle's seconds, None where it saw nothing either; false pages of two weeks, and later."""

    name: str
    outages: int
    found: list[Found]
    oracle: list[float | None]
    false_first: int
    false_later: int
    false_at: list[float]


def play(traffic: Traffic) -> list[Story]:
    """Its alerts, in time order."""
    kind = DETECTORS["traffic"]
    detector = kind(kind.Settings.model_validate(dict(traffic.settings)), traffic.every)
    stories: list[Story] = []
    total = np.r_[0.0, np.cumsum(traffic.requests)]
    story: Story | None = None
    silent: Value = False
    polls = zip(traffic.times.tolist(), traffic.requests.tolist(), strict=True)
    for n, (at, requests) in enumerate(polls):
        reading = Reading(Outcome.UP, {"requests": requests}, covers=traffic.every)
        facts = detector.update(Observation("flow", at, reading))
        before, silent, low = silent, facts["traffic.silent"], facts["traffic.low"]
        if story is None:
            if not (silent or low):
                continue
            onset = facts["traffic.onset"]
            story = Story(at, onset if isinstance(onset, float) else at)
            stories.append(story)
            story.shares.append(_share(facts, traffic, total, n, story.onset))
        elif silent is False and low is False:
            story.ended, story = at, None
            continue
        if silent and not before:
            story.silences.append(at)
        if len(story.shares) == 1 and at >= story.began + 60.0:
            story.shares.append(_share(facts, traffic, total, n, story.onset))
    return stories


def _share(facts: Mapping[str, Value], traffic: Traffic, total: Floats, n: int, onset: float) -> float:
    """What still comes of what is expected, since the onset: as it is told, else by the missing requests that are."""
    told, missing = facts.get("traffic.ratio_since_onset"), facts["traffic.missing"]
    if isinstance(told, float):
        return told
    since = min(int(np.searchsorted(traffic.times, onset, "right")), n)
    came = float(total[n + 1] - total[since])
    return came / (came + missing) if isinstance(missing, float) and came + missing > 0.0 else np.nan


def judge(name: str, traffic: Traffic, stories: list[Story]) -> Verdict:
    """An outage is seen if an alert begins in it, or one that was open becomes a silence in it. An alert that begins
    outside of every outage is false."""
    found, best = list[Found](), list[float | None]()
    mine: set[int] = set()
    for outage in traffic.outages:
        within = [n for n, s in enumerate(stories) if outage.begin < s.began <= outage.end + traffic.every]
        mine.update(within)
        best.append(oracle.delay(traffic, outage))
        one = _found(traffic, outage, stories, [stories[n] for n in within])
        if one is not None:
            found.append(one)
    false = [s.began for n, s in enumerate(stories) if n not in mine]
    first = sum(at < traffic.start + 14 * DAY for at in false)
    return Verdict(name, len(traffic.outages), found, best, first, len(false) - first, false)


def _found(traffic: Traffic, outage: Outage, stories: list[Story], within: list[Story]) -> Found | None:
    told = min((s.began for s in within), default=np.inf)
    before = [s for s in stories if s.began <= outage.begin < s.ended]
    for story in before:
        told = min([told, *(at for at in story.silences if outage.begin < at <= outage.end)])
    if told == np.inf:
        return None
    polls = (traffic.times > outage.begin) & (traffic.times <= told)
    early = [s for s in [*before, *within] if s.ended < outage.end - traffic.every]
    over = [s.ended - outage.end for s in [*before, *within] if s.ended >= outage.end - traffic.every]
    first = within[0] if within else before[0]
    truth = _kept(outage, first)
    return Found(
        seconds=told - outage.begin,
        lost=float(traffic.rate[polls].sum()),
        onset_error=abs(first.onset - outage.begin),
        share_errors=[abs(share - truth) for share in first.shares],
        early=len(early),
        back=max(0.0, over[-1]) if over and over[-1] < np.inf else None,
        back_limit=_recovery(traffic, outage),
    )  # fmt: skip


def _kept(outage: Outage, story: Story) -> float:
    """The share that truly came, from the onset that was told to a minute after the page."""
    at = np.linspace(max(outage.begin, story.onset), min(outage.end, story.began + 60.0), 20)
    return float(outage.factor(at).mean())


def _recovery(traffic: Traffic, outage: Outage) -> float:
    """Seconds that the end of an alert may take: five minutes, or those of 400 requests times the dispersion."""
    first = int(np.searchsorted(traffic.times, outage.end, "right"))
    needed = _RECOVERED * max(traffic.dispersion, 1.0)
    polls = int(np.searchsorted(np.cumsum(traffic.rate[first:]), needed)) + 1
    if first + polls > len(traffic.times):
        return np.inf
    return max(_SOON, float(traffic.times[first + polls - 1]) - outage.end)
