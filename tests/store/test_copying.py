"""Copies of a store: a backup beside a daemon that writes, and another store of either kind with the same content."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.parts.postgres import Postgres
from tests.store.kept_file import KEPT
from tests.store.samples import delivered, opened
from watchtower.app.backup import back_up
from watchtower.app.lock import only_one
from watchtower.app.restore import restore
from watchtower.cli.commands import group
from watchtower.errors import StoreError
from watchtower.store import Store, open_store
from watchtower.store.contract import AuditEntry
from watchtower.store.sqlite import HistoryFile
from watchtower.store.statements import COPIED

DAY = "2026-11-28"
PASSWORD = "s3cret-of-night"
Rows = dict[str, list[tuple[Any, ...]]]


@contextmanager
def bar(_what: str, _total: float) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


@contextmanager
def torn(_what: str, _total: float) -> Iterator[Callable[[int], None]]:
    """The copy ends in the middle."""

    def show(done: int) -> None:
        if done > 20:
            raise KeyboardInterrupt

    yield show


async def evening(url: str) -> Store:
    """An open store with an open and acknowledged incident, a page that is queued, and something in every table."""
    Path(url.removeprefix("sqlite:///")).write_bytes(gzip.decompress(KEPT.read_bytes()))
    store = open_store(url)
    await store.open()
    await store.chain_log()
    await store.root_of(DAY)
    await store.save_detectors({("bank", "第 1"): {"version": 3, "level": float("inf")}})
    await store.save_access([("account", "li", '{"role":"admin"}'), ("session", "a1", "{}")])
    await store.save_audit([AuditEntry("1", 5.0, "li", "POST /ack", "INC-1", "10.0.0.7", 200)])
    return store


async def rows_of(url: str) -> Rows:
    """All rows of all tables but the mark of a copy."""
    from watchtower.store.copying import _columns_of

    store = open_store(url, only_read=True)
    await store.open()
    found: Rows = {}
    async for table, rows in store.slices(_columns_of("sqlite")):
        found.setdefault(table, []).extend(tuple(row) for row in rows)
    await store.close()
    found["kv"] = [row for row in found["kv"] if row[0] != COPIED]
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


async def mark_of(url: str) -> str | None:
    store = open_store(url, only_read=True)
    await store.open()
    mark = await store.get(COPIED)
    await store.close()
    return mark


async def test_a_store_goes_to_postgresql_and_back_and_only_the_last_one_runs(
    postgres: Postgres, tmp_path: Path
) -> None:
    first, second, third = (
        f"sqlite:///{tmp_path}/a.db",
        postgres.create_database(),
        f"sqlite:///{tmp_path}/b.db",
    )
    await (await evening(first)).close()
    rows = await rows_of(first)
    assert {"alerts", "incidents", "incident_log", "outbox", "detectors", "access", "audit", "log_roots"} <= {
        *rows
    }
    for origin, target in ((first, second), (second, third)):
        name, proof = await restore(origin, target, bar, history=False, history_file=None)
        assert (proof.entries > 100, len(proof.roots), proof.faults, proof.gone()) == (True, 1, [], [])
        assert await rows_of(target) == rows
        old, new = open_store(origin), open_store(target)
        await old.open()
        await new.open()
        with pytest.raises(StoreError, match=r"was moved to .* UTC: set WATCHTOWER_STORE to that one"):
            await old.claim()
        await new.claim()
        with pytest.raises(StoreError, match="was moved to"):
            await restore(origin, f"sqlite:///{tmp_path}/c.db", bar, history=False, history_file=None)
        assert "watchtower:watchtower" not in name
        # Positions and numbers go on behind those that were copied.
        snapshot = await new.load()
        last = snapshot.last_incident
        await new.commit(opened(last + 1, at=9e9))
        assert (await new.outbox())[-1].page.incident == f"INC-{last + 1}"
        assert (await new.load()).last_incident == last + 1
        rows = await rows_of(target)
        await old.close()
        await new.close()


async def test_a_backup_is_of_one_moment_while_the_daemon_writes(tmp_path: Path) -> None:
    url, folder = f"sqlite:///{tmp_path}/w.db", tmp_path / "backups"
    folder.mkdir()
    store = await evening(url)
    ended = asyncio.Event()

    def checkpoint() -> None:
        with closing(sqlite3.connect(tmp_path / "w.db")) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def write() -> None:
        number = 10
        while not ended.is_set():
            await store.commit([*opened(number), *delivered(number)])
            await asyncio.to_thread(checkpoint)
            number += 1

    writing = asyncio.create_task(write())
    for old in ("20200101T000000Z", "20200102T000000Z", "20990101T000000Z"):
        (folder / f"watchtower-88f3f69c6793-{old}.db").write_bytes(b"")
    (folder / "watchtower-0a1b-20200101T000000Z.db").write_bytes(b"")
    with only_one(url):  # as the daemon has it
        file, proof = await back_up(url, folder, 2, bar, history=False, history_file=None)
    ended.set()
    await writing
    await store.close()
    assert proof.faults == []
    # The new one stays, though a clock that was wrong gave an old one a later name; another instance's is not ours.
    assert sorted(one.name for one in folder.iterdir()) == sorted(
        [file.name, "watchtower-88f3f69c6793-20990101T000000Z.db", "watchtower-0a1b-20200101T000000Z.db"]
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    backup = await rows_of(f"sqlite:///{file}")
    incidents = {row[0] for row in backup["incidents"]}
    assert incidents == {row[0] for row in backup["incident_log"]} >= {"INC-1", "INC-10"}


async def test_a_backup_is_restored_as_often_as_liked_and_runs_as_a_plain_copy_too(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/w.db"
    await (await evening(url)).close()
    await HistoryFile(tmp_path / "w-history.db").open()
    file, _ = await back_up(url, tmp_path, None, bar, history=True, history_file=None)
    assert file.with_name(f"{file.stem}-history.db").exists()
    file.chmod(0o400)
    for target in (f"sqlite:///{tmp_path}/new/w.db", postgres.create_database()):
        await restore(f"sqlite:///{file}", target, bar, history=True, history_file=None)
        assert await rows_of(target) == await rows_of(url)
        assert await mark_of(target) is None
    (tmp_path / "plain.db").write_bytes(file.read_bytes())
    plain = open_store(f"sqlite:///{tmp_path}/plain.db")
    await plain.open()
    assert await plain.get(COPIED) == "backup"
    await plain.claim()
    assert await plain.get(COPIED) == ""
    await plain.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_copy_that_ends_in_the_middle_is_none(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/w.db"
    await (await evening(url)).close()
    target = f"sqlite:///{tmp_path}/x.db"
    if kind == "postgres":
        target = request.getfixturevalue("postgres").create_database()
    with pytest.raises(KeyboardInterrupt):
        await restore(url, target, torn, history=False, history_file=None)
    assert not await mark_of(url), "it goes on where it was"
    assert {one.name for one in tmp_path.iterdir()} <= {
        "w.db",
        "w.db-wal",
        "w.db-shm",
        "w.db.lock",
        "x.db.lock",
    }
    await restore(url, target, bar, history=False, history_file=None)
    assert await rows_of(target) == await rows_of(url)


async def test_a_move_that_was_killed_is_done_again(postgres: Postgres, tmp_path: Path) -> None:
    """Before the first row, or after the last one: no daemon runs on the old store, and the same command ends it."""
    url, target = f"sqlite:///{tmp_path}/w.db", postgres.create_database()
    store = await evening(url)
    rows = await rows_of(url)
    for _ in ("before the first row", "after the last one"):
        await store.put(COPIED, f"being moved to {open_store(target)} since 2026-11-28 10:00 UTC")
        with pytest.raises(StoreError, match="which did not end: give `watchtower restore` again"):
            await store.claim()
        _, proof = await restore(url, target, bar, history=False, history_file=None)
        assert (proof.entries > 100, proof.faults) == (True, [])
        assert await rows_of(target) == rows
        with pytest.raises(StoreError, match="was moved to postgresql store"):
            await store.claim()
    await store.close()


async def test_what_is_in_use_or_not_empty_is_left_alone(postgres: Postgres, tmp_path: Path) -> None:
    url, target = f"sqlite:///{tmp_path}/w.db", postgres.create_database()
    await (await evening(url)).close()
    other = open_store(target)
    await other.open()
    await other.once("instance", "other")
    with pytest.raises(StoreError, match=r"is not empty: give it a schema of its own"):
        await restore(url, target, bar, history=False, history_file=None)
    await other.close()
    with only_one(url), pytest.raises(StoreError, match="another watchtower is running"):
        await restore(url, f"{target}?schema=wt_new", bar, history=False, history_file=None)
    (tmp_path / "x.db-wal").write_bytes(b"of a file that is gone")
    with pytest.raises(StoreError, match=r"x\.db-wal is there already: move it away"):
        await restore(url, f"sqlite:///{tmp_path}/x.db", bar, history=False, history_file=None)
    assert not await mark_of(url)


async def test_a_full_disk_leaves_no_half_backup(tmp_path: Path) -> None:
    url, folder = f"sqlite:///{tmp_path}/w.db", tmp_path / "small"
    await (await evening(url)).close()
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], check=True)
    try:
        with pytest.raises(StoreError, match=r"small: the disk has 0 MiB left, and the store takes 0 MiB"):
            await back_up(url, folder, None, bar, history=False, history_file=None)
        with pytest.raises(StoreError, match="the disk is full"):
            await restore(url, f"sqlite:///{folder}/w.db", bar, history=False, history_file=None)
        assert [one.name for one in folder.iterdir()] == ["w.db.lock"]
        assert not await mark_of(url)
    finally:
        subprocess.run(["umount", folder], check=True)


def watchtower(*words: str | Path, store: str) -> Result:
    return CliRunner().invoke(group, [*map(str, words)], env={"WATCHTOWER_STORE": store})


def test_a_log_that_was_changed_costs_no_older_backup(tmp_path: Path) -> None:
    url, folder = f"sqlite:///{tmp_path}/w.db", tmp_path / "backups"
    folder.mkdir()

    async def make() -> None:
        await (await evening(url)).close()

    asyncio.run(make())
    (folder / "watchtower-88f3f69c6793-20200101T000000Z.db").write_bytes(b"")
    with closing(sqlite3.connect(tmp_path / "w.db")) as file:
        file.execute("DROP TRIGGER incident_log_append_only")
        file.execute("UPDATE incident_log SET detail = 'nothing' WHERE incident = 'INC-1' AND seq = 2")
        file.commit()
    done = watchtower("backup", folder, "--keep", "1", store=url)
    assert done.exit_code == 1
    assert done.stderr == "INC-1: entry 2 was changed, or the one before it\n"
    assert len([*folder.iterdir()]) == 2
    assert watchtower("verify", max(folder.iterdir()), store=url).exit_code == 1


def test_no_password_is_shown_and_a_newer_schema_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "w.db")) as file:
        file.execute("PRAGMA user_version = 99")
    away = f"postgresql://w:{PASSWORD}@127.0.0.1:1/incidents"
    said = [
        watchtower("backup", tmp_path, store=away),
        watchtower("restore", away, store=f"sqlite:///{tmp_path}/x.db"),
        watchtower("backup", tmp_path, store=f"sqlite:///{tmp_path}/w.db"),
    ]
    assert [one.exit_code for one in said] == [1, 1, 1]
    assert not any(PASSWORD in one.stdout + one.stderr for one in said)
    assert "was written by a newer watchtower (schema 99" in said[2].stderr
    assert [one.name for one in tmp_path.iterdir()] == ["w.db"]
