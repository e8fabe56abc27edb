"""One run of a transaction: its steps in order until one fails, and then, whatever happened, its clean-up."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence

from watchtower.model import Fact, Facts, Outcome, Reading, Unit, Value
from watchtower.probes.aside import read_aside
from watchtower.probes.budget import Budget
from watchtower.probes.carried import RUN_ID, cookies_of
from watchtower.probes.contract import down, unknown, up
from watchtower.probes.http import Http
from watchtower.probes.redaction import redactor
from watchtower.probes.step import AskedStep

_PAUSE = 1.0
"""Seconds from one try of a step to the next."""
_LONG = 1 << 20
"""Says that something is to be done aside: to look for many secrets in all their spellings takes its time."""
OF_STEP: Facts = {
    "seconds": Fact.number("the whole of the step `{}`", Unit.SECONDS),
    "status": Fact.number("the HTTP status of the step `{}`"),
    "dns_seconds": Fact.number("time of the step `{}` to resolve the name", Unit.SECONDS),
    "connect_seconds": Fact.number("time of the step `{}` to connect by TCP", Unit.SECONDS),
    "tls_seconds": Fact.number("time of the step `{}` for the TLS handshake", Unit.SECONDS),
    "first_byte_seconds": Fact.number("time of the step `{}` to the first byte", Unit.SECONDS),
}
"""What is measured of each step, as `pay_seconds`."""


class Transaction:
    """`done` steps were well; `at` is the name of the one that it came to last."""

    def __init__(self, steps: Sequence[AskedStep], cleanup: Sequence[AskedStep], budget: Budget) -> None:
        self._steps, self._cleanup, self._budget = steps, cleanup, budget
        self.id = str(uuid.uuid4())
        self._values: dict[str, str] = {RUN_ID: self.id}
        self._cookies: tuple[bytes, ...] = ()
        self._masked = set[str]()
        self.done, self.at = 0, ""
        self.measurements: dict[str, Value] = {}

    async def walk(self, within: float) -> Reading:
        """The steps, in so many seconds: what the first says that is not well, or that all are."""
        started = time.monotonic()
        for step in self._steps:
            self.at = step.own.name
            reading = await self._try(step, started + within)
            self._measure(step, reading)
            if reading.outcome is not Outcome.UP:
                return reading
            self.done += 1
        return up(latency=time.monotonic() - started)

    async def clean_up(self, within: float) -> int:
        """How many of its clean-up's steps failed. One that needs a value that nothing gave is left out."""
        until, failed = time.monotonic() + within, 0
        for step in self._cleanup:
            if step.places <= self._values.keys():
                reading = await self._ask(step, until - time.monotonic())
                failed += reading.outcome is not Outcome.UP
        return failed

    async def clean(self, text: str) -> str:
        """Without the secrets of any step, and without anything that was carried."""
        return await read_aside(_LONG, self._struck, text)

    def _struck(self, text: str) -> str:
        steps = (*self._steps, *self._cleanup)
        known = {secret for step in steps for secret in step.secrets}
        values = {value for name, value in self._values.items() if name != RUN_ID}
        urls = [url for step in steps for url in (step.request.url, step.request.proxy)]
        return redactor(*known, *values, *self._masked, urls=urls)(text)

    async def _try(self, step: AskedStep, until: float) -> Reading:
        """Asked again for as long as it may be, while it is not as expected."""
        again = min(until, time.monotonic() + step.own.retry_for)
        while True:
            if lacking := self._budget.lacks(step.own.spends):
                return unknown("budget", f"less of {lacking} is left of today's budget than it spends")
            reading = await self._ask(step, until - time.monotonic())
            if reading.outcome is not Outcome.DOWN or time.monotonic() + _PAUSE >= again:
                return reading
            await asyncio.sleep(_PAUSE)

    async def _ask(self, step: AskedStep, left: float) -> Reading:
        if left <= 0:
            return down("timeout", "the transaction's time was up before it began")
        self._budget.spend(step.own.spends)
        reading, answer = await step.ask_with(self._values, self._cookies, left)
        if answer is not None:
            self._cookies = answer.cookies
            self._masked |= set(cookies_of(answer.cookies).values())
            self._values |= step.carried
        return reading

    def _measure(self, step: AskedStep, reading: Reading) -> None:
        found: Mapping[str, Value] = reading.measurements
        if "latency" in found:
            found = {**found, "seconds": found["latency"]}
            self.measurements["status"] = found["status"]
        for name, value in found.items():
            if name in OF_STEP:
                self.measurements[f"{step.own.name}_{name}"] = value
            elif name not in Http.facts:
                self.measurements[name] = value
