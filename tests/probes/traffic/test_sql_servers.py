"""The sql probe against a real MariaDB and a real ClickHouse (18.16, as Debian has it), and answers of newer ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from tests.parts.child import wait_until
from tests.parts.clickhouse import ClickHouse
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.mariadb import MariaDb
from tests.parts.rude import Rude
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome
from watchtower.probes.sql import Sql

COUNT = "SELECT count(*) AS requests FROM orders WHERE created_at >= :since AND created_at < :until"
BY_FLOW = COUNT.replace("SELECT", "SELECT flow, sum(amount) AS amount,") + " GROUP BY flow"


def shop(mariadb: MariaDb, stamp: str = "TIMESTAMP(3)") -> tuple[str, Callable[..., None]]:
    """The address of a database, and what puts an order into it."""
    dsn = mariadb.create_database()
    name = dsn.rsplit("/", 1)[1]
    mariadb.sql(f"CREATE TABLE orders (created_at {stamp}, flow text, amount decimal(12,2))", name)

    def order(at: str = "NOW(3) - INTERVAL 5 SECOND", flow: str = "checkout") -> None:
        mariadb.sql(f"SET time_zone='+00:00'; INSERT INTO orders VALUES ({at}, '{flow}', 182.50)", name)  # noqa: S608

    return dsn, order


async def test_mysql_by_its_own_clock(mariadb: MariaDb, make: Make) -> None:
    dsn, order = shop(mariadb)
    for _ in range(3):
        order()
    order("NOW() - INTERVAL 1 HOUR")
    probe = await make("sql", dsn=dsn, query=BY_FLOW, label="flow", series=("checkout", "refund"))
    found = await probe.by_series()
    assert found["checkout"].measurements == {"requests": 3.0, "amount": 547.5}
    assert found["checkout"].covers == pytest.approx(10.0)
    assert found["refund"].measurements == {"requests": 0.0}
    assert (await probe.by_series())["checkout"].measurements == {"requests": 0.0}  # counted once


@pytest.mark.parametrize("stamp", ["TIMESTAMP", "DATETIME"])
async def test_mysql_time_stamps_are_read_in_the_zone_of_the_check(
    mariadb: MariaDb, make: Make, stamp: str
) -> None:
    dsn, order = shop(mariadb, stamp)
    shift = " + INTERVAL 8 HOUR" if stamp == "DATETIME" else ""
    order(f"NOW() - INTERVAL 5 SECOND{shift}")
    there = await (await make("sql", dsn=dsn, query=COUNT, zone="Asia/Shanghai")).one()
    assert there.measurements["requests"] == 1.0
    elsewhere = await (await make("sql", dsn=dsn, query=COUNT)).one()
    assert elsewhere.measurements["requests"] == (0.0 if shift else 1.0)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT nothing AS requests FROM orders WHERE :since < :until", "query"),
        ("SELECT count(*) AS many FROM orders WHERE :since < :until", "query"),
        ("SELECT sum(amount) AS requests FROM orders WHERE :since < :until AND flow = 'none'", "absent"),
        ("SELECT '12' AS requests FROM DUAL WHERE :since < :until", "not_a_number"),
        ("DELETE FROM orders WHERE :since < :until", "query"),
        (f"{COUNT}; DROP TABLE orders", "query"),
        ("SELECT REPEAT('1', 4000000) AS requests FROM DUAL WHERE :since < :until", "garbage"),
        ("SELECT COUNT(*) AS requests FROM mysql.seq_1_to_1000000000 a, mysql.seq_1_to_1000000000 b WHERE :since < :until", "timeout"),
        ("SELECT seq AS requests, seq AS flow FROM seq_1_to_5000 WHERE :since < :until", "too_many_series"),
    ],
)  # fmt: skip
async def test_what_mysql_cannot_count_is_unknown(
    mariadb: MariaDb, make: Make, query: str, reason: str
) -> None:
    dsn, order = shop(mariadb)
    order()
    label = {"label": "flow"} if "AS flow" in query else {}
    probe = await make("sql", dsn=dsn, query=query, timeout=1.0, **label)
    for reading in await probe.poll():
        assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})
    assert mariadb.sql("SELECT COUNT(*) FROM orders", dsn.rsplit("/", 1)[1]) == "1"
    running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT COUNT(*) AS req%'"
    wait_until(lambda: mariadb.sql(running) == "0", "the server to end the query")


async def test_mysql_out_of_reach_and_a_wrong_password(mariadb: MariaDb, make: Make) -> None:
    wrong = mariadb.dsn().replace(f":{mariadb.password}@", ":s3cret@")
    for dsn, reason in (("mysql://u:s3cret@127.0.0.1:1/shop", "refused"), (wrong, "credentials")):
        probe = await make("sql", dsn=dsn, query=COUNT)
        reading = await probe.one()
        assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, reason)
        assert "s3cret" not in f"{reading!r}{probe.probe.settings!r}"


@pytest.fixture
def table(clickhouse: ClickHouse) -> str:
    """An empty table of orders, always under the same name."""
    clickhouse.sql("DROP TABLE IF EXISTS orders")
    clickhouse.sql(
        "CREATE TABLE orders (created_at DateTime, flow String, amount Decimal(12, 2)) ENGINE = Memory"
    )
    return clickhouse.dsn()


def insert(clickhouse: ClickHouse, ago: int = 5, flow: str = "checkout", count: int = 1) -> None:
    clickhouse.sql(
        f"INSERT INTO orders SELECT now() - {ago}, '{flow}', toDecimal64(182.5, 2) FROM numbers({count})"  # noqa: S608
    )


async def test_clickhouse_by_its_own_clock(clickhouse: ClickHouse, make: Make, table: str) -> None:
    insert(clickhouse, count=3)
    insert(clickhouse, ago=3600)
    probe = await make("sql", dsn=table, query=BY_FLOW, label="flow", series=("checkout", "refund"))
    found = await probe.by_series()
    assert found["checkout"].measurements == {"requests": 3.0, "amount": 547.5}
    assert found["checkout"].covers == 10.0
    assert found["refund"].measurements == {"requests": 0.0}
    again = await probe.by_series()  # within the same second it cannot tell
    assert again["checkout"].measurements in ({"requests": 0.0}, {})


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT nothing AS requests WHERE :since < :until", "query"),
        ("SELEC 1 AS requests WHERE :since < :until", "query"),
        ("SELECT count() AS many FROM orders WHERE :since < :until", "query"),
        ("SELECT NULL AS requests WHERE :since < :until", "absent"),
        ("SELECT '12' AS requests WHERE :since < :until", "not_a_number"),
        ("SELECT 1 AS requests WHERE :since < :until FORMAT CSV", "garbage"),
        ("INSERT INTO orders SELECT :since, 'x', toDecimal64(1, 2) WHERE :since < :until", "query"),
        ("SELECT count() AS requests FROM numbers(100000000000) WHERE :since < :until", "timeout"),
        ("SELECT number AS requests, toString(number) AS flow FROM numbers(5000) WHERE :since < :until", "too_many_series"),
        ("SELECT number AS requests, toString(number) AS flow FROM numbers(500000) WHERE :since < :until", "too_large"),
    ],
)  # fmt: skip
async def test_what_clickhouse_cannot_count_is_unknown(
    clickhouse: ClickHouse, make: Make, table: str, query: str, reason: str
) -> None:
    insert(clickhouse)
    label = {"label": "flow"} if "flow" in query else {}
    probe = await make("sql", dsn=table, query=query, timeout=1.0, **label)
    for reading in await probe.poll():
        assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})
        assert len(reading.detail) < 400
    assert clickhouse.sql("SELECT count() FROM orders") == "1"
    running = (
        "SELECT count() FROM system.processes WHERE query LIKE 'SELECT count() AS requests FROM numbers%'"
    )
    wait_until(lambda: clickhouse.sql(running) == "0", "the server to end the query")


async def test_clickhouse_refuses(clickhouse: ClickHouse, make: Make, table: str) -> None:
    strict = clickhouse.dsn(user="strict")
    wrong = table.replace(f":{clickhouse.password}@", ":s3cret@")
    cases = [
        (strict, "query"),
        (wrong, "credentials"),
        (f"{table}wrong", "database"),
        (f"{table}?no_such=1", "query"),
    ]
    for dsn, reason in cases:
        probe = await make("sql", dsn=dsn, query=COUNT)
        reading = await probe.one()
        assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, reason), reading
        assert "s3cret" not in f"{reading!r}{probe.probe.settings!r}"
    assert "readonly = 2" in (await (await make("sql", dsn=strict, query=COUNT)).one()).detail


def answer(meta: list[tuple[str, str]], *rows: list[Any]) -> Answer:
    """As ClickHouse's documentation shows the format JSONCompact."""
    return Answer.json(
        {"meta": [{"name": n, "type": t} for n, t in meta], "data": list(rows), "rows": len(rows)}
    )


