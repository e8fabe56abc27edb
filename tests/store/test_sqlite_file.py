"""The file: what is wrong with it is said in words that an operator can act on, and a killed daemon loses nothing."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.samples import opened
from watchtower.errors import StoreError
from watchtower.store import open_store
from watchtower.store.migrate import migrations
from watchtower.store.sqlite import SqliteStore


async def refusal(path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        await SqliteStore(path).open()
    return str(caught.value)


async def test_missing_directories_are_made_and_the_file_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "watchtower.db"
    store = SqliteStore(path)
    await store.open()
    await store.commit(opened())
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    assert modes == dict.fromkeys(("watchtower.db", "watchtower.db-wal", "watchtower.db-shm"), 0o600)
    await store.close()


async def test_commits_wait_for_the_disk(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "w.db")
    await store.open()
    ask = {"journal_mode": "wal", "synchronous": 2}
    told = {
        name: await store._write(lambda c, n=name: c.execute(f"PRAGMA {n}").fetchone()[0]) for name in ask
    }  # type: ignore[misc]
    assert told == ask
    await store.close()


async def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert await refusal(path) == (
        f"sqlite store {path} was written by a newer watchtower (schema 99, this one knows {len(migrations('sqlite'))}): "
        "run that version again, or give this one a store of its own"
    )
    assert sqlite3.connect(path).execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    path.write_text("[[rule]]\nname = 'oops'\n" * 100)
    assert (
        f"sqlite store {path}: the file is not a SQLite database; restore a backup or move it away"
        in await refusal(path)
    )
    assert path.read_text().startswith("[[rule]]")


async def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "w.db"
    store = SqliteStore(path)
    await store.open()
    for number in range(1, 200):
        await store.commit(opened(number))
    await store.close()
    data = bytearray(path.read_bytes())
    for at in range(3 * 4096, len(data), 4096):
        data[at : at + 2048] = random.Random(at).randbytes(2048)
    path.write_bytes(data)
    assert "the file is damaged" in await refusal(path)


async def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "File exists" in await refusal(tmp_path / "data" / "w.db")


async def test_a_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "w.db").mkdir()
    assert f"Is a directory ({tmp_path}/w.db)" in await refusal(tmp_path / "w.db")


AS_NOBODY = """
import asyncio, os, sys
from pathlib import Path
from watchtower.errors import StoreError
from watchtower.store.sqlite import SqliteStore
if os.getuid() == 0:
    os.setuid(65534)
try:
    asyncio.run(SqliteStore(Path(sys.argv[1])).open())
except StoreError as error:
    print(error)
"""


def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, closed / "w.db"], capture_output=True, text=True, check=True
    )
    assert "Permission denied" in done.stdout


async def test_a_file_that_another_program_holds(tmp_path: Path) -> None:
    """It is waited for, then said; and the next commit is well again."""
    path = tmp_path / "w.db"
    store = SqliteStore(path, busy=0.05)
    await store.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program keeps the file locked"):
        await store.commit(opened())
    assert await store.outbox() == ()  # reading goes on
    other.execute("COMMIT")
    await store.commit(opened())
    assert len(await store.outbox()) == 1
    await store.close()


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.store.samples import opened
from watchtower.errors import StoreError
from watchtower.store.sqlite import SqliteStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
async def main():
    store = SqliteStore(Path(sys.argv[1]))
    await store.open()
    written = 0
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limit[1]))
    try:
        for number in range(1, 10_000):
            await store.commit(opened(number))
            written = number
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    await store.commit(opened(written + 1))
    print(written + 1, len(await store.outbox()))
    await store.close()
asyncio.run(main())
"""


def test_a_disk_without_room_refuses_and_is_well_once_there_is_room(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, tmp_path / "w.db"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    said, counts = done.stdout.splitlines()
    assert said.startswith(f"sqlite store {tmp_path}/w.db: the disk ")
    written, found = counts.split()
    assert written == found
    assert int(written) > 5


COMMITS = """
import asyncio, sys
from pathlib import Path
from tests.store.samples import opened
from watchtower.store.sqlite import SqliteStore
async def main():
    store = SqliteStore(Path(sys.argv[1]))
    await store.open()
    number = (await store.load()).last_incident
    while True:
        number += 1
        await store.commit(opened(number))
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
asyncio.run(main())
"""


async def test_what_commit_returned_from_survives_a_kill(tmp_path: Path) -> None:
    path, chance, said = tmp_path / "w.db", random.Random(7), 0
    for _ in range(5):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", COMMITS, path, stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        said = int(await child.stdout.readline())
        await asyncio.sleep(chance.uniform(0.0, 0.2))
        child.send_signal(signal.SIGKILL)
        last = (await child.stdout.read()).splitlines()
        said = max([said, *(int(line) for line in last if line)])
        await child.wait()
        store = SqliteStore(path)
        await store.open()
        queued = [row.page.incident for row in await store.outbox()]
        assert queued in ([f"INC-{n}" for n in range(1, said + 1)], [f"INC-{n}" for n in range(1, said + 2)])
        snapshot = await store.load()
        assert (
            len(snapshot.incidents) == len(queued) == snapshot.last_incident
        )  # all of a batch, or nothing of it
        await store.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "the store's URL names no file"),
        ("sqlite:///", "the store's URL names no file"),
        ("sqlite:///:memory:", "the store's URL names no file"),
        ("sqlite:///data/", "the store's URL names no file"),
        ("sqlite://data/w.db", "the store's URL names no file"),
        ("mysql://root:secret@host/db", 'the store\'s URL begins with "mysql"'),
        ("", "the store has no URL"),
        ("postgresql://u:secret@host/db?schema=A-b", 'the store\'s schema "A-b"'),
        ("postgresql://u:sec/ret@host/db", "the store's URL cannot be read"),
    ],
)
def test_a_url_that_is_no_store_says_how_to_write_one(url: str, says: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert str(caught.value).startswith(says)
    assert "sec" not in str(caught.value)


async def test_a_relative_and_an_absolute_path(tmp_path: Path) -> None:
    assert str(open_store("sqlite:///var/w.db")) == "sqlite store var/w.db"
    assert str(open_store("sqlite:////data/w%20x.db")) == "sqlite store /data/w x.db"


async def test_a_store_that_is_not_open_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "w.db")
    with pytest.raises(StoreError, match="not open"):
        await store.outbox()
    await store.open()
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        await store.commit(opened())
    await store.close()


async def test_the_timeline_is_append_only(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "w.db")
    await store.open()
    await store.commit(opened())
    with pytest.raises(StoreError, match="the log is append-only"):
        await store._write(
            lambda connection: connection.execute("UPDATE incident_log SET detail = 'never happened'")
        )
    await store.close()
