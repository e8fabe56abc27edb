"""A daemon that has nothing to do, is stopped for a while, or has less than it is used to."""

from __future__ import annotations

import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.plans import check, rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

SOAK = bool(os.environ.get("WATCHTOWER_SOAK"))
STOPPED, IDLE = (30.0, 900.0) if SOAK else (4.0, 6.0)
"""Seconds."""


class Scene:
    def __init__(self, home: Path, world: HttpServer) -> None:
        self.bank, self.li, self.world = f"/{home.name}/bank", f"/{home.name}/li", world
        world.on(self.bank, Answer(200, "ok"))
        world.on(self.li, Answer(200, "ok"))
        self.daemon = DaemonProcess(
            home, rules(world.url(self.li)), {"bank.toml": check(world.url(self.bank))}, anew=True
        )

    def pages(self) -> list[str]:
        return [str(request.json()["reason"]) for request in self.world.requests_to(self.li)]

    def outage(self) -> None:
        before = len(self.pages())
        self.world.on(self.bank, Answer(503, "no"))
        wait_until(lambda: len(self.pages()) == before + 1, "the page")
        self.world.on(self.bank, Answer(200, "ok"))
        wait_until(lambda: len(self.pages()) == before + 2, "the all-clear")

    def readings(self, outcome: str) -> int:
        name = f'watchtower_check_samples_total{{check="bank",outcome="{outcome}"}} '
        [line] = [line for line in self.daemon.get("/metrics").text.splitlines() if line.startswith(name)]
        return int(float(line.split()[-1]))

    def holds(self) -> tuple[int, int, int]:
        """Threads, descriptors, bytes of the store's files."""
        assert self.daemon.child is not None
        process = Path(f"/proc/{self.daemon.child.pid}")
        size = sum(file.stat().st_size for file in (self.daemon.home / "var").iterdir())
        return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir())), size


@pytest.fixture
def scene(tmp_path: Path, world: HttpServer) -> Iterator[Scene]:
    made = Scene(tmp_path, world)
    yield made
    made.daemon.kill()


@pytest.mark.timeout(STOPPED + 60)
def test_a_process_that_is_stopped_for_a_while_blames_nobody(scene: Scene) -> None:
    """A container that is paused, a machine that moves: the answers lie in the sockets when all timeouts have passed."""
    scene.world.on(scene.bank, Answer(200, "ok", delay=0.3))
    scene.daemon.start()
    wait_until(lambda: scene.readings("up") > 2, "it measures")
    scene.daemon.signal(signal.SIGSTOP)
    time.sleep(STOPPED)
    scene.daemon.signal(signal.SIGCONT)
    before = scene.readings("up")
    wait_until(lambda: scene.readings("up") > before + 2, "it measures again")
    assert scene.readings("down") == 0
    assert scene.readings("unknown") <= 3
    assert scene.pages() == []
    scene.world.on(scene.bank, Answer(200, "ok"))
    scene.outage()
    assert scene.daemon.get("/readyz").status_code == 200


def few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def test_256_files_are_enough_and_idle_visitors_do_not_take_them(scene: Scene) -> None:
    scene.daemon.start(before=few_files)
    with ExitStack() as stack:
        for _ in range(400):
            try:
                stack.enter_context(socket.create_connection(("127.0.0.1", scene.daemon.port), 1))
            except OSError:
                break
        scene.outage()


def test_no_place_for_temporary_files_is_needed(tmp_path: Path, world: HttpServer) -> None:
    scene = Scene(tmp_path, world)
    scene.daemon.environment["TMPDIR"] = "/proc"
    try:
        scene.daemon.start()
        scene.outage()
        assert scene.daemon.post("/-/reload").status_code == 200
        scene.outage()
        assert scene.daemon.stop() == 0
    finally:
        scene.daemon.kill()


def test_a_store_on_a_disk_that_is_read_only_is_told_in_a_sentence(scene: Scene) -> None:
    scene.daemon.environment["WATCHTOWER_STORE"] = "sqlite:////proc/watchtower.db"
    scene.daemon.start(wait=False)
    assert scene.daemon.child is not None
    assert scene.daemon.child.wait(20) in (1, 2)
    said = scene.daemon.log.read_text()
    assert "/proc/watchtower.db" in said
    assert "Traceback" not in said


@pytest.mark.timeout(IDLE + 60)
def test_an_idle_daemon_grows_by_nothing(scene: Scene) -> None:
    scene.daemon.start()
    scene.outage()
    time.sleep(3.0)
    threads, descriptors, size = scene.holds()
    time.sleep(IDLE)
    after = scene.holds()
    assert after[0] <= threads
    assert after[1] <= descriptors + 2
    assert after[2] <= size + (4 << 20)
