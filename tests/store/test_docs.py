"""What docs/store.md tells people to type works."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from pathlib import Path
from time import time

import pytest

from tests.parts.postgres import Postgres
from tests.store.samples import opened
from watchtower.store import open_store
from watchtower.store.jobs import JobQueue, Result
from watchtower.store.migrate import migrations
from watchtower.store.proof import Proof, prove_store
from watchtower.store.shards import Batch, Identity, WorkerState

WORKERS = Path("docs/workers.md").read_text("utf-8")
PAGE = Path("docs/store.md").read_text("utf-8")
[DUMP] = (block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "pg_dump" in block)
MAKE_ROLE, WHO_WAS_NOT_REACHED = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


async def test_a_role_that_owns_its_schema_needs_no_other_right(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    database = dsn.rpartition("/")[2]
    for statement in MAKE_ROLE.replace("watchtower", "sidecar").split(";\n")[:2]:
        postgres.sql(statement, database)
    store = open_store(
        f"postgresql://sidecar:change%20me@{postgres.host}:{postgres.port}/{database}?schema=sidecar"
    )
    await store.open()
    await store.commit(opened())
    assert len(await store.outbox()) == 1
    await store.close()


async def test_a_worker_needs_no_other_right_than_its_page_says(postgres: Postgres) -> None:
    dsn = postgres.create_database()
    store, database = open_store(dsn), dsn.rpartition("/")[2]
    await store.open()
    rights, of_jobs = re.findall(r"```sql\n(.*?)```", WORKERS, re.DOTALL)
    statements = [
        *rights.split(";\n")[:-1],
        *re.findall(r"ALTER ROLE probes SET search_path = watchtower", WORKERS),
    ]
    for statement in statements:
        postgres.sql(statement, database)
    own = open_store(f"postgresql://probes:change%20me@{postgres.host}:{postgres.port}/{database}")
    shards, jobs, ours = own.shards(), own.jobs(), store.jobs()
    assert shards
    assert jobs
    assert ours
    who = Identity("one", "one", "hk", False)
    held = (await shards.work(who, WorkerState("plan", "1", time(), 0, 1))).shards
    await shards.send("hk", [Batch(*held[0], 1, "[]")])
    await shards.listen()
    await shards.leave("one", "hk", 2)
    assert await jobs.waiting() == set()
    queue = JobQueue(ours)
    await queue.open()
    postgres.sql(of_jobs, database)
    await queue.put("coverage", {"a day": b"{}"})
    taken = await JobQueue(jobs).take("coverage")
    assert taken is not None
    await JobQueue(jobs).done(taken, Result("", b"done"))
    assert (await queue.results(["a day"]))["a day"].body == b"done"
    for one in (shards, jobs, queue):
        one.close()
    await own.close()
    await store.close()


async def test_a_dump_of_the_schema_is_a_store_again(postgres: Postgres, tmp_path: Path) -> None:
    dsn, restored = postgres.create_database(), postgres.dsn("t_restored")
    store = open_store(dsn)
    await store.open()
    await store.once("instance", "7f3k")
    await store.commit(opened())
    lines = DUMP.replace("incidents", dsn.rpartition("/")[2]).replace("restored", "t_restored")
    host = {"PGHOST": postgres.host, "PGPORT": str(postgres.port)}
    who = {"PGUSER": postgres.user, "PGPASSWORD": postgres.password}
    path = f"{postgres.programs}:{os.environ['PATH']}"
    subprocess.run(["sh", "-e", "-c", lines], check=True, cwd=tmp_path, env={**host, **who, "PATH": path})
    await store.close()
    again = open_store(restored)
    await again.open()
    assert await again.get("instance") == "7f3k"
    await again.commit(opened(2))
    assert [row.page.incident for row in await again.outbox()] == ["INC-1", "INC-2"]
    await prove_store(again, proof := Proof())
    assert (proof.entries, proof.faults) == (6, [])
    await again.close()


async def test_the_query_finds_who_was_not_reached(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/w.db")
    await store.open()
    await store.commit(opened())
    await store.close()
    with sqlite3.connect(tmp_path / "w.db") as connection:
        connection.execute(
            "UPDATE outbox SET state = 'failed', last_error = '550: no such user', created_at = unixepoch()"
        )
        found = connection.execute(WHO_WAS_NOT_REACHED).fetchall()
    connection.close()
    assert found == [("INC-1.1.li.email", "failed", 0, "550: no such user")]


def test_every_table_is_described() -> None:
    steps = Path("src/watchtower/store/migrations/sqlite").glob("*.sql")
    schema = "\n".join(step.read_text("utf-8") for step in steps)
    renamed = dict(re.findall(r"ALTER TABLE (\w+) RENAME TO (\w+)", schema))
    for table in re.findall(r"CREATE TABLE (\w+)", schema):
        table = renamed.get(table, table)
        assert f"`{table}`" in PAGE


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_migrations_are_numbered_one_after_the_other(dialect: str) -> None:
    steps = migrations(dialect)
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
