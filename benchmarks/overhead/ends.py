"""The two ends of a run: the targets that are probed and broken, and the receiver that the pages reach."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.overhead.processes import Child

HERE = Path(__file__).parent


def request(port: int, method: str, path: str, body: object = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": "application/json", "Connection": "close"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        return connection.getresponse().read()
    finally:
        connection.close()


def await_json(path: Path, timeout: float = 10.0) -> Any:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            return json.loads(path.read_text())
        except (OSError, ValueError):
            time.sleep(0.02)
    raise TimeoutError(path)


class Targets:
    """`targets.py` as a process; faults are set over its control port."""

    def __init__(self, work: Path) -> None:
        ready = work / "targets.json"
        argv = [sys.executable, str(HERE / "targets.py"), "--ready-file", str(ready)]
        self.child = Child("targets", argv, work / "targets.log")
        ports = await_json(ready)
        self.port, self.control = ports["port"], ports["control_port"]

    def url(self, ident: str) -> str:
        return f"http://127.0.0.1:{self.port}/t/{ident}"

    def get(self, what: str) -> Any:
        """`stats`, `counts` or `firstfail`."""
        return json.loads(request(self.control, "GET", "/" + what))

    def set(self, idents: Iterable[str] | str, mode: str) -> float:
        """Set a fault, or `ok`; the monotonic time from which it holds."""
        chosen = idents if isinstance(idents, str) else list(idents)
        answer = json.loads(request(self.control, "POST", "/set", {"ids": chosen, "mode": mode}))
        return float(answer["mono"])


class Receiver:
    """`receiver.py` as a process; its records are read from its file."""

    def __init__(self, work: Path) -> None:
        ready, pages = work / "receiver.json", work / "pages.jsonl"
        argv = [sys.executable, str(HERE / "receiver.py"), "--out", str(pages), "--ready-file", str(ready)]
        self.child = Child("receiver", argv, work / "receiver.log")
        self.port = await_json(ready)["port"]
        self.file = pages.open()
        self.tail = ""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def new(self) -> list[dict[str, Any]]:
        """Records that came since the last call."""
        lines = (self.tail + self.file.read()).split("\n")
        self.tail = lines.pop()
        return [json.loads(line) for line in lines if line]

    def answer(self, status: int) -> None:
        """Answer with this status from now on."""
        request(self.port, "POST", "/_ctl", {"status": status})
