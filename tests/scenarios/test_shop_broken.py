"""The demo shop broken in each of its ways: the right people hear of it soon, from the right check, and of its end."""

from __future__ import annotations

import pytest

from demo_shop.trial import WAYS
from tests.scenarios.shop_broken import MARK, PAGE, Played, everything, rendered

EVERYBODY = {"li", "zhao", "mei"}
BOTH = {"sms", "email"}
TOLD = {
    "page": ("page", 20, ["P1"], EVERYBODY, BOTH),
    "gateway": ("bank", 30, ["P1"], EVERYBODY, BOTH),
    "step": ("checkout-steps", 30, ["P1"], EVERYBODY, BOTH),
    "balance": ("cloud-balance", 60, ["P3"], {"li"}, {"email"}),
    "certificate": ("certificate", 60, ["P3"], {"li"}, {"email"}),
    "dns": ("names", 60, ["P1"], EVERYBODY, BOTH),
    "lost": ("booked", 30, ["P1"], EVERYBODY, BOTH),
    "database": ("database", 40, ["P3"], {"li"}, {"email"}),
    "sms": ("sms-balance", 60, ["P2"], {"li", "zhao"}, BOTH),
    "deploy": ("checkout-steps", 30, ["P1"], EVERYBODY, BOTH),
}
"""Which check sees it, after how many seconds people hear, the severities, who is told, and by what."""


@pytest.fixture(scope="module")
def played() -> dict[str, Played]:
    return {one.way: one for one in everything()}


def test_the_page_shows_what_is_told(played: dict[str, Played]) -> None:
    assert PAGE.read_text(encoding="utf-8").partition(MARK)[2] == "\n" + rendered(list(played.values()))


@pytest.mark.parametrize("way", WAYS)
def test_who_is_told_what_and_when(played: dict[str, Played], way: str) -> None:
    one = played[way]
    (after, _), first = next(iter(one.told().items()))
    told = {page.responder for page in first}, {page.channel for page in first}
    assert (one.seen_by[0], after, one.levels, *told) == TOLD[way]


@pytest.mark.parametrize("way", WAYS)
def test_everybody_hears_of_its_end_once_and_of_nothing_after_it(played: dict[str, Played], way: str) -> None:
    one = played[way]
    assert len(one.ended) == 1
    assert one.ended[0] <= 600
    for name in {page.responder for page in one.pages}:
        kinds = [str(page.kind) for page in one.pages if (page.responder, page.channel) == (name, "email")]
        assert kinds.count("resolved") == 1
        assert kinds[-1] == "resolved"


def test_in_arrears_no_sms_says_that_it_is_over(played: dict[str, Played]) -> None:
    """Those of its beginning were refused. The mails tell."""
    resolved = {page.channel for page in played["sms"].pages if page.kind == "resolved"}
    assert resolved == {"email"}


def test_a_deployment_is_named_and_a_step_too(played: dict[str, Played]) -> None:
    shown = rendered([played["step"], played["deploy"]])
    assert "step 3 of 4, Pay, fails: HTTP 500" in shown
    assert "15 s before, deploy: shop 2.1" in shown
