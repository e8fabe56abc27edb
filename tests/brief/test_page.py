"""The brief on the incident's page: one screen, what is new since the last look, forms for a phone."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from tests.brief.site import NightDaemon
from tests.web.conftest import Site
from tests.web.fake import TOKEN
from watchtower.model import IncidentState
from watchtower.web.brief_panels import SCREEN

PAGE = "/incidents/INC-1"


def text_of(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def panel(html: str, name: str) -> str:
    found = re.search(rf'<section class="panel p-{name} .*?</section>', html, re.DOTALL)
    assert found, name
    return found[0]


async def test_it_begins_with_the_brief_and_goes_on_with_the_page_as_it_was(site: Site) -> None:
    html = (await site.get(PAGE + "?lang=en")).text
    order = ["p-symptom", "p-needs", "p-known", "p-tried", "p-timeline", "<summary>Actions<", "<h2>Alerts<", "Drafts of status",
             "<h2>Notifications<", 'id="timeline"']  # fmt: skip
    places = [html.index(word) for word in order]
    assert places == sorted(places)


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_two_hundred_events_fit_one_screen_and_the_rest_unfolds(
    site: Site, daemon: NightDaemon, lang: str
) -> None:
    since = daemon.night.at - 3600 * 24
    html = (await site.get(f"{PAGE}?lang={lang}&since={since:.0f}")).text
    brief = html[html.index('<div class="brief">') : html.index('<details class="actions">')]
    unfolded = re.sub(r"<details.*?</details>", "", brief, flags=re.DOTALL)
    assert unfolded.count('<li class="line') <= SCREEN
    assert brief.count('<li class="line') > 100
    assert re.search(r"<summary>(\d+ more|另有 \d+ 条)</summary>", panel(html, "changed"))


async def test_times_are_put_into_the_readers_own_zone(site: Site) -> None:
    html = (await site.get(PAGE + "?lang=en")).text
    assert re.search(
        r'<time class="hm" datetime="2025-11-22T16:10:00\+00:00" title="[^"]+">16:10</time>', html
    )
    assert '<time class="hms"' in panel(html, "timeline")


async def test_the_page_remembers_the_last_look_and_says_what_is_new(site: Site, daemon: NightDaemon) -> None:
    first = await site.get(PAGE + "?lang=en")
    assert "p-changed" not in first.text
    cookies = {"last_visit": first.cookies["last_visit"]}
    daemon.night.wait(10)  # the page looks again by itself: that is no new look
    again = await site.get(PAGE + "?lang=en", cookies=cookies)
    assert "p-changed" not in again.text
    cookies = {"last_visit": again.cookies["last_visit"]}
    daemon.night.wait(600)
    daemon.night.do("decide", "anna", text="Switch to standby", item=6)
    back = await site.get(PAGE + "?lang=en", cookies=cookies)
    assert "Decided: Switch to standby" in text_of(panel(back.text, "changed"))
    daemon.night.wait(10)
    stays = await site.get(PAGE + "?lang=en", cookies={"last_visit": back.cookies["last_visit"]})
    assert "Decided: Switch to standby" in text_of(panel(stays.text, "changed"))


@pytest.mark.parametrize("cookie", ["", "x", "1.2.3", "-1.5", "9" * 30 + ".1", "1e9.2"])
async def test_a_cookie_that_is_none_of_ours_is_a_first_look(site: Site, cookie: str) -> None:
    answer = await site.get(PAGE, headers={"Cookie": f"looked={cookie}"})
    assert answer.status_code == 200
    assert "p-changed" not in answer.text


async def test_the_cookie_is_for_this_page_only_and_for_no_script(site: Site) -> None:
    header = (await site.get(PAGE)).headers["Set-Cookie"]
    for word in ("Path=/incidents/INC-1", "HttpOnly", "SameSite=strict"):
        assert word in header


async def test_what_people_wrote_is_escaped(site: Site, daemon: NightDaemon) -> None:
    daemon.night.do("known", "li", text='<img src=x onerror="alert(1)">')
    daemon.night.do("known", "li", text="javascript:alert(1)")
    html = (await site.get(PAGE)).text
    assert "<img" not in html
    assert 'href="javascript' not in html


async def test_the_timeline_is_told_in_words_in_both_languages(site: Site) -> None:
    for lang, words in (("en", "Ruled out: Not DNS"), ("zh", "已排除：Not DNS")):
        html = (await site.get(f"{PAGE}?lang={lang}")).text
        assert words in text_of(html[html.index('id="timeline"') :])
        assert "notes." not in text_of(html)


async def test_drafts_for_every_audience_are_on_the_page(site: Site) -> None:
    html = (await site.get(PAGE + "?lang=en")).text
    drafts = text_of(html[html.index('<details class="drafts"') :])
    assert (
        "customers Trouble with Checkout Text Since 16:00 UTC you may have trouble with Checkout." in drafts
    )
    assert drafts.count("Next update by") == 6


DONE = [
    ("note", {"note.text": "The bank called back"}, "The bank called back"),
    ("tried", {"tried.text": "Switched DNS", "tried.result": "nothing"}, "Switched DNS → nothing"),
    ("said", {"said.audience": "customers", "said.text": "Soon", "said.next_minutes": "20"}, "Soon"),
    ("take", {"take.role": "commander"}, "Incident commander anna"),
]


@pytest.mark.parametrize(("action", "fields", "shown"), DONE, ids=[each[0] for each in DONE])
async def test_a_form_does_it_and_leads_back(
    site: Site, daemon: NightDaemon, action: str, fields: dict[str, str], shown: str
) -> None:
    html = (await site.get(PAGE + "?lang=en")).text
    assert f'formaction="/incidents/INC-1/do/{action}?lang=en"' in html
    for name in fields:
        assert f'name="{name}"' in html
    others = {"by": " anna ", "token": TOKEN, "raise.level": "P0", "note.text": "of another line"}
    answer = await site.post(f"{PAGE}/do/{action}?lang=en", data=others | fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}?lang=en")
    assert daemon.asked[-1] == (
        "do",
        "INC-1",
        action,
        "anna",
        "board",
        {k.partition(".")[2]: v for k, v in fields.items()},
    )
    assert shown in text_of((await site.get(PAGE + "?lang=en")).text)


REFUSED = [
    ("no token", "note", {"by": "li", "note.text": "x"}, 403),
    ("a wrong token", "note", {"by": "li", "token": "wrong", "note.text": "x"}, 403),
    ("no name", "note", {"by": " ", "token": TOKEN, "note.text": "x"}, 422),
    ("an action that is none", "explode", {"by": "li", "token": TOKEN}, 404),
]


@pytest.mark.parametrize(("why", "action", "fields", "status"), REFUSED, ids=[each[0] for each in REFUSED])
async def test_a_form_is_refused_with(
    site: Site, daemon: NightDaemon, why: str, action: str, fields: dict[str, str], status: int
) -> None:
    assert (await site.post(f"{PAGE}/do/{action}", data=fields)).status_code == status
    assert daemon.asked == []


async def test_what_the_engine_refuses_is_told_with_its_reason(site: Site, daemon: NightDaemon) -> None:
    daemon.no = "there is no role dragon"
    answer = await site.post(f"{PAGE}/do/take", data={"by": "li", "token": TOKEN, "take.role": "dragon"})
    assert answer.status_code == 422
    assert "There is no role dragon" in answer.text


async def test_what_is_over_has_no_forms(site: Site, daemon: NightDaemon) -> None:
    over = replace(daemon.night.incident, state=IncidentState.RESOLVED, resolved_at=daemon.night.at)
    daemon.night.engine.engine.state.incidents["INC-1"] = over
    assert "formaction" not in (await site.get(PAGE)).text
