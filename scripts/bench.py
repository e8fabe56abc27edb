"""What one HTTP check costs: watchtower beside Prometheus with blackbox_exporter, on this machine, in one sitting.

    make bench                                      200 checks, every second, 20 s each
    make bench BENCH_ARGS="--checks 1000 --every 5"

Both sides ask the same nginx on loopback, by a new connection each time, and judge the answer by one rule. The
probes are counted by nginx, the CPU by the kernel (user and system, all threads and children).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.parts.child import Part, answers, find_program, free_port  # noqa: E402 - found by the line above
from tests.parts.nginx import Nginx  # noqa: E402

_RULES = """\
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P3"
summary = { en = "down", zh = "down" }

[[responder]]
name = "li"
role = "oncall"
email = "li@example.com"

[channel.email]
mailbox = "mailbox"
"""
_CHECK = """\
[[check]]
name = "c{number}"
probe = "http"
url = "{url}?{number}"
every = "{every}s"
timeout = "{timeout}ms"
"""
_PROMETHEUS = """\
global: {{scrape_interval: {every}s, scrape_timeout: {timeout}ms, evaluation_interval: {every}s}}
rule_files: ["{home}/rules.yml"]
scrape_configs:
  - job_name: blackbox
    metrics_path: /probe
    params: {{module: [http_2xx]}}
    static_configs: [{{targets: {targets}}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: "127.0.0.1:{port}"}}
"""


@dataclass(frozen=True, slots=True)
class Load:
    """How many checks, how often (seconds), measured how long (seconds)."""

    checks: int
    every: int
    seconds: int
    url: str

    @property
    def timeout(self) -> int:
        return min(1000 * self.every, 3000) - 100


class Watchtower(Part):
    """The daemon as it is installed, on SQLite."""

    def __init__(self, load: Load) -> None:
        super().__init__()
        self.load = load

    def start(self) -> None:
        home = self.directory()
        (home / "checks").mkdir()
        (home / "rules.toml").write_text(_RULES)
        checks = (
            _CHECK.format(number=number, url=self.load.url, every=self.load.every, timeout=self.load.timeout)
            for number in range(self.load.checks)
        )
        (home / "checks" / "bench.toml").write_text("\n".join(checks))
        port = free_port()
        environment = {
            "WATCHTOWER_RULES": str(home / "rules.toml"),
            "WATCHTOWER_CHECKS": str(home / "checks"),
            "WATCHTOWER_STORE": f"sqlite:///{home}/watchtower.db",
            "WATCHTOWER_LISTEN": f"127.0.0.1:{port}",
        }
        self.run([Path(sys.executable).parent / "watchtower", "run"], home / "log", environment)
        self.wait_ready(lambda: answers(port), 60)


class Blackbox(Part):
    """blackbox_exporter alone; Prometheus asks it."""

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    def start(self) -> None:
        program = find_program("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
        home = self.directory()
        (home / "blackbox.yml").write_text(
            "modules: {http_2xx: {prober: http, http: {preferred_ip_protocol: ip4}}}"
        )
        self.run(
            [
                program,
                f"--config.file={home / 'blackbox.yml'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--log.level=warn",
            ],
            home / "log",
        )
        self.wait_ready(lambda: answers(self.port))


class AskingPrometheus(Part):
    """Prometheus, which schedules blackbox_exporter's probes and judges them by a rule."""

    def __init__(self, load: Load, blackbox: Blackbox) -> None:
        super().__init__()
        self.load, self.blackbox = load, blackbox

    def start(self) -> None:
        program = find_program("prometheus", "prometheus")
        home = self.directory()
        targets = json.dumps([f"{self.load.url}?{number}" for number in range(self.load.checks)])
        (home / "rules.yml").write_text(
            "groups: [{name: bench, rules: [{alert: Down, expr: probe_success == 0}]}]"
        )
        (home / "prometheus.yml").write_text(
            _PROMETHEUS.format(
                every=self.load.every,
                timeout=self.load.timeout,
                home=home,
                targets=targets,
                port=self.blackbox.port,
            )
        )
        port = free_port()
        self.run(
            [
                program,
                f"--config.file={home / 'prometheus.yml'}",
                f"--storage.tsdb.path={home / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            home / "log",
        )
        self.wait_ready(lambda: answers(port), 30)


@contextmanager
def both(load: Load) -> Iterator[list[Part]]:
    """The peer: two processes that do together what the daemon does."""
    with Blackbox() as blackbox, AskingPrometheus(load, blackbox) as prometheus:
        yield [blackbox, prometheus]


def cpu_seconds(pid: int) -> float:
    """User and system time so far, children that ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Resident memory."""
    [line] = [
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1024


def served(nginx: Nginx) -> int:
    """How many requests nginx has counted."""
    with urlopen(nginx.url("/basic_status"), timeout=5) as answer:  # noqa: S310 - our own server on loopback
        return int(answer.read().split(b"requests")[1].split()[2])


def measure(name: str, parts: list[Part], nginx: Nginx, load: Load) -> None:
    """Let it settle for two rounds, then measure and print one line."""
    time.sleep(2 * load.every + 6)
    pids = [part.process.pid for part in parts if part.process is not None]
    before, cpu, start = served(nginx), [cpu_seconds(pid) for pid in pids], time.monotonic()
    time.sleep(load.seconds)
    probes = served(nginx) - before - 1
    used = [cpu_seconds(pid) - was for pid, was in zip(pids, cpu, strict=True)]
    took = time.monotonic() - start
    asked = load.checks / load.every * took
    print(
        f"{name:32} {probes / took:8.1f} {100 * probes / asked:7.1f} {1e6 * sum(used) / max(probes, 1):12.0f}"
        f" {100 * sum(used) / took:8.1f} {sum(map(memory_mib, pids)):10.0f}",
        flush=True,
    )


def main() -> None:
    """One sitting: ours, theirs, ours again, so that a machine that changed its speed shows."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--checks", type=int, default=200)
    words.add_argument("--every", type=int, default=1, help="seconds")
    words.add_argument("--seconds", type=int, default=20, help="length of each measurement")
    given = words.parse_args()
    with Nginx() as nginx:
        load = Load(given.checks, given.every, given.seconds, nginx.url("/ok"))
        print(
            f"{load.checks} HTTP checks every {load.every} s, each by a new connection, for {load.seconds} s"
        )
        print(f"{'':32} {'probes/s':>8} {'% of':>7} {'CPU us':>12} {'% of':>8} {'memory':>10}")
        print(f"{'':32} {'':>8} {'planned':>7} {'per probe':>12} {'a core':>8} {'MiB':>10}", flush=True)
        with Watchtower(load) as ours:
            measure("watchtower", [ours], nginx, load)
        with both(load) as theirs:
            measure("Prometheus + blackbox_exporter", theirs, nginx, load)
        with Watchtower(load) as ours:
            measure("watchtower, again", [ours], nginx, load)


if __name__ == "__main__":
    main()
