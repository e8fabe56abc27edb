"""A month of twenty rules of two Prometheus replicas through watchtower and, in the same run, a real Alertmanager.

python -m benchmarks.alertmanager                       thirty days, sixty times as fast: twelve minutes
python -m benchmarks.alertmanager --days 2 --speed 120  to try it out
"""

from __future__ import annotations

import argparse
import os
import statistics
from pathlib import Path

from benchmarks.alertmanager.ours import ours
from benchmarks.alertmanager.picture import picture
from benchmarks.alertmanager.script import script
from benchmarks.alertmanager.theirs import theirs
from benchmarks.alertmanager.told import Score, score

IMAGE = Path(__file__).parents[2] / "docs/images/prometheus-month.png"


def row(name: str, found: Score) -> str:
    median, late = statistics.median(found.after), found.after[int(0.95 * len(found.after))]
    return (
        f"| {name} | {found.messages} | {median:.0f}; {late:.0f} | {found.doubles} | {found.reminders}"
        f" | {found.false_over} | {found.missing} | {found.owed} |"
    )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--days", type=float, default=30.0)
    words.add_argument("--speed", type=float, default=60.0)
    words.add_argument("--picture", type=Path, default=IMAGE)
    given = words.parse_args()
    made = script(given.days)
    outages = sum(len(spans) for spans in made.bad.values())
    print(
        f"{given.days:g} days, {outages} outages, {len(made.sent)} alerts sent; load {os.getloadavg()[0]:.0f}"
    )
    told = [ours(made), *theirs(made, given.speed)]
    print(
        "| | messages | told after, s: median; 95 % | doubles | reminders | falsely over | not told | end not told |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    for one in told:
        print(row(one.who, score(made, one)))
    picture(made, told, given.picture)


if __name__ == "__main__":
    main()
