"""What watchtower holds in memory, step by step: watching, once its board was opened, once it has paged, at a reload.

    python -m benchmarks.overhead.memory --checks 100,1000

Two minutes for each number of checks. The reload is read by a process of its own, which counts with the daemon here: the
limit of a container's memory must hold both.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

from benchmarks.overhead.ends import Receiver, Targets
from benchmarks.overhead.phases import Run
from benchmarks.overhead.processes import memory
from benchmarks.overhead.run import arguments
from benchmarks.overhead.watchtower import Watchtower

_RELOAD = 60.0
"""Seconds in which a reload must have begun and ended."""


def measured(checks: int, wait: float) -> Iterator[tuple[str, float, float]]:
    """What was done, MiB resident, MiB of it anonymous."""
    args = arguments("watchtower").parse_args(["--checks", str(checks), "--warmup", "0"])
    with tempfile.TemporaryDirectory(prefix="overhead-memory-") as folder, ExitStack() as cleanup:
        work = Path(folder)
        targets = Targets(work)
        cleanup.callback(targets.child.stop)
        receiver = Receiver(work)
        cleanup.callback(receiver.child.stop)
        stack = Watchtower(args, targets, receiver, work)
        cleanup.callback(stack.stop)
        stack.start()
        run, pid = Run(stack, args), stack.child.pid
        run.warm()
        time.sleep(wait)
        ask(stack.port, "/metrics")
        yield "watching, scraped", *now(pid)
        ask(stack.port, "/")
        yield "the board was opened", *now(pid)
        targets.set(["0"], "500")
        run.sleep_while(lambda: not run.paged("0"), args.page_limit)
        yield "a page was sent", *now(pid)
        yield "at a reload, with the process that reads", *reload(stack, pid)
        yield "after it", *now(pid)


def ask(port: int, path: str) -> None:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        answer.read()


def now(pid: int) -> tuple[float, float]:
    used = memory(pid)
    return round(used["rss_kib"] / 1024, 1), round(used["anonymous_kib"] / 1024, 1)


def reload(stack: Watchtower, pid: int) -> tuple[float, float]:
    """The most that both had while a reload was read."""
    log = stack.work / "watchtower.log"
    before, most = log.read_text().count("configuration_loaded"), now(pid)
    os.kill(pid, signal.SIGHUP)
    end = time.monotonic() + _RELOAD
    while log.read_text().count("configuration_loaded") == before and time.monotonic() < end:
        most = max(most, now(pid))
        time.sleep(0.01)
    return most


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead.memory")
    parser.add_argument("--checks", default="100,1000")
    parser.add_argument(
        "--wait",
        type=float,
        default=75.0,
        help="seconds of watching before the first look: at 60 the daemon tidies up",
    )
    args = parser.parse_args()
    print("| checks | | resident (RSS), MiB | of it anonymous, MiB |\n|---:|---|---:|---:|")
    for checks in map(int, args.checks.split(",")):
        for what, resident, anonymous in measured(checks, args.wait):
            print(f"| {checks:,} | {what} | {resident:.1f} | {anonymous:.1f} |", flush=True)


if __name__ == "__main__":
    main()
