"""The history beside the engine: what was measured is there after a restart, and what goes wrong costs curves only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path

import pytest

from tests.core.builders import Story, http_check, plan
from watchtower.app.history import AGAIN, HistoryWriter
from watchtower.config.environment import EnvironmentSettings
from watchtower.core.events import Observed
from watchtower.errors import StoreError
from watchtower.model import Observation, Outcome, Reading
from watchtower.store.sqlite import SqliteStore

BANK = http_check("bank")
T0 = 1_763_856_000.0


@dataclass
class Kept:
    """A history beside an engine, on a clock that the test moves."""

    folder: Path
    where: str = "auto"
    at: float = T0
    story: Story = field(default_factory=lambda: Story(plan([BANK], [])))

    def begin(self) -> None:
        settings = EnvironmentSettings.model_validate({"history": self.where})
        store = SqliteStore(self.folder / "watchtower.db")
        self.history = HistoryWriter(store.history, settings, self.story.engine, lambda: self.at)

    async def settle(self) -> None:
        self.history.look()
        self.history.tend()
        await asyncio.gather(self.history._writing, self.history._tending)

    async def sample(self, latency: float, seconds: float = 10.0) -> None:
        """A sample, and the slot is over."""
        seen = Observation("bank", self.at, Reading(Outcome.UP, {"latency": latency}), 0.1)
        self.story.engine.handle(Observed(seen), self.at)
        self.history.observe(seen)
        self.at += seconds
        await self.settle()

    async def latencies(self, seconds: float) -> list[float]:
        found = await self.history.read("bank", "", self.at - seconds, self.at, 10_000)
        return [value for value in found.curves["latency"].mean if not isnan(value)] if found.curves else []


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


async def test_what_was_measured_is_there_after_a_restart_and_lies_beside_the_store(kept: Kept) -> None:
    kept.begin()
    await kept.settle()
    for latency in (0.25, 0.5):
        await kept.sample(latency)
    await kept.history.close()
    kept.begin()
    await kept.settle()
    await kept.sample(1.0)
    assert await kept.latencies(60.0) == [0.25, 0.5, 1.0]
    assert (kept.folder / "watchtower-history.db").stat().st_mode & 0o777 == 0o600
    await kept.history.close()


async def test_hours_are_closed_while_it_runs_and_old_ones_are_read_as_before(kept: Kept) -> None:
    kept.begin()
    await kept.settle()
    for n in range(5):
        await kept.sample(float(n), 3600.0)
    assert await kept.latencies(6 * 3600.0) == [0.0, 1.0, 2.0, 3.0, 4.0]
    await kept.history.close()


async def test_a_file_that_is_no_history_is_left_alone_said_and_tried_again_once_it_is_away(
    kept: Kept,
) -> None:
    file = kept.folder / "notes.txt"
    file.write_text("nothing of the kind\n" * 100)
    kept.where = str(file)
    kept.begin()
    await kept.settle()
    assert "not a SQLite database" in kept.history.problem
    with pytest.raises(StoreError, match="not a SQLite database"):
        await kept.latencies(60.0)
    assert file.read_text().startswith("nothing of the kind")
    file.rename(kept.folder / "away.txt")
    kept.at += AGAIN
    await kept.settle()
    await kept.sample(0.25)
    assert (kept.history.problem, await kept.latencies(60.0)) == ("", [0.25])
    await kept.history.close()


async def test_what_cannot_be_written_is_lost_counted_and_said_and_the_next_slot_is_written(
    kept: Kept,
) -> None:
    kept.begin()
    await kept.settle()
    await kept.history._tables.carry_out({"ALTER TABLE history_tick RENAME TO away": [()]})  # type: ignore[union-attr]
    await kept.sample(0.25)
    assert (kept.history.lost, "history_tick" in kept.history.problem) == (1, True)
    await kept.history._tables.carry_out({"ALTER TABLE away RENAME TO history_tick": [()]})  # type: ignore[union-attr]
    await kept.sample(0.5)
    assert (kept.history.lost, kept.history.problem) == (1, "")
    assert await kept.latencies(60.0) == [0.5]
    await kept.history.close()


async def test_off_is_off(kept: Kept) -> None:
    kept.where = "off"
    kept.begin()
    await kept.sample(0.25)
    with pytest.raises(StoreError, match="WATCHTOWER_HISTORY is off"):
        await kept.latencies(60.0)
    assert not list(kept.folder.glob("*history*"))
    await kept.history.close()
