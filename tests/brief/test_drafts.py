"""Status updates: plain words, no estimate told as a fact, and when the next comes."""

from __future__ import annotations

import re

import pytest

from tests.brief.night import short
from tests.brief.worst import NOW, worst
from watchtower.brief.brief import Brief
from watchtower.brief.drafts import draft
from watchtower.core.notes.notes import AUDIENCES, OUTSIDE
from watchtower.model import IncidentState, Language
from watchtower.texts.phrases import Tongue

STATES = {
    "open": worst(),
    "mitigated": worst(state=IncidentState.MITIGATED, mitigated_at=NOW - 60),
    "resolved": worst(state=IncidentState.RESOLVED, resolved_at=NOW - 60),
    "just opened": short().brief(),
}


def lines(made: Brief, audience: str, language: Language = Language.EN) -> list[str]:
    it, tongue = draft(made, audience), Tongue(language, at=made.at)
    return [tongue.say(it.subject), *map(tongue.say, it.paragraphs)]


def test_customers_are_told_what_does_not_work_since_when_and_when_they_hear_more() -> None:
    assert lines(worst(), "customers") == [
        "Checkout is not available",
        "Since 16:00 UTC Checkout has not been available.",
        "We know the cause and are putting it right.",
        "Coupons cannot be used for now.",
        "We are sorry for the trouble.",
        "Next update by 17:05 UTC.",
    ]
    assert lines(worst(), "customers", Language.ZH) == [
        "下单支付暂不可用",
        "16:00 UTC 起，下单支付暂不可用。",
        "我们已找到原因，正在处理。",
        "优惠券暂不可用。",
        "给您带来不便，我们深表歉意。",
        "下一次通报不晚于 17:05 UTC。",
    ]


JARGON = re.compile(
    r"P[0-4]|INC-|flow-silent|traffic\.|gateway|certificate|no-coupons|orders|impact|timeout", re.IGNORECASE
)
ONLY_TIMES = re.compile(r"\d+:\d+|UTC[+-]?\d*|\d+-\d+ ")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("audience", ["customers", "public"])
def test_customers_and_the_public_get_no_jargon_and_no_number_but_times(
    audience: str, state: str, language: Language
) -> None:
    text = "\n".join(lines(STATES[state], audience, language))
    assert not JARGON.search(text), text
    assert not re.search(r"\d", ONLY_TIMES.sub("", text)), text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("audience", ["internal", "executives", "regulators"])
def test_a_number_that_is_an_estimate_is_called_one(audience: str, language: Language) -> None:
    numbers = [line for line in lines(worst(), audience, language) if re.search(r"\d,\d{3}", line)]
    assert len(numbers) == 3
    words = ("an estimate, not final", "估算，非最终数据")
    assert all(words[language is Language.ZH] in line for line in numbers)


def test_what_is_measured_is_called_measured_and_its_range_is_told() -> None:
    text = "\n".join(lines(worst(), "regulators"))
    assert "users: 10,000 to 14,000 (an estimate, not final)." in text
    assert "Due: First notice, MAS, by 17:15 UTC." in text
    assert "Cause, as far as we know: The gateway's certificate expired." in text


def test_executives_are_told_what_they_must_decide_and_who_leads() -> None:
    text = lines(worst(), "executives")
    assert "Needs a decision: May we stop the campaign?" in text
    assert "anna leads." in text


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("state", STATES)
def test_each_says_when_the_next_word_comes_until_it_is_over(state: str, audience: str) -> None:
    made = STATES[state]
    it = draft(made, audience)
    if state == "resolved":
        assert it.next_at is None
    else:
        assert it.next_at is not None
        assert it.next_at > made.at
        assert lines(made, audience)[-1].startswith("Next update by ")


def test_what_was_promised_is_kept() -> None:
    night = short()
    night.do("said", "li", audience="customers", text="We are on it", next_minutes=25)
    assert draft(night.brief(), "customers").next_at == night.at + 1500
    night.wait(1600)  # it was not kept: the next one is due later, not before now
    assert (draft(night.brief(), "customers").next_at or 0) > night.at


@pytest.mark.parametrize("audience", OUTSIDE)
def test_nothing_is_said_of_a_cause_that_nobody_named(audience: str) -> None:
    assert not any("know the cause" in line for line in lines(short().brief(), audience))


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("state", STATES)
def test_no_sentence_is_empty_and_both_languages_have_as_many(state: str, audience: str) -> None:
    en, zh = (lines(STATES[state], audience, language) for language in Language)
    assert all(en)
    assert all(zh)
    assert len(en) == len(zh)
