"""What two replicas of Prometheus send about twenty rules in a month of an operations team.

As measured of Prometheus 2.42: an alert is sent when it fires and each 65 s, with an end four minutes after its evaluation;
its end is sent for fifteen minutes. A replica that is down sends nothing, and
never ends what fired before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.alertmanager.month import HOUR, REMOVED, Span, outages, restarts

REPEAT, LASTS, ENDS_FOR, FOR = 65.0, 240.0, 900.0, 60.0
"""Seconds: between two sendings, from an evaluation to the end it names, for how long an end is sent, a rule's `for`."""
QUIET = 1200.0
"""Seconds after the last word of any rule in which Alertmanager has told all and forgotten its groups."""


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
    sent: list[Sent] = field(default_factory=list)

    def pieces(self) -> list[list[Sent]]:
        """What is sent, cut wherever all rules have been quiet for twenty minutes."""
        found: list[list[Sent]] = []
        until = -QUIET
        for one in self.sent:
            if one.at >= until:
                found.append([])
            found[-1].append(one)
            until = max(until, one.at + LASTS + QUIET)
        return found


def script(days: float, seed: int = 15) -> Script:
    """Twenty rules over so many days, the last three hours quiet."""
    draw, made = random.Random(seed), Script(days * 24 * HOUR)
    made.bad = outages(draw, days)
    removed = made.bad[REMOVED][-1][1] if made.bad[REMOVED] else -1.0
    for replica, down in enumerate(restarts(draw, days)):
        for rule, spans in made.bad.items():
            late = draw.uniform(0.0, 30.0)
            for begin, end in spans:
                seen = (begin + late + FOR, end + late)
                made.sent += _of_one(replica, rule, seen, down, ends=(rule, end) != (REMOVED, removed))
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
