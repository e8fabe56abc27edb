"""The page of the audit log: who reads it, what it finds, how it goes on, and what is never in it."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.web.people import House, house
from tests.web.test_templates import EVIL, Page
from watchtower.access.audit import Audit
from watchtower.web.lists.audit import ON_A_PAGE

__all__ = ["house"]


def audit_of(house: House) -> Audit:
    assert house.access.audit is not None
    return house.access.audit


def rows(html: str) -> list[str]:
    return re.findall(r"<tr class.*?</tr>", html, re.DOTALL)


def older(html: str) -> str:
    found = re.search(r'<a href="([^"]+)">older</a>', html)
    return unescape(found[1]) if found else ""


async def test_an_admin_gets_there_from_the_account_and_the_configuration(house: House) -> None:
    anna, li = await house.signed_in("anna"), await house.signed_in("li")
    for path in ("/account", "/configuration"):
        assert 'href="/audit"' in (await anna.get(path)).text
        assert 'href="/audit"' not in (await li.get(path)).text
    refused = await li.get("/audit")
    assert (refused.status, "needs the role admin" in refused.text) == (403, True)
    strangers = await house.browser().ask("GET", "/audit", b"", {"accept": "text/html"})
    assert (strangers.status, strangers.header("location")) == (303, "/signin?next=%2Faudit")


async def test_the_newest_is_first_and_both_languages_say_it(house: House) -> None:
    anna = await house.signed_in("anna")
    audit_of(house).note("li", "POST /silences", "", "10.0.0.7", 303)
    english, chinese = [(await anna.get(f"/audit?lang={lang}")).text for lang in ("en", "zh")]
    first, second = rows(english)
    assert "POST /silences" in first
    assert "10.0.0.7" in first
    assert "sign in" in second
    assert ("登录" in chinese, "审计日志" in chinese) == (True, True)


async def test_parts_of_name_action_and_address_are_searched_together(house: House) -> None:
    anna, audit = await house.signed_in("anna"), audit_of(house)
    audit.note("李雷", "POST /silences/7/expire", "", "10.0.0.7", 303)
    audit.note("Li", "POST /configuration", "", "10.0.0.17", 403)
    audit.note("wu_100%", "POST /silences", "", "fe80::1", 303)

    async def found(query: str) -> int:
        return len(rows((await anna.get(f"/audit?lang=en&{query}")).text))

    assert await found("") == 4
    assert await found("who=li") == 1, "upper and lower case are the same"
    assert await found("who=%E6%9D%8E") == 1
    assert await found("action=SILENCES") == 2
    assert await found("action=silences&address=fe80") == 1
    assert await found("address=10.0.0.7") == 1
    assert await found("who=%25") == 1, "a sign of SQL is a sign"
    assert await found("who=_") == 1
    assert await found("who=nobody") == 0
    shown = (await anna.get('/audit?who="><script>alert(1)</script>&lang=en')).text
    assert "<script>alert" not in shown


async def test_paging_shows_every_entry_once_also_those_of_one_moment(house: House) -> None:
    anna, audit = await house.signed_in("anna"), audit_of(house)
    for number in range(2 * ON_A_PAGE + 20):
        audit.note("li" if number % 2 else "wu", f"POST /n{number}", "", "10.0.0.7")
    path, seen = "/audit?lang=en", []
    while path:
        html = (await anna.get(path)).text
        seen += re.findall(r"POST /n(\d+)<", html)
        path = older(html)
    assert seen == [str(number) for number in reversed(range(2 * ON_A_PAGE + 20))]
    path = older((await anna.get("/audit?lang=en&who=li")).text)
    assert "who=li" in path
    html = (await anna.get(path)).text
    assert (len(rows(html)), older(html)) == (10, "")
    assert 'href="/audit?who=li&amp;lang=en">newest</a>' in html
    entries = (await anna.get("/api/v1/audit?limit=150")).json()["entries"]
    more = (await anna.get(f"/api/v1/audit?limit=150&before={entries[-1]['at']}")).json()["entries"]
    assert len({one["id"] for one in entries + more}) == 2 * ON_A_PAGE + 21


async def test_a_search_without_end_stops_and_can_go_on(house: House) -> None:
    anna, audit = await house.signed_in("anna"), audit_of(house)
    for number in range(4):
        for _ in range(3000):
            audit.note("li", "POST /silences", str(number), "10.0.0.7")
        await audit.save()
    html = (await anna.get("/audit?who=anna&lang=en")).text
    assert (rows(html), "search on among the older ones" in html) == ([], True)
    assert len(rows((await anna.get(older(html))).text)) == 1, "her own sign-in is the oldest"


async def test_a_clock_that_is_put_back_is_followed(house: House) -> None:
    audit = audit_of(house)
    audit.note("li", "a", "", "")
    house.now[0] -= 3600
    audit.note("li", "b", "", "")
    first, second = await audit.read(2)
    assert (first.action, first.at - second.at) == ("a", 3600)


@pytest.mark.parametrize("before", ["soon", "nan", "1e400", "-"])
async def test_a_wrong_moment_is_refused(house: House, before: str) -> None:
    anna = await house.signed_in("anna")
    assert (await anna.get(f"/audit?before={before}")).status == 422


async def test_what_others_wrote_stays_text(house: House) -> None:
    anna = await house.signed_in("anna")
    audit_of(house).note(EVIL, EVIL, EVIL, EVIL)
    html = (await anna.get("/audit")).text
    assert EVIL in Page(html).text
    assert 'href="javascript' not in html


async def test_a_password_typed_as_the_name_is_not_kept(house: House) -> None:
    await house.sign_in(house.browser(), "my secret password", "li")
    await house.sign_in(house.browser(), "li", "a wrong password")
    anna = await house.signed_in("anna")
    html = (await anna.get("/audit?lang=en")).text
    assert "secret password" not in html
    assert ("no such account" in html, "wrong password" in html, html.count("refused")) == (True, True, 2)
    assert len(rows((await anna.get("/audit?who=li")).text)) == 1


async def test_a_store_that_is_away_is_said(house: House) -> None:
    anna = await house.signed_in("anna")
    await house.store.close()
    assert (await anna.get("/audit")).status == 503
