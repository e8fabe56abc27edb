"""The probe dns, against a name server of our own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.parts.child import free_port
from tests.probes.health.conftest import Ask
from tests.probes.health.nameserver import NameServer


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    records = {"shop.example.": ["192.0.2.1", "192.0.2.2"], "empty.example.": []}
    with NameServer(records, failing=["broken.example."]) as name_server:
        yield f"127.0.0.1:{name_server.port}"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"domain": "shop.example"}, "up"),
        ({"domain": "SHOP.example."}, "up"),
        ({"domain": "shop.example", "expect": ["192.0.2.2", "192.0.2.1"]}, "up"),
        ({"domain": "shop.example", "expect": ["192.0.2.1", "192.0.2.9"]}, "down mismatch"),
        ({"domain": "shop.example", "expect": ["192.0.2.1", "192.0.2.9"], "require": "any"}, "up"),
        ({"domain": "shop.example", "expect": ["192.0.2.9"], "require": "any"}, "down mismatch"),
        ({"domain": "shop.example", "min_answers": 3}, "down few"),
        ({"domain": "empty.example"}, "down few"),
        ({"domain": "empty.example", "min_answers": 0}, "up"),
        ({"domain": "gone.example"}, "down nxdomain"),
        ({"domain": "broken.example"}, "down servfail"),
        ({"domain": "a..b"}, "unknown config"),
    ],
)
async def test_judges_an_answer(
    ask: Ask, server: str, transport: str, settings: dict[str, Any], says: str
) -> None:
    reading = await ask("dns", servers=[server], transport=transport, **settings)
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading


async def test_measures_the_answer(ask: Ask, server: str) -> None:
    reading = await ask("dns", servers=[server], domain="shop.example", expect=["192.0.2.1"])
    measured = dict(reading.measurements)
    assert measured.pop("latency") > 0  # type: ignore[operator]
    assert measured == {"answers": 2.0, "ttl": 60.0, "matches": True, "rcode": "NOERROR"}


async def test_asks_the_next_server_when_one_is_silent(ask: Ask, server: str) -> None:
    silent = f"127.0.0.1:{free_port()}"
    reading = await ask("dns", servers=[silent, server], domain="shop.example", timeout=1.0)
    assert reading.outcome == "up"
