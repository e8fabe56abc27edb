"""What only a server can do to us."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.parts.child import free_port
from tests.parts.postgres import Postgres
from tests.store.samples import delivered, opened
from watchtower.errors import StoreAway, StoreError
from watchtower.store import open_store
from watchtower.store.migrate import migrations
from watchtower.store.postgres import PostgresStore, numbered


def database(dsn: str) -> str:
    return dsn.rpartition("/")[2]


async def test_everything_lies_in_a_schema_of_its_own(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    stores = [open_store(dsn), open_store(f"{dsn}?schema=wt_staging")]
    for number, store in enumerate(stores, 1):
        await store.open()
        await store.commit(opened(number))
    schemas = postgres.sql(
        "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'outbox'", database(dsn)
    )
    assert set(schemas.split()) == {"watchtower", "wt_staging"}
    for number, store in enumerate(stores, 1):
        assert [row.page.incident for row in await store.outbox()] == [f"INC-{number}"]
        await store.close()


async def test_two_that_start_at_once_migrate_one_after_the_other(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    stores = [open_store(dsn) for _ in range(5)]
    await asyncio.gather(*(store.open() for store in stores))
    found = postgres.sql("SELECT version FROM watchtower.schema_version", database(dsn))
    assert found.split() == [str(step.version) for step in migrations("postgres")]
    await asyncio.gather(*(store.close() for store in stores))


async def test_connections_that_the_server_cut_are_replaced(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    store = open_store(dsn)
    await store.open()
    await store.commit(opened())
    postgres.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'watchtower'"
    )
    await store.commit(delivered())
    assert await store.outbox() == ()
    await store.close()


@pytest.mark.parametrize("read", range(4))
async def test_a_connection_that_ended_while_we_stood_still_is_replaced(
    postgres: Postgres, read: int
) -> None:
    """Our process is stopped inside a transaction, which the server ends, and goes on after so many turns of reading that."""
    store = open_store(postgres.create_database())
    assert isinstance(store, PostgresStore)
    await store.open()
    turns: list[int] = []

    async def late(connection: Any) -> None:
        stood_still = not turns
        turns.append(1)
        if stood_still:
            time.sleep(2.5)  # nothing of this process goes on
            for _ in range(read):
                await asyncio.sleep(0)
        await connection.execute("SELECT 1")

    await store._write(late)
    assert len(turns) == 2
    await store.commit(opened())
    await store.close()


async def test_the_timeline_is_append_only(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    store = open_store(dsn)
    await store.open()
    await store.commit(opened())
    with pytest.raises(OSError, match="the log is append-only"):
        postgres.sql("UPDATE watchtower.incident_log SET detail = 'never happened'", database(dsn))
    await store.close()


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    port = free_port()
    with pytest.raises(StoreError) as caught:
        await open_store(f"postgresql://u:hunter2@127.0.0.1:{port}/incidents").open()
    assert str(caught.value).startswith("postgresql store 127.0.0.1/incidents (schema watchtower): ")
    assert "hunter2" not in str(caught.value)


async def test_a_wrong_password_is_refused_without_showing_it(postgres: Postgres) -> None:
    dsn = postgres.create_database().replace(":watchtower@", ":hunter2@")
    with pytest.raises(StoreError, match="password authentication failed") as caught:
        await open_store(dsn).open()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "away"),
    [("sslmode=nonsense", False), ("nonsense=1", False), ("target_session_attrs=read-only", True)],
)
async def test_a_setting_that_is_none_is_no_outage_and_a_passive_server_is_one(
    postgres: Postgres, query: str, away: bool
) -> None:
    with pytest.raises(StoreError) as caught:
        await open_store(f"{postgres.create_database()}?{query}").open()
    assert isinstance(caught.value, StoreAway) is away
    assert postgres.password + "@" not in str(caught.value)


def test_without_the_driver_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['asyncpg'] = None\nfrom watchtower.store import open_store\nopen_store('postgresql://h/d')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith(
        'a postgresql:// store needs asyncpg: pip install "watchtower-oncall[postgres]"'
    )


def test_sqlite_does_not_load_the_driver() -> None:
    program = "import sys; from watchtower.store import open_store; open_store('sqlite:///x.db'); print('asyncpg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_parameters_are_numbered() -> None:
    assert numbered("INSERT INTO t VALUES (?, ?) -- ?") == "INSERT INTO t VALUES ($1, $2) -- $3"
