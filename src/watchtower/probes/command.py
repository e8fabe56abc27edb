"""`command` runs a program that decides the outcome, such as a Nagios plug-in."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from typing import Any, ClassVar

from watchtower.core.plan.checks import MeasureName, free
from watchtower.fields import Field, Secret, model_validator
from watchtower.model import Fact, Facts, Outcome, Reading, Unit
from watchtower.numbers import Units, as_number
from watchtower.probes.contract import MOST_PROGRAMS, Probe, Target, down, unknown, up
from watchtower.probes.redaction import redactor
from watchtower.programs import CannotRun, run

_KEPT = 65536
"""Bytes of output that are kept."""
_TIMEOUT = "{timeout}"
_ENDS = {"_seconds": Unit.SECONDS, "_bytes": Unit.BYTES, "_days": Unit.DAYS}
_LEVELS = {0: "ok", 1: "warning", 2: "critical"}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/nagios/plugins"


class Command(Probe):
    """Exit status 0 is up, 1 is up with a warning, 2 is down; any other is unknown."""

    kind = "command"
    every = "1m"
    timeout = "10s"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("how long the program ran", Unit.SECONDS),
        "exit_code": Fact.number("the program's exit status"),
        "level": Fact.string("`ok`, `warning`, `critical` or `unknown`, by the exit status"),
    }

    class Settings(Probe.Settings):
        command: list[str] = Field(
            min_length=1,
            description="The program and its arguments, each a text of its own; no shell reads them. `{timeout}` alone"
            " is a second less than the check's timeout, in whole seconds.",
        )
        env: dict[str, Secret] = Field(
            default={}, description="Its environment, beyond PATH, LANG and TZ: nothing else is passed on."
        )
        cwd: str = Field(default="/", description="The directory to run it in.")
        measure: dict[MeasureName, str] = Field(
            default={},
            description="Numbers to take from its performance data: name = label. Times are given in seconds, sizes in bytes."
            " `label;max` is the greatest possible value; so are `warn`, `crit` and `min`.",
        )

        @model_validator(mode="after")
        def _names_are_free(self) -> Command.Settings:
            if not self.command[0].strip():
                raise ValueError("command: begins with nothing: write the program first")
            free(self.measure, Command.facts)
            return self

    @classmethod
    def facts_for(cls, settings: Settings) -> Facts:
        """The measurements of every command, and those from this one's performance data."""
        return {
            **cls.facts,
            **{
                name: Fact.number(f"`{label}` of its output", _unit_of(name))
                for name, label in settings.measure.items()
            },
        }

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        own = {name: value.get_secret_value() for name, value in settings.env.items()}
        inherited = {name: os.environ[name] for name in ("TZ",) if name in os.environ}
        self._env = {"PATH": _PATH, "LANG": "C.UTF-8", **inherited, **own}
        self._clean = redactor(*own.values())
        left = str(max(1, int(self.timeout_seconds - 1)))
        self._command = [left if one == _TIMEOUT else one for one in settings.command]

    async def probe(self) -> Reading:
        within, started = self.timeout_seconds, time.monotonic()
        try:
            async with asyncio.timeout(within):
                await self.services.programs.acquire()
        except TimeoutError:
            return unknown(
                "too_many_programs", f"{MOST_PROGRAMS} other programs were running for {within:g} s"
            )
        try:
            left = within - (time.monotonic() - started)
            ended = await run(self._command, self._env, self.settings.cwd, left, _KEPT)
        except CannotRun as why:
            return unknown("config", self._clean(f"{self.settings.command[0]} in {self.settings.cwd}: {why}"))
        finally:
            self.services.programs.release()
        if ended.status is None:
            return unknown("timeout", f"it did not end within {self.timeout_seconds:g} s, and was killed")
        return self._judge(ended.status, ended.output, ended.seconds)

    def _judge(self, status: int, output: str, latency: float) -> Reading:
        level = _LEVELS.get(status, "unknown")
        numbers = perfdata(output) if self.settings.measure else {}
        measured: dict[str, Any] = {"latency": latency, "exit_code": status, "level": level}
        measured |= {name: numbers.get(label) for name, label in self.settings.measure.items()}
        said = output.partition("\n")[0].partition("|")[0].strip()
        detail = self._clean(said or f"exit status {status}, without a word")
        if level == "ok":
            return up(**measured)
        if level == "warning":
            return Reading(Outcome.UP, up(**measured).measurements, detail=detail)
        if level == "critical":
            return down("critical", detail, **measured)
        if status < 0:
            return unknown("crashed", f"ended by {signal.Signals(-status).name}", **measured)
        return unknown("plugin", detail, **measured)


_ITEM = re.compile(r"(?:^|(?<=\s))(?:'((?:[^']|'')+)'|([^\s'=]+))=([^\s;]*)((?:;[^\s;]*){0,4})")
_BOUNDS = ("warn", "crit", "min", "max")
_UNIT = re.compile(r"[A-Za-z%]*$")
_UNITS: Units = {
    "s": 1,
    "ms": "0.001",
    "us": "0.000001",
    "ns": "0.000000001",
    "%": 1,
    "B": 1,
    "c": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGTPE", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGTPE", 1)},
    "kB": 1000,
}
"""What the plug-in guidelines name, and what plug-ins write all the same. A bare `K` or `M` may be either."""


def perfdata(output: str) -> dict[str, float]:
    """Values by label, times in seconds and sizes in bytes, of the first line and of the long output; their bounds by
    `label;max` and so on. An ambiguous value, such as `0,5s` or `2K`, is left out. Of two values under one label the
    first counts."""
    found: dict[str, float | None] = {}
    first, _, long = output.partition("\n")
    for part in (first.partition("|")[2], long.partition("|")[2]):
        for quoted, plain, value, bounds in _ITEM.findall(part):
            label = quoted.replace("''", "'") if quoted else plain
            if label in found:
                continue
            found[label] = as_number(value, units=_UNITS, exponent=True)
            unit = _UNIT.findall(value)[0]
            for name, bound in zip(_BOUNDS, bounds.split(";")[1:], strict=False):
                found[f"{label};{name}"] = as_number(f"{bound}{unit}", units=_UNITS, exponent=True)
    return {label: number for label, number in found.items() if number is not None}


def _unit_of(name: str) -> Unit:
    """By the end of the name that the check gives it, so that people read `3 GB` and `200 ms`."""
    return next((unit for end, unit in _ENDS.items() if name.endswith(end)), Unit.NONE)
