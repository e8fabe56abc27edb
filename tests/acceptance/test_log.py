"""Pages matter more than the log: whatever standard error is, everything else goes on."""

from __future__ import annotations

import json
import os
import pty
import resource
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.plans import rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

NOISY = '''
import sys
from pathlib import Path

from watchtower.logs import log
from watchtower.probes.contract import Probe, down, up


class Noisy(Probe):
    """Says more than anybody can read, in every way that a site's own probe has."""

    kind = "noisy"
    facts = {}

    async def probe(self):
        for number in range(300 if Path("noise").exists() else 1):
            log.info("noise", number=number, text="x" * 1000)
            print("a probe's own word", "x" * 1000)
            print("and where it is wrong", file=sys.stderr)
        return down("broken") if Path("down").exists() else up()
'''
BEGINNINGS = ("{", "warning: ", "  hint: ", "a probe's own word", "and where it is wrong")
CHECK = """
[[check]]
name = "mole"
probe = "noisy"
every = "200ms"
timeout = "150ms"
"""


class Scene:
    def __init__(self, home: Path, world: HttpServer) -> None:
        self.path, self.world = f"/{home.name}", world
        world.on(self.path, Answer(200, "ok"))
        self.daemon = DaemonProcess(home, rules(world.url(self.path), probe="noisy"), {"mole.toml": CHECK})
        (home / "checks" / "noisy.py").write_text(NOISY)

    def pages(self) -> list[str]:
        return [str(request.json()["reason"]) for request in self.world.requests_to(self.path)]

    def outage(self) -> None:
        """A page and its all-clear, as quickly as always."""
        before = len(self.pages())
        (self.daemon.home / "down").touch()
        wait_until(lambda: len(self.pages()) == before + 1, "the page")
        (self.daemon.home / "down").unlink()
        wait_until(lambda: len(self.pages()) == before + 2, "the all-clear")
        assert self.pages()[before:] == ["opened", "resolved"]

    def metric(self, name: str) -> float:
        for line in self.daemon.get("/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[-1])
        raise KeyError(name)

    def told_of_the_log(self) -> None:
        wait_until(lambda: self.daemon.get("/readyz").json()["reasons"] == ["log"], "it is told")
        assert self.daemon.get("/readyz").status_code == 200  # no page is held up by it
        wait_until(lambda: self.metric("watchtower_log_lines_dropped_total") > 0, "lines are lost")
        assert 'watchtower_not_ready{reason="log"} 1' in self.daemon.get("/metrics").text
        assert "the log cannot be written" in self.daemon.get("/").text


@pytest.fixture
def scene(tmp_path: Path, world: HttpServer) -> Scene:
    return Scene(tmp_path, world)


def closed() -> None:
    os.close(1)
    os.close(2)


@pytest.mark.parametrize(
    ("target", "before"),
    [("/dev/full", None), ("/dev/null", closed)],
    ids=["a full disk", "closed"],
)
def test_a_log_that_takes_nothing(scene: Scene, target: str, before: Callable[[], None] | None) -> None:
    (scene.daemon.home / "noise").touch()
    with open(target, "wb") as out:
        scene.daemon.start(out=out, before=before)
    try:
        scene.outage()
        scene.told_of_the_log()
        assert scene.daemon.stop() == 0
    finally:
        scene.daemon.kill()


def test_a_reader_who_stalls_and_then_reads_on(scene: Scene) -> None:
    reader, out = os.pipe()
    with open(out, "wb") as log:
        scene.daemon.start(out=log)
    try:
        (scene.daemon.home / "noise").touch()
        scene.outage()
        scene.told_of_the_log()
        assert scene.daemon.get("/healthz").status_code == 200
        (scene.daemon.home / "noise").unlink()
        text, lost = b"", []
        while not lost:
            text += os.read(reader, 1 << 20)
            lost = [line for line in text.split(b"\n")[:-1] if b'"log_lines_dropped"' in line]
        said = json.loads(lost[0])
        assert said["count"] > 0
        assert said["since"] < said["ts"].replace("Z", "+00:00")
        for line in text.split(b"\n")[:-1]:
            assert line.startswith(tuple(word.encode() for word in BEGINNINGS)), line[:100]
            assert not line.startswith(b"{") or json.loads(line)
        wait_until(lambda: scene.daemon.get("/readyz").json()["reasons"] == [], "well again")
    finally:
        scene.daemon.kill()
        os.close(reader)


def test_a_reader_who_dies(scene: Scene) -> None:
    reader, out = os.pipe()
    with open(out, "wb") as log:
        scene.daemon.start(out=log)
    os.close(reader)
    (scene.daemon.home / "noise").touch()
    try:
        scene.outage()
        scene.told_of_the_log()
        assert scene.daemon.stop() == 0
    finally:
        scene.daemon.kill()


def test_a_disk_that_fills_up_and_is_cleared(scene: Scene) -> None:
    """The limit of a file's size stands for the disk: a write ends in the middle, the next is refused."""
    scene.daemon.start()
    assert scene.daemon.child is not None
    pid, unlimited = scene.daemon.child.pid, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    try:
        size = max(file.stat().st_size for file in (scene.daemon.log, *(scene.daemon.home / "var").iterdir()))
        # The store shall go on: its file is small, the noise soon is not.
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + (4 << 20), resource.RLIM_INFINITY))
        (scene.daemon.home / "noise").touch()
        scene.told_of_the_log()
        scene.outage()
        (scene.daemon.home / "noise").unlink()
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
        wait_until(lambda: scene.daemon.events("log_lines_dropped"), "it is said")
        wait_until(lambda: scene.daemon.get("/readyz").json()["reasons"] == [], "well again")
        for line in scene.daemon.log.read_text().splitlines():
            assert not line.startswith("{") or json.loads(line)
            assert line.startswith(BEGINNINGS), line[:100]
    finally:
        scene.daemon.kill()


@pytest.mark.parametrize("target", ["/dev/full", "a pipe that nobody reads"])
def test_a_wrong_configuration_ends_with_its_status_all_the_same(scene: Scene, target: str) -> None:
    many = "".join(f'[[rule]]\nname = "r{n}"\nwhen = "nothing_of_that_name"\nwrong = 1\n' for n in range(500))
    (scene.daemon.home / "rules.toml").write_text(many)
    ends = () if target.startswith("/") else os.pipe()
    try:
        with open(ends[1] if ends else target, "wb") as out:
            scene.daemon.start(wait=False, out=out)
        assert scene.daemon.child is not None
        try:
            assert scene.daemon.child.wait(20) == 2
        except subprocess.TimeoutExpired:
            pytest.fail("it waits for somebody to read its last words")
    finally:
        scene.daemon.kill()
        for end in ends[:1]:
            os.close(end)


def test_a_terminal_that_is_stopped(scene: Scene) -> None:
    """By Ctrl-S: nothing is refused, nothing is taken."""
    ours, theirs = pty.openpty()
    try:
        with open(os.dup(theirs), "wb") as out:
            scene.daemon.start(out=out)
        termios.tcflow(theirs, termios.TCOOFF)
        (scene.daemon.home / "noise").touch()
        scene.outage()
        scene.told_of_the_log()
        assert scene.daemon.stop() == 0
    finally:
        scene.daemon.kill()
        os.close(ours)
        os.close(theirs)
