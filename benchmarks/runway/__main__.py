"""`python -m benchmarks.runway`: the error of days left at 14, 7, 3 and 1 days before the known end."""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from benchmarks.runway.accounts import DAY, EVERY, PROFILES, Poll, Profile, drained
from benchmarks.runway.plain import Division
from watchtower.detectors.runway import Runway
from watchtower.model import Observation, Outcome, Reading

BEFORE = (14.0, 7.0, 3.0, 1.0)
WAYS = ("watchtower", "falls over 3 days", "plain division")
Errors = dict[tuple[str, float], list[float]]


def observe(poll: Poll) -> Observation:
    if poll.left is None:
        return Observation("account", poll.at, Reading(Outcome.UNKNOWN, reason="timeout"))
    return Observation("account", poll.at, Reading(Outcome.UP, {"balance": poll.left}))


def measure(profile: Profile, seeds: Iterable[int]) -> tuple[Errors, list[bool]]:
    """Relative errors (said / true - 1) by way and true days left; was the truth between low and high?"""
    errors: Errors = defaultdict(list)
    inside: list[bool] = []
    for seed in seeds:
        polls, end = drained(profile, seed)
        detector, division = Runway(Runway.Settings(), EVERY), Division()
        due = list(BEFORE)
        for poll in polls:
            facts = detector.update(observe(poll))
            division.add(poll)
            true = (end - poll.at) / DAY
            if poll.left is None or not due or true > due[0]:
                continue
            before = due.pop(0)
            said = (facts["runway.days_left"], division.by_falls(), division.plainly())
            for way, days in zip(WAYS, said, strict=True):
                errors[way, before].append(days / true - 1 if isinstance(days, float) else float("inf"))
            low, high = facts["runway.days_low"], facts["runway.days_high"]
            inside.append(isinstance(low, float) and isinstance(high, float) and low <= true <= high)
    return errors, inside


def cost(profile: Profile) -> tuple[float, int]:
    """Microseconds of one update with a full state, and the bytes of that state as JSON."""
    polls, _ = drained(profile, 1)
    detector = Runway(Runway.Settings(), EVERY)
    observations = [observe(poll) for poll in polls]
    half = len(observations) // 2
    for one in observations[:half]:
        detector.update(one)
    began = time.process_time()
    for one in observations[half:]:
        detector.update(one)
    took = (time.process_time() - began) / (len(observations) - half)
    return took * 1e6, len(json.dumps(detector.state()))


def _cell(errors: Sequence[float]) -> str:
    median = statistics.median(map(abs, errors))
    late = sum(error > 0.1 for error in errors) / len(errors)
    return f"{f'{median:.0%}' if math.isfinite(median) else 'no answer'} ({late:.0%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100, help="accounts of each kind")
    accounts = parser.parse_args().accounts
    heads = " ".join(f"{f'{days:g} d before':>20}" for days in BEFORE)
    print(f"{accounts} accounts of each kind, 28 days, a poll each 10 min, three top-ups.")
    print("Relative error of days left: median of its size (share that promised over 10 % too long)\n")
    print(f"{'':22} {'':18} {heads}")
    for profile in PROFILES:
        errors, inside = measure(profile, range(accounts))
        for way in WAYS:
            cells = " ".join(f"{_cell(errors[way, before]):>20}" for before in BEFORE)
            print(f"{profile.name if way == WAYS[0] else '':22} {way:18} {cells}")
        print(f"{'':22} the truth was between days_low and days_high in {sum(inside) / len(inside):.0%}")
    micros, size = cost(PROFILES[1])
    print(f"\none observation: {micros:.0f} µs; state: {size} bytes of JSON")


if __name__ == "__main__":
    main()
