"""All checks fail at once and recover; some flap; the pager is down. What a person hears of it from Watchtower, and from
Prometheus with two Alertmanagers, one as it is shipped and one set to our window and interval. All of them probe the
same targets each five seconds, at the same time.

    python -m benchmarks.storm                          everything: 65 minutes at most
    python -m benchmarks.storm --parts storm            100, 1,000 and 3,000 checks: 27 minutes at most
    python -m benchmarks.storm --parts flapping         ten checks for ten minutes: 16 minutes at most
    python -m benchmarks.storm --parts pager            down for 30 s and for 10 min: 22 minutes at most
    python -m benchmarks.storm --parts storm --checks 100 --watch 60
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.overhead.processes import calibrate, cpu_used, host_cpu
from benchmarks.storm.picture import Curve, picture
from benchmarks.storm.stacks import ALERTMANAGERS, OURS, Stacks
from benchmarks.storm.told import Told, until

WHO = {OURS: OURS, **{name: f"Prometheus, Alertmanager {name}" for name in ALERTMANAGERS}}
WARM, CLEAR = 20.0, 330.0
"""Seconds before everything fails, and for an all-clear at most: Alertmanager's interval, and a little."""
FLAP, FLAPPING, FLAPPERS = 20.0, 600.0, 10
PAGED = 100


def storm(count: int, stacks: Stacks, watch: float, curves: list[Curve]) -> Iterator[str]:
    """All fail at once, are watched for `watch` seconds, and recover."""
    before, host, began = stacks.cpu(), host_cpu(), stacks.targets.set("all", "500")
    stacks.listen(watch)
    after, sizes = stacks.cpu(), stacks.sizes()
    used = {name: cpu_used(before[name], after[name]) for name in after}
    foreign = (host_cpu()[0] - host[0] - sum(used.values())) / watch
    for name, told in stacks.told.items():
        cpu, size = used[name], sizes[name]
        if name != OURS:
            cpu, size = cpu + used["prometheus"], size + sizes["prometheus"]
        posts, lost = list(told.firing), count - sum(some for _, some in told.firing)
        curves.append(Curve(count, WHO[name], [(at - began, some) for at, some in posts]))
        yield (
            f"| {count:,} | {WHO[name]} | fail | {until(posts, 1, began)} | {until(posts, count, began)} | {len(posts)} "
            f"| {lost} | {told.again} | {cpu:.1f} ({used[OURS] / cpu:.2f}) | {size:.0f} ({sizes[OURS] / size:.2f}) |"
        )
    over = stacks.targets.set("all", "ok")
    stacks.listen(CLEAR, lambda: all(_cleared(told, count, over) for told in stacks.told.values()))
    for name, told in stacks.told.items():
        first, last = until(told.resolved, 1, over), until(told.resolved, count, over)
        yield f"| {count:,} | {WHO[name]} | recover | {first} | {last} | {len(told.resolved)} | | | | |"
    yield f"<!-- {count:,} checks: everything else used {foreign:.0%} of a processor; load {os.getloadavg()[0]:.1f} -->"


def flapping(stacks: Stacks) -> Iterator[str]:
    """Some fail and recover for ten minutes, then all is well."""
    end, bad = time.monotonic() + FLAPPING, False
    while time.monotonic() < end or bad:
        bad = not bad
        stacks.targets.set("all", "500" if bad else "ok")
        stacks.listen(FLAP)
    stacks.listen(CLEAR)
    for name, told in stacks.told.items():
        yield f"| {WHO[name]} | {told.posts} | {len(told.firing)} | {len(told.resolved)} | {told.last} |"


def pager(down: float, stacks: Stacks) -> Iterator[str]:
    """Everything fails while no page is accepted, for `down` seconds."""
    stacks.receiver.answer(503)
    stacks.targets.set("all", "500")
    stacks.listen(down)
    stacks.receiver.answer(200)
    back = time.monotonic()
    stacks.listen(CLEAR, lambda: all(_all_told(told, back) for told in stacks.told.values()))
    stacks.listen(5.0)
    for name, told in stacks.told.items():
        lost = PAGED - sum(some for _, some in told.firing)
        yield (
            f"| {down:g} s | {WHO[name]} | {told.refused} | {until(told.firing, PAGED, back)} | {len(told.firing)} "
            f"| {lost} | {told.again if name != OURS else told.doubles} |"
        )


def _cleared(told: Told, count: int, over: float) -> bool:
    return until(told.resolved, count, over) is not None


def _all_told(told: Told, back: float) -> bool:
    return until(told.firing, PAGED, back) is not None


Rows = Callable[[Stacks], Iterator[str]]
HEADS = {
    "storm": """\
| checks | | all of them | first post, s | all said, s | posts | not told | told again | CPU, s (ratio) | MiB (ratio) |
|---:|---|---|---:|---:|---:|---:|---:|---:|---:|""",
    "flapping": """\
| ten checks, 20 s down and 20 s up, for ten minutes | posts | of failures | of recoveries | the last word |
|---|---:|---:|---:|---|""",
    "pager": """\
| down for | | attempts in vain | all told after, s | posts | lost | told twice |
|---:|---|---:|---:|---:|---:|---:|""",
}


def runs(
    parts: Sequence[str], checks: Sequence[int], watch: float, outages: Sequence[float], curves: list[Curve]
) -> Iterator[tuple[str, int, Rows]]:
    """What is to be run: the part, the number of checks, and what to do with the stacks."""
    if "storm" in parts:
        for count in checks:
            yield "storm", count, lambda stacks, count=count: storm(count, stacks, watch, curves)  # type: ignore[misc]
    if "flapping" in parts:
        yield "flapping", FLAPPERS, flapping
    if "pager" in parts:
        for down in outages:
            yield "pager", PAGED, lambda stacks, down=down: pager(down, stacks)  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=list(HEADS), default=list(HEADS))
    parser.add_argument("--checks", type=int, nargs="+", default=[100, 1000, 3000])
    parser.add_argument("--watch", type=float, default=200.0, help="seconds for which a storm goes on")
    parser.add_argument(
        "--down", type=float, nargs="+", default=[30.0, 600.0], help="seconds without a pager"
    )
    parser.add_argument("--picture", type=Path, help="where to draw when every check was told, as PNG or SVG")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # every process that was started ends with it
    print(f"calibration {calibrate()} ms; a storm goes on for {args.watch:g} s", flush=True)
    curves: list[Curve] = []
    last = ""
    for part, count, rows in runs(args.parts, args.checks, args.watch, args.down, curves):
        if part != last:
            print(f"\n{HEADS[part]}", flush=True)
            last = part
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                with Stacks(count, Path(folder)) as stacks:
                    stacks.listen(WARM)
                    for row in rows(stacks):
                        print(row, flush=True)
            except (OSError, RuntimeError, TimeoutError) as error:  # the other runs go on
                print(f"<!-- {part}, {count} checks: {error} -->", flush=True)
        print(f"<!-- {(time.monotonic() - begun) / 60:.1f} min -->", flush=True)
        if args.picture and curves:
            picture(curves, args.picture)


if __name__ == "__main__":
    main()
