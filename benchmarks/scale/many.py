"""Thousands of incidents that are open at once, each of its own check: what holds up the loop, and for how long.

Everything fails within one round of polls and goes on failing; then an incident is looked at every few seconds and people
are reminded. In the end the clock is set and a new plan is taken up. Ticks come in slices, as they do live.
`python -m benchmarks.scale.many` prints the table alone; about a minute.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.scale.wide import Storm, plan
from watchtower.app.memory import OLD, settle, tidy
from watchtower.core.events import ClockStepped, Ticked
from watchtower.model import Outcome

INCIDENTS = 13_000
_ROUNDS = 8
"""Of polls after the one in which everything begins to fail: past the first reminders of a P1."""


class Collections:
    """How long the garbage collector stopped everything, ms: as the storm goes, and in `tidy` once a minute."""

    def __init__(self) -> None:
        self.longest, self._begun = 0.0, 0.0

    def __call__(self, phase: str, _: Any) -> None:
        if phase == "start":
            self._begun = time.thread_time()
        else:
            self.longest = max(self.longest, (time.thread_time() - self._begun) * 1e3)


@dataclass(frozen=True)
class Held:
    """Milliseconds, each the longest in one piece; `core` is the share of one core that ticks and polls take."""

    incidents: int
    event: float
    tick: float
    collection: float
    stepped: float
    replaced: float
    core: float


def measure(incidents: int) -> Held:
    """Well, then failing, reminded, with the clock set, and with another plan."""
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(plan(Path(folder), incidents, "P1"))
    storm.round(Outcome.UP)
    settle()
    storm.longest.clear()
    collections = Collections()
    gc.callbacks.append(collections)
    storm.round(Outcome.DOWN)
    spent = 0.0
    for _ in range(_ROUNDS):
        spent += storm.round(Outcome.DOWN)
        storm.at += 50.0  # a minute a round: reminders come due
        tidy()
    gc.callbacks.remove(collections)
    event = max(took for kind, took in storm.longest.items() if kind is not Ticked)
    storm.feed(ClockStepped(60.0))
    begun = time.thread_time()
    storm.engine.replace_plan(replace(storm.engine.plan), storm.at)
    replaced = time.thread_time() - begun
    gc.unfreeze()
    return Held(
        incidents, event * 1e3, storm.longest[Ticked] * 1e3, collections.longest, storm.longest[ClockStepped] * 1e3,
        replaced * 1e3, spent / (_ROUNDS * 10.0),
    )  # fmt: skip


def table(sizes: tuple[int, ...] = (INCIDENTS,)) -> Table:
    out = Table(title="Incidents that are open at once, each of one check: the longest in one piece, ms")
    for name in (
        "incidents",
        "event",
        "slice of a tick",
        "collection",
        "clock was set",
        "new plan",
        "core, %",
    ):
        out.add_column(name, justify="right")
    for held in map(measure, sizes):
        out.add_row(
            f"{held.incidents:,}", *(f"{ms:.1f}" for ms in (held.event, held.tick, held.collection)),
            f"{held.stepped:.0f}", f"{held.replaced:.0f}", f"{held.core * 100:.0f}",
        )  # fmt: skip
    out.caption = f"aim: 50 ms, but for a clock that is set and a new plan; {OLD:,} old objects are collected, more are not"
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.scale.many", description=__doc__)
    parser.add_argument("--incidents", type=int, nargs="*", default=(INCIDENTS,))
    Console(width=110).print(table(tuple(parser.parse_args().incidents)))
