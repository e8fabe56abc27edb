"""A real Alertmanager: a neighbour that sends us its webhooks, or takes our alerts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any
from urllib.request import urlopen

from tests.parts.child import Part, find_program, free_port

_CONFIGURATION = """\
route:
  receiver: us
  group_by: [alertname]
  group_wait: {wait}
  group_interval: {interval}
  repeat_interval: {repeat}
receivers:
  - name: us
    webhook_configs: {webhooks}
"""


class Alertmanager(Part):
    """With `webhook`, every group of alerts is posted there, also when it is resolved. `port` 0: any. `timers` are
    `group_wait`, `group_interval` and `repeat_interval`. `configuration`: a whole `alertmanager.yml` in place of these. `flags`: more
    words of its command."""

    package = "prometheus-alertmanager"

    def __init__(
        self,
        webhook: str = "",
        port: int = 0,
        timers: Sequence[str] = ("0s", "1s", "1h"),
        configuration: str = "",
        flags: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.port = port
        self.host = "127.0.0.1"
        self._flags = flags
        wait, interval, repeat = timers
        webhooks = [{"url": webhook, "send_resolved": True}] if webhook else []
        self._configuration = configuration or _CONFIGURATION.format(
            webhooks=json.dumps(webhooks), wait=wait, interval=interval, repeat=repeat
        )

    def start(self) -> None:
        """Start alone, without a cluster."""
        program = find_program("prometheus-alertmanager", self.package)
        home = self.directory()
        self.port = self.port or free_port()
        configuration = home / "alertmanager.yml"
        configuration.write_text(self._configuration)
        self.run(
            [
                program,
                f"--config.file={configuration}",
                f"--storage.path={home / 'data'}",
                f"--web.listen-address={self.host}:{self.port}",
                "--cluster.listen-address=",
                *self._flags,
            ],
            home / "alertmanager.log",
        )
        self.wait_ready(lambda: self._get("/-/ready"))

    def url(self, path: str = "") -> str:
        """The address of the server."""
        return f"http://{self.host}:{self.port}{path}"

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts it holds now."""
        alerts: list[dict[str, Any]] = json.loads(self._get("/api/v2/alerts"))
        return alerts

    def amtool(self, *words: str) -> str:
        """Run amtool against this server; returns what it printed."""
        program = find_program("amtool", self.package)
        done = subprocess.run(
            [program, f"--alertmanager.url={self.url()}", *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout

    def _get(self, path: str) -> bytes:
        with urlopen(self.url(path), timeout=5) as answer:  # noqa: S310 - our own server on loopback
            body: bytes = answer.read()
        return body
