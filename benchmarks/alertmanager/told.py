"""What a person was told of each rule, against what was true."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.alertmanager.month import FLAPPING
from benchmarks.alertmanager.script import Script

SOON, OWED = 90.0, 900.0
"""Seconds: after which an outage that goes on is falsely called over; within which a person is to hear of an end."""
LONG = 180.0
"""Seconds from which an outage is to be heard of at all."""
REMINDS = 4 * 3600.0 - SOON
"""Seconds after which what is said again is a reminder, and before them a double."""


@dataclass(slots=True)
class Told:
    """`words` of each message by when it came: of which rules, and whether they fire."""

    who: str
    messages: list[tuple[float, dict[str, bool]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Score:
    """`doubles`: messages that say nothing but what was said within four hours; `reminders`: that it still fires, after
    more. `after`: seconds from each outage until it was told, in order. `false_over`: told that it is over while it goes
    on; `missing`: outages that nobody knew of; `owed`: ends of which nobody heard in time."""

    messages: int
    after: list[float]
    doubles: int
    reminders: int
    false_over: int
    missing: int
    owed: int


def score(made: Script, told: Told) -> Score:
    """Flapping rules count in messages alone."""
    doubles = reminders = 0
    of: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for at, words in sorted(told.messages, key=lambda one: one[0]):
        before = {rule: of[rule][-1] for rule in words if of[rule]}
        for rule, fires in words.items():
            of[rule].append((at, fires))
        if all(before.get(rule, (0.0, False))[1] == fires for rule, fires in words.items()):
            if not set(words) & set(FLAPPING):
                old = min((at - before[rule][0] for rule in words if rule in before), default=0.0)
                doubles, reminders = doubles + (old < REMINDS), reminders + (old >= REMINDS)
    false_over = missing = owed = 0
    after: list[float] = []
    for rule, spans in made.bad.items():
        if rule in FLAPPING:
            continue
        for number, (begin, end) in enumerate(spans):
            following = spans[number + 1][0] if number + 1 < len(spans) else made.seconds
            known = [fires for at, fires in of[rule] if at < begin][-1:] == [True]
            heard = [at - begin for at, fires in of[rule] if fires and begin <= at < following]
            missing += end - begin >= LONG and not known and not heard
            after += heard[:1] if not known else []
            last = [fires for at, fires in of[rule] if at < min(following, end + OWED)]
            owed += following > end + OWED and bool(last) and last[-1]
            false_over += sum(not fires and begin + SOON < at < end - SOON for at, fires in of[rule])
    return Score(len(told.messages), sorted(after), doubles, reminders, false_over, missing, owed)