NOW = answer([("now", "UInt32")], [1_790_000_000])
NEWER = [
    (answer([("requests", "UInt64"), ("amount", "Nullable(Decimal(18, 2))")], ["12", "9007199254740993.01"]), "up "),
    (answer([("requests", "UInt64"), ("errors", "UInt64")], [12, 0]), "up "),
    (answer([("requests", "Nullable(Float64)")], [None]), "unknown absent"),
    (answer([("requests", "UInt64"), ("errors", "UInt64")], [12]), "unknown garbage"),
    (Answer.json([]), "unknown garbage"),
    (Answer.json({"data": "x", "meta": 3}), "unknown garbage"),
    (Answer(200, '{"meta": [{"name": "requests", "type": "UInt64"}], "data": [["1"]\nCode: 241. DB::Exception'), "unknown garbage"),
    (Answer(500, "Code: 241. DB::Exception: Memory limit (total) exceeded: (MEMORY_LIMIT_EXCEEDED)"), "unknown database"),
    (Answer(500, "Code: 159. DB::Exception: Timeout exceeded: elapsed 1.2 seconds. (TIMEOUT_EXCEEDED)"), "unknown timeout"),
    (Answer(403, "Code: 516. DB::Exception: watch: Authentication failed"), "unknown credentials"),
    (Answer(502, "<html>Bad gateway</html>"), "unknown status"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), NEWER)
async def test_answers_of_newer_clickhouse(
    http_server: HttpServer, make: Make, said: Answer, expected: str
) -> None:
    http_server.on("/", NOW, said)
    dsn = f"clickhouse+http://u:s3cret@127.0.0.1:{http_server.port}/shop?max_threads=2"
    reading = await (await make("sql", dsn=dsn, query=COUNT)).one()
    assert f"{reading.outcome} {reading.reason}" == expected, reading
    if expected == "up ":
        assert reading.measurements["requests"] == 12.0


async def test_a_dripping_server_holds_nobody_beyond_the_deadline(make: Make) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with Rude(head, then=b" ") as server:
        dsn = f"clickhouse+http://u:p@127.0.0.1:{server.port}/"
        reading = await (await make("sql", dsn=dsn, query=COUNT, timeout=0.5)).one()
    assert reading.reason == "timeout"


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("mysql:///shop", "must be an address"),
        ("mysql://db/shop?charset=utf8", "only ssl-mode"),
        ("clickhouse://db/shop", "must be an address"),
        ("clickhouse+http:///shop", "must be an address"),
    ],
)
def test_wrong_addresses_are_explained(dsn: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Sql.Settings.model_validate({"dsn": dsn, "query": COUNT})
