"""One kind, in a process of its own: reads what to run from stdin, and says what it cost as JSON.

`run` and `yardstick` are µs of this process's processor time a run, `mib` what it holds more once it has run than before
the kind was imported, `import` ms of processor time to import the kind and to open its probe.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pycurl

from benchmarks.probes import fed
from watchtower.curl import CurlFleet
from watchtower.probes.contract import Services, Target, readings
from watchtower.probes.registry import Registry

_WARM, _MOST, _LONGEST = 20, 300, 4.0
"""Runs that do not count; runs and seconds that are enough."""


def plain(kind: str, settings: dict[str, Any], address: str) -> tuple[str, Callable[[], object]]:
    """The plainest client of the same target, and its name."""
    url, ca_file = (
        settings.get("url") or settings.get("server_url") or settings.get("endpoint"),
        settings.get("ca_file"),
    )
    if url and url.startswith("http"):
        return "libcurl, new connection", partial(_curl, url, ca_file)
    if "command" in settings:
        return "a program that does nothing", partial(subprocess.run, ["/bin/true"], check=True)
    if Path(address).is_file():
        return "reading the file", Path(address).read_bytes
    if url and url.startswith("redis"):
        return "redis-py, new connection", partial(_redis, url)
    if str(settings.get("dsn")).startswith("postgresql"):
        return "asyncpg, new connection", partial(_asyncpg, settings["dsn"])
    if kind in fed.SETTINGS or kind == "icmp":
        return "a datagram to itself", fed.to_itself()
    host, _, port = address.rpartition(":")
    if settings.get("tls") or (ca_file and set(settings) == {"address", "ca_file"}):
        return "a TLS handshake", partial(
            _handshake, host, int(port), ssl.create_default_context(cafile=ca_file)
        )
    return "a TCP connection", partial(_connect, host, int(port))


def _curl(url: str, ca_file: str | None) -> None:
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.WRITEFUNCTION, len)
    if ca_file:
        curl.setopt(pycurl.CAINFO, ca_file)
    curl.perform()
    curl.close()


async def _redis(url: str) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(url) as client:
        await client.ping()


async def _asyncpg(dsn: str) -> None:
    import asyncpg

    link = await asyncpg.connect(dsn)
    await link.fetchval("SELECT 42")
    await link.close()


def _connect(host: str, port: int) -> None:
    socket.create_connection((host, port), 5.0).close()


def _handshake(host: str, port: int, context: ssl.SSLContext) -> None:
    with socket.create_connection((host, port), 5.0) as link, context.wrap_socket(link, server_hostname=host):
        pass


async def costs(run: Callable[[], Awaitable[object]]) -> float:
    """µs of processor time a run."""
    for _ in range(_WARM):
        await run()
    count, before, end = 0, time.process_time(), time.monotonic() + _LONGEST
    while count < _MOST and time.monotonic() < end:
        await run()
        count += 1
    return (time.process_time() - before) / count * 1e6


def resident() -> float:
    """MiB."""
    [line] = [
        one for one in Path("/proc/self/status").read_text("ascii").splitlines() if one.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1024


async def main() -> None:
    asked = json.load(sys.stdin)
    fleet = CurlFleet()
    fleet.start(asyncio.get_running_loop())
    named, yardstick = plain(asked["kind"], asked["settings"], asked["address"])

    async def plainly() -> None:
        found = yardstick()
        if inspect.isawaitable(found):
            await found

    theirs = await costs(plainly)
    # The daemon's settings are read by a child, so what validates them is not counted.
    Registry.load(None).get("derive").Settings.model_validate({"part": "a.requests", "whole": "b.requests"})
    held, before = resident(), time.process_time()
    kind = Registry.load(None).get(asked["kind"])
    settings = kind.Settings.model_validate_json(json.dumps(asked["settings"]))
    probe: Any = kind(settings, Target("a-check", 5.0, 5.0))
    services = Services(curl=fleet)
    await probe.open(services)
    imported = (time.process_time() - before) * 1e3

    last: Any = None
    feed = (
        fed.feed_of(asked["kind"], probe, services, asked["address"])
        if asked["kind"] in fed.SETTINGS
        else None
    )

    async def run() -> None:
        nonlocal last
        if feed is not None:
            await feed()
            await asyncio.sleep(0)  # a datagram is taken by the loop
        found = probe.probe() if inspect.iscoroutinefunction(probe.probe) else asyncio.to_thread(probe.probe)
        [*_, last] = readings(await found)

    ours = await costs(run)
    if (
        last.outcome != "up" and asked["kind"] != "redis.counters"
    ):  # whose counter is not there: asked and answered all the same
        raise SystemExit(f"{last.outcome} {last.reason}")
    held = resident() - held
    await probe.close()
    fleet.stop()
    print(json.dumps({"run": ours, "yardstick": theirs, "named": named, "mib": held, "import": imported}))


if __name__ == "__main__":
    asyncio.run(main())
