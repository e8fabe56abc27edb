"""What is asked of a daemon that stands by: the leader answers it, and what nobody can do now is kept and done."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.acceptance.process import TOKEN
from tests.acceptance.test_leadership import Pair, wait_role
from tests.parts.certificates import Certificates
from tests.parts.child import wait_until
from tests.parts.httpserver import HttpServer
from tests.parts.postgres import Postgres
from watchtower.api.proofs import SOONEST


@pytest.fixture
def pair(tmp_path: Path, postgres: Postgres, http_server: HttpServer) -> Iterator[Pair]:
    made = Pair(tmp_path, http_server, postgres)
    yield made
    made.end()


def acknowledged_by(url: str) -> str:
    return str(requests.get(f"{url}/api/v1/incidents/INC-1", timeout=30).json().get("acknowledged_by"))


def test_an_acknowledgement_while_nobody_leads_is_done_by_whoever_leads_next(pair: Pair) -> None:
    leader, standby = pair.start()
    pair.fails()
    pair.wait_told(("new", "INC-1"))
    link = str(pair.world.requests_to("/page")[0].json()["links"]["ack"])
    here = link.replace(leader.url, standby.url)
    opened = requests.get(here, timeout=30)
    [proof] = re.findall(r'do/acknowledge".*?name="press" value="([^"]+)"', opened.text, re.DOTALL)[:1]
    time.sleep(SOONEST)  # as a person does
    leader.kill()
    page = requests.get(standby.url + "/", timeout=30)
    assert (page.status_code, page.headers["Retry-After"], page.headers["Refresh"]) == (503, "3", "3")
    kept = requests.post(f"{here}/do/acknowledge", data={"press": proof}, timeout=30)
    assert kept.status_code == 202, kept.text
    assert "kept" in kept.text
    forged = standby.post("/api/v1/incidents/INC-1/ack", {"by": "mallory"}, "not-the-token-0123456789")
    assert (forged.status_code, forged.json()["kept"]) == (202, True)
    assert standby.post("/api/v1/drills/stop").status_code == 503
    wait_role(standby, "leader")
    wait_until(lambda: acknowledged_by(standby.url) == "li", "who acknowledged it")
    wait_until(lambda: len(standby.events("kept_request_done")) == 2, "both were looked at")
    assert max(one["status"] for one in standby.events("kept_request_done")) == 401
    assert TOKEN not in standby.log.read_text()
    # The next one that stands by says how it went.
    leader.start()
    wait_role(leader, "standby")
    told = standby.command("status")
    assert "leads since" in told
    assert "nobody led for" in told
    assert f"{leader.port}" not in told


def test_a_leader_at_another_address_than_it_says_still_gets_what_people_do(pair: Pair) -> None:
    first, second = pair.daemons
    first.environment["WATCHTOWER_PEER_URL"] = f"http://127.0.0.1:{second.port}"  # leads back to who asks
    leader, standby = pair.start()
    pair.fails()
    pair.wait_told(("new", "INC-1"))
    assert standby.get("/api/v1/incidents").status_code == 503
    wait_until(lambda: standby.events("leader_unreached"), "what it says of the leader")
    assert standby.events("leader_unreached")[0]["error"] == "does not lead"
    assert standby.post("/api/v1/incidents/INC-1/ack", {"by": "li"}).status_code == 202
    wait_until(lambda: acknowledged_by(leader.url) == "li", "the leader found it")


def test_a_standby_passes_on_as_if_it_were_not_there(
    tmp_path: Path, postgres: Postgres, http_server: HttpServer, certificates: Certificates
) -> None:
    pair = Pair(tmp_path, http_server, postgres, certificates=certificates)
    try:
        pair.daemons[1].environment |= {
            "WATCHTOWER_HOSTS": "pager.example", "WATCHTOWER_TRUSTED_PROXIES": "127.0.0.1",
        }  # fmt: skip
        leader, standby = pair.start()
        asked = requests.Session()
        asked.verify, asked.trust_env = standby.verify, False
        # A name that only this one knows, an address that a balancer names, and a peer that is none.
        asked.headers.update({
            "Host": "pager.example", "X-Forwarded-For": "198.51.100.7", "Connection": "close, X-Drop", "X-Drop": "1",
            "Authorization": f"Bearer {TOKEN}",
        })  # fmt: skip
        asked.post(f"{standby.url}/api/v1/canary", json={}, timeout=30)
        wait_until(lambda: leader.events("http_change"), "who asked is logged")
        (change,) = leader.events("http_change")
        assert (change["client"], change["path"]) == ("198.51.100.7", "/api/v1/canary")
        forged = {"Watchtower-Peer": "0 https 1 203.0.113.9"}
        requests.post(f"{leader.url}/nothing", headers=forged, timeout=30, verify=leader.verify)
        wait_until(lambda: leader.events("http_change")[-1]["client"] == "127.0.0.1", "who asked is logged")
        with asked.get(f"{standby.url}/live?lang=en", stream=True, timeout=30) as stream:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            assert next(stream.iter_lines())
            assert leader.stop() == 0
            list(stream.iter_lines())  # it ends, and the page connects again
        wait_role(standby, "leader")
    finally:
        pair.end()
