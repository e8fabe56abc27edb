"""An absence of the daemon is told at its next start: in the log, on the board, in open incidents, by a metric."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from watchtower.app.gap import gap_before
from watchtower.model import WatchGap
from watchtower.store import Store

CHECK = '[[check]]\nname = "bank"\nprobe = "http"\nurl = "{}"\nevery = "1s"\n'
RULES = """
[watchdog]
heartbeat = "{0}/ping"
every = "1s"

[[rule]]
name = "down"
match = {{}}
when = "outcome == 'down'"
severity = "P1"
summary = {{ en = "down", zh = "不可用" }}

[[responder]]
name = "li"
webhook = "{0}/page"

[paging.P1]
roles = ["oncall"]
channels = ["webhook"]

[channel.webhook]
"""


async def test_it_is_what_passed_since_the_last_sign_of_life(store: Store) -> None:
    assert await gap_before(store, 60.0, time.time()) is None
    await store.check()
    at = await store.alive_at()
    assert at is not None
    assert await gap_before(store, 60.0, at + 60.0) is None
    assert await gap_before(store, 60.0, at + 61.0) == WatchGap(at, at + 61.0)


def test_a_daemon_that_was_away_says_so_and_its_heartbeat_goes_on(
    tmp_path: Path, http_server: HttpServer
) -> None:
    http_server.on("/bank", Answer(503))
    http_server.on("/page", Answer(200))
    http_server.on("/ping", Answer(200))
    base = http_server.url("").rstrip("/")
    it = DaemonProcess(tmp_path, RULES.format(base), {"bank.toml": CHECK.format(http_server.url("/bank"))})
    it.start()
    try:
        wait_until(lambda: it.get("/api/v1/incidents", TOKEN).json()["incidents"], "an incident")
        http_server.wait_for("/ping", count=2)
        assert "watchtower_gap_seconds 0.0" in it.get("/metrics").text
        it.kill()
        with closing(sqlite3.connect(tmp_path / "var" / "watchtower.db")) as file:
            file.execute("INSERT OR REPLACE INTO kv VALUES ('checked_at', ?)", (repr(time.time() - 1260.0),))
            file.commit()
        it.start()
        wait_until(lambda: it.events("started")[1:], "the second start")
        [gap] = it.events("gap")
        assert 1260 <= gap["seconds"] < 1400
        assert "did not run" in it.get("/?lang=en", TOKEN).text
        seconds = it.get("/metrics").text.partition("\nwatchtower_gap_seconds ")[2].split()[0]
        assert 1260 <= float(seconds) < 1400
        notes = [e for e in it.events("incident_log") if e["kind"] == "notes.note"]
        [note] = [each for each in notes if each["detail"].startswith("watchtower did not run: gap ")]
        assert (note["by"], note["incident"]) == ("watchtower", "INC-1")
        http_server.wait_for("/ping", count=4)
    finally:
        it.kill()
