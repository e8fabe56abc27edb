"""A week of losses in jobs for many processes: a day of one series each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

import msgspec

from watchtower.core.plan import Plan
from watchtower.core.state import Series
from watchtower.replay.series import narrowed_to
from watchtower.simulate.coverage import DAY, HOURS, SeriesCovered, WeekOfLosses


def days_of(week: WeekOfLosses, series: Sequence[Series]) -> list[bytes]:
    """A job for each day of each series, in order; it takes two to ten seconds."""
    return [
        json.dumps(
            [*one, week.plan.checks[one[0]].every, week.learned[one], week.now, week.longest, first]
        ).encode()
        for one in series
        for first in range(0, HOURS, DAY)
    ]


def play_day(plan: Plan, job: bytes) -> bytes:
    """What comes of a job, where this plan is that of its week, or has been narrowed to it."""
    check, name, every, state, now, longest, first = json.loads(job)
    series = check, name
    week = WeekOfLosses(narrowed_to(plan, {series: every}), {series: state}, now, longest)
    return msgspec.json.encode(week.play(series, part=range(first, first + DAY)))


def joined(results: Sequence[bytes]) -> list[SeriesCovered]:
    """The series, of what came of all jobs in their order."""
    days = (msgspec.json.decode(one, type=SeriesCovered) for one in results)
    found = []
    for _, of_one in groupby(days, lambda day: (day.check, day.series)):
        whole, *others = of_one
        whole.played += (one for day in others for one in day.played)
        found.append(whole)
    return found
