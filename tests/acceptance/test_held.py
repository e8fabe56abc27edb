"""A configuration that came out empty, cut off or without a file does not end an outage, and is not taken in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.plans import check
from tests.acceptance.process import DaemonProcess
from tests.parts.child import wait_until
from tests.parts.httpserver import Answer, HttpServer

RULES = """
[[rule]]
name = "down"
match = {{}}
when = 'outcome == "down"'
severity = "P1"
[[responder]]
name = "li"
role = "oncall"
webhook = "{url}"
[channel.webhook]
timeout = "3s"
"""


class Site:
    def __init__(self, home: Path, world: HttpServer, hold: str) -> None:
        self.world = world
        world.on("/bank", Answer(503))
        world.on("/other", Answer(200))
        world.on("/page", Answer(200))
        self.good = RULES.format(url=world.url("/page"))
        checks = {f"{name}.toml": check(world.url(f"/{name}"), name) for name in ("bank", "other")}
        self.daemon = DaemonProcess(home, self.good, checks, {"WATCHTOWER_RELOAD_HOLD": hold})
        self.rules = home / "rules.toml"

    def pages(self) -> list[dict[str, Any]]:
        return [request.json() for request in self.world.requests_to("/page")]

    def kinds(self) -> list[str]:
        return [str(page["kind"]) for page in self.pages()]

    def held(self) -> bool:
        return "\nwatchtower_config_reload_held 1" in self.daemon.get("/metrics").text


@pytest.fixture
def start(tmp_path: Path, http_server: HttpServer) -> Iterator[Any]:
    made: list[Site] = []

    def begin(hold: str = "10m") -> Site:
        made.append(Site(tmp_path, http_server, hold))
        made[0].daemon.start()
        wait_until(lambda: made[0].kinds() == ["new"], "the page")
        return made[0]

    yield begin
    for site in made:
        site.daemon.kill()


def test_a_file_without_any_rule_is_held_until_somebody_confirms_it(start: Any) -> None:
    site = start("1s")
    site.rules.write_text(site.good[site.good.index("[[responder]]") :])
    wait_until(site.held, "that it is held")  # by the watch, without being asked
    assert "every rule is gone: down" in site.daemon.command("reload", status=1)
    ready = site.daemon.get("/readyz")
    assert (ready.status_code, ready.json()["plan"]["held"], ready.json()["plan"]["current"]) == (
        200,
        True,
        False,
    )
    assert "waits to be confirmed" in site.daemon.get("/").text
    assert site.daemon.post("/-/reload", token="").status_code == 401
    assert site.daemon.post("/-/reload?confirm=true", token="wrong-0123456789abcdef").status_code == 401
    answer = site.daemon.post("/-/reload")
    assert (answer.status_code, answer.json()["problems"][0]["file"]) == (409, "rules.toml")
    wait_until(lambda: len(site.daemon.events("configuration_held")) >= 3, "each try said")
    assert site.kinds() == ["new"], "the outage goes on, time alone does not end it"
    site.daemon.command("reload", "--confirm")
    wait_until(lambda: site.kinds() == ["new", "unwatched"], "that it is no longer watched")
    page = site.pages()[-1]
    assert (page["status"], page["reason"]) == ("unwatched", "unwatched")
    assert "esolved" not in page["text"]["en"]
    assert "已恢复" not in page["text"]["zh"]
    assert not site.held()
    incident = site.daemon.get(f"/api/v1/incidents/{page['incident']}").json()
    assert incident["state"] == "unwatched"
    assert "resolved" not in {entry["kind"] for entry in incident["timeline"]}
    assert "no longer watched" in site.daemon.get(f"/incidents/{page['incident']}").text
    assert site.daemon.stop() == 0
    site.daemon.start(wait=False)
    assert site.daemon.child is not None
    assert site.daemon.child.wait(30) == 2
    assert "there is no [[rule]] in this file" in site.daemon.log.read_text()


def test_mended_files_end_the_holding_by_themselves(start: Any) -> None:
    site = start()
    site.rules.write_text("# the template came out empty\n")
    wait_until(site.held, "that it is held")
    assert "every responder is gone: li" in str(site.daemon.events("configuration_held")[0])
    site.rules.write_text(site.good)
    wait_until(lambda: not site.held(), "that it is over")
    site.world.on("/bank", Answer(200))
    wait_until(lambda: "resolved" in site.kinds(), "a real all-clear")
    assert site.kinds() == ["new", "resolved"]


def test_a_file_that_is_gone_is_taken_once_it_has_stood_so(start: Any) -> None:
    site = start("3s")
    (site.daemon.home / "checks" / "bank.toml").unlink()
    wait_until(site.held, "that it is held")
    wait_until(lambda: site.kinds() == ["new", "unwatched"], "that it is taken")
    wait_until(lambda: not site.held(), "that it is over")


def test_a_folder_of_checks_that_came_out_empty_is_refused(start: Any) -> None:
    site = start()
    for file in (site.daemon.home / "checks").iterdir():
        file.unlink()
    wait_until(
        lambda: "watchtower_config_last_reload_successful 0" in site.daemon.get("/metrics").text,
        "that it is refused",
    )
    assert site.kinds() == ["new"]
