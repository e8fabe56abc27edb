"""Slow and idle clients at a daemon that speaks TLS: they are bounded, and no page waits for them.

Two hundred of each; with WATCHTOWER_SOAK a thousand.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.acceptance.plans import check, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.button import press
from tests.parts.certificates import Certificates
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from watchtower.web.listener import CONNECTIONS, FROM_ONE_ADDRESS

SOAK = bool(os.environ.get("WATCHTOWER_SOAK"))
EACH, PAUSE, OUTAGES = (1000, 5.0, 10) if SOAK else (200, 1.0, 1)
"""Slow clients, and as many idle ones; seconds until one that was closed comes again."""
LATE, DEAF, GROWN = 3.0, 3.0, 48 << 20
"""Seconds from a decision to its page; seconds for an answer; bytes of memory."""
SHORT = 40
"""Descriptors that a handshake or an answer takes for a moment."""
ROOT = Path(__file__).parents[2]


class From(HTTPAdapter):
    """Asks from an address of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, source_address=(self.address, 0), **named)  # type: ignore[no-untyped-call]


class Scene:
    """The daemon, li, who is paged, and a visitor who asks from an address of their own."""

    def __init__(self, home: Path, world: HttpServer, certificates: Certificates) -> None:
        self.bank, self.li, self.world = f"/{home.name}/bank", f"/{home.name}/li", world
        world.on(self.li, Answer(200, "ok"))
        world.on(self.bank, Answer(200, "ok"))
        checks = {"bank.toml": check(world.url(self.bank))}
        self.daemon = DaemonProcess(
            home, rules(world.url(self.li)), checks, certificates=certificates, anew=True
        )
        self.over = threading.Event()
        self.waited: list[float] = []
        self.refused: list[str] = []
        self.most_files = self.most_memory = 0

    def visitor(self, address: str) -> requests.Session:
        made = requests.Session()
        made.mount("https://", From(address))
        made.trust_env, made.verify = False, self.daemon.verify
        return made

    def holds(self) -> tuple[int, int]:
        """File descriptors, and resident bytes."""
        assert self.daemon.child is not None
        process = Path(f"/proc/{self.daemon.child.pid}")
        memory = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return len(list((process / "fd").iterdir())), memory

    def watch(self) -> None:
        while not self.over.wait(0.2):
            files, memory = self.holds()
            self.most_files, self.most_memory = max(self.most_files, files), max(self.most_memory, memory)
            began = time.monotonic()
            try:
                with self.visitor("127.0.0.2") as visitor:
                    assert visitor.get(self.daemon.url + "/healthz", timeout=30).status_code == 200
            except requests.RequestException as error:
                self.refused.append(repr(error))
            self.waited.append(time.monotonic() - began)

    @contextlib.contextmanager
    def crowd(self, addresses: list[str]) -> Iterator[None]:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.crowd", *map(str, (self.daemon.port, EACH, EACH, PAUSE)), *addresses],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
        )  # fmt: skip
        watching = threading.Thread(target=self.watch)
        watching.start()
        try:
            yield
        finally:
            self.over.set()
            watching.join()
            child.send_signal(signal.SIGTERM)
            self.counts = json.loads(child.communicate(timeout=30)[0] or "{}")

    def pages(self) -> list[tuple[dict[str, Any], float]]:
        """What li was told, and how many seconds after it was decided."""
        offset = time.time() - time.monotonic()
        told = [(request.json(), request.at + offset) for request in self.world.requests_to(self.li)]
        return [(page, at - datetime.fromisoformat(page["at"]).timestamp()) for page, at in told]

    def outage(self) -> None:
        """li is paged, acknowledges from 127.0.0.2, and is told of the end."""
        before = len(self.pages())
        self.world.on(self.bank, Answer(503, "no"))
        wait_until(lambda: len(self.pages()) > before, "the page")
        page = self.pages()[before][0]
        with self.visitor("127.0.0.2") as visitor:
            assert press(page["links"]["ack"], "acknowledge", visitor).status_code == 200
            answer = visitor.get(f"{self.daemon.url}/api/v1/incidents/{page['incident']}", timeout=30)
        assert answer.json()["acknowledged_by"] == "li"
        self.world.on(self.bank, Answer(200, "ok"))
        wait_until(lambda: self.pages()[-1][0]["kind"] == "resolved", "the all-clear")


@pytest.fixture
def scene(tmp_path: Path, world: HttpServer, certificates: Certificates) -> Iterator[Scene]:
    made = Scene(tmp_path, world, certificates)
    yield made
    made.daemon.kill()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("addresses", [1, 4], ids=["one address", "four addresses"])
def test_slow_and_idle_clients_are_bounded_and_no_page_waits(scene: Scene, addresses: int) -> None:
    scene.daemon.start()
    files, memory = scene.holds()
    most = min(CONNECTIONS, addresses * FROM_ONE_ADDRESS)
    with scene.crowd([f"127.0.0.{n}" for n in range(3, 3 + addresses)]):
        wait_until(lambda: scene.most_files - files > most * 0.9, "the crowd")
        for _ in range(OUTAGES):
            scene.outage()
    print(
        f"\n{addresses=} {scene.counts} answers={len(scene.waited)} slowest={max(scene.waited):.2f} refused={len(scene.refused)} "
        f"files={scene.most_files - files} memory={(scene.most_memory - memory) >> 20} MiB "
        f"page={max(late for _, late in scene.pages()):.2f}"
    )
    assert scene.refused == []
    assert max(scene.waited) < DEAF
    assert scene.most_files - files < most + SHORT
    assert scene.most_memory - memory < GROWN
    assert max(late for _, late in scene.pages()) < LATE
    assert len(scene.pages()) == 2 * OUTAGES
    # They are gone, and a visitor from their address is served as any other.
    wait_until(lambda: scene.holds()[0] - files < SHORT, "their descriptors")
    with scene.visitor("127.0.0.3") as visitor:
        assert visitor.get(scene.daemon.url, timeout=DEAF).status_code == 200
    assert scene.daemon.events("web_connections_ended")
    assert scene.daemon.stop() == 0
