"""Two versions on one PostgreSQL schema: what the newer one adds the older one bears, and what it takes away waits for it."""

from __future__ import annotations

import asyncio
import re
import time

import asyncpg
import pytest

from tests.parts.postgres import Postgres
from tests.store.samples import delivered, opened
from watchtower import __version__
from watchtower.errors import StoreAway, StoreError
from watchtower.store.lease import TTL, Lease
from watchtower.store.migrate import Migration, migrations
from watchtower.store.postgres import PostgresStore
from watchtower.store.shards import Identity, WorkerState
from watchtower.values import replace

NOW = migrations("postgres")
ADDS = Migration(101, "0101_adds.sql", "ALTER TABLE outbox ADD COLUMN later TEXT NOT NULL DEFAULT ''")
DROPS = Migration(102, "0102_drops.contract.sql", "ALTER TABLE outbox DROP COLUMN later")
MORE = Migration(103, "0103_more.sql", "ALTER TABLE lease ADD COLUMN later TEXT NOT NULL DEFAULT ''")


async def a_store(dsn: str, *more: Migration) -> PostgresStore:
    store = PostgresStore(dsn, steps=[*NOW, *more])
    await store.open()
    return store


async def stands_by(store: PostgresStore, name: str) -> tuple[Lease, asyncio.Task[None]]:
    lease = store.lease(name, "")
    taking = asyncio.create_task(lease.take())
    await asyncio.sleep(0.6)
    return lease, taking


async def leads(store: PostgresStore, name: str) -> Lease:
    lease, taking = await stands_by(store, name)
    await taking
    return lease


def sql(postgres: Postgres, dsn: str, statement: str) -> str:
    return postgres.sql(statement, dsn.rpartition("/")[2])


