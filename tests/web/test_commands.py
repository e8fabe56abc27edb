"""`watchtower incidents | ack | resolve`, as processes against a daemon that listens."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.parts import commands
from tests.parts.commands import Ran
from tests.parts.httpserver import HttpServer
from tests.web.conftest import Site
from tests.web.fake import AT, TOKEN, FakeDaemon
from watchtower.api.client import address, incident_path
from watchtower.config.settings import read
from watchtower.model import IncidentState


async def watchtower(*words: str, program: str = "", **environ: str) -> Ran:
    environ = {"TZ": "Asia/Shanghai", **environ}
    if not program:
        return await asyncio.to_thread(commands.watchtower, *words, **environ)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=commands.clean(environ),
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Ran(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
def here(site: Site) -> Mapping[str, str]:
    return {"WATCHTOWER_LISTEN": f"127.0.0.1:{site.port}", "WATCHTOWER_API_TOKEN": TOKEN}


async def test_incidents_are_listed_for_scripts_with_times_of_this_machines_zone(
    here: Mapping[str, str],
) -> None:
    ran = await watchtower("incidents", **here)
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert ran.status == 0
    assert lines[1] == ["P1", "INC-12", "triggered", "2025-11-23 00:00:33 +0800", "Checkout"]
    assert lines[3][2] == "acknowledged by anna"


async def test_as_json_it_is_one_object_a_line(here: Mapping[str, str]) -> None:
    ran = await watchtower("incidents", "--json", "--limit", "2", **here)
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["INC-13", "INC-12"]


async def test_only_the_open_ones(here: Mapping[str, str], daemon: FakeDaemon) -> None:
    over = replace(daemon.known["INC-12"], state=IncidentState.RESOLVED, resolved_at=AT)
    daemon.known = {"INC-12": over}
    assert "resolved" in (await watchtower("incidents", **here)).out
    ran = await watchtower("incidents", "--open", **here)
    assert (ran.status, ran.out) == (0, "no open incident\n")


async def test_listing_needs_no_token(site: Site) -> None:
    ran = await watchtower("incidents", "--url", f"http://127.0.0.1:{site.port}/")
    assert (ran.status, len(ran.out.splitlines())) == (0, 4)


async def test_ack_says_whose_it_is(here: Mapping[str, str], daemon: FakeDaemon) -> None:
    ran = await watchtower("ack", "INC-12", "--by", "li", **here)
    assert (ran.status, ran.out) == (0, "INC-12 is acknowledged by li\n")
    assert daemon.asked == [("ack", "INC-12", "li", "api")]
    again = await watchtower("ack", "INC-12", "--by", "li", **here)
    assert (again.status, again.out) == (0, "INC-12 is acknowledged by li already\n")
    other = await watchtower("ack", "INC-12", "--by", "anna", **here)
    assert (other.status, other.err) == (1, "INC-12 is acknowledged by li already\n")


async def test_resolve_says_why_not(here: Mapping[str, str], daemon: FakeDaemon) -> None:
    ran = await watchtower("resolve", "INC-12", "--by", "li", **here)
    assert ran.status == 1
    assert "while its alerts fire: flow-silent, gateway-down\n  hint: it resolves by itself" in ran.err
    daemon.alerts = ()
    ran = await watchtower("resolve", "INC-12", "--by", "li", **here)
    assert (ran.status, ran.out) == (0, "INC-12 is resolved\n")


async def test_the_token_beside_the_store_will_do(
    here: Mapping[str, str], daemon: FakeDaemon, tmp_path: Path
) -> None:
    (tmp_path / "api-token").write_text(TOKEN)
    environ = {**here, "WATCHTOWER_API_TOKEN": "", "WATCHTOWER_STORE": f"sqlite:///{tmp_path}/x.db"}
    assert (await watchtower("ack", "INC-12", "--by", "li", **environ)).status == 0


async def test_without_a_token_it_says_where_one_comes_from(site: Site, tmp_path: Path) -> None:
    ran = await watchtower("ack", "INC-12", "--by", "li", WATCHTOWER_STORE=f"sqlite:///{tmp_path}/x.db")
    assert ran.status == 2
    assert "WATCHTOWER_API_TOKEN" in ran.err


async def test_a_wrong_token_is_said_so_and_not_repeated(here: Mapping[str, str]) -> None:
    wrong = "wrong-" * 5
    ran = await watchtower("ack", "INC-12", "--by", "li", **{**here, "WATCHTOWER_API_TOKEN": wrong})
    assert ran.status == 1
    assert "the token is not the right one" in ran.err
    assert wrong not in ran.err


async def test_an_incident_that_does_not_exist(here: Mapping[str, str]) -> None:
    ran = await watchtower("ack", "INC-99", "--by", "li", **here)
    assert (ran.status, "there is no incident INC-99" in ran.err) == (1, True)


async def test_a_daemon_that_does_not_answer_is_a_clear_word() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ran = await watchtower("incidents", WATCHTOWER_LISTEN=f"127.0.0.1:{port}")
    assert (ran.status, ran.out) == (1, "")
    assert f"no daemon answers at http://127.0.0.1:{port}" in ran.err
    assert "Traceback" not in ran.err


async def test_an_url_that_is_none_is_bad_usage() -> None:
    ran = await watchtower("incidents", "--url", "localhost:9464")
    assert (ran.status, "is not a URL" in ran.err) == (2, True)


LISTENS = [
    ("127.0.0.1:9464", "http://127.0.0.1:9464"),
    ("0.0.0.0:80", "http://127.0.0.1:80"),
    ("[::]:80", "http://[::1]:80"),
    ("[fd00::1]:80", "http://[fd00::1]:80"),
]


@pytest.mark.parametrize(("listen", "url"), LISTENS)
def test_where_a_daemon_that_listens_there_is_found(listen: str, url: str) -> None:
    assert address(read({"WATCHTOWER_LISTEN": listen})) == url


def test_an_incidents_name_cannot_lead_to_another_address() -> None:
    assert incident_path("../../-/reload", "ack") == "/api/v1/incidents/..%2F..%2F-%2Freload/ack"


async def test_the_token_is_not_sent_through_a_proxy_of_the_environment(
    here: Mapping[str, str], http_server: HttpServer
) -> None:
    proxy = http_server.url("")
    ran = await watchtower(
        "ack", "INC-12", "--by", "li", **here, http_proxy=proxy, HTTP_PROXY=proxy, ALL_PROXY=proxy
    )
    assert ran.status == 0
    # A Prometheus of another test may still ask at this port for a daemon that is gone.
    assert not [one for one in http_server.requests if "authorization" in one.headers]


async def test_responders_and_their_ways(here: Mapping[str, str]) -> None:
    ran = await watchtower("responders", **here)
    lines = [line.split("\t") for line in ran.out.splitlines()]
    assert ["proven 2025-11-23 00:03:53 +0800 by receipt"] in [line[3:] for line in lines]
    assert {len(line) for line in lines} == {4}
    ran = await watchtower("responders", "--json", **here)
    assert json.loads(ran.out.splitlines()[0])["ways"]
