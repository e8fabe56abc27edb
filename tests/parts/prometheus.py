"""A real Prometheus that scrapes what a test tells it to, and promtool to judge an exposition."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.parts.child import Part, find_program, free_port, wait_until

_CONFIGURATION = """\
global:
  scrape_interval: 200ms
  evaluation_interval: 200ms
rule_files: ["{home}/rules.yml"]
scrape_configs:
  - job_name: test
    # The address of a target may carry the path to scrape in the label `__metrics_path__`.
    file_sd_configs:
      - files: ["{home}/targets.json"]
        refresh_interval: 1s
"""
_ALERTING = """\
alerting:
  alertmanagers:
    - static_configs:
        - targets: {alertmanagers}
"""


def check_metrics(text: str) -> str:
    """What `promtool check metrics` has against this exposition; empty when it is clean."""
    program = find_program("promtool", "prometheus")
    done = subprocess.run(
        [program, "check", "metrics"], input=text, capture_output=True, text=True, check=False, timeout=30
    )
    findings = (done.stdout + done.stderr).strip()
    return findings or ("" if done.returncode == 0 else f"promtool ended with {done.returncode}")


class Prometheus(Part):
    """`rules` is a rule file's text; `alertmanagers` are host:port pairs that firing alerts are sent to. `alerting`: this part
    of the configuration instead."""

    package = "prometheus"

    def __init__(
        self, rules: str = "groups: []", alertmanagers: Sequence[str] = (), *, alerting: str = ""
    ) -> None:
        super().__init__()
        self.host = "127.0.0.1"
        self._rules = rules
        self._alerting = alerting or _ALERTING.format(alertmanagers=json.dumps(list(alertmanagers)))
        self._targets: dict[str, str] = {}

    def start(self) -> None:
        """Start with no target; `scrape` adds them."""
        program = find_program("prometheus", self.package)
        self.home = self.directory()
        self.port = free_port()
        (self.home / "rules.yml").write_text(self._rules)
        (self.home / "targets.json").write_text("[]")
        configuration = self.home / "prometheus.yml"
        configuration.write_text(_CONFIGURATION.format(home=self.home) + self._alerting)
        self.run(
            [
                program,
                f"--config.file={configuration}",
                f"--storage.tsdb.path={self.home / 'data'}",
                f"--web.listen-address={self.host}:{self.port}",
                # Alerts that were ready before the Alertmanagers were found are sent again.
                "--rules.alert.resend-delay=1s",
            ],
            self.home / "prometheus.log",
        )
        self.wait_ready(lambda: self._get("/-/ready"), 30)

    def url(self, path: str = "") -> str:
        """The address of the server, as a probe takes it."""
        return f"http://{self.host}:{self.port}{path}"

    def scrape(self, target: str, path: str = "/metrics", *, wait: bool = True) -> None:
        """Scrape `host:port` from now on; waits for the first good scrape."""
        self._targets[target] = path
        groups = [
            {"targets": [one], "labels": {"__metrics_path__": where}} for one, where in self._targets.items()
        ]
        fresh = self.home / "targets.new"
        fresh.write_text(json.dumps(groups))
        fresh.replace(self.home / "targets.json")
        if wait:
            self.wait_for(f'up{{instance="{target}"}} == 1')

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The instant vector of a PromQL expression: labels and value of each series."""
        answer = json.loads(self._get("/api/v1/query?" + urlencode({"query": expression})))
        return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]

    def wait_for(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The same, once it is not empty."""
        wait_until(lambda: self.query(expression), f"a series for {expression}")
        return self.query(expression)

    def _get(self, path: str) -> bytes:
        with urlopen(self.url(path), timeout=5) as answer:  # noqa: S310 - our own server on loopback
            body: bytes = answer.read()
        return body
