"""The probe mongodb, against a stand-in that answers as MongoDB's documentation shows: Debian has none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from tests.parts.mongo import MongoStandIn
from tests.probes.health.conftest import Ask
from watchtower.probes.mongodb import MongoDb

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
STATUS = {"ok": 1.0, "connections": {"current": 12, "available": 838848, "totalCreated": 99}}


def member(state: str, behind: float | None = 0.0) -> dict[str, Any]:
    """Of replSetGetStatus; one that is down has the time of the epoch."""
    time = datetime(1970, 1, 1, tzinfo=UTC) if behind is None else NOW - timedelta(seconds=behind)
    return {"name": "db:27017", "health": 1.0, "stateStr": state, "optimeDate": time}


SETS = [
    ([member("PRIMARY"), member("SECONDARY", 0.0), member("SECONDARY", 42.0)], (True, 3.0, 3.0, 42.0)),
    (
        [member("PRIMARY"), member("SECONDARY"), member("(not reachable/healthy)", None)],
        (True, 3.0, 2.0, 0.0),
    ),
    ([member("SECONDARY"), member("SECONDARY"), member("RECOVERING")], (False, 3.0, 2.0, None)),
    ([member("PRIMARY"), member("ARBITER")], (True, 2.0, 2.0, None)),
    ([member("PRIMARY"), {"stateStr": "SECONDARY"}], (True, 2.0, 2.0, None)),
]


@pytest.mark.parametrize(("members", "expected"), SETS)
async def test_a_replica_set(ask: Ask, members: list[Any], expected: tuple[Any, ...]) -> None:
    with MongoStandIn(
        {"serverStatus": STATUS, "replSetGetStatus": {"ok": 1.0, "members": members}}
    ) as server:
        url = f"mongodb://{server.host}:{server.port}/?directConnection=true"
        measured = (await ask("mongodb", url=url, stats=True)).measurements
    names = ("has_primary", "members", "members_well", "replication_lag_seconds")
    assert tuple(measured[name] for name in names) == expected
    assert (measured["connections"], measured["connections_left"]) == (12.0, 838848.0)


async def test_a_server_that_is_no_replica(ask: Ask) -> None:
    no = {"ok": 0.0, "errmsg": "not running with --replSet", "code": 76, "codeName": "NoReplicationEnabled"}
    with MongoStandIn({"serverStatus": STATUS, "replSetGetStatus": no}) as server:
        reading = await ask("mongodb", url=f"mongodb://{server.host}:{server.port}/", stats=True)
    assert reading.outcome == "up"
    assert "has_primary" not in reading.measurements


async def test_statistics_that_the_user_may_not_read_are_unknown(ask: Ask) -> None:
    no = {"ok": 0.0, "errmsg": "not authorized on admin", "code": 13, "codeName": "Unauthorized"}
    with MongoStandIn({"serverStatus": no}) as server:
        url = f"mongodb://{server.host}:{server.port}/"
        assert (await ask("mongodb", url=url)).outcome == "up"
        reading = await ask("mongodb", url=url, stats=True)
    assert (reading.outcome, reading.reason) == ("unknown", "credentials")
    assert "latency" in reading.measurements


async def test_an_answer_without_what_was_asked_is_unknown(ask: Ask) -> None:
    empty = {"ok": 1.0}
    with MongoStandIn({"serverStatus": empty, "replSetGetStatus": empty}) as server:
        reading = await ask("mongodb", url=f"mongodb://{server.host}:{server.port}/", stats=True)
    assert reading.outcome == "down"
    assert reading.reason == "garbage"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mongodb://u:s3cret@127.0.0.1:1/?replicaSet=rs0", "down refused"),
        ("mongodb://u:s3cret@no-such-name.invalid/", "down dns"),
        ("mongodb://u:s3cret@127.0.0.1:99999/", "unknown config"),
    ],
)
async def test_what_a_failure_means(ask: Ask, url: str, says: str) -> None:
    reading = await ask("mongodb", url=url, timeout=1.0)
    assert f"{reading.outcome} {reading.reason}" == says, reading
    assert "s3cret" not in repr(reading)


@pytest.mark.parametrize("url", ["db.internal", "http://db.internal", "mongodb:///?x=1"])
def test_wrong_addresses_are_explained(url: str) -> None:
    with pytest.raises(ValidationError, match="must be an address such as"):
        MongoDb.Settings.model_validate({"url": url})


def test_several_hosts() -> None:
    MongoDb.Settings.model_validate({"url": "mongodb://u:p@a:27017,b:27017,c/?replicaSet=rs0"})
