"""What watchtower notes of more than usual: what is caught up with, what is asked again, and no campaign of before."""

from __future__ import annotations

from dataclasses import replace

from tests.core.severity.numbers import Case
from watchtower.core.impact.meter import Meter
from watchtower.core.pipeline.auto_notes import advance
from watchtower.core.state import Step
from watchtower.model import Text


def noted(since: float, times: float, missed: float = 0.0) -> list[Text]:
    """The notes on a flow of which so many times the usual come since then; the incident began at 1000."""
    case = Case()
    case.state.incidents["INC-1"] = replace(case.incident, onset=1000.0, flows=("checkout",))
    case.state.meters.put("INC-1", ("pay", "", ""), Meter("pay", 1000.0, 1100.0, missed=missed))
    case.state.meters.surging["pay"] = (since, times)
    step = Step(case.plan, case.state, 1200.0)
    advance(step, case.incident)
    return [Text(item.text, item.zh) for item in step.history("INC-1").notes.known]


def test_more_than_usual_while_it_goes_on_is_asked_again() -> None:
    (note,) = noted(1100.0, 6.0)
    assert note.en.startswith("pay: 6.0 times the usual requests since this began.")
    assert note.en.isascii()
    assert note.zh.startswith("pay：本事件期间请求量为平时的 6.0 倍")


def test_what_an_outage_held_back_is_a_backlog() -> None:
    (note,) = noted(1100.0, 2.5, missed=300.0)
    assert "This is the backlog of the outage, as expected" in note.en


def test_a_campaign_that_began_before_and_a_little_more_are_no_news() -> None:
    assert noted(100.0, 6.0) == []
    assert noted(1100.0, 1.5) == []
