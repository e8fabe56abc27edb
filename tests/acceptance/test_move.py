"""An evening moves from SQLite to PostgreSQL in the middle, and goes on there; the old store runs no more."""

from __future__ import annotations

import gzip
from pathlib import Path

from click.testing import CliRunner, Result

from tests.acceptance.process import TOKEN
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.postgres import Postgres
from tests.store.kept_file import KEPT, daemon, states
from watchtower.cli.commands import group


def watchtower(*words: str | Path, store: str) -> Result:
    return CliRunner().invoke(group, [*map(str, words)], env={"WATCHTOWER_STORE": store})


def test_an_evening_goes_on_in_postgresql(
    postgres: Postgres, tmp_path: Path, http_server: HttpServer
) -> None:
    world, file, url = http_server, tmp_path / "var" / "watchtower.db", postgres.create_database()
    it = daemon(tmp_path, world)
    world.on("/bank", Answer(503))
    file.parent.mkdir(mode=0o700)
    file.write_bytes(gzip.decompress(KEPT.read_bytes()))
    it.start()
    try:
        instance = it.get("/api/v1/status", TOKEN).json()["instance"]
        made = watchtower("backup", file.parent, "--keep", "1", store=f"sqlite:///{file}")
        assert (made.exit_code, "as they were written" in made.stdout) == (0, True), made.output
        in_use = watchtower("restore", file, store=url)
        assert (in_use.exit_code, "another watchtower is running" in in_use.stderr) == (1, True)
        it.stop()
        moved = watchtower("restore", file, store=url)
        assert (moved.exit_code, "as they were written" in moved.stdout) == (0, True), moved.output

        it.start(wait=False)
        assert it.child is not None
        assert it.child.wait(30) == 1
        [ended] = it.events("daemon_ended")
        assert "was moved to postgresql store 127.0.0.1/" in ended["error"]

        it.environment["WATCHTOWER_STORE"] = url
        it.start()
        assert it.get("/api/v1/status", TOKEN).json()["instance"] == instance
        assert states(it)["INC-1"] == "acknowledged"
        world.on("/sms", Answer(200))
        wait_until(lambda: world.requests_to("/sms"), "an SMS that was queued before")
    finally:
        it.kill()
