"""Three locations, each a process with a way of its own to the bank and to the database: one that is cut off, and two that
see the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.test_workers import Place
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.postgres import Postgres

CHECK = """
[location.inside]

[location.hk]
title = { en = "Hong Kong", zh = "香港" }

[location.sg]

[[check]]
name = "bank"
probe = "http"
url = "${BANK}"
every = "1s"
locations = ["inside", "hk", "sg"]
"""
THREE = ("inside", "hk", "sg")


class Three(Place):
    """`inside` is the daemon."""

    def __init__(self, home: Path, world: HttpServer, postgres: Postgres) -> None:
        super().__init__(home, world, postgres, checks=0)
        self.text = CHECK
        for name in THREE:
            world.on(f"/{name}", Answer(200, "ok"))
        self.daemon = self.process("inside", WATCHTOWER_LOCATION="inside", BANK=world.url("/inside")).start()
        for name in ("hk", "sg"):
            self.work(
                f"{name}-1", "--location", name, WATCHTOWER_LOCATION="inside", BANK=world.url(f"/{name}")
            )

    def open(self) -> list[str]:
        found = self.daemon.get("/api/v1/incidents").json()["incidents"]
        return [one["title"]["en"] for one in found if one["state"] != "resolved"]


@pytest.fixture
def three(tmp_path: Path, postgres: Postgres, http_server: HttpServer) -> Iterator[Three]:
    made = Three(tmp_path, http_server, postgres)
    yield made
    made.end()


def test_one_that_is_cut_off_is_said_once_and_two_that_see_it_down_page(three: Three) -> None:
    metrics = 'watchtower_check_up{check="bank",series=""} 1.0'
    wait_until(lambda: metrics in three.daemon.get("/metrics").text, "the bank is up")
    three.world.on("/hk", Answer(503, "no"))
    wait_until(lambda: "Hong Kong" in three.daemon.command("explain", "bank"), "what Hong Kong sees is shown")
    assert three.open() == []
    three.world.on("/sg", Answer(503, "no"))
    wait_until(lambda: three.open() == ["bank"], "an incident about the bank")
    incident = three.daemon.get("/api/v1/incidents/INC-1").json()
    assert "down from Hong Kong and sg (HTTP 503); inside says up" in str(incident)
    three.world.on("/hk", Answer(200, "ok"))
    wait_until(lambda: three.open() == [], "it is over")
    three.world.on("/sg", Answer(200, "ok"))
    three.lines["sg-1"].cut()
    wait_until(lambda: three.open() == ["No data from location sg"], "an incident about sg", 40)
    assert 'watchtower_location_up{location="sg"} 0.0' in three.daemon.get("/metrics").text
    assert "0 at sg, 0 of 256 shards held, lost since" in three.daemon.command("status")
    three.lines["sg-1"].heal()
    wait_until(lambda: three.open() == [], "sg is back", 40)
