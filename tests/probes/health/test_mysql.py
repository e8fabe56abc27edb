"""The probe mysql, against a real MariaDB: Debian has no MySQL."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from pydantic import ValidationError

from tests.parts.certificates import Certificates
from tests.parts.child import wait_until
from tests.parts.conditions import started
from tests.parts.mariadb import MariaDb
from tests.parts.rude import Rude
from tests.probes.health.conftest import Ask
from watchtower.probes.mysql import Mysql


@pytest.mark.parametrize(
    ("query", "says", "value"),
    [
        ("", "up", "nothing"),
        ("SELECT 42", "up", 42.0),
        ("SELECT 1.5", "up", 1.5),
        ("SELECT TRUE", "up", 1.0),
        ("SELECT NULL", "up", None),
        ("SELECT 1 FROM DUAL WHERE FALSE", "up", None),
        ("SELECT 1 UNION SELECT 2", "up", 1.0),
        ("SELECT 'many'", "unknown query", "nothing"),
        ("SELECT '12'", "unknown query", "nothing"),
        ("SELECT NOW()", "unknown query", "nothing"),
        ("SELEC 1", "unknown query", "nothing"),
        ("SELECT * FROM nowhere", "unknown query", "nothing"),
        ("SELECT nothing", "unknown query", "nothing"),
        ("CREATE TABLE t (n int)", "unknown query", "nothing"),
        ("SELECT 1; DROP DATABASE mysql", "unknown query", "nothing"),
        ("SELECT REPEAT('1', 4000000)", "down garbage", "nothing"),
    ],
)
async def test_takes_one_number_from_a_query_that_only_reads(
    ask: Ask, mariadb: MariaDb, query: str, says: str, value: Any
) -> None:
    reading = await ask("mysql", dsn=mariadb.create_database(), query=query)
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading
    assert reading.measurements.get("value", "nothing") == value


async def test_measures_connections_of_a_server_that_is_no_replica(ask: Ask, mariadb: MariaDb) -> None:
    reading = await ask("mysql", dsn=mariadb.dsn(), stats=True)
    assert reading.measurements["max_connections"] == 60.0
    assert reading.measurements["connections"] >= 1.0  # type: ignore[operator]
    assert reading.measurements["read_only"] is False
    assert "replication_running" not in reading.measurements


async def test_a_replica_its_lag_and_what_it_is_once_it_stands_still(ask: Ask, mariadb: MariaDb) -> None:
    with started(MariaDb(number=2)) as replica:
        # Without the statements before it: those made the server itself.
        file, position, *_ = mariadb.sql("SHOW MASTER STATUS").split("\t")
        replica.sql(
            f"CHANGE MASTER TO MASTER_HOST='{mariadb.host}', MASTER_PORT={mariadb.port},"
            f" MASTER_USER='{mariadb.user}', MASTER_PASSWORD='{mariadb.password}',"
            f" MASTER_LOG_FILE='{file}', MASTER_LOG_POS={position}; START SLAVE; SET GLOBAL read_only = ON"
        )
        wait_until(lambda: "Yes\tYes" in replica.sql("SHOW SLAVE STATUS"), "the replica")
        reading = await ask("mysql", dsn=replica.dsn(), stats=True)
        assert reading.measurements["read_only"] is True
        assert reading.measurements["replication_running"] is True
        assert reading.measurements["replication_lag_seconds"] == 0.0
        replica.sql("STOP SLAVE SQL_THREAD")
        reading = await ask("mysql", dsn=replica.dsn(), stats=True)
        assert reading.measurements["replication_running"] is False
        assert reading.measurements["replication_lag_seconds"] is None


async def test_stats_that_the_user_may_not_read_are_unknown_not_fine(ask: Ask, mariadb: MariaDb) -> None:
    mariadb.sql("CREATE OR REPLACE USER plain IDENTIFIED BY 'plain-password'")
    dsn = f"mysql://plain:plain-password@{mariadb.host}:{mariadb.port}/"
    assert (await ask("mysql", dsn=dsn)).outcome == "up"
    reading = await ask("mysql", dsn=dsn, stats=True)
    assert (reading.outcome, reading.reason) == ("unknown", "credentials")
    assert "privilege" in reading.detail


async def test_a_slow_query_is_given_up_by_the_server_too(ask: Ask, mariadb: MariaDb) -> None:
    slow = "SELECT COUNT(*) FROM seq_1_to_1000000000 a JOIN seq_1_to_1000000000 b"
    reading = await ask("mysql", dsn=mariadb.dsn(), query=slow, timeout=0.5)
    assert (reading.outcome, reading.reason) == ("down", "timeout")
    running = (
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT COUNT(*) FROM seq%'"
    )
    wait_until(lambda: mariadb.sql(running) == "0", "the server to end the query")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("/mysql", "/nowhere"), "down no_database"),
        (("watchtower:watchtower@", "watchtower:wrong@"), "unknown credentials"),
        (("watchtower:watchtower@", "nobody:wrong@"), "unknown credentials"),
        (("/mysql", "/mysql?ssl-mode=VERIFY_CA"), "down tls"),
        (("/mysql", "/mysql?ssl-mode=REQUIRED"), "up"),
        (("/mysql", "/mysql?ssl-mode=DISABLED"), "up"),
    ],
)
async def test_what_a_refusal_means(ask: Ask, mariadb: MariaDb, change: tuple[str, str], says: str) -> None:
    reading = await ask("mysql", dsn=mariadb.dsn().replace(*change))
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading
    assert "wrong" not in reading.detail


async def test_its_certificate_is_checked_by_name(
    ask: Ask, mariadb: MariaDb, certificates: Certificates
) -> None:
    dsn = f"{mariadb.dsn()}?ssl-mode=VERIFY_IDENTITY&ssl-ca={certificates.authority}"
    assert (await ask("mysql", dsn=dsn)).outcome == "up"
    reading = await ask("mysql", dsn=dsn.replace("127.0.0.1", "127.0.0.2"))
    assert reading.outcome == "down"


async def test_every_connection_taken(ask: Ask) -> None:
    refusal = b"\xff" + struct.pack("<H", 1040) + b"#08004Too many connections"
    with Rude(_packet(refusal)) as server:
        reading = await ask("mysql", dsn=f"mysql://u:p@{server.host}:{server.port}/")
    assert (reading.outcome, reading.reason) == ("down", "too_many_connections")


def _packet(payload: bytes, number: int = 0) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


def _greeting(capabilities: int) -> bytes:
    """The first packet of a server, protocol 10 (MySQL's documentation of its protocol)."""
    low, high = capabilities & 0xFFFF, capabilities >> 16
    return _packet(
        b"\x0a8.4.0\x00" + struct.pack("<I", 7) + b"saltsalt\x00" + struct.pack("<HBHHB", low, 45, 2, high, 21)
        + bytes(10) + b"saltsaltsalt\x00mysql_native_password\x00"
    )  # fmt: skip


_NO_TLS = 0x00080200 | 0x8000 | 8


async def test_a_server_that_offers_no_tls_is_told_no_name_where_the_address_demands_it(ask: Ask) -> None:
    with Rude(_greeting(_NO_TLS)) as server:
        reading = await ask("mysql", dsn=f"mysql://u:p@{server.host}:{server.port}/?ssl-mode=REQUIRED")
    assert (reading.outcome, reading.reason) == ("down", "tls")


async def test_a_password_is_never_told_in_the_clear(ask: Ask) -> None:
    ask_plainly = _packet(b"\xfemysql_clear_password\x00", 2)
    with Rude(_greeting(_NO_TLS) + ask_plainly) as server:
        reading = await ask("mysql", dsn=f"mysql://u:p@{server.host}:{server.port}/")
    assert (reading.outcome, reading.reason) == ("unknown", "credentials")
    assert "mysql_clear_password" in reading.detail


@pytest.mark.parametrize(
    "endless",
    [b"\xff\xff\xff\x00" + b"x" * 65536, b"\x01\x00\x00\x00\x0a" * 20_000],
    ids=["one packet", "many packets"],
)
async def test_an_endless_answer_is_cut(ask: Ask, endless: bytes) -> None:
    with Rude(endless, then=endless, every=0.001) as server:
        reading = await ask("mysql", dsn=f"mysql://u:p@{server.host}:{server.port}/", timeout=2.0)
    assert (reading.outcome, reading.reason) == ("down", "garbage")


@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("db.internal", "must be an address such as"),
        ("postgres://db/shop", "must be an address such as"),
        ("mysql://db/shop?sslmode=require", "only ssl-mode and ssl-ca are known"),
        ("mysql://db/shop?ssl-mode=on", "ssl-mode must be one of"),
    ],
)
def test_wrong_addresses_are_explained(dsn: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Mysql.Settings.model_validate({"dsn": dsn})
