"""What a person was told of each rule, against what was true."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.alertmanager.script import Script

SOON, OWED = 90.0, 900.0
"""Seconds: after which an outage that goes on is falsely called over; within which a person is to hear of an end."""
LONG = 180.0
"""Seconds from which an outage is to be heard of at all."""


@dataclass(slots=True)
class Told:
    """`words`: when, of which rule, and whether it fires. `posts` counts messages; `over` words may say several rules at once."""

    posts: int = 0
    words: list[tuple[float, str, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Score:
    """`again`: told that it fires by who knew that; `false_over`: told that it is over while it goes on; `missing`: outages
    of which nobody heard; `owed`: ends of which nobody heard in time."""

    posts: int
    again: int
    false_over: int
    missing: int
    owed: int


def score(made: Script, told: Told) -> Score:
    """Flapping rules count in posts alone."""
    of: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for at, rule, fires in sorted(told.words):
        of[rule].append((at, fires))
    again = false_over = missing = owed = 0
    for rule, spans in made.bad.items():
        if rule in made.flaps:
            continue
        known = False
        for at, fires in of[rule]:
            again += fires and known
            known = fires
            false_over += not fires and any(begin + SOON < at < end - SOON for begin, end in spans)
        for number, (begin, end) in enumerate(spans):
            following = spans[number + 1][0] if number + 1 < len(spans) else made.seconds
            missing += end - begin >= LONG and not any(
                fires and begin <= at < following for at, fires in of[rule]
            )
            last = [fires for at, fires in of[rule] if at < min(following, end + OWED)]
            owed += following > end + OWED and bool(last) and last[-1]
    return Score(told.posts, again, false_over, missing, owed)
