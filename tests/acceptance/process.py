"""The real daemon as a child process, with a configuration of its own in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import requests

from tests.parts import forked
from tests.parts.certificates import Certificates
from tests.parts.child import PartFailed, free_port, wait_until
from tests.parts.commands import ran
from tests.parts.forked import ForkedChild

TOKEN = "acceptance-token-0123456789"


class DaemonProcess:
    """`start`, `kill` (SIGKILL), `stop` (SIGTERM) as often as liked; the folder and the store stay."""

    def __init__(
        self, home: Path, rules: str, checks: Mapping[str, str], environment: Mapping[str, str] | None = None,
        certificates: Certificates | None = None, *, anew: bool = False,
    ) -> None:  # fmt: skip
        """With `certificates` it speaks TLS. `anew`: the program is executed, as an init system does, and not forked from
        a process that has imported it; to be measured, and where its very start matters."""
        self.anew = anew
        self.home = home
        self.port = free_port()
        self.url = f"{'https' if certificates else 'http'}://127.0.0.1:{self.port}"
        self.verify = str(certificates.authority) if certificates else True
        own = certificates and {"CERTIFICATE": certificates.good.certificate, "KEY": certificates.good.key}
        self.log = home / "daemon.log"
        (home / "checks").mkdir(parents=True, exist_ok=True)
        (home / "rules.toml").write_text(rules)
        for name, text in checks.items():
            (home / "checks" / name).write_text(text)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WATCHTOWER_")},
            "WATCHTOWER_STORE": "sqlite:///var/watchtower.db",
            "WATCHTOWER_LISTEN": f"127.0.0.1:{self.port}",
            "WATCHTOWER_BASE_URL": self.url,
            **{f"WATCHTOWER_TLS_{name}": str(file) for name, file in (own or {}).items()},
            "WATCHTOWER_API_TOKEN": TOKEN,
            "WATCHTOWER_LOG_FORMAT": "json",
            **(environment or {}),
        }
        self.child: subprocess.Popen[bytes] | ForkedChild | None = None

    def start(
        self, *, wait: bool = True, out: IO[bytes] | None = None, before: Callable[[], None] | None = None,
        first: Sequence[str] = (), words: Sequence[str] = ("run",),
    ) -> DaemonProcess:  # fmt: skip
        """`words` are the command. `out` takes the place of the log's file; `before` is done in the child before the daemon begins, `first`
        are the words of a command that then executes the daemon."""
        own_packages = self.environment.get("PYTHONPATH", "") != os.environ.get("PYTHONPATH", "")
        with self.log.open("ab") as log:
            if self.anew or before or first or own_packages:
                self.child = subprocess.Popen(
                    [*first, sys.executable, "-m", "watchtower", *words], preexec_fn=before, cwd=self.home,
                    env=self.environment, stdin=subprocess.DEVNULL, stdout=out or log, stderr=out or log,
                )  # fmt: skip
            else:
                self.child = forked.start(words, self.environment, self.home, (out or log).fileno())
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self) -> None:
        def ready() -> bool:
            self.must_live()
            return self.get("/healthz").status_code == 200

        wait_until(ready, "the daemon")

    def must_live(self) -> None:
        """Raises PartFailed where it has ended, and not by our `kill`: a SIGTERM from elsewhere ends it with 0, and what
        is awaited of it looks lost."""
        child = self.child  # a thread may kill it meanwhile
        if child is not None and child.poll() not in (None, -signal.SIGKILL):
            raise PartFailed(f"the daemon ended with {child.returncode}:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """As the kernel does when memory runs out: no last word."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            self.child = None

    def stop(self, seconds: float = 60.0) -> int:
        """SIGTERM; the exit status. Raises subprocess.TimeoutExpired when it takes longer."""
        if self.child is None:
            return 0
        child, self.child = self.child, None
        child.send_signal(signal.SIGTERM)
        try:
            return child.wait(seconds)
        finally:
            if child.poll() is None:
                child.kill()

    def signal(self, number: signal.Signals) -> None:
        assert self.child is not None
        self.child.send_signal(number)

    def get(self, path: str, token: str = "") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return requests.get(self.url + path, headers=headers, timeout=30, verify=self.verify)
        except requests.ConnectionError as error:
            raise ConnectionError(str(error)) from None

    def post(self, path: str, content: Any = None, token: str = TOKEN) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.post(self.url + path, json=content, headers=headers, timeout=30, verify=self.verify)

    def command(self, *arguments: str, status: int | None = 0) -> str:
        """Run another `watchtower` command in the same folder; its output."""
        done = ran(arguments, self.environment, self.home)
        assert status is None or done.status == status, done.out + done.err
        return done.out + done.err

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log lines of this event so far."""
        found = []
        for line in self.log.read_text().splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event.get("event") == name:
                found.append(event)
        return found
