"""What the real process does when a part of it dies, hangs or loses the ground under it."""

from __future__ import annotations

import resource
import socket
import sqlite3
import time
from pathlib import Path

import pytest

from tests.acceptance.plans import rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

SABOTEUR = '''
import asyncio
import sys
from pathlib import Path

from watchtower.probes.contract import Probe, down, up


class Poison:
    timeout = 5.0
    follow_redirects = False

    def __getattr__(self, name):
        raise SystemExit(f"no {name}")


class Saboteur(Probe):
    """A site's own probe may do anything that Python can."""

    kind = "saboteur"
    facts = {}

    async def open(self, services):
        self.curl = services.curl

    async def probe(self):
        if Path("strike-curl").exists():
            self.struck = asyncio.ensure_future(self.curl.fetch(Poison()))
        if Path("strike-journal").exists():
            for task in asyncio.all_tasks():
                if task.get_name() == "journal":
                    task.cancel()
        return down("broken") if Path("down").exists() else up()
'''
CHECK = """
[[check]]
name = "mole"
probe = "saboteur"
every = "200ms"
timeout = "100ms"
"""


@pytest.fixture
def daemon(tmp_path: Path) -> DaemonProcess:
    made = DaemonProcess(tmp_path, rules("http://127.0.0.1:9/", probe="saboteur"), {"mole.toml": CHECK})
    (tmp_path / "checks" / "saboteur.py").write_text(SABOTEUR)
    return made


@pytest.mark.parametrize("part", ["curl", "journal"])
def test_a_part_that_dies_is_the_end_of_the_process_and_not_a_clean_one(
    daemon: DaemonProcess, part: str
) -> None:
    daemon.start()
    try:
        (daemon.home / f"strike-{part}").touch()
        assert daemon.child is not None
        assert daemon.child.wait(20) == 1
        assert daemon.events("daemon_died")
    finally:
        daemon.kill()


def test_a_configuration_that_ends_python_does_not_end_the_daemon(daemon: DaemonProcess) -> None:
    daemon.start()
    try:
        (daemon.home / "checks" / "quitter.py").write_text("raise SystemExit(3)\n")
        assert daemon.post("/-/reload").status_code == 422
        assert daemon.get("/readyz").json()["plan"]["current"] is False
        (daemon.home / "checks" / "quitter.py").unlink()
        assert daemon.post("/-/reload").status_code == 200
        assert daemon.stop() == 0
    finally:
        daemon.kill()


def test_a_store_whose_file_is_taken_away_is_told(daemon: DaemonProcess) -> None:
    daemon.start()
    try:
        wait_until(lambda: daemon.get("/readyz").status_code == 200, "ready")
        (daemon.home / "var" / "watchtower.db").unlink()
        wait_until(lambda: daemon.get("/readyz").json()["reasons"] == ["store"], "not ready")
        wait_until(
            lambda: daemon.events("store_unavailable"), "a line of the log, which has a thread of its own"
        )
        assert "removed or replaced" in str(daemon.events("store_unavailable")[0]["error"])
    finally:
        daemon.kill()


def test_a_far_side_that_hangs_does_not_hold_up_the_end(daemon: DaemonProcess) -> None:
    with socket.socket() as hanging:  # takes the connection, answers nothing
        hanging.bind(("127.0.0.1", 0))
        hanging.listen(64)
        url = f"http://127.0.0.1:{hanging.getsockname()[1]}/"
        plan = rules(url, probe="saboteur").replace("outcome == 'down'", "outcome == 'up'")
        (daemon.home / "rules.toml").write_text(plan)
        daemon.start()
        try:
            wait_until(lambda: daemon.events("notification_queued"), "a page is queued")
            time.sleep(0.5)
            assert daemon.stop(10.0) == 0
        finally:
            daemon.kill()


def test_as_many_files_may_be_open_as_the_system_lets_us(daemon: DaemonProcess) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    daemon.start()
    try:
        assert daemon.child is not None
        assert resource.prlimit(daemon.child.pid, resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        daemon.kill()


def test_while_the_store_cannot_be_written_pages_go_out_and_all_is_written_later(
    daemon: DaemonProcess, world: HttpServer
) -> None:
    """Somebody holds the store for as long as they like: a backup, a full disk, a network file system that hangs."""
    world.on("/locked", Answer(200, "ok"))
    (daemon.home / "rules.toml").write_text(rules(world.url("/locked"), probe="saboteur"))

    def arrived() -> list[str]:
        return [str(request.json()["reason"]) for request in world.requests_to("/locked")]

    daemon.start()
    holder = sqlite3.connect(daemon.home / "var" / "watchtower.db", isolation_level=None)
    try:
        wait_until(lambda: daemon.get("/readyz").status_code == 200, "ready")
        holder.execute("BEGIN IMMEDIATE")
        (daemon.home / "down").touch()
        wait_until(lambda: arrived() == ["opened"], "the page")
        (daemon.home / "down").unlink()
        wait_until(lambda: arrived() == ["opened", "resolved"], "the all-clear")
        assert "store" in daemon.get("/readyz").json()["reasons"]
        assert holder.execute("SELECT count(*) FROM incidents").fetchone() == (0,)
        holder.execute("ROLLBACK")
        wait_until(lambda: daemon.get("/readyz").status_code == 200, "well again")
        stored = "SELECT (SELECT count(*) FROM incidents WHERE state = 'resolved'), (SELECT count(*) FROM outbox WHERE state = 'delivered')"
        wait_until(lambda: holder.execute(stored).fetchone() == (1, 2), "everything is written")
        assert daemon.stop() == 0
    finally:
        holder.close()
        daemon.kill()
