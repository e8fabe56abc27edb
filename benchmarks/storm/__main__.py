"""All checks fail at once, and recover: seconds until every one of them was named or counted, posts, alerts told again, CPU and
memory. Watchtower and Prometheus probe the same targets each five seconds; Prometheus feeds two Alertmanagers at once, one
as it is shipped and one set to our own window and interval. All of it runs at the same time.

    python -m benchmarks.storm                  100, 1,000 and 3,000 checks, five minutes each
    python -m benchmarks.storm --checks 100 --watch 60
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.overhead.ends import Receiver, Targets
from benchmarks.overhead.processes import Child, calibrate, cpu_sample, cpu_used, free_port, memory
from benchmarks.overhead.prom import program

EVERY = 5
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
json = {{ to = "{{{{ to }}}}", text = "{{{{ text }}}}", status = "{{{{ status }}}}" }}
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
ALERTMANAGERS = {"as shipped": ("30s", "5m"), "with our times": ("10s", "3m")}


@dataclass
class Heard:
    """What one receiver's posts said. `told` counts checks that are named or counted, by moment."""

    firing: list[tuple[float, int]] = field(default_factory=list)
    resolved: list[tuple[float, int]] = field(default_factory=list)
    again: int = 0
    """Alerts that were told before, and were told again while they fired."""
    known: set[str] = field(default_factory=set)


def by_watchtower(heard: Heard, at: float, body: str) -> None:
    said = json.loads(body)
    several = re.search(r"(\d+) incidents", said["text"])
    count = int(several[1]) if several else 1
    (heard.resolved if said["status"] == "resolved" else heard.firing).append((at, count))


def by_alertmanager(heard: Heard, at: float, body: str) -> None:
    alerts = json.loads(body)["alerts"]
    firing = {one["labels"]["id"] for one in alerts if one["status"] == "firing"}
    over = {one["labels"]["id"] for one in alerts if one["status"] == "resolved"}
    heard.again += len(firing & heard.known)
    if fresh := firing - heard.known:
        heard.firing.append((at, len(fresh)))
    elif firing:
        heard.firing.append((at, 0))
    heard.known |= firing
    if over and not firing:
        heard.resolved.append((at, len(over & heard.known)))


def until(told: list[tuple[float, int]], count: int, since: float) -> float | None:
    """Seconds until `count` of them were told; None: never."""
    total = 0
    for at, some in told:
        total += some
        if total >= count:
            return round(at - since, 1)
    return None


