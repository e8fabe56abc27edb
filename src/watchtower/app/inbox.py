"""Events wait here for the engine, and what it decides goes on from here: to telemetry and to the journal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence

from watchtower.core.engine import Engine
from watchtower.core.events import Decision, Event, Observed
from watchtower.errors import StoreError
from watchtower.journal import Journal
from watchtower.model import Instant, Observation
from watchtower.telemetry import Telemetry


class Inbox:
    """Whatever comes in one turn of the event loop is judged together and written in one transaction."""

    def __init__(
        self, engine: Engine, journal: Journal, telemetry: Telemetry, clock: Callable[[], Instant] = time.time
    ) -> None:
        self._engine, self._journal, self._telemetry, self._clock = engine, journal, telemetry, clock
        self._events: deque[Event] = deque()
        self._due = False

    def put(self, event: Event) -> None:
        """From the event loop's own thread only."""
        self._events.append(event)
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self.drain)

    def observe(self, observation: Observation) -> None:
        check = self._engine.plan.checks.get(observation.check)
        if check is not None:
            self._telemetry.observed(observation, check)
        self.put(Observed(observation))

    async def ask(self, event: Event) -> Sequence[Decision]:
        """Handle this event now; return when what follows from it is durable, or when the store cannot be
        written: it is in force all the same, and will be."""
        self.drain()
        decisions = self._engine.handle(event, self._clock())
        self.carry_out(decisions)
        with contextlib.suppress(StoreError):  # the journal has said so, and goes on trying
            await self._journal.durable()
        return decisions

    def drain(self) -> None:
        self._due = False
        now = self._clock()
        events = self._events
        while events:
            event = events.popleft()
            at = event.observation.at if isinstance(event, Observed) else now
            decisions = self._engine.handle(event, at)
            if decisions:
                self.carry_out(decisions)

    def carry_out(self, decisions: Sequence[Decision]) -> None:
        """Tell telemetry and write; also for decisions of a restart or a new plan."""
        for decision in decisions:
            self._telemetry.decided(decision)
        self._journal.append(decisions)
