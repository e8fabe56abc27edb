"""The sql probe against SQLite files and a real PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.parts.child import wait_until
from tests.parts.postgres import Postgres
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome
from watchtower.probes.sql import Sql
from watchtower.probes.sql_sources import places

COUNT = "SELECT count(*) AS requests FROM orders WHERE created_at >= :since AND created_at < :until"


class Shop:
    """An SQLite file with orders."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dsn = f"sqlite://{path}"
        self.run("CREATE TABLE orders (created_at TEXT, flow TEXT, cents INTEGER, who TEXT, failed INTEGER)")

    def run(self, statement: str) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.execute(statement)
        connection.close()

    def order(
        self,
        ago: str = "0 seconds",
        flow: str = "checkout",
        cents: int = 100,
        who: str = "a",
        failed: int = 0,
    ) -> None:
        at = f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-{ago}')"
        self.run(f"INSERT INTO orders VALUES ({at}, '{flow}', {cents}, '{who}', {failed})")  # noqa: S608


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop.db")


async def test_the_first_poll_counts_the_last_interval_at_once(shop: Shop, make: Make) -> None:
    shop.order("5 seconds")
    shop.order("1 hours")
    probe = await make("sql", dsn=shop.dsn, query=COUNT)
    reading = await probe.one()
    assert (reading.measurements["requests"], reading.covers) == (1.0, 10.0)


async def test_windows_join_without_gap_or_overlap(shop: Shop, make: Make) -> None:
    probe = await make("sql", dsn=shop.dsn, query=COUNT, lag="0s")
    total, covered = float((await probe.one()).measurements["requests"] or 0.0), 0.0
    for _ in range(20):
        shop.order()
        await asyncio.sleep(0.003)
        reading = await probe.one()
        total += float(reading.measurements["requests"] or 0.0)
        covered += reading.covers
    assert total == 20.0
    assert 0.05 < covered < 60.0


async def test_no_row_is_a_measured_zero(shop: Shop, make: Make) -> None:
    reading = await (await make("sql", dsn=shop.dsn, query=COUNT)).one()
    assert (reading.outcome, reading.measurements) == (Outcome.UP, {"requests": 0.0})


ALL = (
    "SELECT count(*) AS requests, sum(failed) AS errors, sum(cents) / 100.0 AS amount, count(DISTINCT who) AS users"
    " FROM orders WHERE created_at >= :since AND created_at < :until"
)


async def test_columns_are_measurements_and_null_is_not_known(shop: Shop, make: Make) -> None:
    probe = await make("sql", dsn=shop.dsn, query=ALL)
    for who, failed in (("a", 0), ("b", 1), ("a", 0), ("c", 0)):
        shop.order("5 seconds", who=who, failed=failed, cents=18250)
    reading = await probe.one()
    expected = {"requests": 4.0, "errors": 1.0, "error_ratio": 0.25, "amount": 730.0, "users": 3.0}
    assert reading.measurements == expected
    shop.run("DELETE FROM orders")
    probe = await make("sql", dsn=shop.dsn, query=ALL)
    assert (await probe.one()).measurements == {"requests": 0.0, "users": 0.0}


async def test_a_group_without_rows_is_zero(shop: Shop, make: Make) -> None:
    shop.order("5 seconds")
    query = COUNT.replace("SELECT", "SELECT flow,") + " GROUP BY flow"
    probe = await make("sql", dsn=shop.dsn, query=query, label="flow", series=("checkout", "refund"))
    found = await probe.by_series()
    assert set(found) == {"", "checkout", "refund"}
    assert found["checkout"].measurements == {"requests": 1.0}
    assert (found["refund"].outcome, found["refund"].measurements) == (Outcome.UP, {"requests": 0.0})


async def test_totals_that_grow(shop: Shop, make: Make) -> None:
    shop.order()
    query = "SELECT count(*) AS requests, sum(cents) AS amount FROM orders"
    probe = await make("sql", dsn=shop.dsn, query=query, gives="cumulative")
    assert (await probe.one()).reason == "first_poll"
    shop.order(cents=250)
    shop.order(cents=50)
    reading = await probe.one()
    assert reading.measurements == {"requests": 2.0, "amount": 300.0}
    assert reading.covers > 0


