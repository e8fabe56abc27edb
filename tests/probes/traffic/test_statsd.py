"""statsd over real sockets."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.parts.child import free_port
from tests.probes.traffic.conftest import Make, Running
from watchtower.model import Outcome
from watchtower.probes.contract import Probe, Services, Target
from watchtower.probes.statsd import Statsd
from watchtower.probes.statsd_ports import lines


def send(address: str, *datagrams: bytes) -> None:
    local = address.startswith("/")
    with socket.socket(socket.AF_UNIX if local else socket.AF_INET, socket.SOCK_DGRAM) as out:
        for one in datagrams:
            out.sendto(one, address if local else ("127.0.0.1", int(address.rpartition(":")[2])))


async def heard(probe: Running, series: str = "") -> dict[str, object]:
    """What the probe measures once the loop has read what was sent: datagrams on loopback are there at once."""
    await asyncio.sleep(0.05)
    return dict((await probe.by_series())[series].measurements)


@pytest.fixture
def port() -> str:
    return f"127.0.0.1:{free_port()}"


LINES = [
    (b"orders:1|c", [("orders", {}, 1.0)]),
    (b"orders:3|c|@0.1", [("orders", {}, 30.0)]),
    (b"orders:1|c|#flow:buy,zone:a\norders:2|c|#flow:refund", [("orders", {"flow": "buy", "zone": "a"}, 1.0), ("orders", {"flow": "refund"}, 2.0)]),
    (b"took:12.5|ms", [("took", {}, 1.0)]),
    (b"took:12:13:14|h|@0.5", [("took", {}, 6.0)]),
    (b"users:42|g", [("users", {}, 42.0)]),
    (b"users:+4|g", [None]),
    (b"orders:x|c", [None]),
    (b"orders:1", [None]),
    (b"orders:1|c|@0", [None]),
    (b"orders:1|c|@2", [None]),
    (b"orders:1|z", [None]),
    (b"\xff\xfe\x00", [None]),
    (b"_e{5,4}:title|text", []),
    (b"orders:1|c|T1656581400", [("orders", {}, 1.0)]),
    (b"orders:1|c\n" * 2000, [None]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), LINES)
def test_lines(data: bytes, expected: list[object]) -> None:
    assert list(lines(data)) == expected


async def test_counters_are_added_up_between_two_polls(port: str, make: Make) -> None:
    probe = await make(
        "statsd", listen=port, query="pay.orders", errors='pay.orders{state="failed"}', absent="zero"
    )
    assert (await probe.one()).reason == "never_seen"
    send(port, b"pay.orders:2|c\npay.orders:1|c|#state:failed", b"another:9|c", b"pay.orders:1|c|@0.5")
    assert await heard(probe) == {"requests": 5.0, "errors": 1.0, "error_ratio": 0.2}
    assert await heard(probe) == {"requests": 0.0}
    send(port, b"pay.orders:-5|c\nnonsense\npay.orders:1|c", b"x" * 9000)
    assert await heard(probe) == {"requests": 1.0, "unreadable": 3.0}


async def test_silence_is_unknown_unless_said_otherwise(port: str, make: Make) -> None:
    probe = await make("statsd", listen=port, query="orders")
    send(port, b"orders:2|c")
    assert await heard(probe) == {"requests": 2.0}
    assert (await probe.one()).reason == "absent"


async def test_series_are_those_that_are_declared(port: str, make: Make) -> None:
    probe = await make(
        "statsd", listen=port, query="orders", label="flow", series=("buy", "refund"), absent="zero"
    )
    send(port, b"orders:2|c|#flow:buy", *(b"orders:1|c|#flow:%d" % n for n in range(100)))
    await asyncio.sleep(0.05)
    found = await probe.by_series()
    assert set(found) == {"", "buy", "refund"}
    assert found["buy"].measurements == {"requests": 2.0}
    assert found["refund"].reason == "never_seen"


async def test_a_unix_socket_also_where_a_killed_process_left_one(tmp_path: Path, make: Make) -> None:
    path = str(tmp_path / "statsd.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(path)
    probe = await make("statsd", listen=path, query="orders")
    send(path, b"orders:2|c")
    assert await heard(probe) == {"requests": 2.0}
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o660


async def test_checks_share_a_port_and_a_reload_loses_nothing(port: str) -> None:
    services = Services()
    settings = Statsd.Settings.model_validate({"listen": port, "query": "orders"})

    async def opened(name: str) -> Running:
        probe: Probe = Statsd(settings, Target(name, 10.0, 5.0))
        await probe.open(services)
        return Running(probe)

    one, two = await opened("one"), await opened("two")
    await one.probe.close()
    send(port, b"orders:2|c")
    assert await heard(two) == {"requests": 2.0}
    await two.probe.close()
    await two.probe.close()
    again = await opened("again")  # the port is free
    await again.probe.close()


async def test_a_port_that_is_taken_is_said(make: Make) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        probe = await make("statsd", listen=f"127.0.0.1:{other.getsockname()[1]}", query="orders")
        reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "listen")


@pytest.mark.parametrize("listen", ["8125", "localhost", "statsd.sock"])
def test_wrong_addresses_are_explained(listen: str) -> None:
    with pytest.raises(ValidationError, match="is no address"):
        Statsd.Settings.model_validate({"listen": listen, "query": "orders"})
