"""The log of incidents is chained: whatever is changed in a store or in an exported log, `watchtower verify` finds."""

from __future__ import annotations

import asyncio
import gzip
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.parts.commands import Ran, watchtower
from tests.parts.postgres import Postgres
from tests.store.kept_file import KEPT
from tests.store.samples import delivered, opened, settled
from watchtower.errors import StoreError
from watchtower.store import Store, open_store
from watchtower.store.proof import Proof, exported, prove_exported, prove_store

DAYS = "2026-11-27", "2026-11-28"


async def write(store: Store) -> list[str]:
    """Two incidents on the first day, a third on the second; returns the roots."""
    await store.commit([*opened(1), *delivered(1), *opened(2)])
    first = await store.root_of(DAYS[0])
    await store.commit([*settled(1), *opened(3)])
    second = await store.root_of(DAYS[1])
    assert first is not None
    assert second is not None
    return [first.root, second.root]


async def proved(store: Store) -> Proof:
    proof = Proof()
    await prove_store(store, proof)
    return proof


async def test_a_log_is_as_it_was_written_also_when_a_commit_came_twice(store: Store) -> None:
    roots = await write(store)
    await store.commit(opened(3))
    proof = await proved(store)
    assert (proof.entries, proof.logs, proof.gone(), proof.faults) == (12, 3, [], [])
    assert [root.root for root in proof.roots] == roots
    assert await store.root_of(DAYS[1]) is None


async def test_what_the_retention_takes_breaks_no_chain_and_is_told(store: Store) -> None:
    await write(store)
    assert await store.prune(500.0) == 1
    proof = await proved(store)
    assert proof.gone() == ["INC-1 (2026-11-28)"]
    assert proof.faults == []


async def test_an_exported_log_is_proved_like_the_store(store: Store, tmp_path: Path) -> None:
    await write(store)
    text = "".join([line async for line in exported(store)])
    (tmp_path / "log.txt").write_text(text)
    proof = Proof()
    prove_exported(tmp_path / "log.txt", proof)
    assert (proof.entries, proof.logs, len(proof.roots), proof.gone(), proof.faults) == (12, 3, 2, [], [])


BYTES = 400
"""`python -m benchmarks.chain` changes ten thousand."""


def changes(whole: bytes, count: int) -> Iterator[bytes]:
    """`whole` with one byte changed, `count` times."""
    chance = random.Random(7)
    for _ in range(count):
        at = chance.randrange(len(whole))
        yield whole[:at] + bytes([whole[at] ^ chance.randrange(1, 256)]) + whole[at + 1 :]


