"""The acknowledge link: GET asks, POST acknowledges."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.web.conftest import Site
from tests.web.fake import AT, KEY, FakeDaemon
from watchtower.model import IncidentState
from watchtower.web.tokens import make


def path(responder: str = "anna", incident: str = "INC-12", until: float = AT + 60) -> str:
    return f"/ack/{make(KEY, incident, responder, until)}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_following_the_link_acknowledges_nothing(site: Site, daemon: FakeDaemon, method: str) -> None:
    """Mail scanners and chat previews follow every link."""
    answer = await site.ask(method, path())
    assert (answer.status_code, daemon.asked) == (200, [])


async def test_the_link_shows_the_incident_and_the_button(site: Site) -> None:
    html = (await site.get(path())).text
    assert '<form method="post" class="ack">' in html
    assert "You are anna." in html
    assert "No requests on Checkout" in html


async def test_the_button_acknowledges_in_the_responders_name(site: Site, daemon: FakeDaemon) -> None:
    answer = await site.post(path())
    assert daemon.asked == [("ack", "INC-12", "anna", "link")]
    assert "Thank you. You have acknowledged it." in answer.text
    assert "Acknowledged by anna" in answer.text


async def test_pressing_twice_is_no_error(site: Site) -> None:
    await site.post(path())
    again = await site.post(path())
    assert again.status_code == 200
    assert "Acknowledged by anna already." in again.text


async def test_the_second_one_is_told_who_has_it(site: Site, daemon: FakeDaemon) -> None:
    await site.post(path("anna"))
    answer = await site.post(path("li") + "?lang=en")
    assert "Acknowledged by anna already." in answer.text
    assert "Thank you" not in answer.text
    assert daemon.known["INC-12"].acknowledged_by == "anna"


async def test_what_is_over_needs_no_acknowledging(site: Site, daemon: FakeDaemon) -> None:
    daemon.known["INC-12"] = replace(daemon.known["INC-12"], state=IncidentState.RESOLVED, resolved_at=AT)
    for answer in (await site.get(path()), await site.post(path())):
        assert "There is nothing to acknowledge" in answer.text
        assert "<form" not in answer.text


async def test_the_page_is_in_the_responders_language_and_zone(site: Site) -> None:
    html = (await site.get(path("li"), headers={"Accept-Language": "en"})).text
    assert "认领" in html
    assert "00:00:33 UTC+8" in html
    assert "Acknowledge<" in (await site.get(path("li") + "?lang=en")).text


async def test_an_old_link_has_expired(site: Site, daemon: FakeDaemon) -> None:
    link = path(until=AT - 7200)
    for answer in (await site.get(link), await site.post(link)):
        assert answer.status_code == 410
        assert "This link has expired" in answer.text
    assert daemon.asked == []


async def test_a_broken_link_says_what_to_do(site: Site, daemon: FakeDaemon) -> None:
    for link in (path()[:-1], "/ack/x", path(incident="INC-99")):
        assert (await site.post(link)).status_code == 404
    assert "cut off on its way" in (await site.get(path()[:-1])).text
    assert daemon.asked == []


async def test_a_responder_who_has_left_the_plan_can_still_say_so(site: Site, daemon: FakeDaemon) -> None:
    await site.post(path("former"))
    assert daemon.asked == [("ack", "INC-12", "former", "link")]


async def test_no_other_site_learns_the_token(site: Site) -> None:
    answer = await site.get(path())
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
