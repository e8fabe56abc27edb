"""Twenty rules of two Prometheus replicas, which are restarted each 50 minutes, through watchtower and a real Alertmanager.

    python -m benchmarks.alertmanager                       six hours, 40 times as fast: nine minutes
    python -m benchmarks.alertmanager --hours 24 --speed 40

Alertmanager's timers are divided by the speed. It has no simulated clock, so that a month, which ours plays in minutes,
would take it a day. `--ours-days 30` plays a month through watchtower alone.
"""

from __future__ import annotations

import argparse
import os

from benchmarks.alertmanager.ours import ours
from benchmarks.alertmanager.script import script
from benchmarks.alertmanager.theirs import theirs
from benchmarks.alertmanager.told import Score, score


def row(name: str, found: Score) -> str:
    return f"| {name} | {found.posts} | {found.again} | {found.false_over} | {found.missing} | {found.owed} |"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--hours", type=float, default=6.0)
    words.add_argument("--speed", type=float, default=40.0)
    words.add_argument("--ours-days", type=float, default=0.0)
    given = words.parse_args()
    made = script(given.ours_days * 86400.0 or given.hours * 3600.0)
    outages = sum(len(spans) for spans in made.bad.values())
    print(
        f"{made.seconds / 3600:g} h, {outages} outages, {len(made.sent)} alerts sent; load {os.getloadavg()[0]:.0f}\n"
    )
    print(
        "| | messages | told again | falsely over | not told | end not told |\n|---|---:|---:|---:|---:|---:|"
    )
    print(row("watchtower", score(made, ours(made))), flush=True)
    if not given.ours_days:
        print(row("Alertmanager", score(made, theirs(made, given.speed))))


if __name__ == "__main__":
    main()
