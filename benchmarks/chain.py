"""Ten thousand changed bytes, and what the chain adds to a commit: `python -m benchmarks.chain [FOLDER]`.

The commit is compared with one that writes the same rows without their chains, in the same run in the same folder,
alternating with ours.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path

from benchmarks.store import transition
from watchtower.errors import StoreError
from watchtower.store import chain, statements
from watchtower.store.proof import Proof, exported, prove_exported, prove_store
from watchtower.store.sqlite import SqliteStore

CHANGES, COMMITS = 10_000, 3000
COLUMNS = ("incident", "at", "kind", "detail", "actor", "data", "chain")
_WITHOUT = """
INSERT INTO incident_log (incident, seq, at, kind, detail, actor, data, digest)
SELECT ?, COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ?, ?, ? FROM incident_log WHERE incident = ?
ON CONFLICT (incident, digest) DO NOTHING"""


class Unchained(SqliteStore):
    """Writes entries as they were written before there were chains."""

    async def _carry_out(self, work: Mapping[str, Sequence[statements.Parameters]]) -> None:
        entries = [(*row[:7], row[0]) for row in work.get(statements.INSERT_ENTRY, ())]
        others = {sql: rows for sql, rows in work.items() if sql != statements.INSERT_ENTRY}
        await super()._carry_out(others | ({_WITHOUT: entries} if entries else {}))


async def commits(folder: Path, synchronous: str) -> None:
    with_, without = (
        SqliteStore(folder / f"with-{synchronous}.db", synchronous),
        Unchained(folder / f"without-{synchronous}.db", synchronous),
    )
    took: dict[SqliteStore, list[float]] = {with_: [], without: []}
    for store in took:
        await store.open()
    for number in range(1, COMMITS + 1):
        for store in (with_, without) if number % 2 else (without, with_):
            begun = time.perf_counter()
            await store.commit(transition(number))
            took[store].append(time.perf_counter() - begun)
    for store in took:
        await store.close()
    ours, theirs = statistics.median(took[with_]), statistics.median(took[without])
    print(
        f"commit, {synchronous}: {ours * 1e3:.3f} ms with chains, {theirs * 1e3:.3f} without: {ours / theirs - 1:+.1%}"
    )


def computing() -> None:
    """What is computed for one entry, beside what was computed before there were chains."""
    shown = (
        1.8e9,
        "joined",
        "No requests on Checkout for 40 s",
        "watchtower",
        '{"alert":"' + "x" * 300 + '"}',
    )
    count = 20_000
    begun = time.perf_counter()
    for _ in range(count):
        chain.link("0" * 64, chain.digest(chain.entry_text("INC-1", *shown)))
    middle = time.perf_counter()
    for _ in range(count):
        blake2b(repr(shown).encode(), digest_size=12).hexdigest()
    end = time.perf_counter()
    print(
        f"computed for an entry: {(middle - begun) / count * 1e6:.1f} µs, before {(end - middle) / count * 1e6:.1f} µs"
    )


async def changed(folder: Path) -> None:
    path, chance = folder / "w.db", random.Random(11)
    store = SqliteStore(path)
    await store.open()
    for number in range(1, 9):
        await store.commit(transition(number))
        if number % 4 == 0:
            await store.root_of(f"2026-11-{20 + number}")
    whole = "".join([line async for line in exported(store)]).encode()
    file, missed = folder / "log.txt", 0
    for _ in range(CHANGES):
        at = chance.randrange(len(whole))
        file.write_bytes(whole[:at] + bytes([whole[at] ^ chance.randrange(1, 256)]) + whole[at + 1 :])
        proof = Proof()
        try:
            prove_exported(file, proof)
        except StoreError:
            continue
        proof.gone()
        missed += not proof.faults
    print(f"an exported log of {len(whole)} bytes: {CHANGES} changed, {missed} not found")
    missed = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("DROP TRIGGER incident_log_append_only")
        rows = other.execute("SELECT incident, seq FROM incident_log").fetchall()
        for _ in range(CHANGES):
            incident, seq = chance.choice(rows)
            column = chance.choice(COLUMNS)
            read = f"SELECT {column} FROM incident_log WHERE (incident, seq) = (?, ?)"  # noqa: S608 - of this file
            write = f"UPDATE incident_log SET {column} = ? WHERE (incident, seq) = (?, ?)"  # noqa: S608 - of this file
            [[value]] = other.execute(read, (incident, seq))
            new = _other(value, chance)
            with suppress(sqlite3.IntegrityError):  # another incident has that entry
                other.execute(write, (new, incident, seq))
                missed += not await _found(store)
                other.execute(write, (value, new if column == "incident" else incident, seq))
    await store.close()
    print(f"a store's rows: {CHANGES} changed, {missed} not found")


async def _found(store: SqliteStore) -> bool:
    proof = Proof()
    try:
        await prove_store(store, proof)
    except StoreError:
        return True
    proof.gone()
    return bool(proof.faults)


def _other(value: str | float, chance: random.Random) -> str | float:
    """The value with one character changed, or the time by the least that it can be."""
    if isinstance(value, float):
        return value + chance.choice((-1, 1)) * 2.4e-7
    at = chance.randrange(len(value)) if value else 0
    while (letter := chr(chance.randrange(32, 127))) == value[at : at + 1]:
        pass
    return value[:at] + letter + value[at + 1 :]


async def main(folder: Path) -> None:
    computing()
    for synchronous in ("FULL", "NORMAL"):
        await commits(folder, synchronous)
    await changed(folder)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        asyncio.run(main(Path(folder)))
