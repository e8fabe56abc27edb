"""Nothing beside a page holds it up: everything that ever did, at once, while a target fails and recovers.

Thirty seconds; `make soak` takes five minutes.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.acceptance.plans import responder, rules
from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, Fault, HttpServer

SOAK = bool(os.environ.get("WATCHTOWER_SOAK"))
SECONDS = 300.0 if SOAK else 30.0
TURN = 5.0
"""Seconds down, and as many up."""
LATE, DEAF, GROWN = 3.0, 1.0, 20 << 20
"""Seconds from a decision to its page; seconds for /healthz; bytes of memory."""

BLANKS = "<html><body>" + " " * 40 + "maintenance</body></html>"
CHECKS = """
[[check]]
name = "bank-gateway"
probe = "http"
url = "{bank}"
every = "500ms"
timeout = "400ms"

[[check]]
name = "unlucky-blanks"
probe = "http"
url = "{blanks}"
body_matches = '<body>(.|\\s)*OK(.|\\s)*</body>'
every = "500ms"
timeout = "400ms"

[[check]]
name = "unlucky-status"
probe = "http"
url = "{status}"
body_matches = 'status.*ok'
every = "1s"
timeout = "900ms"

[[check]]
name = "dripping"
probe = "http"
url = "{drip}"
every = "500ms"
timeout = "400ms"

[[check]]
name = "names-that-hang"
probe = "http"
url = "http://nobody.answers.test/"
every = "1s"
timeout = "900ms"

[[check]]
name = "machine"
probe = "noisy"
every = "200ms"
timeout = "100ms"

[[check]]
name = "orders"
probe = "push"
every = "1s"
"""
NOISY = """
from watchtower.logs import log
from watchtower.probes.contract import Probe, up


class Noisy(Probe):
    kind = "noisy"
    facts = {}

    async def probe(self):
        for number in range(50):
            log.warning("noise", number=number, text="x" * 500)
        return up()
"""


class Scene:
    """The daemon, its far sides, and those who trouble it."""

    def __init__(self, home: Path, world: HttpServer, bad: HttpServer) -> None:
        self.world, self.chance = world, random.Random(7)
        world.on("/beside/bank", Answer(200, "ok"))
        world.on("/beside/blanks", Answer(200, BLANKS))
        world.on("/beside/status", Answer(200, "status " * 150_000))
        bad.on("/beside/drip", Answer(200, "x" * 100_000, delay=0.5, fault=Fault.DRIP))
        bad.on("/beside/hang", Answer(fault=Fault.HANG))
        world.on("/beside/li", Answer(200, "ok"))
        world.on("/beside/same", Answer(200, "x" * 100_000, delay=0.5, fault=Fault.DRIP))
        self.addresses = {
            "li": world.url("/beside/li"),
            "same": world.url("/beside/same"),
            "drip": bad.url("/beside/drip"),
            "hang": bad.url("/beside/hang"),
            "lost": "http://nobody.answers.test/",
        }
        places = {name: world.url(f"/beside/{name}") for name in ("bank", "blanks", "status")}
        checks = CHECKS.format(drip=bad.url("/beside/drip"), **places)
        self.daemon = DaemonProcess(
            home, self.rules("5s"), {"all.toml": checks}, {"WATCHTOWER_LOG_LEVEL": "debug"}, anew=True
        )
        (home / "checks" / "noisy.py").write_text(NOISY)
        self.over = threading.Event()
        self.waited: list[float] = []
        self.wrong: list[str] = []

    def rules(self, timeout: str) -> str:
        others = [responder(name, "webhook", url) for name, url in self.addresses.items() if name != "li"]
        plan = rules(self.addresses["li"], *others, timeout=timeout)
        return plan.replace('{ probe = "http" }', '{ check = "bank-gateway" }')

    def pages(self) -> list[tuple[str, float]]:
        """What li was told, and how many seconds after it was decided."""
        offset = time.time() - time.monotonic()
        told = [
            (request.json(), request.at + offset)
            for request in self.world.requests_to("/beside/li")
            if b"names-that-hang"
            not in request.body  # after a minute without sight, rightly, a page of its own
        ]
        return [(str(page["reason"]), at - _epoch(page["at"])) for page, at in told]

    def memory(self) -> int:
        assert self.daemon.child is not None
        statm = Path(f"/proc/{self.daemon.child.pid}/statm").read_text().split()
        return int(statm[1]) * os.sysconf("SC_PAGE_SIZE")

    # ---- those who trouble it, each in a thread of its own ---------------------------------------------------

    def asks_for_life(self) -> None:
        begun = time.monotonic()
        with contextlib.suppress(requests.RequestException):
            assert self.daemon.get("/healthz").status_code == 200
        self.waited.append(time.monotonic() - begun)
        time.sleep(0.2)

    def says_nothing(self) -> None:
        """Two hundred connections without a word, and some with a head that never ends."""
        with contextlib.ExitStack() as stack:
            for number in range(200):
                with contextlib.suppress(OSError):
                    one = stack.enter_context(socket.create_connection(("127.0.0.1", self.daemon.port), 2))
                    if number % 20 == 0:
                        one.settimeout(0.5)
                        one.sendall(b"GET /metrics HTTP/1.1\r\nX-Long: " + b"y" * 1_000_000)
            self.over.wait(2.0)

    def asks_for_much(self) -> None:
        for path in ("/", "/metrics", "/api/v1/incidents", "/api/v1/lessons?words=gateway", "/report"):
            with contextlib.suppress(OSError, requests.RequestException):
                self.daemon.get(path)
        self.over.wait(0.5)

    def acknowledges_with_half_an_emoji(self) -> None:
        for body in (
            b'{"by": "li \\ud83d"}',
            b'{"by": "li", "fields": {"text": "\\udc00"}}',
            b"\xff\xfe",
            b"[" * 50_000,
        ):
            for path in ("/api/v1/incidents/INC-1/ack", "/api/v1/incidents/INC-1/do/note", "/push/orders"):
                with contextlib.suppress(OSError, requests.RequestException):
                    answer = requests.post(
                        f"http://127.0.0.1:{self.daemon.port}{path}", data=body, timeout=5,
                        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
                    )  # fmt: skip
                    if answer.status_code >= 500 and answer.status_code != 503:
                        self.wrong.append(f"{path} {body[:40]!r}: {answer.status_code}")
        self.over.wait(0.5)

    def reloads(self) -> None:
        """Another timeout each time, by a signal or by the API, or a file that is half written."""
        what = self.chance.choice(["6s", "7s", "8s", None])
        file = self.daemon.home / "rules.toml"
        if what is None:
            file.write_text(self.rules("5s")[:200])
        else:
            file.write_text(self.rules(what))
        self.daemon.signal(signal.SIGHUP)
        self.over.wait(1.5)
        file.write_text(self.rules("5s"))
        with contextlib.suppress(OSError, requests.RequestException):
            self.daemon.post("/-/reload")
        self.over.wait(1.5)

    @contextlib.contextmanager
    def troubled(self) -> Iterator[None]:
        troubles: list[Callable[[], None]] = [
            self.asks_for_life, self.says_nothing, self.asks_for_much, self.acknowledges_with_half_an_emoji, self.reloads
        ]  # fmt: skip

        def again_and_again(trouble: Callable[[], None]) -> None:
            while not self.over.is_set():
                trouble()

        threads = [threading.Thread(target=again_and_again, args=(trouble,)) for trouble in troubles]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join(20)


def _epoch(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


@contextlib.contextmanager
def names_hang(home: Path) -> Iterator[list[str]]:
    """Before the daemon's own command: a resolver that takes questions and never answers. Only root can do that."""
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        try:
            silent.bind(("127.0.0.77", 53))
        except OSError:
            yield []
            return
        (home / "resolv.conf").write_text("nameserver 127.0.0.77\n")
        yield [
            "unshare",
            "--mount",
            "sh",
            "-c",
            'mount --bind "$0" /etc/resolv.conf && exec "$@"',
            str(home / "resolv.conf"),
        ]


