"""`python -m benchmarks.history`: bytes a check and day; processor time of a tick, of closing an hour, of reading one."""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from math import exp, nan, pi, sin
from pathlib import Path
from statistics import median

from watchtower.history.chunk import Chunk, pack, rolled_up
from watchtower.history.kept import spreads
from watchtower.history.levels import DAY, SLOTS, levels
from watchtower.history.recorder import PART, Slot
from watchtower.store.history import HistoryTables
from watchtower.store.sqlite import HistoryFile

T0 = 1_763_856_000.0
FINE, MINUTE, TEN = levels()
Series = Callable[[random.Random, int], float]
"""The value of a slot, by its number."""


def _usual(slot: int) -> float:
    return 40.0 * (1.1 + sin(2 * pi * slot * FINE.step / DAY))


HEADS = (
    "checks", "a tick, median", "p99", "against a row a sample", "closing an hour", "longest slice", "a sample", "an hour read",
)  # fmt: skip
KINDS: Mapping[str, Series] = {
    "traffic.rate": lambda dice, slot: (
        max(0.0, round(dice.gauss(10 * _usual(slot), (10 * _usual(slot)) ** 0.5))) / 10
    ),
    "traffic.expected": lambda dice, slot: _usual(slot - slot % 6) * 1.01,
    "latency": lambda dice, slot: round(0.05 * exp(dice.gauss(0.0, 0.4)), 6),
    "up": lambda dice, slot: 1.0 if dice.random() > 1e-4 else 0.0,
    "status": lambda dice, slot: 200.0,
    "latency, every minute": lambda dice, slot: (
        nan if slot % 6 else round(0.05 * exp(dice.gauss(0.0, 0.4)), 6)
    ),
}
CHECKS: Mapping[str, Sequence[str]] = {
    "a flow's traffic (rate, expected, low, high, success ratio, up, error ratio, latency)": (
        "traffic.rate", *["traffic.expected"] * 3, "up", "up", "up", "latency",
    ),
    "http every 10 s (up, latency, status, one more)": ("up", "latency", "status", "latency"),
    "http every minute": ("up", "latency, every minute", "status", "latency, every minute"),
}  # fmt: skip


def sizes(name: str, kind: Series) -> tuple[float, float, float]:
    """Bytes a day of one value at each step, the row's own among them."""
    dice, hours = random.Random(name), []
    for hour in range(60):
        values = array("f", [kind(dice, hour * SLOTS + slot) for slot in range(SLOTS)])
        hours.append(Chunk.plain(values))
    six = [rolled_up(hours[n : n + 6], spread=spreads(name)) for n in range(0, 60, 6)]
    sixty = rolled_up(six, spread=spreads(name))
    row = 12
    per_hour = sum(len(pack(one)) + row for one in hours) / 60
    per_six = sum(len(pack(one)) + row for one in six) / 10
    return per_hour * 24, per_six * 4, (len(pack(sixty)) + row) / 2.5


def growth() -> None:
    found = {name: sizes(name, kind) for name, kind in KINDS.items()}
    print(
        "| value | a day by 10 s | a week by 1 min | a year by 10 min | 30 days by 10 min |\n|---|---|---|---|---|"
    )
    for name, (fine, minute, ten) in found.items():
        print(
            f"| {name} | {fine / 1e3:.1f} kB | {7 * minute / 1e3:.1f} kB | {365 * ten / 1e3:.0f} kB | {30 * ten / 1e3:.1f} kB |"
        )
    print("\n| check | a day | whole, a year kept | whole, 30 days kept |\n|---|---|---|---|")
    for name, values in CHECKS.items():
        fine, minute, ten = (sum(found[one][n] for one in values) for n in range(3))
        whole = fine + 7 * minute
        print(
            f"| {name} | {fine / 1e3:.0f} kB | {(whole + 365 * ten) / 1e3:.0f} kB | {(whole + 30 * ten) / 1e3:.0f} kB |"
        )


def slot_of(dice: random.Random, number: int, columns: int) -> Slot:
    kinds = (KINDS["up"], KINDS["latency"], KINDS["status"], KINDS["traffic.rate"])
    values = [kinds[n % 4](dice, number) for n in range(columns)]
    parts = []
    for part in range((columns + PART - 1) // PART):
        some = values[part * PART : (part + 1) * PART]
        rest = PART - len(some)
        parts.append((part, array("d", some + [0.0] * rest), array("I", [1] * len(some) + [0] * rest)))
    return Slot(number, {}, parts)


async def writing(folder: Path, checks: int) -> None:
    tables, slices = HistoryFile(folder / f"{checks}.db"), list[float]()
    await tables.open()
    began = time.process_time()

    async def pause() -> None:
        nonlocal began
        slices.append(time.process_time() - began)
        await asyncio.sleep(0)
        began = time.process_time()

    kept, columns = HistoryTables(tables, levels(), pause), checks * 4
    names = {n: f"v{n % 4}" for n in range(columns)}
    dice, ticks, first = random.Random(1), list[float](), round(T0 / FINE.step)
    for number in range(first, first + SLOTS):
        slot = slot_of(dice, number, columns)
        start = time.process_time()
        await kept.write(slot)
        ticks.append(time.process_time() - start)
    ticks.sort()
    plain = rows(folder / f"plain{checks}.db", columns)
    start = began = time.process_time()
    slices.clear()
    await kept.roll_up(T0 + 3600.0, names)
    closed = time.process_time() - start
    start = time.process_time()
    await kept.curves([0, 1, 2, 3], T0, T0 + 3600.0, 10.0, T0 + 3600.0)
    read = time.process_time() - start
    chunks = (await tables.rows("SELECT COUNT(*), SUM(LENGTH(data)) FROM history_chunk"))[0]
    await tables.close()
    p99, sample = ticks[int(0.99 * len(ticks))], chunks[1] / columns / SLOTS
    cells = [
        f"{checks:,}", f"{1e3 * median(ticks):.1f} ms", f"{1e3 * p99:.1f} ms", f"{median(ticks) / plain:.2f}",
        f"{closed:.1f} s", f"{1e3 * max(slices):.0f} ms", f"{sample:.2f} B", f"{1e3 * read:.1f} ms",
    ]  # fmt: skip
    print(f"| {' | '.join(cells)} |")


def rows(file: Path, columns: int) -> float:
    """The yardstick: a row a sample, in a plain table; seconds a tick."""
    plain = sqlite3.connect(file, isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = NORMAL")
    plain.execute(
        "CREATE TABLE sample (at INTEGER, series INTEGER, value REAL, PRIMARY KEY (at, series)) WITHOUT ROWID"
    )
    took = []
    for at in range(30):
        values = [(at, series, 0.5) for series in range(columns)]
        start = time.process_time()
        plain.execute("BEGIN")
        plain.executemany("INSERT INTO sample VALUES (?, ?, ?)", values)
        plain.execute("COMMIT")
        took.append(time.process_time() - start)
    plain.close()
    return median(took)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, nargs="*", default=[100, 1_000, 10_000])
    asked = parser.parse_args()
    growth()
    print(f"\n| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    with tempfile.TemporaryDirectory() as there:
        for many in asked.checks:
            asyncio.run(writing(Path(there), many))