async def test_an_older_daemon_goes_on_and_even_starts_on_what_a_newer_one_added(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    old = await a_store(dsn)
    lease = await leads(old, "old")
    await old.commit(opened())
    new = await a_store(dsn, ADDS)
    assert new.news == {"schema_changed": {"before": NOW[-1].version, "now": 101}}
    await old.commit(delivered())
    assert await old.outbox() == ()
    again = await a_store(dsn)
    assert again.news == {"schema_newer": {"schema": 101, "knows": NOW[-1].version}}
    assert (await again.load()).incidents
    tool = PostgresStore(dsn, only_read=True)  # a backup by the older version
    await tool.open()
    await lease.end()
    for store in (old, new, again, tool):
        await store.close()


async def test_a_version_that_leaves_one_out_does_not_start_beside_a_daemon_that_it_cannot_serve(
    postgres: Postgres,
) -> None:
    assert all(0 < step.needs < step.version for step in NOW if step.contract)
    dsn = postgres.create_database()
    old = await a_store(dsn)
    lease = await leads(old, "pay-0:7")
    skipping = (ADDS, replace(DROPS, sql=f"-- needs 101: outbox.later\n{DROPS.sql}"))
    with pytest.raises(
        StoreError, match=r"pay-0:7 run an older version that does not know its step 101, so .* in between"
    ):
        await a_store(dsn, *skipping)
    between = await a_store(dsn, ADDS)
    behind, taking = await stands_by(between, "pay-1:7")
    await lease.end()
    await taking
    await (await a_store(dsn, *skipping)).close()
    await behind.end()
    lease = await leads(old, "pay-0:8")
    await asyncio.to_thread(lease._loop.call_soon_threadsafe, lease._loop.stop)  # as if it were killed
    await (await a_store(dsn, *skipping)).close()
    for store in (old, between):
        await store.close()


async def test_what_is_taken_away_waits_for_who_does_not_know_it_and_then_refuses_him(
    postgres: Postgres,
) -> None:
    dsn = postgres.create_database()
    old = await a_store(dsn, ADDS)
    await (await leads(old, "before")).end()
    new = await a_store(dsn, ADDS, DROPS, MORE)  # what was added later is there before what is to go
    done = "SELECT string_agg(version::text, ' ') FROM watchtower.schema_version WHERE version > 100"
    assert sql(postgres, dsn, done) == "101 103"
    lease = await leads(new, "new")
    behind, _ = await stands_by(old, "old")
    await new.contract()
    assert new.news == {"schema_waits": {"step": DROPS.name, "older": ["old"]}}
    await behind.end()
    worker, shards = Identity("w", "hk-1", "hk", False), old.shards()
    await shards.work(worker, WorkerState("", "0.1", time.time(), 0, 1))
    sql(postgres, dsn, "UPDATE watchtower.standbys SET seen = now() - interval '2 minutes'")
    await new.contract()
    assert new.news == {"schema_waits": {"step": DROPS.name, "older": ["hk-1 0.1"]}}
    sql(postgres, dsn, "UPDATE watchtower.workers SET until = now() - interval '2 minutes'")
    await shards.work(Identity("n", "hk-2", "hk", False), WorkerState("", __version__, time.time(), 0, 2))
    behind = old.lease("old", "")
    await new.contract()
    assert new.news == {"schema_changed": {"now": 102}}
    await new.commit(opened())
    # Who was cut off meanwhile comes back: he may not stand by, lead, start, or read.
    with pytest.raises(StoreError, match=r"older ones cannot use it \(schema 102, this one knows 101\)"):
        await behind.take()
    for only_read in (False, True):
        with pytest.raises(StoreError, match=r"changed by watchtower \d.*: run that version or a newer one"):
            await PostgresStore(dsn, steps=[*NOW, ADDS], only_read=only_read).open()
    shards.close()
    await lease.end()
    await asyncio.gather(old.close(), new.close())


async def test_a_step_waits_for_a_table_no_longer_than_a_beat_and_for_nobody_where_nobody_leads(
    postgres: Postgres,
) -> None:
    dsn = postgres.create_database()
    old = await a_store(dsn)
    lease = await leads(old, "old")
    reader = await asyncpg.connect(dsn)
    transaction = reader.transaction()
    await transaction.start()
    await reader.fetch("SELECT * FROM watchtower.lease, watchtower.outbox")  # a dump that takes long
    with pytest.raises(StoreAway, match="cannot be changed within"):
        await a_store(dsn, MORE)
    await old.commit(opened())
    assert lease.good
    assert sql(postgres, dsn, "SELECT term FROM watchtower.lease") == lease.term
    lease._ending = True  # it dies without a word
    lease._thread.join()
    waits = asyncio.create_task(a_store(dsn, MORE))
    await asyncio.sleep(2 * TTL)
    assert not waits.done()
    await transaction.rollback()
    await (await waits).close()
    await asyncio.gather(old.close(), reader.close())


async def test_columns_that_a_later_version_adds_to_every_table_harm_nothing(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    created = re.findall(r"CREATE (?:UNLOGGED )?TABLE (\w+)", " ".join(step.sql for step in NOW))
    columns = "; ".join(
        f"ALTER TABLE {name} ADD COLUMN later TEXT NOT NULL DEFAULT 'x'"
        for name in created
        if name != "events"  # called incident_log by now
    )
    wide = Migration(
        101, "0101.sql", f"{columns}; ALTER TABLE incident_log ADD COLUMN later TEXT NOT NULL DEFAULT 'x'"
    )
    await (await a_store(dsn, wide)).close()
    old = await a_store(dsn)
    lease = await leads(old, "old")
    await old.commit(opened())
    await old.commit(delivered())
    found = await old.load()
    assert (len(found.incidents), found.last_incident) == (1, 1)
    await old.save_access([("account", "li", "{}")])
    assert await old.access() == [("account", "li", "{}")]
    shards = old.shards()
    assert (
        len(
            (
                await shards.work(Identity("w", "hk-1", "hk", False), WorkerState("", "", time.time(), 0, 1))
            ).shards
        )
        == 256
    )
    assert len((await shards.survey()).workers) == 1
    await old.check()
    await old.prune(0.0)
    shards.close()
    await lease.end()
    await old.close()


async def test_a_step_that_is_wrong_names_itself_and_leaves_the_schema_as_it_was(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    await (await a_store(dsn)).close()
    wrong = Migration(
        102, "0102_wrong.sql", "CREATE TABLE half (a INT); ALTER TABLE nothing ADD COLUMN a INT"
    )
    with pytest.raises(StoreError, match=r"its schema.s step 0102_wrong\.sql failed: relation") as caught:
        await a_store(dsn, wrong)
    assert not isinstance(caught.value, StoreAway)
    assert sql(postgres, dsn, "SELECT to_regclass('watchtower.half') IS NULL") == "t"
    await (await a_store(dsn)).close()
