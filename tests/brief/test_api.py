"""The brief for programs, and the command that prints it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.brief.site import NightDaemon
from tests.web.conftest import Site
from tests.web.fake import TOKEN
from tests.web.test_api import described
from tests.web.test_commands import watchtower
from watchtower.core.notes.notes import AUDIENCES

BRIEF, DRAFTS = "/api/v1/incidents/{id}/brief", "/api/v1/incidents/{id}/drafts/{audience}"
HERE = "/api/v1/incidents/INC-1/brief"


@pytest.fixture
def here(site: Site) -> Mapping[str, str]:
    return {
        "WATCHTOWER_LISTEN": f"127.0.0.1:{site.port}",
        "WATCHTOWER_API_TOKEN": TOKEN,
        "TZ": "Asia/Shanghai",
    }


async def test_the_brief_is_as_it_is_described(site: Site, daemon: NightDaemon) -> None:
    for query in ("", "?lang=zh&zone=Asia/Shanghai", f"?since={daemon.night.at - 600:.0f}"):
        body = (await site.get(HERE + query)).json()
        described("GET", BRIEF, 200, body)
    assert body["since"] is not None
    assert body["sheet"]["sections"][0]["name"] == "changed"


ZONES = [
    ("UTC", "16:10 wang"),
    ("Asia/Shanghai", "11-23 00:10 wang"),
    ("+08:00", "11-23 00:10 wang"),
    ("-0330", "12:40 wang"),
]


@pytest.mark.parametrize(("zone", "label"), ZONES, ids=["utc", "by-name", "by-offset", "half-hours"])
async def test_times_are_in_the_zone_that_was_asked_for(
    site: Site, daemon: NightDaemon, zone: str, label: str
) -> None:
    sheet = (await site.get(HERE, params={"zone": zone})).json()["sheet"]
    labels = [line["label"] for section in sheet["sections"] for line in section["lines"]]
    wanted = label.removeprefix("11-23 ")  # the brief itself is of the same day there
    assert wanted in labels


async def test_markdown_and_text_are_what_they_say_and_fit_a_screen(site: Site) -> None:
    markdown = await site.get(HERE + "?format=markdown")
    assert markdown.headers["Content-Type"].startswith("text/markdown")
    assert markdown.text.startswith("# P1 Checkout")
    text = await site.get(HERE + "?format=text&lang=zh")
    assert len(text.text.splitlines()) <= 40
    assert len((await site.get(HERE + "?format=text&all=true&since=1")).text.splitlines()) > 100


WRONG = [
    ("format=pdf", 422),
    ("lang=fr", 422),
    ("zone=Mars/Base", 422),
    ("zone=%2B99:00", 422),
    ("since=soon", 422),
]


@pytest.mark.parametrize(
    ("query", "status"), WRONG, ids=[each[0].partition("=")[0] + str(i) for i, each in enumerate(WRONG)]
)
async def test_what_cannot_be_answered_is_refused(site: Site, query: str, status: int) -> None:
    answer = await site.get(f"{HERE}?{query}")
    assert answer.status_code == status
    described("GET", BRIEF, status, answer.json())


async def test_no_such_incident_or_audience(site: Site) -> None:
    for path, of in (
        ("INC-9/brief", BRIEF),
        ("INC-9/drafts/customers", DRAFTS),
        ("INC-1/drafts/cats", DRAFTS),
    ):
        answer = await site.get(f"/api/v1/incidents/{path}")
        assert answer.status_code == 404
        described("GET", of, 404, answer.json())


@pytest.mark.parametrize("audience", AUDIENCES)
async def test_a_draft_for_each_audience(site: Site, audience: str) -> None:
    body = (await site.get(f"/api/v1/incidents/INC-1/drafts/{audience}?lang=zh")).json()
    described("GET", DRAFTS, 200, body)
    assert body["audience"] == audience
    assert body["paragraphs"]


async def test_the_command_prints_one_screen_in_this_machines_zone(here: Mapping[str, str]) -> None:
    ran = await watchtower("brief", "INC-1", **here)
    assert ran.status == 0
    assert ran.out.splitlines()[0].split() == ["P1", "Checkout", "·", "INC-1"]
    assert "UTC+8" in ran.out.splitlines()[1]
    assert 20 < len(ran.out.splitlines()) < 40
    assert all(len(line) <= 100 for line in ran.out.splitlines())


async def test_the_command_says_what_is_new(here: Mapping[str, str]) -> None:
    ran = await watchtower("brief", "INC-1", "--since", "2025-11-22T16:30:00Z", **here)
    assert ran.out.splitlines()[2].startswith("Since you last looked")
    ran = await watchtower("brief", "INC-1", "--since", "sometimes", **here)
    assert ran.status == 2


async def test_the_command_gives_the_other_forms(here: Mapping[str, str]) -> None:
    assert (await watchtower("brief", "INC-1", "--markdown", "--lang", "zh", **here)).out.startswith(
        "# P1 checkout"
    )
    assert (await watchtower("brief", "INC-1", "--html", **here)).out.startswith("<!doctype html>")
    assert json.loads((await watchtower("brief", "INC-1", "--json", **here)).out)["version"] == 1


async def test_the_command_drafts(here: Mapping[str, str]) -> None:
    ran = await watchtower("brief", "INC-1", "--draft", "customers", **here)
    assert ran.out.startswith(
        "Trouble with Checkout\n\nSince 00:00 UTC+8 you may have trouble with Checkout."
    )
    ran = await watchtower("brief", "INC-1", "--draft", "customers", "--html", **here)
    assert ran.status == 2


async def test_no_such_incident_is_exit_status_1(here: Mapping[str, str]) -> None:
    ran = await watchtower("brief", "INC-404", **here)
    assert (ran.status, ran.out) == (1, "")
    assert "INC-404" in ran.err
