"""Queues events for the engine, and passes its decisions to telemetry and to the journal."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from math import inf

from watchtower.core.events import ClockStepped, Decision, Event, Observed, Refused, Ticked
from watchtower.core.pipeline.engine import Engine
from watchtower.core.sources import Series
from watchtower.errors import Deposed, StoreError
from watchtower.journal import Journal
from watchtower.logs import log
from watchtower.model import Instant, Observation
from watchtower.telemetry import Telemetry
from watchtower.values import Frozen

TURN = 0.005
"""Seconds after which others have their turn: a page, a probe's answer, a person at the board."""
AT_MOST = 500.0
"""What one turn does of what is due because time passed: ten to fifteen milliseconds' worth."""
_LOOK = 8
"""Events between two looks at the clock, where nothing follows from them."""


class WorkerBatch(Frozen):
    """What a worker has measured: evaluated in as many turns as it takes, but written as a whole, so that a successor goes on
    behind it."""

    shard: int
    upto: tuple[int, int]
    """Epoch and number."""
    observations: Sequence[Observation]


class Evaluated(Frozen):
    """Stands behind the last observation of a batch."""

    shard: int
    upto: tuple[int, int]


class Inbox:
    """What comes in one turn of the event loop is evaluated together and written in one transaction; much of it in
    several, so that a check of a thousand series keeps nobody waiting."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        telemetry: Telemetry,
        *,
        clock: Callable[[], Instant] = time.time,
        steps: ClockSteps | None = None,
        on_step: Callable[[], None] = lambda: None,
        on_crash: Callable[[BaseException], None] = lambda _: None,
        on_observed: Callable[[Observation], None] = lambda _: None,
        on_unwritten: Callable[[Event, Sequence[Decision]], Awaitable[None]] | None = None,
    ) -> None:
        self._on_unwritten, self._owing = on_unwritten, set[asyncio.Task[None]]()
        self._combined: dict[Series, Observation] = {}
        """What the votes of several locations gave last."""
        self._steps, self._on_step, self._on_crash = steps or ClockSteps(), on_step, on_crash
        self._on_observed = on_observed
        self._engine, self._journal, self._telemetry, self._clock = engine, journal, telemetry, clock
        self._events: deque[Event | WorkerBatch | Evaluated] = deque()
        self._untold: deque[Decision] = deque()
        """Decisions of which telemetry has not heard: each is a line of the log, and a storm's are thousands at once."""
        self._due = self._ticking = False
        self._idle_at = time.monotonic()

    @property
    def waiting(self) -> int:
        """Events that are not handled yet."""
        return len(self._events)

    def late(self) -> float:
        """Seconds for which the engine has not come to the end of what waits, or was asked for nothing at all."""
        return time.monotonic() - self._idle_at

    def put(self, event: Event | WorkerBatch) -> None:
        """Queues an event; only from the event loop's own thread."""
        self._events.append(event)
        self._soon()

    def tick(self) -> None:
        """Passes time to the engine. When much is due, each turn handles a slice until all is done."""
        if not self._ticking:
            self._ticking = True
            self.put(Ticked(AT_MOST))

    def observe(self, observation: Observation) -> None:
        self.put(Observed(observation))

    def silent_since(self, location: str) -> Instant | None:
        """When this location was last heard of; None where it is not lost."""
        heard = self._engine.state.heard
        return heard.since(location) if location in heard.lost else None

    def _count(self, observation: Observation) -> None:
        check = self._engine.plan.checks.get(observation.check)
        if check is not None and not observation.location:
            self._telemetry.observed(observation, check)

    async def ask(self, event: Event) -> Sequence[Decision]:
        """Handle this event now, before what waits: a person is not kept by a storm. Return when what follows from it
        is durable, or when the store cannot be written: it is in force all the same, and `on_unwritten` was told."""
        self._look_at_clock()
        decisions = self._engine.handle(event, self._clock())
        self.carry_out(decisions)
        owed = asyncio.create_task(self._owed(event, decisions))
        self._owing.add(owed)
        owed.add_done_callback(self._owing.discard)
        await asyncio.shield(owed)  # whoever asked may not wait so long: it counts all the same
        return decisions

    async def _owed(self, event: Event, decisions: Sequence[Decision]) -> None:
        if not await self.settled() and self._on_unwritten is not None:
            await self._on_unwritten(event, decisions)

    @property
    def written(self) -> bool:
        """Whether the store can be written, as far as is known."""
        return self._journal.failing_since is None

    async def settled(self) -> bool:
        """Return whether everything decided so far is durable; if not, the store cannot be written. Raises Deposed."""
        try:
            await self._journal.durable()
        except Deposed:
            raise  # what was decided here is in force nowhere
        except StoreError:
            return False  # the journal has said so, and goes on trying
        return True

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._due = False
        self.drain(TURN)
        if self._engine.behind:
            self.tick()
        if self._events or self._untold:
            self._soon()

    def drain(self, within: float = inf) -> None:
        """Handle what waits, as much as can be done in so many seconds.

        An engine that raises has a state that nobody knows: that is the daemon's end, and the next start goes on from
        what was written.
        """
        try:
            self._look_at_clock()
            self._handle(within)
            self._tell(within)
            if not self._events and not self._engine.behind:
                self._idle_at = time.monotonic()
        except Exception as error:
            self._events.clear()
            self._on_crash(error)
            raise

    def _look_at_clock(self) -> None:
        by = self._steps.step()
        if by:
            log.warning("clock_stepped", seconds=round(by, 1))
            self.carry_out(self._engine.handle(ClockStepped(by), self._clock()))
            self._on_step()

    def _handle(self, within: float) -> None:
        now, until, handled = self._clock(), time.monotonic() + within, 0
        while self._events:
            event = self._events.popleft()
            self._ticking = self._ticking and not isinstance(event, Ticked)
            if isinstance(event, WorkerBatch):
                self._journal.begin()
                self._events.appendleft(Evaluated(event.shard, event.upto))
                self._events.extendleft(map(Observed, reversed(event.observations)))
                continue
            if isinstance(event, Evaluated):
                self._journal.evaluated(event.shard, event.upto)
                continue
            decisions = (
                self._evaluate(event) if isinstance(event, Observed) else self._engine.handle(event, now)
            )
            if decisions:
                self.carry_out(decisions)
            handled += 1
            if (decisions or handled % _LOOK == 0) and time.monotonic() >= until:
                return

    def _evaluate(self, event: Observed) -> list[Decision]:
        seen = event.observation
        self._count(seen)
        decisions = self._engine.handle(event, seen.at)
        if not seen.location:
            self._on_observed(seen)
            return decisions
        series = seen.check, seen.reading.series
        found = self._engine.state.last.get(series)
        if found is not None and found is not self._combined.get(series):
            self._combined[series] = found
            self._count(found)
            self._on_observed(found)
        return decisions

    def carry_out(self, decisions: Sequence[Decision]) -> None:
        """Passes decisions to the journal and to telemetry; also those of a restart or a new plan."""
        self._journal.append(decisions)
        self._untold.extend(decisions)
        self._tell(TURN)
        if self._untold:
            self._soon()

    def _tell(self, within: float) -> None:
        until = time.monotonic() + within
        while self._untold and time.monotonic() < until:
            self._telemetry.decided(self._untold.popleft())


def refusal(decisions: Sequence[Decision]) -> str:
    """Why it was refused; "" where it was not."""
    return next((one.detail for one in decisions if isinstance(one, Refused)), "")


TOLERANCE = 1.0
"""Seconds between two looks that are put down to the clock being disciplined, not set."""


class ClockSteps:
    """Compares the wall clock with one that nobody can set, and that stands still while the machine sleeps."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._steady = wall, steady
        self._difference = wall() - steady()

    def step(self) -> float:
        """Seconds by which the wall clock was moved since the last call; negative when set back, 0.0 when
        unchanged."""
        difference = self._wall() - self._steady()
        by, self._difference = difference - self._difference, difference
        return by if abs(by) > TOLERANCE else 0.0
