"""A page that asks somebody to decide has this person's link in place of a command that no phone can run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import queued
from tests.web.engine_daemon import EngineDaemon
from watchtower.channels import mail_body, sms_text
from watchtower.channels.contract import Letter
from watchtower.delivery.attempt import compose
from watchtower.model import Language
from watchtower.texts.reasons import PageReason

LINK = "https://watch.example/ack/k7Qe3bTz9mWp4XsAk7Qe3bTz9mWp4X"


def asked(link: str = LINK, language: Language = Language.EN) -> Letter:
    """What the product manager gets who is to approve a degradation plan."""
    daemon = EngineDaemon()
    daemon.down()
    [page] = [one for one in queued(daemon.story.decisions) if one.message.command]
    assert page.responder == "po"
    letter = compose(page, daemon.story.plan, True, ("https://watch.example/incidents/INC-1", link))
    return replace(letter, language=language)


@pytest.mark.parametrize(("language", "word"), [(Language.EN, "decide"), (Language.ZH, "处理")])
def test_the_approval_of_a_plan(language: Language, word: str) -> None:
    letter = asked(language=language)
    text = sms_text.compose(letter)
    assert text.endswith(f"{word} {LINK}")
    assert "watchtower do" not in text
    assert sms_text.segments(text) <= 2
    assert f"{word.capitalize()}{'：' if language is Language.ZH else ': '}{LINK}" in mail_body.plain(letter)


def test_without_links_it_has_the_command() -> None:
    letter = replace(asked(""), brief_url="")
    assert "watchtower do INC-1 approve plan=switch" in sms_text.compose(letter)


def test_a_lower_severity_that_waits_for_the_commander() -> None:
    letter = asked()
    letter = replace(
        letter,
        message=replace(
            letter.message, command="watchtower do INC-1 confirm", reason=PageReason.LOWERING_PROPOSED
        ),
    )
    assert sms_text.compose(letter).endswith(f"decide {LINK}")
