"""The daemon as it ships, `python -m watchtower run`, and Prometheus: both look at the same products."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.overhead.processes import Child, free_port
from benchmarks.overhead.prom import program
from benchmarks.scale.flows import EVERY, Fleet, states
from watchtower.store.sqlite import SqliteStore

SCRAPE = 15.0
"""Seconds between two looks of the company's own Prometheus at the daemon's /metrics."""
RULES = """\
[[rule]]
name = "silent"
match = { probe = "metrics" }
when = "traffic.silent"
severity = "P1"

[[rule]]
name = "low"
match = { probe = "metrics" }
when = "traffic.low && traffic.missing > 100.0"
for = "2m"
severity = "P3"

[[responder]]
name = "li"
role = "oncall"
webhook = "http://127.0.0.1:9/never"

[channel.webhook]
secret = "${BENCH_SECRET}"
"""
_CHECK = """\
[[check]]
name = "{name}"
probe = "metrics"
url = "http://127.0.0.1:{port}/{n}"
query = "requests_total"
label = "flow"
every = "{every:g}s"
"""
_PROMETHEUS = """\
global: {{ scrape_interval: {every:g}s, evaluation_interval: {every:g}s }}
rule_files: [ {rules} ]
scrape_configs:
"""
_JOB = """\
  - job_name: {name}
    metrics_path: /{n}
    static_configs: [ {{ targets: [ "127.0.0.1:{port}" ] }} ]
"""
_ALERTS = """\
groups:
  - name: traffic
    rules:
      - alert: silent
        expr: increase(requests_total[1m]) == 0
      - alert: low
        expr: rate(requests_total[5m]) < 0.3 * rate(requests_total[5m] offset 1d)
        for: 2m
"""


def get(port: int, path: str, timeout: float = 30.0) -> tuple[int, str]:
    """Status and body; 0 where nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return 0, ""
    finally:
        connection.close()


@contextmanager
def products(fleet: Fleet, work: Path) -> Iterator[int]:
    """The port at which they answer."""
    port = free_port()
    argv = [
        sys.executable,
        "-m",
        "benchmarks.scale.products",
        str(port),
        str(fleet.checks),
        str(fleet.series),
    ]
    child = Child("products", argv, work / "products.log", {**os.environ})
    try:
        child.wait_port(port)
        yield port
    finally:
        child.stop()


class Watchtower:
    """One daemon with a store of its own in `work`; `begin` may be called again after `end`."""

    def __init__(self, fleet: Fleet, port: int, work: Path) -> None:
        self.work, self.port = work, free_port()
        (work / "checks").mkdir(parents=True)
        (work / "rules.toml").write_text(RULES)
        (work / "checks/services.toml").write_text(
            "\n".join(
                _CHECK.format(name=fleet.check(n), n=n, port=port, every=EVERY) for n in range(fleet.checks)
            )
        )
        self.environment = {
            **os.environ,
            "WATCHTOWER_STORE": f"sqlite:///{work}/watchtower.db",
            "WATCHTOWER_LISTEN": f"127.0.0.1:{self.port}",
            "WATCHTOWER_RULES": str(work / "rules.toml"),
            "WATCHTOWER_CHECKS": str(work / "checks"),
            "BENCH_SECRET": "a key for signatures in this run",
        }

    def fill(self, fleet: Fleet) -> None:
        """Detectors of all flows, eight days old, as an earlier run left them."""

        async def fill() -> None:
            store = SqliteStore(self.work / "watchtower.db")
            await store.open()
            await store.save_detectors(states(fleet, time.time()))
            await store.close()

        asyncio.run(fill())

    def begin(self) -> float:
        """Seconds from starting the process until it says that it is ready."""
        begun = time.monotonic()
        argv = [sys.executable, "-m", "watchtower", "run"]
        self.child = Child("watchtower", argv, self.work / "watchtower.log", self.environment)
        while get(self.port, "/readyz")[0] != 200:
            if self.child.process.poll() is not None:
                raise RuntimeError(f"it ended: see {self.child.log.name}")
            time.sleep(0.005)
        return time.monotonic() - begun

    def end(self) -> float:
        """Seconds until it has ended, with everything saved."""
        begun = time.monotonic()
        self.child.stop()
        return time.monotonic() - begun

    def metric(self, line: str) -> float:
        """The value of the sample that begins like this; 0 where there is none."""
        text = get(self.port, "/metrics")[1]
        return next((float(each.split()[-1]) for each in text.splitlines() if each.startswith(line)), 0.0)

    def polled(self, fleet: Fleet) -> int:
        """Series of which something is known."""
        text = get(self.port, "/metrics")[1].splitlines()
        return sum(each.startswith("watchtower_check_measurement") for each in text)

    def wait_polled(self, fleet: Fleet) -> None:
        """Return when something is known of every flow: two polls of each."""
        end = time.monotonic() + 6 * EVERY
        time.sleep(2 * EVERY)
        while (found := self.polled(fleet)) < fleet.flows:
            if time.monotonic() > end:
                raise TimeoutError(f"{found} of {fleet.flows} flows were polled")
            time.sleep(EVERY / 2)


class Prometheus:
    """Alone, scraping the same and judging by rules such as people write."""

    def __init__(self, fleet: Fleet, port: int, work: Path) -> None:
        work.mkdir(parents=True)
        (work / "rules.yml").write_text(_ALERTS)
        jobs = "".join(_JOB.format(name=fleet.check(n), n=n, port=port) for n in range(fleet.checks))
        (work / "prometheus.yml").write_text(_PROMETHEUS.format(every=EVERY, rules=work / "rules.yml") + jobs)
        own = free_port()
        argv = [
            program("prometheus"), f"--web.listen-address=127.0.0.1:{own}", "--log.level=warn",
            f"--config.file={work / 'prometheus.yml'}", f"--storage.tsdb.path={work / 'tsdb'}",
        ]  # fmt: skip
        self.child = Child("prometheus", argv, work / "prometheus.log")
        self.child.wait_port(own)

    def end(self) -> None:
        self.child.stop()


class Visitor(threading.Thread):
    """Asks the daemon for something small again and again: what it waits is what everybody waits."""

    def __init__(self, port: int, every: float = 0.01) -> None:
        super().__init__(daemon=True)
        self.port, self.every, self.waits, self._end = port, every, list[float](), threading.Event()

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self._end.wait(self.every):
            begun = time.monotonic()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            self.waits.append(time.monotonic() - begun)

    def stop(self) -> list[float]:
        self._end.set()
        self.join()
        return sorted(self.waits)