async def test_any_byte_of_an_exported_log_that_is_changed_is_found(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/w.db")
    await store.open()
    await write(store)
    whole = "".join([line async for line in exported(store)]).encode()
    await store.close()
    file = tmp_path / "log.txt"
    for changed in (*changes(whole, BYTES), whole[:-1], whole[: len(whole) // 2], whole + b"\n", b""):
        file.write_bytes(changed)
        assert found_in(file), changed


def found_in(file: Path) -> bool:
    proof = Proof()
    try:
        prove_exported(file, proof)
    except StoreError:
        return True
    proof.gone()
    return bool(proof.faults)


WAYS: dict[str, str] = {
    "an entry's text": "UPDATE incident_log SET detail = 'nothing' WHERE incident = 'INC-1' AND seq = 2",
    "its time": "UPDATE incident_log SET at = at + 1e-6 WHERE incident = 'INC-1' AND seq = 2",
    "who wrote it": "UPDATE incident_log SET actor = 'li' WHERE incident = 'INC-2' AND seq = 1",
    "its data": "UPDATE incident_log SET data = REPLACE(data, 'firing', 'pending') WHERE incident = 'INC-1' AND seq = 1",
    "its chain": "UPDATE incident_log SET chain = REPLACE(chain, SUBSTR(chain, 1, 1), 'x') WHERE incident = 'INC-2' AND seq = 3",
    "its incident": "UPDATE incident_log SET incident = 'INC-9' WHERE incident = 'INC-2'",
    "its number": "UPDATE incident_log SET seq = 9 WHERE incident = 'INC-3' AND seq = 3",
    "one removed": "DELETE FROM incident_log WHERE incident = 'INC-1' AND seq = 3",
    "the first removed": "DELETE FROM incident_log WHERE incident = 'INC-1' AND seq = 1",
    "the last removed": "DELETE FROM incident_log WHERE incident = 'INC-1' AND seq = 6",
    "no text any more": "UPDATE incident_log SET kind = x'00ff' WHERE incident = 'INC-1' AND seq = 2",
    "a root": "UPDATE log_roots SET root = REPLACE(root, SUBSTR(root, 1, 1), 'x') WHERE day = '2026-11-28'",
    "a root's heads": "UPDATE log_roots SET heads = REPLACE(heads, 'INC-2', 'INC-8')",
    "a day removed": "DELETE FROM log_roots WHERE day = '2026-11-27'",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_what_is_done_to_a_store_is_found(way: str, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/w.db")
    await store.open()
    await write(store)
    await store.close()
    with closing(sqlite3.connect(tmp_path / "w.db")) as file:
        file.execute("DROP TRIGGER incident_log_append_only")
        assert file.execute(way).rowcount > 0
        file.commit()
    again = open_store(f"sqlite:///{tmp_path}/w.db", only_read=True)
    await again.open()
    proof = Proof()
    with suppress(StoreError):  # where it holds something else than numbers and text
        await prove_store(again, proof)
        proof.gone()
        assert proof.faults
    await again.close()


async def test_what_is_done_to_a_database_is_found(postgres: Postgres) -> None:
    url = postgres.create_database()
    store = open_store(url)
    await store.open()
    await write(store)
    assert (await proved(store)).faults == []
    postgres.sql(
        "SET search_path TO watchtower; DROP TRIGGER incident_log_append_only ON incident_log; "
        "UPDATE incident_log SET detail = 'nothing' WHERE incident = 'INC-1' AND seq = 2",
        url.rpartition("/")[2],
    )
    assert (await proved(store)).faults == ["INC-1: entry 2 was changed, or the one before it"]
    await store.close()


def test_entries_of_a_version_without_chains_get_theirs_and_the_command_says_so(tmp_path: Path) -> None:
    file = tmp_path / "w.db"
    file.write_bytes(gzip.decompress(KEPT.read_bytes()))

    async def upgrade() -> tuple[int, int, Any]:
        store = open_store(f"sqlite:///{file}")
        await store.open()
        count, again = await store.chain_log(), await store.chain_log()
        await store.commit(opened(1, at=9e9))
        root = await store.root_of(DAYS[0])
        await store.close()
        return count, again, root

    count, again, root = asyncio.run(upgrade())
    assert count > 50
    assert again == 0
    done = verify(file, "--root", root.root, "--export", str(tmp_path / "log.txt"))
    assert done.out.splitlines() == [
        f"{count + 3} entries of 4 logs, 1 daily roots: as they were written",
        f"last root: {DAYS[0]} {root.root}",
    ]
    assert done.status == 0
    assert verify(tmp_path / "log.txt", "--root", root.root).status == 0
    other = verify(tmp_path / "log.txt", "--root", "0" * 64)
    assert (other.status, other.err) == (1, f"no day has the root {'0' * 64}\n")


@pytest.mark.parametrize(("name", "status"), [("rules.toml", 1), ("nowhere.db", 2)])
def test_what_is_no_log_is_refused(name: str, status: int, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text("[[rule]]\n")
    done = verify(tmp_path / name)
    assert (done.status, name in done.err) == (status, True)


def verify(file: Path, *more: str) -> Ran:
    return watchtower("verify", str(file), *more)
