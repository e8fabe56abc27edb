"""What a probe is. One kind, one class, one file; its settings beside its code.

A probe looks at one target when it is told to and says what it saw. It knows nothing of schedules, rules,
storage or people. It never raises for what the target does wrong: that is a `down` reading; and where it
cannot tell (its own credentials are wrong, it cannot run at all) it says `unknown`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from weakref import WeakValueDictionary

from watchtower.fields import Settings as ProbeSettings
from watchtower.model import Fact, Facts, Outcome, Reading, Value
from watchtower.probes.counts import MeasuredCounts
from watchtower.probes.kept import Kept
from watchtower.probes.statsd_ports import StatsdPorts
from watchtower.values import Frozen, field

__all__ = ["Fact", "Facts", "Probe", "Reading", "Services", "Target", "down", "unknown", "up"]


MOST_PROGRAMS = 16
"""Programs that checks may have running at one time."""


class Services(Frozen):
    """Shared resources that the daemon lends to probes. `curl` is a `watchtower.curl.CurlFleet`; `counts` is what other
    checks have counted; `kept` outlives a restart; `statsd` are the ports that checks listen to."""

    curl: Any = None
    counts: MeasuredCounts = field(default_factory=MeasuredCounts)
    programs: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_PROGRAMS))
    """Whoever starts a program holds it meanwhile: a hundred plug-ins at once would stop a small machine."""
    kept: Kept = field(default_factory=Kept)
    statsd: StatsdPorts = field(default_factory=StatsdPorts)
    tokens: WeakValueDictionary[str, Any] = field(default_factory=WeakValueDictionary)
    """Access tokens of OAuth clients, by whose they are, as long as a check has them: vendors count and bill each new one."""


class Target(Frozen):
    """What a probe runs for: the check's name, seconds between runs, seconds that a run may take."""

    check: str
    every: float
    timeout: float
    series: tuple[str, ...] = ()
    """Series that the check declares flows for: one that is missing is to be reported `unknown`, `absent`."""


class Probe:
    """Base of all probes.

    Define `probe`, plain or `async`: plain ones run in a thread, so `requests` is fine there. Each returns
    one Reading, or several that differ in `series`. `facts` declares every measurement that it can give.
    """

    kind: ClassVar[str]
    facts: ClassVar[Facts] = {}
    detector: ClassVar[str] = ""
    """The detector that checks of this kind have unless they say otherwise: `traffic`, `runway` or none."""
    by_name: ClassVar[bool] = False
    """What comes in is addressed to the check by its name, so that checks with the same settings measure different things."""
    of_daemon: ClassVar[bool] = False
    """What it measures is sent to the daemon, or is made of what other checks have measured: no worker can make it."""
    every: ClassVar[str] = "15s"
    timeout: ClassVar[str] = "5s"

    class Settings(ProbeSettings):
        """The keys of a check of this kind, beyond those that every check has."""

    def __init__(self, settings: Any, target: Target) -> None:
        self.settings = settings
        self.target = target

    @property
    def timeout_seconds(self) -> float:
        return self.target.timeout

    async def open(self, services: Services) -> None:
        """Called once before the first run, to take shared resources."""
        self.services = services

    async def close(self) -> None:
        """Called once after the last run, to close connections."""

    def probe(self) -> Any:
        """Returns `Reading | Sequence[Reading]`, or an awaitable of it."""
        raise NotImplementedError(f"{type(self).__name__} must define probe()")


def up(series: str = "", covers: float = 0.0, **measurements: Value) -> Reading:
    """The target is healthy, with these measurements."""
    return Reading(Outcome.UP, _floats(measurements), series=series, covers=covers)


def down(reason: str, detail: str = "", series: str = "", **measurements: Value) -> Reading:
    """The target is not healthy. `reason` is one word, `detail` a sentence without secrets."""
    return Reading(Outcome.DOWN, _floats(measurements), reason, detail, series)


def unknown(reason: str, detail: str = "", series: str = "", **measurements: Value) -> Reading:
    """The probe itself failed, so the target's state is unknown."""
    return Reading(Outcome.UNKNOWN, _floats(measurements), reason, detail, series)


def _floats(measurements: Mapping[str, Any]) -> dict[str, Value]:
    return {name: float(v) if type(v) is int else v for name, v in measurements.items()}


def readings(result: Reading | Sequence[Reading]) -> Sequence[Reading]:
    """Returns a list, also of one."""
    return (result,) if isinstance(result, Reading) else result