WRONG = [
    ("SELECT nothing FROM orders WHERE :since < :until", {}, "query"),
    ("SELECT 1 AS orders WHERE :since < :until", {}, "query"),
    ("SELECT NULL AS requests WHERE :since < :until", {}, "absent"),
    ("SELECT 1 AS requests WHERE :since > :until", {}, "absent"),
    ("SELECT 'many' AS requests WHERE :since < :until", {}, "not_a_number"),
    ("SELECT 1 AS requests WHERE :since < :until UNION ALL SELECT 2", {}, "query"),
    ("SELECT 1 AS requests WHERE :since < :until", {"label": "flow"}, "query"),
    (
        "SELECT 'x' AS flow, 1 AS requests WHERE :since < :until UNION ALL SELECT 'x', 2",
        {"label": "flow"},
        "query",
    ),
    ("DELETE FROM orders WHERE created_at BETWEEN :since AND :until", {}, "query"),
    ("SELECT 1 AS requests WHERE :since < :until; DELETE FROM orders", {}, "query"),
]


@pytest.mark.parametrize(("query", "settings", "reason"), WRONG)
async def test_what_cannot_be_counted_is_unknown(
    shop: Shop, make: Make, query: str, settings: dict[str, str], reason: str
) -> None:
    shop.order()
    probe = await make("sql", dsn=shop.dsn, query=query, **settings)
    for reading in await probe.poll():
        assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})
        assert reading.detail
    with sqlite3.connect(shop.path) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize("scheme", ["sqlite://", "sqlite:///"])
async def test_the_address_of_a_file(shop: Shop, make: Make, scheme: str) -> None:
    probe = await make("sql", dsn=f"{scheme}{shop.path}", query=COUNT)
    assert (await probe.one()).outcome is Outcome.UP


async def test_no_file_is_no_data_and_none_is_made(tmp_path: Path, make: Make) -> None:
    probe = await make("sql", dsn=f"sqlite://{tmp_path}/none.db", query=COUNT)
    assert (await probe.one()).reason == "absent"
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "none.db").write_text("this is no database, but long enough to look at" * 30)
    assert (await probe.one()).reason == "garbage"


async def test_a_query_that_takes_too_long_is_ended(shop: Shop, make: Make) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT count(*) AS requests FROM n WHERE :since < :until"
    )
    probe = await make("sql", dsn=shop.dsn, query=endless, timeout=0.2)
    assert (await probe.one()).reason == "timeout"


def server_with_orders(postgres: Postgres, stamp: str = "timestamptz") -> str:
    dsn = postgres.create_database()
    name = dsn.rsplit("/", 1)[1]
    postgres.sql(f"CREATE TABLE orders (created_at {stamp}, flow text, amount numeric(12,2))", name)
    return dsn


def order(
    postgres: Postgres, dsn: str, at: str = "now() - interval '5 seconds'", flow: str = "checkout"
) -> None:
    postgres.sql(f"INSERT INTO orders VALUES ({at}, '{flow}', 182.50)", dsn.rsplit("/", 1)[1])  # noqa: S608


PG = (
    "SELECT flow, count(*) AS requests, sum(amount) AS amount FROM orders"
    " WHERE created_at >= :since AND created_at < :until::timestamptz GROUP BY flow"
)


async def test_postgres_by_its_own_clock(postgres: Postgres, make: Make) -> None:
    dsn = server_with_orders(postgres)
    for _ in range(3):
        order(postgres, dsn)
    order(postgres, dsn, at="now() - interval '1 hour'")
    probe = await make("sql", dsn=dsn, query=PG, label="flow", series=("checkout", "refund"))
    found = await probe.by_series()
    assert found["checkout"].measurements == {"requests": 3.0, "amount": 547.5}
    assert found["checkout"].covers == pytest.approx(10.0)
    assert found["refund"].measurements == {"requests": 0.0}
    assert (await probe.by_series())["checkout"].measurements == {"requests": 0.0}  # counted once


