"""Who is only informed gets the situation with the mail, in their own language and zone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.brief.worst import worst
from tests.core.builders import EMAIL, LI, SMS, Story, http_check, plan, policy, rule
from watchtower.brief.mail import told_to, with_briefs
from watchtower.channels.contract import Letter
from watchtower.channels.mail_body import plain
from watchtower.channels.mail_html import html
from watchtower.core.events import PageQueued
from watchtower.core.incident.incidents import Page
from watchtower.core.plan.paging import Responder
from watchtower.model import ChannelName, Language, Severity

BANK = http_check("bank", "checkout")
MEI = Responder(
    name="mei",
    role="product",
    addresses={EMAIL: "mei@example.com", SMS: "+8613900000000"},
    language=Language.ZH,
    zone="Asia/Shanghai",
)
BEN = Responder(name="ben", role="product", addresses={EMAIL: "ben@example.com"})


def mails() -> dict[tuple[str, ChannelName], Page]:
    """The newest page to each address, ten minutes after the bank went down."""
    down = rule("down", 'outcome == "down"', BANK, severity="P1", text="{{ check }} is down")
    made = plan([BANK], [down], responders=(LI, MEI, BEN))
    informs = policy(SMS, EMAIL).model_copy(update={"inform": ("product",)})
    story = Story(replace(made, paging={**made.paging, Severity.P1: informs}), 1_763_827_200.0)
    queued = [d.page for d in with_briefs(story.down("bank")) if isinstance(d, PageQueued)]
    return {page.address: page for page in queued}


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, ChannelName], Page]:
    return mails()


def letter(page: Page, reader: Responder) -> Letter:
    return Letter(
        page.id,
        page.incident,
        True,
        reader.name,
        reader.addresses[EMAIL],
        reader.language,
        reader.zone,
        page.message,
    )


def test_the_informed_read_it_in_their_language_and_zone(pages: dict[tuple[str, ChannelName], Page]) -> None:
    said = pages["mei", EMAIL].message.brief
    assert said[0] == "故障现象：用户无法使用checkout（核心业务）"
    assert pages["ben", EMAIL].message.brief[0] == "What users see: Users cannot use Checkout (core flow)"


def test_times_are_in_the_readers_zone() -> None:
    assert "已对外通报：客户 00:20 · 下次 01:05 前 · We are working on it" in told_to(worst(), MEI)
    assert "Said so far: customers 16:20 · next by 17:05 · We are working on it" in told_to(worst(), BEN)
    assert told_to(worst(), BEN.model_copy(update={"zone": "Mars/Base"})) == told_to(worst(), BEN)


def test_it_is_in_both_parts_of_the_mail(pages: dict[tuple[str, ChannelName], Page]) -> None:
    it = letter(pages["ben", EMAIL], BEN)
    assert "The situation\nWhat users see: Users cannot use Checkout (core flow)\n" in plain(it)
    assert "Users cannot use Checkout (core flow)</div>" in html(it)


def test_who_is_paged_reads_what_they_read_before(pages: dict[tuple[str, ChannelName], Page]) -> None:
    assert pages["li", EMAIL].message.brief == ()
    assert pages["li", SMS].message.brief == ()
    assert "The situation" not in plain(letter(pages["li", EMAIL], LI))
