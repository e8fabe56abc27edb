"""Pages that are tables and forms: each in both languages, what they filter, and that their forms need the token."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from tests.web.conftest import Site
from tests.web.fake import ACCESS, AT, TOKEN, FakeDaemon
from tests.web.test_templates import EVIL, Page
from watchtower.api.attempts import Attempts
from watchtower.api.porch import Porch
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.events import IncidentDeclared
from watchtower.errors import Problem
from watchtower.model import IncidentState, Severity
from watchtower.report.drills import DrillReport
from watchtower.web.server import WebServer

LISTS = ("/incidents", "/schedule", "/declare", "/changes", "/responders", "/drills", "/configuration")
FORMS = {
    "/declare": {"text": "cards", "severity": "P1"},
    "/changes": {"text": "checkout 1.42.0"},
    "/responders": {},
    "/drills": {"name": "friday"},
    "/drills/stop": {},
    "/configuration": {},
}


@pytest.fixture
def daemon() -> FakeDaemon:
    made = FakeDaemon()
    made.drills = [DrillReport("INC-9", "friday", "bank", "P1", "li", AT - 9000, AT - 8000, "", (), (1, 3))]
    made.reported = [ChangeEvent("7", "deploy", "checkout 1.42.0", "ci", AT - 240, flow="checkout")]
    made.known["INC-10"] = replace(made.known["INC-10"], state=IncidentState.RESOLVED, resolved_at=AT - 60)
    return made


@pytest_asyncio.fixture
async def site(daemon: FakeDaemon) -> Any:
    server = WebServer(Porch(daemon, replace(ACCESS, attempts=Attempts())), "127.0.0.1:0")
    await server.start()
    yield Site(server.port)
    await server.stop()


@pytest.mark.parametrize("path", LISTS)
async def test_each_page_is_there_in_both_languages(site: Site, path: str) -> None:
    english, chinese = [(await site.get(f"{path}?lang={lang}")).text for lang in ("en", "zh")]
    assert '<html lang="en">' in english
    assert '<html lang="zh-CN">' in chinese
    assert (
        english.partition("<h1>")[2].partition("</h1>")[0]
        != chinese.partition("<h1>")[2].partition("</h1>")[0]
    )
    assert "Text(" not in english


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_needs_the_token_and_a_name(site: Site, daemon: FakeDaemon, path: str) -> None:
    fields = {"by": "wang", **FORMS[path]}
    for wrong in ({}, {"token": "wrong"}, {"token": TOKEN, "by": ""}):
        assert (await site.post(path, data=fields | wrong)).status_code in (403, 422)
    assert daemon.asked == []
    answer = await site.post(path, data=fields | {"token": TOKEN})
    assert (answer.status_code, len(daemon.asked)) == (303, 1)


async def test_incidents_are_searched_and_filtered(site: Site) -> None:
    async def found(query: str) -> int:
        html = (await site.get(f"/incidents?lang=en&{query}")).text
        return int(re.findall(r"(\d+) incidents?</h2>", html)[0])

    assert (await found(""), await found("state=over"), await found("state=open")) == (4, 1, 3)
    assert await found("q=nothing+like+it") == 0
    assert await found("flow=checkout") < 4
    assert await found("severity=P0") == 0
    assert (await site.get("/incidents?days=x&page=-1")).status_code == 200


async def test_a_declared_incident_is_shown_at_once(site: Site, daemon: FakeDaemon) -> None:
    form = {"by": "wang", "token": TOKEN, "text": "cards", "flow": "checkout", "since": "600"}
    answer = await site.post("/declare?lang=zh", data=form | {"severity": "P1", "affected_users": "1200"})
    assert answer.headers["Location"] == "/incidents/INC-14?lang=zh"
    declared = IncidentDeclared("cards", "wang", "board", "checkout", Severity.P1, {}, AT - 600)
    number = {"indicator": "affected_users", "value": "1200"}
    assert daemon.asked == [("declare", declared), ("do", "INC-14", "indicator", "wang", "board", number)]
    await site.post("/declare", data=form | {"severity": "", "affected_users": "1200"})
    assert daemon.asked[2][1] == replace(declared, severity=None, indicators={"affected_users": "1200"})
    daemon.no = "INC-12 (P1) is open about this"
    answer = await site.post("/declare", data=form | {"severity": "P1"})
    assert (answer.status_code, daemon.no in answer.text) == (422, True)


async def test_the_configuration_says_what_is_wrong_and_confirms_what_is_held(
    site: Site, daemon: FakeDaemon
) -> None:
    daemon.problems = [Problem("rules.toml", 14, "rule", "unknown name", "did you mean latency?")]
    assert "rules.toml:14" in (await site.get("/configuration")).text
    await site.post("/configuration", data={"by": "li", "token": TOKEN, "confirm": "true"})
    assert daemon.asked == [("reload", "confirmed")]


async def test_what_people_wrote_stays_text(site: Site, daemon: FakeDaemon) -> None:
    daemon.reported = [ChangeEvent("8", "deploy", EVIL, EVIL, AT - 240, link="javascript:alert(1)")]
    html = (await site.get("/changes")).text
    assert not {"script", "img"} & {tag for tag, *_ in Page(html).tags[12:]}
    assert EVIL in Page(html).text
    assert 'href="javascript' not in html


async def test_an_incident_is_resolved_from_its_page(site: Site, daemon: FakeDaemon) -> None:
    daemon.alerts = ()
    assert "do/resolve" in (await site.get("/incidents/INC-12")).text
    form = {"by": "wang", "token": TOKEN}
    assert (await site.post("/incidents/INC-12/do/resolve", data=form)).status_code == 303
    assert daemon.asked == [("resolve", "INC-12", "wang", "board")]
    assert (await site.post("/incidents/INC-12/do/resolve", data=form)).status_code == 409
