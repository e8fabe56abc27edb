"""The driver: feeds one engine in time order, runs its timers in between, and lets the world answer."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from watchtower.core.events import Decision, Event, Observed, Ticked
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.state import Series
from watchtower.detectors import DETECTORS
from watchtower.model import Instant, Observation
from watchtower.replay.world import World
from watchtower.values import replace

Heard = Callable[[Decision, Engine], None]


class Replay:
    """`Replay(plan, at0).feed(observation)` gives the decisions up to and with this observation.

    Deterministic: the same events give the same decisions. `heard` is called with every decision while the
    engine's state is still that of the decision's moment. `learned` is detector state of an earlier time.
    What is due at the same moment as an observation (a tick, an acknowledgement) comes after it.
    """

    def __init__(
        self,
        plan: Plan,
        at0: Instant,
        *,
        world: World | None = None,
        tick_every: float = 10.0,
        heard: Heard | None = None,
        learned: Mapping[Series, Mapping[str, Any]] | None = None,
    ) -> None:
        if tick_every <= 0:
            raise ValueError("tick_every must be more than 0 seconds")
        self.engine = Engine(plan, DETECTORS, at0)
        if learned:
            self.engine.restore((), (), (), learned, 0, at0)
        self.at = at0
        self._world = world or World()
        self._heard = heard
        self._at0, self._tick_every, self._ticks = at0, tick_every, 1
        self._acks: list[tuple[Instant, int, str]] = []
        self._order = 0

    def feed(self, observation: Observation) -> list[Decision]:
        """Advance to the observation's time, then observe. ValueError when it lies before what was fed already."""
        return self.tell(Observed(observation), observation.at)

    def tell(self, event: Event, at: Instant) -> list[Decision]:
        """Handles any event at its time: an acknowledgement, a failed delivery, ..."""
        if at < self.at:
            raise ValueError(f"time runs backwards: {at} after {self.at}")
        out = self._due(at, inclusive=False)
        self.at = at
        return out + self._handle(event, at)

    def advance(self, to: Instant) -> list[Decision]:
        """Advances the time up to and with `to`, without an observation."""
        out = self._due(to, inclusive=True)
        self.at = max(self.at, to)
        return out

    def _due(self, to: Instant, *, inclusive: bool) -> list[Decision]:
        out: list[Decision] = []
        while True:
            tick = self._at0 + self._ticks * self._tick_every
            ack = self._acks[0][0] if self._acks else tick + 1.0
            late = self.engine.late_at  # live there is a tick each second, and nothing is put off for longer
            late = tick if late is None else max(late, self.at)
            at = min(tick, ack, late)
            if at > to or (at == to and not inclusive):
                return out
            if late < min(tick, ack):
                event: Event | None = Ticked()
            elif ack <= tick:
                incident = self.engine.state.incidents.get(heapq.heappop(self._acks)[2])
                event = self._world.acknowledgement(incident)
            else:
                self._ticks += 1
                event = Ticked()
            if event is not None:
                out += self._handle(event, at)

    def _handle(self, event: Event, at: Instant) -> list[Decision]:
        decisions = self.engine.handle(event, at)
        if not decisions:
            return decisions
        out: list[Decision] = []
        waiting: deque[Event] = deque()
        while True:
            out += decisions
            if self._heard is not None:
                for decision in decisions:
                    self._heard(decision, self.engine)
            waiting.extend(self._world.at_once(decisions))
            for due, incident in self._world.later(decisions):
                self._order += 1
                heapq.heappush(self._acks, (due, self._order, incident))
            if not waiting:
                return out
            decisions = self.engine.handle(waiting.popleft(), at)


def learnt(
    plan: Plan, observations: Iterable[Observation], begin: Instant, lasts: float
) -> Mapping[Series, Mapping[str, Any]]:
    """What detectors know after these observations of the `lasts` seconds from `begin` on; no rule evaluates them."""
    learner = Replay(replace(plan, rules={}, responders={}), begin, tick_every=max(lasts, 1.0))
    for observation in observations:
        learner.feed(observation)
    return learner.engine.detectors.changed()
