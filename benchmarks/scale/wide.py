"""A wide outage: many flows of the matrix fail within one round of polls, end in one incident, and go on failing.

The yardstick is the same storm in the same run with a rule of fixed severity, where each check has an incident of its
own: what an alert costs anyhow. Events are handed to the engine one by one, with a tick a second; pages arrive at once. What is
written into a mail belongs to the event that sends it, as it does live.
`python -m benchmarks.scale.wide` prints the table alone.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from watchtower.app.inbox import AT_MOST
from watchtower.app.memory import settle, sweep
from watchtower.brief.mail import with_briefs
from watchtower.config.load import load
from watchtower.core.events import Delivered, Event, Observed, Ticked
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.detectors import DETECTORS
from watchtower.model import Observation, Outcome, Reading

EVERY = 10
"""Seconds between two polls of a check."""
SIZES = (50, 200, 1000)
_ROUNDS = 6
"""Of polls after the one in which everything begins to fail."""
_RULES = """
[product]
name = "Benchmark"

[[rule]]
name = "down"
match = {{}}
when = "outcome == 'down'"
severity = "{severity}"

[[responder]]
name = "li"
email = "li@example.com"

[channel.email]
mailbox = "mailbox"
"""
_FLOW = """
[flow.flow-{n:04d}]
requests_per_minute = 60.0

[[check]]
name = "check-{n:04d}"
flow = "flow-{n:04d}"
probe = "http"
url = "http://127.0.0.1:1/{n}"
every = "10s"
"""


@dataclass(frozen=True)
class Outage:
    """µs of processor time in the engine an alert and a further poll, ticks included; the longest single event, ms."""

    flows: int
    alert: float
    poll: float
    longest: float


def plan(folder: Path, flows: int, severity: str) -> Plan:
    """`flows` flows, an HTTP check each, read from files as a team would write them."""
    (folder / "checks").mkdir(parents=True)
    (folder / "checks/flows.toml").write_text("".join(_FLOW.format(n=n) for n in range(flows)))
    (folder / "rules.toml").write_text(_RULES.format(severity=severity))
    return load(folder / "rules.toml", folder / "checks", {}).plan


class Storm:
    """An engine, its clock, and how long each event took."""

    def __init__(self, plan: Plan) -> None:
        self.at = 1_700_000_000.0
        self.names = list(plan.checks)
        self.engine = Engine(plan, DETECTORS, self.at)
        self.longest: dict[type, float] = {}
        """Seconds of the longest event, of each kind."""

    def round(self, outcome: Outcome) -> float:
        """One poll of each check, spread over `EVERY` seconds; the seconds that the engine took."""
        spent = 0.0
        for second in range(EVERY):
            for name in self.names[second::EVERY]:
                spent += self.feed(Observed(Observation(name, self.at, Reading(outcome))))
            for page in list(self.engine.state.pages.values()):
                spent += self.feed(Delivered(page.id, page.incident))
            self.at += 1.0
            begun = time.thread_time()
            sweep()
            spent += time.thread_time() - begun
            spent += self.feed(Ticked(AT_MOST))
            while self.engine.behind:
                spent += self.feed(Ticked(AT_MOST))
        return spent

    def feed(self, event: Event) -> float:
        begun = time.thread_time()
        with_briefs(self.engine.handle(event, self.at))
        took = time.thread_time() - begun
        self.longest[type(event)] = max(self.longest.get(type(event), 0.0), took)
        return took


def measure(flows: int, severity: str) -> Outage:
    """Well, then failing."""
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(plan(Path(folder), flows, severity))
    storm.round(Outcome.UP)
    settle()
    storm.longest.clear()
    alert = storm.round(Outcome.DOWN)
    further = sum(storm.round(Outcome.DOWN) for _ in range(_ROUNDS))
    gc.unfreeze()
    return Outage(
        flows, alert / flows * 1e6, further / _ROUNDS / flows * 1e6, max(storm.longest.values()) * 1e3
    )


def table(sizes: tuple[int, ...] = SIZES) -> Table:
    """Wide outages beside as many narrow ones."""
    out = Table(
        title="Wide outages: n flows of the matrix in one incident, beside n incidents of fixed severity"
    )
    for name in ("flows", "µs an alert", "ratio", "µs a further poll", "ratio", "longest event, ms", "ratio"):
        out.add_column(name, justify="right")
    for wide, own in _pairs(sizes):
        out.add_row(
            f"{wide.flows:,}", f"{wide.alert:,.0f}", f"{wide.alert / own.alert:.2f}", f"{wide.poll:,.0f}",
            f"{wide.poll / own.poll:.2f}", f"{wide.longest:,.1f}", f"{wide.longest / own.longest:.2f}",
        )  # fmt: skip
    out.caption = (
        "aim at 1,000: at most 500 µs an alert and a further poll, no event above 50 ms, collections included"
    )
    return out


def _pairs(sizes: tuple[int, ...]) -> Iterator[tuple[Outage, Outage]]:
    for flows in sizes:
        yield measure(flows, "matrix"), measure(flows, "P2")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.scale.wide", description=__doc__)
    parser.add_argument("--flows", type=int, nargs="*", default=SIZES)
    Console(width=110).print(table(tuple(parser.parse_args().flows)))
