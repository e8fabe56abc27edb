"""Watchtower as it ships: `python -m watchtower run`, rules to incident to page by the SMS gateway's real path,
SQLite, `/metrics`, JSON log at `info` into a file. `--channel webhook` pages by the signed webhook instead."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.request import urlopen

from benchmarks.overhead.processes import Child, free_port
from benchmarks.overhead.stack import Stack

_CHECK = """\
[[check]]
name = "c{ident}"
probe = "http"
url = "{url}"
status = [200]
every = "{every}ms"
timeout = "4s"
"""
_RULES = """\
[[rule]]
name = "down"
match = {{ probe = "http" }}
when = "outcome == 'down'"
severity = "P1"

[[responder]]
name = "li"
role = "oncall"
{address}

{channel}
"""
_SMS = """\
[channel.sms]
url = "{url}"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}", title = "{{{{ title }}}}", status = "{{{{ status }}}}" }}
"""
_ALONE = '\n[storm]\nwindow = "0s"\n'
_WEBHOOK = '[channel.webhook]\nsecret = "${BENCH_SECRET}"\n'
_LAG = "watchtower_scheduler_lag_seconds_bucket"


class Watchtower(Stack):
    """The daemon of this checkout, run by this interpreter; or of the checkout that `--python` belongs to."""

    name = "watchtower"

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--channel", default="sms", choices=["sms", "webhook"])
        parser.add_argument("--python", default="", help="of another checkout's .venv, to measure that one")

    def start(self) -> None:
        every = round(1000 * self.args.interval)
        checks = (_CHECK.format(ident=i, url=self.targets.url(i), every=every) for i in self.idents())
        self.write("checks/bench.toml", "\n".join(checks))
        url = self.receiver.url("/wt")
        if self.args.channel == "sms":
            address, channel = 'sms = "+8613800000000"', _SMS.format(url=url)
        else:
            address, channel = f'webhook = "{url}"', _WEBHOOK
        # Each page by itself, as Alertmanager's `group_wait: 0s` beside it; another checkout may not know the table.
        alone = "" if self.args.python else _ALONE
        rules = self.write("rules.toml", _RULES.format(address=address, channel=channel) + alone)
        self.port = free_port()
        environment = {
            **os.environ,
            "WATCHTOWER_STORE": f"sqlite:///{self.work}/watchtower.db",
            "WATCHTOWER_LISTEN": f"127.0.0.1:{self.port}",
            "WATCHTOWER_RULES": str(rules),
            "WATCHTOWER_CHECKS": str(self.work / "checks"),
            "BENCH_SECRET": "a key for signatures in this run",
        }
        argv = [self.args.python or sys.executable, "-m", "watchtower", "run"]
        self.child = Child("watchtower", argv, self.work / "watchtower.log", environment)
        self.child.wait_port(self.port)

    def procs(self) -> dict[str, int]:
        return {"watchtower": self.child.pid}

    def extract(self, body: str) -> Iterator[tuple[str, str]]:
        said = json.loads(body)
        title = said["title"] if isinstance(said["title"], str) else said["title"]["en"]
        yield title.split()[-1].removeprefix("c"), "resolved" if said["status"] == "resolved" else "firing"

    def info(self) -> dict[str, Any]:
        from watchtower import __version__

        return {"watchtower": __version__, "python": platform.python_version(), "channel": self.args.channel}

    def last_words(self) -> dict[str, Any]:
        """Start lag by the daemon's own histogram, over the whole run: warm-up, faults and the storm included."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        buckets = [
            (float(line.split('le="')[1].split('"')[0]), float(line.split()[-1]))
            for line in lines
            if line.startswith(_LAG)
        ]
        missed = sum(
            float(line.split()[-1]) for line in lines if line.startswith("watchtower_scheduler_missed_total")
        )
        seen = [
            float(line.split()[-1])
            for line in lines
            if line.startswith("watchtower_check_measurement{") and 'name="latency"' in line
        ]
        return {
            "latency_mean_s": round(statistics.fmean(seen), 6),
            "latency_max_s": round(max(seen), 6),
            "start_lag_p50_s": quantile(buckets, 0.5),
            "start_lag_p99_s": quantile(buckets, 0.99),
            "starts": buckets[-1][1],
            "missed_starts": missed,
        }

    def stop(self) -> None:
        self.child.stop()


def quantile(buckets: list[tuple[float, float]], share: float) -> float:
    """As Prometheus' histogram_quantile: linear within the bucket; the last finite bound beyond it."""
    wanted = share * buckets[-1][1]
    for (low, before), (high, count) in pairwise([(0.0, 0.0), *buckets]):
        if count >= wanted and count > before:
            return (
                low
                if high == float("inf")
                else round(low + (high - low) * (wanted - before) / (count - before), 6)
            )
    return 0.0