@pytest.fixture
def bad() -> Iterator[HttpServer]:
    """Another far side than the one that serves li."""
    with HttpServer() as server:
        yield server


@pytest.mark.timeout(SECONDS + 90)
def test_every_page_arrives_while_everything_beside_it_misbehaves(
    tmp_path: Path, world: HttpServer, bad: HttpServer
) -> None:
    scene = Scene(tmp_path, world, bad)
    reader, out = os.pipe()
    try:
        with names_hang(tmp_path) as first, open(out, "wb") as log:
            scene.daemon.start(out=log, first=first)
            outages = 0
            memory = 0
            with scene.troubled():
                begun = time.monotonic()
                while time.monotonic() - begun < SECONDS:
                    world.on("/beside/bank", Answer(503, "no"))
                    time.sleep(TURN)
                    world.on("/beside/bank", Answer(200, "ok"))
                    time.sleep(TURN)
                    outages += 1
                    memory = memory or scene.memory()
                wait_until(lambda: len(scene.pages()) >= 2 * outages, "every page")
                grown = scene.memory() - memory
            pages = scene.pages()
            print(
                f"{outages} outages; page after its decision: median {statistics.median(late for _, late in pages):.3f} s, "
                f"at most {max(late for _, late in pages):.3f} s; /healthz at most {max(scene.waited):.3f} s of "
                f"{len(scene.waited)}; memory {grown / (1 << 20):+.1f} MiB; not ready for {scene.daemon.get('/readyz').json()['reasons']}"
            )
            print([(reason, round(late, 2)) for reason, late in pages])
            again = ["reopened", "resolved"] * (outages - 1)
            assert [reason for reason, _ in pages] == ["opened", "resolved", *again]
            assert max(late for _, late in pages) < LATE
            assert max(scene.waited) < DEAF
            assert grown < GROWN
            assert scene.wrong == []
            assert "log" in scene.daemon.get("/readyz").json()["reasons"]
            assert scene.daemon.stop() == 0
    finally:
        scene.daemon.kill()
        os.close(reader)
