"""The history in both databases: slots become chunks, chunks coarser ones, and what is old goes."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from math import isnan

import pytest

from watchtower.errors import StoreError
from watchtower.history.levels import DAY, levels
from watchtower.history.recorder import PART, Key, Slot
from watchtower.store import Store
from watchtower.store.history import PUT_CHUNK, PUT_MARK, HistoryTables, Tables

STEP, HOUR = 10.0, 3600.0
T0 = 1_763_856_000.0  # 2025-11-23T00:00Z, the begin of a chunk at every level
COLUMNS: dict[Key, int] = {("checkout", "", "traffic.rate"): 3, ("bank", "eu", "latency"): PART + 1}
NAMES = {column: name for (_, _, name), column in COLUMNS.items()}
NAMED = max(NAMES) + 1, lambda: NAMES


async def no_pause() -> None:
    """Tests need not be gentle to a daemon."""


@pytest.fixture
async def tables(store: Store) -> AsyncIterator[Tables]:
    tables = store.history()
    await tables.open()
    yield tables
    await tables.close()


@pytest.fixture
def kept(tables: Tables) -> HistoryTables:
    return HistoryTables(tables, levels(), no_pause)


def slot(at: float, *values: tuple[int, float], fresh: dict[Key, int] | None = None) -> Slot:
    parts: dict[int, tuple[array[float], array[int]]] = {}
    for column, value in values:
        sums, counts = parts.setdefault(
            column // PART, (array("d", bytes(8 * PART)), array("I", bytes(4 * PART)))
        )
        sums[column % PART], counts[column % PART] = value, 1
    return Slot(int(at // STEP), fresh or {}, [(part, *both) for part, both in parts.items()])


async def recorded(kept: HistoryTables, start: float, end: float, every: float = 600.0) -> None:
    """The rate counts the hours since T0; the latency is there in every other sample."""
    at, fresh = start, COLUMNS
    while at < end:
        values = [(3, (at - T0) // HOUR)]
        if (at // every) % 2 == 0:
            values.append((PART + 1, 0.25))
        await kept.write(slot(at, *values, fresh=fresh))
        at, fresh = at + every, {}


async def rate(
    kept: HistoryTables, since: float, until: float, step: float, now: float
) -> list[float | None]:
    found = (await kept.curves([3], since, until, step, now))[3].mean
    return [None if isnan(value) else value for value in found]


async def test_the_open_hour_is_read_from_its_slots(kept: HistoryTables) -> None:
    await recorded(kept, T0, T0 + 60.0, every=20.0)
    assert await kept.columns() == COLUMNS
    assert await rate(kept, T0, T0 + 60.0, STEP, T0 + 60.0) == [0.0, None, 0.0, None, 0.0, None]
    found = await kept.curves([PART + 1, 3], T0, T0 + 60.0, 60.0, T0 + 60.0)
    assert (found[PART + 1].mean, found[3].mean) == ([0.25], [0.0])


async def test_days_are_read_alike_at_every_level(kept: HistoryTables) -> None:
    end = T0 + 75 * HOUR + 1200.0
    await recorded(kept, T0, end)
    await kept.roll_up(end, *NAMED)
    expected = [float(n) for n in range(76)]
    assert await rate(kept, T0, T0 + 76 * HOUR, HOUR, end) == expected
    fine = await rate(kept, end - 2 * HOUR - 1200.0, end - 1200.0, STEP, end)
    assert [value for value in fine if value is not None] == [73.0] * 6 + [74.0] * 6, (
        "a day is kept by ten seconds"
    )
    assert fine.count(None) == len(fine) - 12, "what was not measured is no zero"
    minutes = await rate(kept, T0, T0 + 10 * HOUR, 60.0, end)
    assert [value for value in minutes if value is not None] == [float(n // 6) for n in range(60)]


async def test_closing_again_after_a_kill_changes_nothing(kept: HistoryTables, tables: Tables) -> None:
    end = T0 + 7 * HOUR
    await recorded(kept, T0, end)
    await kept.roll_up(end, *NAMED)
    before = await tables.rows("SELECT id, data FROM history_chunk ORDER BY id")
    # As if it had been killed before it could say how far it was.
    await tables.carry_out({PUT_MARK: [(1, T0)]})
    await kept.roll_up(end, *NAMED)
    assert await tables.rows("SELECT id, data FROM history_chunk ORDER BY id") == before
    assert [row[0] for row in await tables.rows("SELECT COUNT(*) FROM history_tick")] == [0]


async def test_a_slot_that_is_written_twice_is_there_once(kept: HistoryTables) -> None:
    await kept.write(slot(T0, (3, 1.0), fresh=COLUMNS))
    await kept.write(slot(T0, (3, 2.0), fresh=COLUMNS))
    assert await rate(kept, T0, T0 + 10.0, STEP, T0 + 10.0) == [2.0]


async def test_after_weeks_away_it_goes_on_at_once(kept: HistoryTables) -> None:
    await recorded(kept, T0, T0 + 600.0)
    later = T0 + 40 * DAY
    await kept.roll_up(later, *NAMED)
    await recorded(kept, later, later + HOUR)
    await kept.roll_up(later + HOUR, *NAMED)
    assert (await rate(kept, later - HOUR, later + HOUR, HOUR, later + HOUR))[0] is None


async def test_what_is_older_than_it_is_kept_is_dropped_and_what_has_a_flow_stays_longer(
    kept: HistoryTables, tables: Tables
) -> None:
    await tables.carry_out({PUT_MARK: [(0, T0), (1, T0), (2, T0)]})
    await recorded(kept, T0, T0 + 60 * HOUR)
    await kept.roll_up(T0 + 60 * HOUR, *NAMED)
    later = T0 + 100 * DAY
    await kept.prune(later, list(COLUMNS.values()), {3}, 30 * DAY)
    left = [row[0] for row in await tables.rows("SELECT id FROM history_chunk")]
    assert left == [levels()[2].id(levels()[2].block(T0), 3)]
    assert await kept.columns() == COLUMNS
    await kept.prune(later + 400 * DAY, (), set(), 30 * DAY)
    assert not await tables.rows("SELECT id FROM history_chunk")
    assert await kept.columns() == {}, "who left the plan a year ago has no column any more"


async def test_a_broken_chunk_costs_its_curve_and_says_so(kept: HistoryTables, tables: Tables) -> None:
    fine = levels()[0]
    await recorded(kept, T0, T0 + HOUR)
    await kept.roll_up(T0 + HOUR, *NAMED)
    await tables.carry_out({PUT_CHUNK: [(fine.id(fine.block(T0), 3), b"broken")]})
    with pytest.raises(StoreError, match="history cannot be read"):
        await rate(kept, T0, T0 + HOUR, STEP, T0 + HOUR)
    found = await kept.curves([PART + 1], T0, T0 + HOUR, HOUR, T0 + HOUR)
    assert found[PART + 1].mean == [0.25]


async def test_a_clock_that_was_set_back_loses_nothing_and_leaves_nothing_behind(
    kept: HistoryTables, tables: Tables
) -> None:
    await recorded(kept, T0, T0 + 3 * HOUR)
    await kept.roll_up(T0 + 3 * HOUR, *NAMED)
    await recorded(kept, T0 + HOUR, T0 + 2 * HOUR)  # into an hour that is closed
    await kept.roll_up(T0 + 2 * HOUR, *NAMED)
    assert (await rate(kept, T0, T0 + 3 * HOUR, HOUR, T0 + 3 * HOUR)) == [0.0, 1.0, 2.0]
    await kept.roll_up(T0 + 4 * HOUR, *NAMED)
    assert [row[0] for row in await tables.rows("SELECT COUNT(*) FROM history_tick")] == [0]
