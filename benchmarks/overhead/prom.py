"""Prometheus, blackbox_exporter and Alertmanager from PATH, set to page at once rather than after their defaults."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from benchmarks.overhead.processes import Child, free_port
from benchmarks.overhead.stack import Stack

PROGRAMS = ("prometheus", "prometheus-alertmanager", "prometheus-blackbox-exporter")
_BLACKBOX = """\
modules:
  http_2xx:
    prober: http
    timeout: 4s
    http: {preferred_ip_protocol: ip4}
"""
_ALERTMANAGER = """\
route:
  receiver: hook
  group_by: [{group_by}]
  group_wait: {wait}
  group_interval: {group_interval}
  repeat_interval: 4h
receivers:
- name: hook
  webhook_configs:
  - {{url: "{hook}", send_resolved: true, max_alerts: 0}}
"""
_RULES = """\
groups:
- name: probes
  rules:
  - alert: ProbeFailed
    expr: probe_success == 0
    for: {hold}
    labels: {{severity: page}}
"""
_PROMETHEUS = """\
global: {{scrape_interval: {every}ms, scrape_timeout: {every}ms, evaluation_interval: {every}ms}}
rule_files: [{rules}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}]}}
scrape_configs:
- job_name: blackbox
  metrics_path: /probe
  params: {{module: [http_2xx]}}
  file_sd_configs: [{{files: [{targets}]}}]
  relabel_configs:
  - {{source_labels: [__address__], target_label: __param_target}}
  - {{source_labels: [__param_target], target_label: instance}}
  - {{target_label: __address__, replacement: "127.0.0.1:{blackbox}"}}
"""


def program(name: str) -> str:
    """Its path; Debian's packages of the same names bring them."""
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed (scripts/setup-debian --bench installs it)")
    return found


class Prom(Stack):
    """Three processes that do together what the daemon does."""

    name = "prom"

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--for", dest="hold", default="0s")
        parser.add_argument("--group-wait", default="0s", help="Alertmanager's default is 30s")
        parser.add_argument("--group-interval", default="1s", help="Alertmanager's default is 5m")
        parser.add_argument(
            "--group-by",
            default="id",
            choices=["id", "alertname"],
            help="id: one page per check; alertname: one page for all",
        )

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.waits_resolved = self.args.group_interval == "1s"
        self.children: list[Child] = []

    def start(self) -> None:
        args = self.args
        blackbox, alertmanager, prometheus = free_port(), free_port(), free_port()
        modules = self.write("blackbox.yml", _BLACKBOX)
        route = _ALERTMANAGER.format(
            group_by="alertname, id" if args.group_by == "id" else "alertname",
            wait=args.group_wait,
            group_interval=args.group_interval,
            hook=self.receiver.url("/am"),
        )
        targets = [{"targets": [self.targets.url(i)], "labels": {"id": i}} for i in self.idents()]
        config = _PROMETHEUS.format(
            every=round(1000 * args.interval),
            rules=self.write("rules.yml", _RULES.format(hold=args.hold)),
            targets=self.write("sd.json", json.dumps(targets)),
            alertmanager=alertmanager,
            blackbox=blackbox,
        )
        self.run("prometheus-blackbox-exporter", blackbox, f"--config.file={modules}")
        # With no address to bind for gossip Alertmanager runs alone.
        self.run(
            "prometheus-alertmanager",
            alertmanager,
            f"--config.file={self.write('alertmanager.yml', route)}",
            "--cluster.listen-address=",
            f"--storage.path={self.work / 'alertmanager'}",
        )
        self.run(
            "prometheus",
            prometheus,
            f"--config.file={self.write('prometheus.yml', config)}",
            f"--storage.tsdb.path={self.work / 'tsdb'}",
        )

    def run(self, name: str, port: int, *options: str) -> None:
        argv = [program(name), f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn", *options]
        child = Child(name.removeprefix("prometheus-"), argv, self.work / f"{name}.log")
        self.children.append(child)
        child.wait_port(port)

    def procs(self) -> dict[str, int]:
        return {child.name: child.pid for child in self.children}

    def extract(self, body: str) -> Iterator[tuple[str, str]]:
        for alert in json.loads(body)["alerts"]:
            yield alert["labels"]["id"], alert["status"]

    def info(self) -> dict[str, Any]:
        out = {}
        for name in PROGRAMS:
            said = subprocess.run([program(name), "--version"], capture_output=True, text=True, check=True)
            out[name] = (said.stdout or said.stderr).splitlines()[0]
        return out

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop()
