"""What two replicas of Prometheus send about twenty rules: outages, flapping, restarts, and a rule that is removed.

As measured of Prometheus 2.42: an alert is sent when it fires and each 65 s, with an end four minutes after its evaluation;
its end is sent for fifteen minutes. A replica that is down sends nothing, and
never ends what fired before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

REPEAT, LASTS, ENDS_FOR, FOR = 65.0, 240.0, 900.0, 60.0
"""Seconds: between two sendings, from an evaluation to the end it names, for how long an end is sent, a rule's `for`."""
DOWN, EVERY = 120.0, 3000.0
"""Seconds that a restart takes, and between two of one replica."""
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sent:
    """One alert in a post of a replica, at `at`. All are seconds since the beginning."""

    at: float
    replica: int
    rule: str
    starts_at: float
    ends_at: float


@dataclass(slots=True)
class Script:
    """`bad` are the times in which each rule's condition holds, as nobody but the script knows."""

    seconds: float
    bad: dict[str, list[Span]] = field(default_factory=dict)
    flaps: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)


def script(seconds: float, seed: int = 15) -> Script:
    """Twenty rules over so many seconds, the last half hour quiet."""
    draw, made = random.Random(seed), Script(seconds)
    for number in range(20):
        rule, at = f"Rule{number:02}", draw.uniform(120.0, 1800.0)
        spans: list[Span] = []
        if number % 7 == 3:
            made.flaps.add(rule)
        while at < seconds - 5400.0:
            if rule in made.flaps:
                for _ in range(10):
                    spans.append((at, at + draw.uniform(70.0, 150.0)))
                    at = spans[-1][1] + draw.uniform(60.0, 180.0)
            else:
                spans.append((at, at + draw.choice((240.0, 600.0, 1500.0, 3600.0))))
                at = spans[-1][1]
            at += draw.uniform(1200.0, 5400.0)
        made.bad[rule] = spans
    removed = seconds / 2.0  # the first rule is taken out while it fires: nobody sends its end
    made.bad["Rule00"] = [one for one in made.bad["Rule00"] if one[1] < removed - 1800.0] + [
        (removed - 600.0, removed)
    ]
    for replica in (0, 1):
        first = 1500.0 + 1400.0 * replica
        restarts = [first + EVERY * n for n in range(int(seconds / EVERY))]
        down = [(at, at + DOWN) for at in restarts]
        for rule, spans in made.bad.items():
            late = draw.uniform(0.0, 30.0)
            for begin, end in spans:
                seen = (begin + late + FOR, end + late)
                made.sent += _of_one(replica, rule, seen, down, ends=(rule, end) != ("Rule00", removed))
    made.sent.sort(key=lambda one: one.at)
    return made


def _of_one(replica: int, rule: str, seen: Span, down: list[Span], *, ends: bool) -> Iterator[Sent]:
    """One outage as one replica sees it: restarts cut it into pieces, of which only the last is ended."""
    begin, end = seen
    cuts = [one for one in down if one[0] < end and one[1] > begin]
    for cut in [*cuts, None]:
        until = end if cut is None else min(end, cut[0])
        if begin < until:
            at = begin
            while at < until:
                yield Sent(at, replica, rule, begin, at + LASTS)
                at += REPEAT
            if cut is None and ends:
                at = end
                silent = next((one[0] for one in down if one[0] > end), end + ENDS_FOR)
                while at < min(end + ENDS_FOR, silent):
                    yield Sent(at, replica, rule, begin, end)
                    at += REPEAT
        if cut is not None:
            begin = cut[1] + FOR  # it waits for the rule's `for` anew
