"""The public status page: what was sent to the public, in two languages, and nothing that nobody sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio

from tests.web.conftest import Site
from tests.web.fake import ACCESS, AT, PLAN, TIMELINE, FakeDaemon
from tests.web.test_templates import EVIL, Page
from watchtower.api.attempts import Attempts
from watchtower.api.contract import IncidentDetail
from watchtower.api.porch import Porch
from watchtower.core.incident.entry import LogEntry
from watchtower.core.notes.kinds import CauseNamed, FactKnown, NoteWithdrawn, StatusUpdated
from watchtower.model import IncidentState
from watchtower.web.server import WebServer

SECRET = "the password of the bank is hunter2"
ATOM = "{http://www.w3.org/2005/Atom}"


def said(text: str, audience: str, ago: float) -> LogEntry:
    return StatusUpdated(tag=audience).entry(AT - ago, text, "li")


@dataclass
class PublicDaemon(FakeDaemon):
    logs: dict[str, list[LogEntry]] = field(default_factory=dict)
    reads: int = 0

    async def incident(self, id: str) -> IncidentDetail | None:
        self.reads += 1
        found = await super().incident(id)
        return found and replace(found, timeline=self.logs.get(id, []))


@pytest.fixture
def daemon() -> PublicDaemon:
    made = PublicDaemon()
    made.logs["INC-12"] = [
        *TIMELINE,
        FactKnown().entry(AT - 90, SECRET, "li"),
        CauseNamed(tag="bank").entry(AT - 80, SECRET, "li"),
        said("We look into it.", "public", 70),
        said(SECRET, "internal", 60),
        said("Sent by mistake", "public", 50),
        NoteWithdrawn(item=5).entry(AT - 40, "", "li"),
        said("A repair is on its way.", "public", 30),
    ]
    return made


@pytest_asyncio.fixture
async def site(daemon: PublicDaemon) -> Any:
    server = WebServer(
        Porch(daemon, replace(ACCESS, attempts=Attempts(), status_page=True, protect_reads=True)),
        "127.0.0.1:0",
    )
    await server.start()
    yield Site(server.port)
    await server.stop()


async def test_the_public_reads_what_was_sent_without_signing_in(site: Site) -> None:
    html = (await site.get("/status?lang=en")).text
    assert html.index("A repair is on its way.") < html.index("We look into it.")
    assert "There is a disruption." in html
    assert "Sent by mistake" not in html
    chinese = (await site.get("/status?lang=zh")).text
    assert "部分服务受到影响" in chinese
    assert "A repair is on its way." in chinese
    assert (await site.get("/static/status.css")).status_code == 200


async def test_it_holds_nothing_that_nobody_sent_to_the_public(site: Site, daemon: PublicDaemon) -> None:
    pages = [
        (await site.get(path)).text for path in ("/status?lang=en", "/status?lang=zh", "/status/feed.xml")
    ]
    rules = [rule.name for rule in PLAN.rules.values()]
    hidden = [SECRET, "hunter2", "P1", "watchtower", *rules, *PLAN.responders, *PLAN.checks, "INC"]
    for page in pages:
        assert "<script" not in page
        shown = re.sub(r"<[^>]*>", " ", page)
        assert not [one for one in hidden if re.search(rf"\b{re.escape(one)}\b", shown)], shown


async def test_what_was_published_of_an_end_is_history(site: Site, daemon: PublicDaemon) -> None:
    daemon.known["INC-12"] = replace(
        daemon.known["INC-12"], state=IncidentState.RESOLVED, resolved_at=AT - 10
    )
    html = (await site.get("/status?lang=en")).text
    assert "No known problems." in html
    assert html.index("The last 90 days") < html.index("A repair is on its way.")


async def test_what_was_said_of_a_merged_incident_holds_until_the_other_is_over(
    site: Site, daemon: PublicDaemon
) -> None:
    part = daemon.known["INC-12"]
    daemon.known["INC-12"] = replace(
        part, state=IncidentState.RESOLVED, resolved_at=AT - 10, merged_into="INC-13"
    )
    daemon.known["INC-13"] = replace(part, id="INC-13")
    html = (await site.get("/status?lang=en")).text
    assert "There is a disruption." in html
    assert html.index("A repair is on its way.") < html.index("The last 90 days")


async def test_the_feed_can_be_subscribed_to(site: Site) -> None:
    answer = await site.get("/status/feed.xml?lang=en")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    entries = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")  # noqa: S314 - our own answer
    assert [one.findtext(f"{ATOM}content") for one in entries] == [
        "A repair is on its way.",
        "We look into it.",
    ]
    assert len({one.findtext(f"{ATOM}id") for one in entries}) == 2


async def test_what_people_wrote_stays_text(site: Site, daemon: PublicDaemon) -> None:
    daemon.logs["INC-12"] = [said(EVIL, "public", 30)]
    html = (await site.get("/status")).text
    assert not {"script", "img"} & {tag for tag, *_ in Page(html).tags}
    assert EVIL in Page(html).text
    feed = ElementTree.fromstring((await site.get("/status/feed.xml")).content)  # noqa: S314 - our own answer
    assert feed.findtext(f"{ATOM}entry/{ATOM}content") == EVIL


async def test_however_many_ask_the_store_is_read_once(site: Site, daemon: PublicDaemon) -> None:
    for _ in range(5):
        await site.get("/status")
    assert daemon.reads == len(daemon.known)


async def test_where_it_is_not_switched_on_it_is_not_there(daemon: PublicDaemon) -> None:
    server = WebServer(Porch(daemon, replace(ACCESS, attempts=Attempts())), "127.0.0.1:0")
    await server.start()
    for path in ("/status", "/status/feed.xml"):
        assert (await Site(server.port).get(path)).status_code == 404
    await server.stop()
