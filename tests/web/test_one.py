"""Of one thing English says another word than of several: a site that has one of everything."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module

import pytest

import watchtower.web
from tests.web.conftest import Site
from tests.web.fake import FakeDaemon
from tests.web.people import House, house
from watchtower.core.indicators import Basis, Estimate
from watchtower.core.severity.indicator_texts import measured
from watchtower.model import Text
from watchtower.texts.counted import CountWords

__all__ = ["house"]
WRONG = re.compile(r"\b1 (?!s\b|ms\b|is\b|has\b|was\b|this\b|less\b)[a-z]+s\b")
PAGES = (
    "/",
    "/?q=business",
    "/?state=all",
    "/incidents",
    "/configuration",
    "/changes",
    "/schedule",
    "/responders",
    "/drills",
    "/report",
    "/silences",
)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL).split())


@pytest.fixture
def daemon() -> FakeDaemon:
    made = FakeDaemon()
    plan = made.plan
    first = [dict(list(some.items())[:1]) for some in (plan.rules, plan.flows, plan.responders)]
    checks = {name: one for name, one in plan.checks.items() if name == "business"}
    made.plan = replace(plan, checks=checks, rules=first[0], flows=first[1], responders=first[2])
    made.observed = [one for one in made.observed if one.check in checks]
    made.alerts = ()
    made.known = {}
    return made


async def test_no_page_says_one_things(site: Site) -> None:
    said = {
        path: words_of((await site.get(f"{path}{'&' if '?' in path else '?'}lang=en")).text) for path in PAGES
    }
    assert {path: found for path, text in said.items() if (found := WRONG.findall(text))} == {}
    assert "1 check, 1 rule, 1 flow, 1 responder" in said["/configuration"]
    assert "1 check" in said["/"]


async def test_of_two_they_are_several(site: Site, daemon: FakeDaemon) -> None:
    daemon.plan = FakeDaemon().plan
    assert re.search(r"\d+ checks, \d+ rules", words_of((await site.get("/?lang=en")).text))


async def test_one_session_of_one_account(house: House) -> None:
    anna = await house.signed_in("anna")
    text = words_of((await anna.get("/account?lang=en")).text)
    assert "1 session" in text
    assert WRONG.findall(text) == []


def counted() -> Sequence[tuple[str, CountWords]]:
    modules = [one.name for one in pkgutil.walk_packages(watchtower.web.__path__, "watchtower.web.")]
    modules += ["watchtower.texts.counted", "watchtower.review.timeline"]
    return [
        (f"{module}.{name}", one)
        for module in modules
        for name, one in vars(import_module(module)).items()
        if isinstance(one, CountWords)
    ]


@pytest.mark.parametrize("named", counted(), ids=lambda named: named[0])
def test_each_sentence_is_said_of_one_and_of_several(named: tuple[str, CountWords]) -> None:
    one, several = named[1].of(1, 1), named[1].of(7, 3)
    assert not WRONG.search(one.en)
    assert ("7" in several.en, "7" in several.zh) == (True, True)
    assert one.en != several.en
    for text in (one, several):
        assert "{" not in text.en + text.zh


@pytest.mark.parametrize(
    ("indicator", "of", "said"),
    [
        ("complaints", 1.0, "1 complaint"),
        ("complaints", 2.0, "2 complaints"),
        ("affected_users", Estimate(0.0, 1.0, 1.0, Basis.ESTIMATED, 0.0, upper_bound=True), "at most 1 user"),
        ("flow_minutes", 1.0, "1 full minute of outage"),
        ("loss", 1.0, "1 lost"),
    ],
)  # fmt: skip
def test_indicators_of_one(indicator: str, of: float, said: str) -> None:
    found = measured(indicator, of)
    assert isinstance(found, Text)
    assert found.en == said
