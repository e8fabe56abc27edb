"""A small plan, a clock that a test moves, and a log that a test reads."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog

from watchtower import logs
from watchtower.channels import traits
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.rules import Match, Rule
from watchtower.model import Fact, Severity, Text
from watchtower.telemetry import Telemetry

FACTS = {"latency": Fact.number("how long it took"), "requests": Fact.number("requests")}
CHECKOUT = Check(
    name="checkout", probe="metrics", every=10, timeout=5, settings=None, facts=FACTS, flow="checkout"
)
BANK = Check(name="bank", probe="http", every=15, timeout=3, settings=None, facts=FACTS)
PLAN = Plan(
    kinds=traits(),
    flows={"checkout": Flow(name="checkout", title=Text("Checkout", "下单"))},
    checks={"checkout": CHECKOUT, "bank": BANK},
    rules={
        "silent": Rule(
            name="silent",
            match=Match(),
            when="requests == 0",
            programs={},
            severity=Severity.P1,
            summaries={},
        )
    },
    channels={"email": None},
)


@dataclass
class Clock:
    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Log:
    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def words(self) -> list[str]:
        return [event["event"] for event in self.events]


def exposition(telemetry: Telemetry) -> str:
    """What a scrape is answered."""
    return b"".join(asyncio.run(telemetry.scrape())[0]).decode()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def telemetry(clock: Clock) -> Telemetry:
    telemetry = Telemetry("1.2.3", clock=clock, series_bound=3)
    telemetry.reloaded(True, plan=PLAN)
    clock.now += 10  # past what an exposition is kept
    return telemetry


@pytest.fixture
def keep_logging() -> Iterator[None]:
    """Puts the process' logging back as it was."""
    root, own = logging.getLogger(), logging.getLogger("watchtower")
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:], root.level = before[0], before[1]
    own.setLevel(before[2])
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def log(keep_logging: None) -> Log:
    """The log at info, as JSON."""
    log = Log()
    logs.configure("json", "info", stream=log.stream)
    return log
