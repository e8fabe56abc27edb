"""icmp, in a network of its own: what comes back, what does not, and a kernel that allows no ping."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tests.parts.child import MissingPart
from tests.parts.conditions import without
from tests.parts.own_network import answer_pings, in_own_network
from watchtower.model import Reading
from watchtower.probes.contract import Target
from watchtower.probes.icmp import Icmp


def probe(*hosts: str, timeout: float = 1.0, **settings: Any) -> Icmp:
    target = Target("ping", 30.0, timeout, series=("10.9.9.9",))
    return Icmp(Icmp.Settings(hosts=list(hosts), **settings), target)


def within(ask: Callable[[], Awaitable[Sequence[Reading]]], *, ping: bool = True) -> dict[str, Reading]:
    try:
        return {one.series: one for one in in_own_network(ask, ping=ping)}
    except MissingPart as missing:
        without(missing)
        raise


def test_hosts_of_both_kinds_are_asked_at_once_each_a_series_of_its_own() -> None:
    many = [f"127.0.0.{number}" for number in range(1, 60)]
    found = within(probe(*many, "::1", "203.0.113.5", count=3).probe)
    for host in (*many, "::1"):
        one = found[host]
        assert (one.outcome, one.measurements["loss_ratio"], one.measurements["remote_ip"]) == (
            "up",
            0.0,
            host,
        )
        times: list[Any] = [one.measurements[name] for name in ("latency_min", "latency", "latency_max")]
        assert times == sorted(times)
        assert 0 < times[0] < 1
    assert (found["203.0.113.5"].outcome, found["203.0.113.5"].reason) == ("unknown", "no_route")
    assert (found["10.9.9.9"].outcome, found["10.9.9.9"].reason) == ("unknown", "absent")


def test_a_host_that_does_not_answer_is_down() -> None:
    async def silently() -> Sequence[Reading]:
        answer_pings(False)
        return await probe("127.0.0.1", "::1", count=2).probe()

    found = within(silently)
    for host in ("127.0.0.1", "::1"):
        assert (found[host].outcome, found[host].reason) == ("down", "timeout")
        assert found[host].measurements == {"loss_ratio": 1.0, "remote_ip": host}
        assert "none of 2 echo requests" in found[host].detail


def test_what_is_lost_on_the_way_is_a_share() -> None:
    async def partly() -> Sequence[Reading]:
        answer_pings(False)
        asked = asyncio.ensure_future(probe("127.0.0.1", count=20, timeout=2.0).probe())
        await asyncio.sleep(0.3)
        answer_pings(True)
        return await asked

    one = within(partly)["127.0.0.1"]
    assert one.outcome == "up"
    assert 0 < float(one.measurements["loss_ratio"] or 0) < 1


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_kernel_that_allows_no_ping_says_nothing_of_the_host(host: str) -> None:
    one = within(probe(host).probe, ping=False)[host]
    assert (one.outcome, one.reason, one.measurements) == ("unknown", "forbidden", {})
    assert 'net.ipv4.ping_group_range, which also counts for IPv6, such as "0 2147483647"' in one.detail
