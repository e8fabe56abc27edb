"""Watchtower, and Prometheus with two Alertmanagers, on the same targets and at the same time, all on loopback."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.overhead.ends import Receiver, Targets
from benchmarks.overhead.processes import Child, CpuSample, cpu_sample, free_port, memory
from benchmarks.overhead.prom import program
from benchmarks.storm.told import Told

ALERTMANAGERS = {"as shipped": ("30s", "5m"), "with our times": ("10s", "3m")}
"""`group_wait` and `group_interval`; the second pair is our `window` and `update_every`."""
OURS = "watchtower"
STACKS = (OURS, *ALERTMANAGERS)
_RULES = """\
[[rule]]
name = "down"
match = {{ probe = "http" }}
when = "outcome == 'down'"
severity = "P1"

[[responder]]
name = "li"
sms = "+8613800000000"

[channel.sms]
url = "{url}"
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}", status = "{{{{ status }}}}", id = "{{{{ id }}}}" }}
"""
_CHECK = """\
[[check]]
name = "c{id}"
probe = "http"
url = "{url}"
status = [200]
every = "5s"
timeout = "4s"
"""
_ALERTMANAGER = """\
route: {{receiver: hook, group_by: [alertname], group_wait: {wait}, group_interval: {interval}, repeat_interval: 4h}}
receivers:
- name: hook
  webhook_configs: [{{url: "{hook}", send_resolved: true, max_alerts: 0}}]
"""
_PROMETHEUS = """\
global: {{scrape_interval: 5s, scrape_timeout: 4s, evaluation_interval: 5s}}
rule_files: [{rules}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: {alertmanagers}}}]}}]}}
scrape_configs:
- job_name: targets
  file_sd_configs: [{{files: [{targets}]}}]
  relabel_configs: [{{source_labels: [path], target_label: __metrics_path__}}]
"""
_ALERTS = """\
groups: [{name: probes, rules: [{alert: TargetDown, expr: up == 0}]}]
"""


class Stacks:
    """`with Stacks(count, folder) as stacks`: started, and ended whatever happens."""

    def __init__(self, count: int, work: Path) -> None:
        self.ids, self.work = [str(number) for number in range(count)], work
        self.children: dict[str, Child] = {}
        self.told = {name: Told() for name in STACKS}
        self.targets, self.receiver = Targets(work), Receiver(work)

    def __enter__(self) -> Stacks:
        try:
            self._watchtower()
            self._prometheus([self._alertmanager(number) for number in range(len(ALERTMANAGERS))])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for child in (*self.children.values(), self.targets.child, self.receiver.child):
            child.stop()

    def listen(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Until `enough`, or for so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not enough():
            self.hear()
            time.sleep(0.1)
        self.hear()

    def hear(self) -> None:
        for record in self.receiver.new():
            name = STACKS[int(record["path"].strip("/"))]
            self.told[name].hear(name, record["mono"], record["status"], record["body"])

    def cpu(self) -> dict[str, CpuSample]:
        return {name: cpu_sample(child.pid) for name, child in self.children.items()}

    def sizes(self) -> dict[str, float]:
        """MiB resident, of each process."""
        return {name: memory(child.pid)["rss_kib"] / 1024 for name, child in self.children.items()}

    def _watchtower(self) -> None:
        (self.work / "checks").mkdir()
        self._write("checks/all.toml", (_CHECK.format(id=i, url=self.targets.url(i)) for i in self.ids))
        rules = self._write("rules.toml", [_RULES.format(url=self._hook(OURS))])
        port = free_port()
        environment = {
            **os.environ, "WATCHTOWER_STORE": f"sqlite:///{self.work}/watchtower.db", "WATCHTOWER_LISTEN": f"127.0.0.1:{port}",
            "WATCHTOWER_RULES": str(rules), "WATCHTOWER_CHECKS": str(self.work / "checks"),
        }  # fmt: skip
        self._run(OURS, [sys.executable, "-m", "watchtower", "run"], port, environment)

    def _alertmanager(self, number: int) -> int:
        name, (wait, interval) = list(ALERTMANAGERS.items())[number]
        port, text = free_port(), _ALERTMANAGER.format(wait=wait, interval=interval, hook=self._hook(name))
        argv = [
            program("prometheus-alertmanager"), f"--config.file={self._write(f'am{number}.yml', [text])}",
            "--cluster.listen-address=", f"--storage.path={self.work / f'am{number}'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]  # fmt: skip
        self._run(name, argv, port)
        return port

    def _prometheus(self, alertmanagers: list[int]) -> None:
        host = f"127.0.0.1:{self.targets.port}"
        groups = [{"targets": [host], "labels": {"id": i, "path": f"/t/{i}"}} for i in self.ids]
        text = _PROMETHEUS.format(
            rules=self._write("alerts.yml", [_ALERTS]),
            targets=self._write("targets-of-prometheus.json", [json.dumps(groups)]),
            alertmanagers=json.dumps([f"127.0.0.1:{port}" for port in alertmanagers]),
        )
        port = free_port()
        argv = [
            program("prometheus"), f"--config.file={self._write('prometheus.yml', [text])}",
            f"--storage.tsdb.path={self.work / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}",
        ]  # fmt: skip
        self._run("prometheus", argv, port)

    def _hook(self, name: str) -> str:
        return self.receiver.url(f"/{STACKS.index(name)}")

    def _run(self, name: str, argv: list[str], port: int, env: dict[str, str] | None = None) -> None:
        child = self.children[name] = Child(name, argv, self.work / f"{name.replace(' ', '-')}.log", env)
        child.wait_port(port, 120.0)

    def _write(self, name: str, texts: Iterable[str]) -> Path:
        path = self.work / name
        path.write_text("\n".join(texts))
        return path
