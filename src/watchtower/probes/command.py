"""`command` runs a program that decides the outcome, such as a Nagios plug-in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import time
from typing import Annotated, Any, ClassVar

from watchtower.core.plan.checks import BASE_FACTS
from watchtower.fields import Field, Secret, model_validator
from watchtower.model import Fact, Facts, Outcome, Reading, Unit
from watchtower.numbers import Units, as_number
from watchtower.probes.contract import Probe, Target, down, unknown, up
from watchtower.probes.redaction import redactor

_KEPT = 65536
"""Bytes of output that are kept."""
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
            description="The program and its arguments, each a text of its own; no shell reads them.",
        )
        env: dict[str, Secret] = Field(
            default={}, description="Its environment, beyond PATH, LANG and TZ: nothing else is passed on."
        )
        cwd: str = Field(default="/", description="The directory to run it in.")
        measure: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], str] = Field(
            default={},
            description="Numbers to take from its performance data: name = label. Times are given in seconds, sizes in bytes.",
        )

        @model_validator(mode="after")
        def _names_are_free(self) -> Command.Settings:
            if not self.command[0].strip():
                raise ValueError("command: begins with nothing: write the program first")
            for name in self.measure:
                if name in Command.facts or name in BASE_FACTS:
                    raise ValueError(f'measure: "{name}" is measured already: choose another name')
            return self

    @classmethod
    def facts_for(cls, settings: Settings) -> Facts:
        """The measurements of every command, and those from this one's performance data."""
        return {
            **cls.facts,
            **{name: Fact.number(f"`{label}` of its output") for name, label in settings.measure.items()},
        }

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        own = {name: value.get_secret_value() for name, value in settings.env.items()}
        inherited = {name: os.environ[name] for name in ("TZ",) if name in os.environ}
        self._env = {"PATH": _PATH, "LANG": "C.UTF-8", **inherited, **own}
        self._clean = redactor(*own.values())

    async def probe(self) -> Reading:
        started = time.monotonic()
        # A pipe of our own: with asyncio's, wait() lasts until every child left behind has closed it too.
        ours, theirs = os.pipe()
        output = await _Output.of(ours)
        try:
            process = await asyncio.create_subprocess_exec(
                *self.settings.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                env=self._env,
                cwd=self.settings.cwd,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            output.close()
            said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "cannot be run"
            return unknown(
                "config", self._clean(f"{self.settings.command[0]} in {self.settings.cwd}: {said}")
            )
        finally:
            os.close(theirs)
        try:
            status = await self._ended(process, self.timeout_seconds - (time.monotonic() - started))
            latency = time.monotonic() - started
            if status is None:
                return unknown("timeout", f"it did not end within {self.timeout_seconds:g} s, and was killed")
            await output.end(within=0.5)
            return self._judge(status, bytes(output.kept).decode("utf-8", "replace"), latency)
        finally:
            output.close()

    async def _ended(self, process: asyncio.subprocess.Process, within: float) -> int | None:
        """The exit status; None when it exceeded its time. Kills everything that the program has started."""
        try:
            async with asyncio.timeout(within):
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            # Also after a good end: a child left behind would hold the output open.
            _kill_group(process.pid)

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


class _Output(asyncio.Protocol):
    """A program's output: the first `_KEPT` bytes. The rest is discarded, so that the program does not block."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self._ended = asyncio.Event()
        self._transport: asyncio.BaseTransport | None = None

    @classmethod
    async def of(cls, descriptor: int) -> _Output:
        """Reads a pipe and closes it at the end."""
        pipe = os.fdopen(descriptor, "rb", buffering=0)
        _, output = await asyncio.get_running_loop().connect_read_pipe(cls, pipe)
        return output

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.kept += data[: _KEPT - len(self.kept)]

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended.set()

    async def end(self, within: float) -> None:
        """Returns when all has been read, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._ended.wait()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


_ITEM = re.compile(r"(?:^|(?<=\s))(?:'((?:[^']|'')+)'|([^\s'=]+))=([^\s;]*)")
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
    """Values by label, times in seconds and sizes in bytes, of the first line and of the long output. An
    ambiguous value, such as `0,5s` or `2K`, is left out. Of two values under one label the first counts."""
    found: dict[str, float | None] = {}
    first, _, long = output.partition("\n")
    for part in (first.partition("|")[2], long.partition("|")[2]):
        for quoted, plain, value in _ITEM.findall(part):
            label = quoted.replace("''", "'") if quoted else plain
            found.setdefault(label, as_number(value, units=_UNITS, exponent=True))
    return {label: number for label, number in found.items() if number is not None}
