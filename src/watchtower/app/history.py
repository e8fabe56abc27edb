"""Keeps the history of what checks measured: collects it, writes it every ten seconds, rolls it up and reads it.

It is in nobody's way. What cannot be written is lost for the curves, counted, and said; checks and pages go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from watchtower.api.contract import CheckHistory
from watchtower.config.environment import EnvironmentSettings
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.errors import StoreError
from watchtower.fields import parse_duration
from watchtower.history.levels import levels, step_for
from watchtower.history.recorder import SampleRecorder, Slot
from watchtower.logs import log
from watchtower.model import Instant, Observation
from watchtower.store.history import HistoryTables, Tables

LOOK, TEND = 1.0, 60.0
"""Seconds between two looks whether a slot is over, and between two at hours to close."""
AGAIN = 60.0
"""Seconds after which a file that could not be opened is tried again."""
PRUNE = 6 * 3600.0


class HistoryWriter:
    """Owned by the daemon's loop. `make` gives the tables: in this file, or where the store keeps them."""

    def __init__(
        self, make: Callable[[Path | None], Tables], settings: EnvironmentSettings, engine: Engine,
        clock: Callable[[], Instant] = time.time,
    ) -> None:  # fmt: skip
        self._engine, self._clock, self.on = engine, clock, settings.history != "off"
        file = None if settings.history == "auto" else Path(settings.history)
        self._make = partial(make, file)
        flows, others = parse_duration(settings.history_flows), parse_duration(settings.history_others)
        self.levels, self._short, self._flows_longer = (
            levels(max(flows, others)),
            min(flows, others),
            flows >= others,
        )
        self._tables: Tables | None = None
        self._recorder: SampleRecorder | None = None
        self._slot, self._next_try, self._pruned_at = self._number(clock()), 0.0, 0.0
        nothing = asyncio.get_running_loop().create_future()
        nothing.set_result(None)
        self._writing: asyncio.Future[None] = nothing
        self._tending: asyncio.Future[None] = nothing
        self.problem = ""
        """Why it is not kept now; empty where it is."""
        self.lost = 0
        """Slots that could not be written since the start."""
        self.size = 0
        """Bytes of its file; 0 where it has none. It is looked at aside, because its disk may hang."""

    def observe(self, observation: Observation) -> None:
        """Adds a sample that the engine has evaluated."""
        check, state = self._engine.plan.checks.get(observation.check), self._engine.state
        series = (observation.check, observation.reading.series)
        # The engine follows so many series of a check; those beyond have no curves, either.
        if self._recorder is not None and check is not None and series in state.last_seen:
            facts = state.last_facts.get(series, ())
            self._recorder.observe(check, observation, facts)

    def replace_plan(self) -> None:
        if self._recorder is not None:
            self._recorder.replace_plan()

    def look(self) -> None:
        """Writes the slot that is over. While the one before is still being written it is lost: a disk may hang."""
        now = self._clock()
        if not self.on:
            return
        if self._recorder is None:
            if now >= self._next_try and self._writing.done():
                self._next_try = now + AGAIN
                self._writing = asyncio.create_task(self._open(now), name="history-open")
        elif (number := self._number(now)) != self._slot:
            slot, self._slot = self._recorder.close(self._slot), number
            if self._writing.done():
                self._writing = asyncio.create_task(self._write(slot), name="history-write")
            else:
                self._lose(slot, self.problem or "the slot before is still being written")

    def tend(self) -> None:
        """Closes hours, rolls up and drops, where the last time is over."""
        if self._recorder is not None and self._tending.done():
            self._tending = asyncio.create_task(self._tend(self._recorder), name="history-chunks")

    async def _tend(self, recorder: SampleRecorder) -> None:
        now = self._clock()
        try:
            await self._look_at_size()
            await self._kept.roll_up(now, recorder.count, recorder.names)
            if not 0.0 <= now - self._pruned_at < PRUNE:
                live, long = await asyncio.to_thread(lambda: (recorder.live(), self._long(recorder)))
                await self._kept.prune(now, live, long, self._short)
                self._pruned_at = now
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs history only
            self._say(str(error))

    async def read(
        self, check: str, series: str, since: Instant, until: Instant, points: int
    ) -> CheckHistory:
        """The curves of this series. Raises StoreError where there is no history, or it cannot be read."""
        recorder, now = self._recorder, self._clock()
        if recorder is None:
            raise StoreError(self.problem or "the history is not kept: WATCHTOWER_HISTORY is off")
        step = step_for(self.levels, since, until, now, points)
        begin = since // step * step
        names = recorder.columns_of((check, series))
        curves = await self._kept.curves(list(names.values()), begin, until, step, now)
        return CheckHistory(
            check, series, begin, step, {name: curves[column] for name, column in names.items()}
        )

    async def close(self) -> None:
        """Writes what came since the last slot."""
        recorder, self._recorder = self._recorder, None
        self._tending.cancel()
        await asyncio.wait([self._writing, self._tending])
        if recorder is not None and self._tables is not None:
            with contextlib.suppress(StoreError):
                await self._kept.write(recorder.close(self._slot))
            await self._tables.close()

    async def _open(self, now: Instant) -> None:
        tables = self._make()
        try:
            await tables.open()
            kept = HistoryTables(tables, self.levels)
            recorder = await asyncio.to_thread(SampleRecorder, await kept.columns())
        except StoreError as error:
            await tables.close()
            self._say(str(error))
            return
        self._tables, self._kept, self._slot, self.problem = tables, kept, self._number(now), ""
        self._recorder = recorder
        await self._look_at_size()

    async def _look_at_size(self) -> None:
        if self._tables is not None:
            self.size = await asyncio.to_thread(self._tables.size)

    async def _write(self, slot: Slot) -> None:
        try:
            await self._kept.write(slot)
            self.problem = ""
        except Exception as error:  # noqa: BLE001 - whatever it is, it costs history only
            self._lose(slot, str(error))

    def _lose(self, slot: Slot, why: str) -> None:
        self.lost += 1
        if self._recorder is not None:
            self._recorder.give_back(slot.fresh)
        self._say(why)

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            log.error("history_unavailable", error=problem)
        self.problem = problem

    def _number(self, at: Instant) -> int:
        return int(at // self.levels[0].step)

    def _long(self, recorder: SampleRecorder) -> set[int]:
        plan: Plan = self._engine.plan
        return {
            column
            for (check, series), columns in recorder.by_series()
            for column in columns
            if check in plan.checks and bool(plan.checks[check].flow_of(series)) is self._flows_longer
        }
