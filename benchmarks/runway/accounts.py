"""Accounts whose end is known: use with days, nights, weekends and growth, top-ups in between, polls that fail."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

DAY = 86400.0
EVERY = 600.0
DAYS = 28
MONDAY = 1_751_846_400.0
"""2025-07-07 00:00 UTC."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How an account is used. `weekend`: use on Saturdays and Sundays, as a share of a weekday's."""

    name: str
    weekend: float = 1.0
    night: float = 1.0
    growth_per_week: float = 0.0
    noise: float = 0.1
    steps: bool = False
    """Billed once a day, at two in the night, in place of as it is used."""


PROFILES = (
    Profile("steady"),
    Profile("weekday and weekend", weekend=0.4, night=0.2),
    Profile("busy weekends", weekend=2.0, night=0.3),
    Profile("growing 15 % a week", weekend=0.6, night=0.2, growth_per_week=0.15),
    Profile("bursty", weekend=0.5, night=0.2, noise=0.6),
    Profile("billed once a day", weekend=0.5, noise=0.2, steps=True),
)


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll: the time, and what is left (None: could not be read)."""

    at: float
    left: float | None


def drained(profile: Profile, seed: int) -> tuple[list[Poll], float]:
    """Polls of 28 days that end with an empty account, and the time of that end.

    Use is drawn first; then the account is filled so that it is empty at the end, with three top-ups in the
    first half; one poll in fifty cannot be read, and once nothing is read for five hours.
    """
    chance = random.Random(seed)
    start = MONDAY + chance.randrange(7) * DAY
    used = list(_used(profile, chance, start))
    end = start + len(used) * EVERY
    top_ups = {chance.randrange(len(used) // 2): sum(used) * chance.uniform(0.1, 0.25) for _ in range(3)}
    left = sum(used) - sum(top_ups.values())
    lowest, now = 0.0, left
    for index, use in enumerate(used):
        now += top_ups.get(index, 0.0) - use
        lowest = min(lowest, now if index < len(used) // 2 else 0.0)
    if lowest < 0:  # a top-up comes before the account is empty
        top_ups = {index: amount / 4 for index, amount in top_ups.items()}
        left = sum(used) - sum(top_ups.values())
    blind_from = chance.randrange(len(used) - 30)
    polls = []
    for index, use in enumerate(used):
        left += top_ups.get(index, 0.0) - use
        lost = chance.random() < 0.02 or blind_from <= index < blind_from + 30
        polls.append(Poll(start + (index + 1) * EVERY, None if lost else round(left, 2)))
    return polls, end


def _used(profile: Profile, chance: random.Random, start: float) -> Iterator[float]:
    """What is used in each interval between polls, with days that differ among themselves."""
    a_day, waiting = chance.uniform(500, 5000), 0.0
    day_factor = 1.0
    for index in range(int(DAYS * DAY / EVERY)):
        at = start + index * EVERY
        hour, weekday = at % DAY / 3600, int((at - MONDAY) // DAY) % 7
        if index % int(DAY / EVERY) == 0:
            day_factor = math.exp(chance.gauss(0, profile.noise))
        level = a_day * (1 + profile.growth_per_week) ** ((at - start) / DAY / 7) * day_factor
        level *= profile.weekend if weekday >= 5 else 1.0
        light = (1 - math.cos(hour / 12 * math.pi)) / 2  # 0 at midnight, 1 at noon
        level *= profile.night + (1 - profile.night) * light
        waiting += level * EVERY / DAY * chance.uniform(0.5, 1.5)
        if not profile.steps or 2 <= hour < 2 + EVERY / 3600:
            yield waiting
            waiting = 0.0
        else:
            yield 0.0
