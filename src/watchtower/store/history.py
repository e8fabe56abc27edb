"""The history in tables of its own: a blob a tick for the open hour, then a chunk for each column.

Closing an hour and rolling it up is done in slices with pauses between them. What was done in part is done again after
a kill: every statement may run twice.
"""

from __future__ import annotations

import asyncio
import zlib
from array import array
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cache
from math import ceil
from typing import Any, Protocol

from watchtower.errors import StoreError
from watchtower.history.chunk import EMPTY, Chunk, holds_nothing, pack, rolled_up, unpack
from watchtower.history.curve import Curve
from watchtower.history.kept import spreads
from watchtower.history.levels import SLOTS, HistoryLevel, block_of, column_of
from watchtower.history.recorder import PART, Key, Slot, columns_of
from watchtower.model import Instant
from watchtower.store.contract import Copied

COLUMNS = "SELECT id, check_name, series, name FROM history_column"
INSERT_COLUMN = (
    "INSERT INTO history_column (id, check_name, series, name) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
LIVE = "UPDATE history_column SET seen = ?, kept_long = ? WHERE id = ?"
GONE = "DELETE FROM history_column WHERE seen < ?"
PUT_TICK = (
    "INSERT INTO history_tick (id, data) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data"
)
TICKS = "SELECT id, data FROM history_tick WHERE id BETWEEN ? AND ? ORDER BY id"
FIRST_TICK = "SELECT MIN(id) FROM history_tick WHERE id BETWEEN ? AND ?"
DROP_TICKS = "DELETE FROM history_tick WHERE id BETWEEN ? AND ?"
PUT_CHUNK = (
    "INSERT INTO history_chunk (id, data) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data"
)
CHUNKS = "SELECT id, data FROM history_chunk WHERE id IN ({})"
RANGE = "SELECT id FROM history_chunk WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1"
HELD = "SELECT DISTINCT id % 16777216 FROM history_chunk WHERE id BETWEEN ? AND ?"
DROP_CHUNKS = "DELETE FROM history_chunk WHERE id BETWEEN ? AND ?"
DROP_SHORT = (
    "DELETE FROM history_chunk WHERE id BETWEEN ? AND ?"
    " AND id % 16777216 IN (SELECT id FROM history_column WHERE kept_long = 0)"
)
MARKS = "SELECT rank, until FROM history_mark"
PUT_MARK = "INSERT INTO history_mark (rank, until) VALUES (?, ?) ON CONFLICT (rank) DO UPDATE SET until = excluded.until"

SLICE, PAUSE = 50, 0.05
"""Columns that are closed or rolled up in one piece, and seconds between two."""
CLOSED = 256
"""Columns of an hour that are closed in one piece: 30 ms in a thread."""
_AT_ONCE = 200
_TICK_BITS = 32

Row = Sequence[Any]
Work = Mapping[str, Sequence[tuple[Any, ...]]]


class Tables(Copied, Protocol):
    """Where the tables lie. All but `size` raise StoreError."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def vacuum(self) -> None:
        """Gives some of the room that is free back to the disk."""

    async def rows(self, sql: str, *parameters: Any) -> Sequence[Row]: ...

    async def carry_out(self, work: Work) -> None: ...

    def size(self) -> int:
        """Bytes on the disk; 0 where that is not known."""


class HistoryTables:
    """`levels` from fine to coarse. Every method raises StoreError, and leaves nothing half done that counts."""

    def __init__(
        self,
        tables: Tables,
        levels: Sequence[HistoryLevel],
        pause: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._tables, self.levels = tables, levels
        self._pause = pause or (lambda: asyncio.sleep(PAUSE))

    async def columns(self) -> dict[Key, int]:
        return columns_of([(row[0], row[1], row[2], row[3]) for row in await self._tables.rows(COLUMNS)])

    async def write(self, slot: Slot) -> None:
        """Writes one slot, in one transaction."""
        if not slot.parts:
            return
        parts = await asyncio.to_thread(_deflated, slot)
        await self._tables.carry_out(
            {
                INSERT_COLUMN: [(column, *key) for key, column in slot.fresh.items()],
                PUT_TICK: [(_tick(part, slot.number), data) for part, data in parts],
            }
        )

    async def roll_up(self, now: Instant, count: int, names: Callable[[], Mapping[int, str]]) -> None:
        """Closes the hours that are over, and rolls them up. `names` are those of the values, by column, of which there are
        `count`: asked for in a thread, and only where an hour is over."""
        done, names = await self._marks(now, count), cache(names)
        fine = self.levels[0]
        while done[0] + fine.span <= now:
            await self._close(done[0], count, names)
            done[0] += fine.span
        for coarse in self.levels[1:]:
            finer = self.levels[coarse.number - 1]
            while done[coarse.number] + coarse.span <= done[finer.number]:
                await self._roll(finer, coarse, done[coarse.number], names)
                done[coarse.number] += coarse.span
                await self._tables.carry_out({PUT_MARK: [(coarse.number, done[coarse.number])]})

    async def prune(self, now: Instant, live: Sequence[int], long: set[int], short: float) -> None:
        """Drops what is older than it is kept; the coarsest of columns that are not `long` after `short` seconds."""
        for some in _in_slices(live, _AT_ONCE):
            await self._tables.carry_out({LIVE: [(now, int(column in long), column) for column in some]})
            await self._pause()
        for level in self.levels:
            await self._drop(level, now - level.keep)
        coarse = self.levels[-1]
        first, last = coarse.id(0), coarse.id(coarse.block(now - short)) - 1
        await self._tables.carry_out({DROP_SHORT: [(first, last)], GONE: [(now - coarse.keep,)]})
        await self._tables.vacuum()

    async def curves(
        self, columns: Sequence[int], since: Instant, until: Instant, step: float, now: Instant
    ) -> dict[int, Curve]:
        """The curves of these columns, at this step. What a coarse level does not have yet comes from a finer one."""
        count = max(1, ceil((until - since) / step - 1e-9))
        out = {column: Curve(since, step, count) for column in columns}
        finest = next((one for one in reversed(self.levels) if one.step <= step), self.levels[0])
        marks: dict[int, Instant] = {row[0]: row[1] for row in await self._tables.rows(MARKS)}
        start = since
        for level in reversed(self.levels[: finest.number + 1]):
            end = min(until, max(start, marks.get(level.number, 0.0)))
            if start < end:
                await self._read(level, columns, start, end, out)
                start = end
        if start < until:
            await self._read_open(columns, max(start, since), until, out)
        return out

    async def _marks(self, now: Instant, count: int) -> list[Instant]:
        """Until when each level is complete."""
        known = {level: float(mark) for level, mark in await self._tables.rows(MARKS)}
        fine = self.levels[0]
        firsts = [
            row[0][0] & (1 << _TICK_BITS) - 1
            for part in _parts(count)
            if (row := await self._tables.rows(FIRST_TICK, _tick(part, 0), _tick(part + 1, 0) - 1))
            and row[0][0]
        ]
        # After a long time away there is nothing to close until then.
        first = fine.block(min(firsts) * fine.step if firsts else now) * fine.span
        known[0] = max(known.get(0, 0.0), first)
        for level in self.levels[1:]:
            known.setdefault(level.number, level.block(first) * level.span)
        return [
            known[0],
            *(max(known[one.number], one.block(now - one.keep) * one.span) for one in self.levels[1:]),
        ]

    async def _close(self, hour: Instant, count: int, names: Callable[[], Mapping[int, str]]) -> None:
        fine = self.levels[0]
        first = round(hour / fine.step)
        gone = []
        for part in _parts(count):
            ends = _tick(part, first), _tick(part, first + SLOTS - 1)
            rows = await self._tables.rows(TICKS, *ends)
            gone.append(
                (_tick(part, 0), ends[1])
            )  # those before, too: a clock that was set back wrote into a closed hour
            for some in _in_slices(range(part * PART, (part + 1) * PART) if rows else (), CLOSED):
                packed = await asyncio.to_thread(_closed, rows, some, first, names)
                await self._put(fine, fine.block(hour), packed)
        await self._tables.carry_out({DROP_TICKS: gone, PUT_MARK: [(0, hour + fine.span)]})

    async def _roll(
        self,
        finer: HistoryLevel,
        coarse: HistoryLevel,
        start: Instant,
        names: Callable[[], Mapping[int, str]],
    ) -> None:
        many, first = round(coarse.step / finer.step), finer.block(start)
        ends = finer.id(first), finer.id(first + many) - 1
        if not await self._tables.rows(RANGE, *ends):
            return
        held = [row[0] for row in await self._tables.rows(HELD, *ends)]
        for some in _in_slices(held, SLICE):
            ids = [finer.id(first + n, column) for column in some for n in range(many)]
            rows = await self._chunks(ids)
            rolled = await asyncio.to_thread(
                _rolled, rows, some, [finer.id(first + n) for n in range(many)], names
            )
            await self._put(coarse, coarse.block(start), rolled)

    async def _put(self, level: HistoryLevel, block: int, packed: Sequence[tuple[int, bytes]]) -> None:
        for some in _in_slices(packed, SLICE):
            await self._tables.carry_out(
                {PUT_CHUNK: [(level.id(block, column), data) for column, data in some]}
            )
            await self._pause()

    async def _drop(self, level: HistoryLevel, before: Instant) -> None:
        """Block by block, so that no statement takes long."""
        last = level.id(level.block(before))
        while rows := await self._tables.rows(RANGE, level.id(0), last - 1):
            block = block_of(rows[0][0])
            await self._tables.carry_out({DROP_CHUNKS: [(level.id(block), level.id(block + 1) - 1)]})
            await self._pause()

    async def _chunks(self, ids: Sequence[int]) -> Sequence[Row]:
        out: list[Row] = []
        for some in _in_slices(ids, _AT_ONCE):
            out += await self._tables.rows(CHUNKS.format(", ".join("?" * len(some))), *some)
        return out

    async def _read(
        self,
        level: HistoryLevel,
        columns: Sequence[int],
        since: Instant,
        until: Instant,
        out: Mapping[int, Curve],
    ) -> None:
        blocks = range(level.block(since), level.block(until - 1e-3) + 1)
        rows = await self._chunks([level.id(block, column) for block in blocks for column in columns])

        def add() -> None:
            for id, data in rows:
                out[column_of(id)].add(block_of(id) * level.span, level.step, *unpack(data))

        await asyncio.to_thread(add)

    async def _read_open(
        self, columns: Sequence[int], since: Instant, until: Instant, out: Mapping[int, Curve]
    ) -> None:
        step, by_part = self.levels[0].step, defaultdict[int, list[int]](list)
        for column in columns:
            by_part[column // PART].append(column)
        for part, some in by_part.items():
            rows = await self._tables.rows(
                TICKS, _tick(part, int(since // step)), _tick(part, int(until // step))
            )
            await asyncio.to_thread(_add_ticks, rows, some, step, out)


def _add_ticks(rows: Sequence[Row], columns: Sequence[int], step: float, out: Mapping[int, Curve]) -> None:
    for id, data in rows:
        values = _inflated(data)
        for column in columns:
            one = values[column % PART : column % PART + 1]
            out[column].add((id & (1 << _TICK_BITS) - 1) * step, step, one, one, one)


def _in_slices(them: Sequence[Any], many: int) -> Iterator[Sequence[Any]]:
    return (them[first : first + many] for first in range(0, len(them), many))


def _tick(part: int, slot: int) -> int:
    return part << _TICK_BITS | slot


def _parts(count: int) -> range:
    return range(-(-count // PART))


def _deflated(slot: Slot) -> list[tuple[int, bytes]]:
    return [(part, zlib.compress(values.tobytes(), 1)) for part, values in slot.means()]


def _inflated(data: bytes) -> array[float]:
    try:
        return array("f", zlib.decompress(data))
    except (zlib.error, ValueError) as error:
        raise StoreError(f"a slot of the history cannot be read: {error}") from None


def _closed(
    rows: Sequence[Row], columns: Sequence[int], first: int, names: Callable[[], Mapping[int, str]]
) -> list[tuple[int, bytes]]:
    """The chunks of an hour, out of its ticks."""
    hour = array("f", EMPTY.mean) * PART  # slot after slot, as the ticks are
    for id, data in rows:
        place = ((id & (1 << _TICK_BITS) - 1) - first) * PART
        hour[place : place + PART] = _inflated(data)
    out = []
    for column in columns:
        if column in names():
            values = hour[column % PART :: PART]
            if not holds_nothing(values):
                out.append((column, pack(Chunk.plain(values))))
    return out


def _rolled(
    rows: Sequence[Row], columns: Sequence[int], blocks: Sequence[int], names: Callable[[], Mapping[int, str]]
) -> list[tuple[int, bytes]]:
    there = {id: unpack(data) for id, data in rows}
    return [
        (
            column,
            pack(
                rolled_up(
                    [there.get(block | column, EMPTY) for block in blocks],
                    spread=spreads(names().get(column, "")),
                )
            ),
        )
        for column in columns
    ]
