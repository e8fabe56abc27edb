"""A stage for timelines: configuration files as a team would write them, traffic by the minute, the engine that runs live.

A poll at 02:43 counts the minute from 02:42 to 02:43. `Played` keeps what happened, at which minute of the clock.
"""

from __future__ import annotations

import copy
import gc
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Self
from zoneinfo import ZoneInfo

from watchtower.config.load import load
from watchtower.core.events import ActionRequest, Decision, IncidentChanged, Logged, PageQueued, Refused
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.history import History
from watchtower.core.incident.log import line_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.state import Series
from watchtower.detectors import DETECTORS
from watchtower.model import Observation, Outcome, Reading, Value
from watchtower.replay import Replay, World
from watchtower.replay.driver import learnt

MINUTE = 60.0
RECORDERS: list[Callable[[Decision], object]] = []
"""Who else hears every decision of every stage."""
PEOPLE = """
[product]
name = "Bank"

[[responder]]
name = "li"
email = "li@example.com"

[channel.email]
mailbox = "var/mailbox"
"""


def written(folder: Path, checks: str, rules: str) -> Plan:
    """The plan of these two files."""
    (folder / "checks").mkdir()
    (folder / "checks" / "flows.toml").write_text(checks, encoding="utf-8")
    (folder / "rules.toml").write_text(rules + PEOPLE, encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", {}).plan


@dataclass
class Played:
    """What happened, as `(HH:MM, what)`; levels are `P2/P1`: response and record of INC-1."""

    plan: Plan
    start: str
    zone: str = "UTC"
    seed: int = 1
    tick_every: float = 10.0
    """Seconds: each looks at all that is open, which is most of the work of a long incident."""
    levels: list[tuple[str, str]] = field(default_factory=list)
    course: list[tuple[str, str]] = field(default_factory=list)
    logged: list[tuple[str, str, str]] = field(default_factory=list)
    pages: list[tuple[str, str, str]] = field(default_factory=list)
    histories: dict[str, History] = field(default_factory=dict)
    logs: dict[str, list[LogEntry]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.at = self.epoch(self.start)
        self._random = random.Random(self.seed)
        self._watch()

    def epoch(self, text: str) -> float:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.zone)).timestamp()

    def clock(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, ZoneInfo(self.zone)):%H:%M}"

    def hour(self, at: float) -> float:
        when = datetime.fromtimestamp(at, ZoneInfo(self.zone))
        return when.hour + when.minute / 60

    def learn(self, end: str, flows: Mapping[str, Callable[[float], float]], every: float = 300.0) -> None:
        """What detectors know of these flows at `end`, the rules unasked: a week takes a second, for `until` half a minute.
        The watch begins there."""
        begun, last = self.at, self.epoch(end)
        past = (
            Observation(name, at, Reading(Outcome.UP, {"requests": self._poisson(mean(at - every) * every / 60)}, covers=every))
            for at in (begun + n * every for n in range(1, round((last - begun) / every) + 1))
            for name, mean in flows.items()
        )  # fmt: skip
        learned, self.at = learnt(self.plan, past, begun, last - begun), last
        self._watch(learned)

    def _watch(self, learned: Mapping[Series, Mapping[str, Any]] | None = None) -> None:
        self.replay = Replay(
            self.plan, self.at, world=World(), heard=self._hear, tick_every=self.tick_every, learned=learned
        )

    def until(
        self, end: str, flows: Mapping[str, Callable[[float], float | None]], every: float = MINUTE
    ) -> None:
        """Poll by poll: `flows` says of a check how many requests a minute are expected to come at a time;
        None: nobody can measure."""
        last = self.epoch(end)
        while self.at < last:
            began, self.at = self.at, self.at + every
            for name, mean in flows.items():
                rate = mean(began)
                self.see(
                    name, None if rate is None else {"requests": self._poisson(rate * every / 60)}, every
                )

    def see(
        self,
        check: str,
        measured: Mapping[str, Value] | None,
        covers: float = 0.0,
        outcome: Outcome = Outcome.UP,
    ) -> None:
        if measured is None:
            reading = Reading(Outcome.UNKNOWN, reason="timeout")
        else:
            reading = Reading(outcome, measured, covers=covers)
        self.replay.feed(Observation(check, self.at, reading))

    def do(self, action: str, by: str = "li", incident: str = "INC-1", **data: object) -> str:
        found = self.replay.tell(ActionRequest(incident, action, by, "test", data), self.at)
        return next((d.detail for d in found if isinstance(d, Refused)), "")

    def copy(self) -> Self:
        """Another that goes on from here: what several stories have before them is played once. The plan, which nothing
        changes, is the same."""
        return copy.deepcopy(self, {id(part): part for part in _parts(self.plan)})

    def restart(self) -> None:
        """The engine is made again from what a store has of it: its state, and each incident's log."""
        old = self.replay.engine.state
        self.replay.engine = Engine(self.plan, DETECTORS, self.at)
        self.replay.engine.restore(
            list(old.alerts.values()), list(old.incidents.values()), list(old.pages.values()), {},
            old.last_incident, self.at, {id: list(entries) for id, entries in self.logs.items()},
        )  # fmt: skip

    def of(self, *words: str) -> list[tuple[str, str]]:
        return [each for each in self.course if each[1] in words]

    def _poisson(self, mean: float) -> float:
        if mean > 50.0:
            return float(max(0, round(self._random.gauss(mean, math.sqrt(mean)))))
        total, limit = 0, math.exp(-mean)
        product = self._random.random()
        while product > limit:
            total += 1
            product *= self._random.random()
        return float(total)

    def _hear(self, decision: Decision, engine: Engine) -> None:
        for record in RECORDERS:
            record(decision)
        if line := line_of(decision):
            self.logs[line[0]].append(line[1])
        when = self.clock(decision.at)
        match decision:
            case IncidentChanged(incident=incident, reason=reason):
                self.course.append((when, reason))
                levels = f"{incident.severity}/{incident.record}"
                first = incident.id == "INC-1"
                if first and (reason in ("raised", "lowered") or reason.startswith("page_new")):
                    self.levels.append((when, levels))
            case Logged(entry=entry) if entry.kind != "impact.measured":
                self.logged.append((when, entry.kind, entry.detail))
            case PageQueued(page=page):
                self.pages.append((when, str(page.kind), page.responder))
        self.histories.update(engine.state.histories)


def _parts(whole: object) -> Iterator[object]:
    """It, and all that it is made of."""
    seen, waiting = {id(whole)}, [whole]
    while waiting:
        one = waiting.pop()
        yield one
        parts = [part for part in gc.get_referents(one) if not isinstance(part, _NO_PART)]
        waiting += [part for part in parts if id(part) not in seen]
        seen |= {id(part) for part in parts}


_NO_PART = (type, ModuleType, FunctionType, BuiltinFunctionType)


def said(entries: Sequence[tuple[str, str, str]], kind: str) -> list[tuple[str, str]]:
    return [(when, detail) for when, found, detail in entries if found == kind]