async def test_postgres_time_stamps_without_a_zone_are_read_in_the_zone_of_the_check(
    postgres: Postgres, make: Make
) -> None:
    dsn = server_with_orders(postgres, "timestamp")
    order(postgres, dsn, at="(now() at time zone 'Asia/Shanghai') - interval '5 seconds'")
    query = PG.replace("flow, ", "").replace(" GROUP BY flow", "")
    there = await (await make("sql", dsn=dsn, query=query, zone="Asia/Shanghai")).one()
    assert there.measurements["requests"] == 1.0
    elsewhere = await (await make("sql", dsn=dsn, query=query)).one()
    assert elsewhere.measurements["requests"] == 0.0


async def test_postgres_is_only_read(postgres: Postgres, make: Make) -> None:
    dsn = server_with_orders(postgres)
    order(postgres, dsn)
    query = "WITH gone AS (DELETE FROM orders RETURNING 1) SELECT count(*) AS requests FROM gone WHERE :since < :until"
    reading = await (await make("sql", dsn=dsn, query=query)).one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "query")
    assert postgres.sql("SELECT count(*) FROM orders", dsn.rsplit("/", 1)[1]) == "1"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT pg_sleep(30)::text::int AS requests WHERE :since < :until", "timeout"),
        ("SELECT no_such AS requests WHERE :since < :until", "query"),
        ("SELECT 1/0 AS requests WHERE :since < :until", "query"),
        ("SELECT 'NaN'::numeric AS requests WHERE :since < :until", "not_a_number"),
        ("SELECT repeat('1', 4000000) AS requests WHERE :since < :until", "garbage"),
    ],
)
async def test_postgres_refusals_are_unknown(postgres: Postgres, make: Make, query: str, reason: str) -> None:
    probe = await make("sql", dsn=postgres.create_database(), query=query, timeout=1.0)
    assert (await probe.one()).reason == reason
    still = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS requests%' AND pid <> pg_backend_pid()"
    )
    wait_until(lambda: postgres.sql(still) == "0", "the server to end the query")


async def test_postgres_out_of_reach_and_a_wrong_password(postgres: Postgres, make: Make) -> None:
    reading = await (await make("sql", dsn="postgresql://u:s3cret@127.0.0.1:1/shop", query=COUNT)).one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "refused")
    wrong = postgres.dsn().replace(f":{postgres.password}@", ":s3cret@")
    probe = await make("sql", dsn=wrong, query=COUNT)
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "credentials")
    assert "s3cret" not in f"{reading!r}{probe.probe.settings!r}"


def test_a_cast_is_no_parameter() -> None:
    assert places("SELECT a::since, ':x' WHERE b >= :since") == {"since"}
    assert places("SELECT a::until") == set()


SETTINGS = [
    ({"query": "SELECT 1 AS requests"}, "counts a window"),
    ({"query": COUNT, "gives": "cumulative"}, "takes totals"),
    ({"query": COUNT, "dsn": "oracle://root@db/shop"}, "must be an address"),
    ({"query": COUNT, "dsn": "sqlite://shop.db"}, "must be an address"),
    ({"query": COUNT, "zone": "Mars/Olympus"}, "there is no time zone"),
]


@pytest.mark.parametrize(("settings", "said"), SETTINGS)
def test_wrong_settings_are_explained(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Sql.Settings.model_validate({"dsn": "sqlite:////srv/shop.db", **settings})


async def test_a_file_below_the_working_directory(
    shop: Shop, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the address of the store is read: three slashes are no root."""
    file = Path(shop.dsn.removeprefix("sqlite://"))
    monkeypatch.chdir(file.parent)
    probe = await make("sql", dsn=f"sqlite:///{file.name}", query=COUNT)
    assert (await probe.one()).outcome is Outcome.UP