class Storm:
    """Everything of one run, on loopback."""

    def __init__(self, count: int, work: Path) -> None:
        self.count, self.work = count, work
        self.targets, self.receiver = Targets(work), Receiver(work)
        self.children: dict[str, list[Child]] = {}
        self.heard = {"watchtower": Heard(), **{name: Heard() for name in ALERTMANAGERS}}

    def start(self) -> None:
        ids = [str(number) for number in range(self.count)]
        checks = self.work / "checks"
        checks.mkdir()
        one = '[[check]]\nname = "c{id}"\nprobe = "http"\nurl = "{url}"\nstatus = [200]\nevery = "5s"\ntimeout = "4s"\n'
        (checks / "all.toml").write_text("\n".join(one.format(id=i, url=self.targets.url(i)) for i in ids))
        rules = self.write("rules.toml", _RULES.format(url=self.receiver.url("/watchtower")))
        port = free_port()
        environment = {
            **os.environ, "WATCHTOWER_STORE": f"sqlite:///{self.work}/watchtower.db", "WATCHTOWER_LISTEN": f"127.0.0.1:{port}",
            "WATCHTOWER_RULES": str(rules), "WATCHTOWER_CHECKS": str(checks),
        }  # fmt: skip
        self.run("watchtower", [sys.executable, "-m", "watchtower", "run"], port, environment)
        ports = []
        for number, (name, (wait, interval)) in enumerate(ALERTMANAGERS.items()):
            ports.append(free_port())
            hook = self.receiver.url(f"/{number}")
            text = _ALERTMANAGER.format(wait=wait, interval=interval, hook=hook)
            argv = [
                program("prometheus-alertmanager"), f"--config.file={self.write(f'am{number}.yml', text)}",
                "--cluster.listen-address=", f"--storage.path={self.work / f'am{number}'}",
                f"--web.listen-address=127.0.0.1:{ports[-1]}",
            ]  # fmt: skip
            self.run(name, argv, ports[-1])
        host = f"127.0.0.1:{self.targets.port}"
        groups = [{"targets": [host], "labels": {"id": i, "path": f"/t/{i}"}} for i in ids]
        text = _PROMETHEUS.format(
            rules=self.write("alerts.yml", _ALERTS), targets=self.write("targets-of-prometheus.json", json.dumps(groups)),
            alertmanagers=json.dumps([f"127.0.0.1:{one}" for one in ports]),
        )  # fmt: skip
        port = free_port()
        argv = [
            program("prometheus"), f"--config.file={self.write('prometheus.yml', text)}",
            f"--storage.tsdb.path={self.work / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}",
        ]  # fmt: skip
        self.run("prometheus", argv, port)

    def run(self, name: str, argv: list[str], port: int, env: dict[str, str] | None = None) -> None:
        child = Child(name, argv, self.work / f"{name.replace(' ', '-')}.log", env)
        self.children[name] = [child]
        child.wait_port(port)

    def write(self, name: str, text: str) -> Path:
        path = self.work / name
        path.write_text(text)
        return path

    def listen(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        end = time.monotonic() + seconds
        paths = {"/watchtower": ("watchtower", by_watchtower)}
        paths |= {f"/{number}": (name, by_alertmanager) for number, name in enumerate(ALERTMANAGERS)}
        while time.monotonic() < end and not enough():
            for record in self.receiver.new():
                name, read = paths[record["path"]]
                read(self.heard[name], record["mono"], record["body"])
            time.sleep(0.1)

    def cpu(self) -> dict[str, tuple[float, float]]:
        return {name: cpu_sample(some[0].pid) for name, some in self.children.items()}

    def stop(self) -> None:
        for some in self.children.values():
            some[0].stop()
        self.targets.child.stop()
        self.receiver.child.stop()


def rows(storm: Storm, warm: float, watch: float) -> Iterator[str]:
    storm.start()
    storm.listen(warm)
    before, began = storm.cpu(), storm.targets.set("all", "500")
    storm.listen(watch)
    after, sizes = (
        storm.cpu(),
        {name: memory(some[0].pid)["rss_kib"] / 1024 for name, some in storm.children.items()},
    )
    failed = {name: list(heard.firing) for name, heard in storm.heard.items()}
    over = storm.targets.set("all", "ok")
    storm.listen(watch)
    for name, heard in storm.heard.items():
        cpu, size = cpu_used(before[name], after[name]), sizes[name]
        if name != "watchtower":
            cpu, size = cpu + cpu_used(before["prometheus"], after["prometheus"]), size + sizes["prometheus"]
        who = "watchtower" if name == "watchtower" else f"Prometheus, Alertmanager {name}"
        first, all_told = until(failed[name], 1, began), until(failed[name], storm.count, began)
        clear = until(heard.resolved, storm.count, over)
        lost = storm.count - sum(some for _, some in failed[name])
        yield (
            f"| {storm.count:,} | {who} | {first} | {all_told} | {len(failed[name])} | {lost} | {heard.again} "
            f"| {clear} | {len(heard.resolved)} | {cpu:.1f} | {size:.0f} |"
        )


HEAD = """\
| checks | | first page, s | all told, s | posts | not told | told again | all clear, s | posts | CPU, s | MiB |
|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checks", type=int, nargs="+", default=[100, 1000, 3000])
    parser.add_argument("--warm", type=float, default=20.0, help="seconds before everything fails")
    parser.add_argument(
        "--watch", type=float, default=300.0, help="seconds after the failure, and after the end"
    )
    args = parser.parse_args()
    print(f"calibration {calibrate()} ms; watched for {args.watch:g} s\n\n{HEAD}", flush=True)
    for count in args.checks:
        with tempfile.TemporaryDirectory() as folder:
            storm = Storm(count, Path(folder))
            try:
                for row in rows(storm, args.warm, args.watch):
                    print(row, flush=True)
            finally:
                storm.stop()


if __name__ == "__main__":
    main()
