"""Somebody stands in because people said so: who is paged, what is refused, and what a restart and a reload keep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import pages
from tests.core.oncall.calendars import SHANGHAI, at, rotation, schedule
from tests.core.people.crew import Crew, person, plan
from watchtower.core.events import Decision, OverrideAsked, OverrideEnded, Refused
from watchtower.core.incident.log import line_of
from watchtower.core.people.overrides import FARTHEST, LONGEST, OnCallOverride
from watchtower.core.plan.roles import Role

A, B, C = person("a"), person("b"), person("c")
NOW = at("2026-01-06 09:00", SHANGHAI)
HOUR = 3600.0


def crew() -> Crew:
    weekly = schedule(rotation("a b c", SHANGHAI, "2026-01-05 10:00"))
    told = Crew(plan(A, B, C, roles=[Role(name="oncall", schedule="weekly")], schedules=[weekly]))
    told.at = NOW
    return told


def stand_in(
    told: Crew, who: str = "c", begin: float = 0.0, lasts: float = 8 * HOUR, of: str = "weekly"
) -> list[Decision]:
    asked = OnCallOverride(of, who, told.at + begin, told.at + begin + lasts, "li", "ill")
    return told.feed(OverrideAsked(asked))


def refusal(found: list[Decision]) -> str:
    return next((d.detail for d in found if isinstance(d, Refused)), "")


def test_who_stands_in_is_paged_while_it_lasts() -> None:
    told = crew()
    stand_in(told, begin=HOUR)
    assert pages(told.down("bank")) == ["new P1 a sms", "new P1 a email"]
    told = crew()
    stand_in(told)
    assert pages(told.down("bank")) == ["new P1 c sms", "new P1 c email"]
    told = crew()
    stand_in(told)
    told.at += 9 * HOUR
    assert pages(told.down("bank")) == ["new P1 a sms", "new P1 a email"]


def test_the_last_one_wins_and_can_be_taken_back() -> None:
    told = crew()
    stand_in(told)
    stand_in(told, "b")
    assert list(told.engine.state.overrides.overrides) == ["O-1", "O-2"]
    told.feed(OverrideEnded("O-2", "li"))
    assert pages(told.down("bank"))[0] == "new P1 c sms"
    assert "there is no override O-2" in refusal(told.feed(OverrideEnded("O-2", "li")))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"who": "nobody"}, 'there is no responder "nobody": a, b, c'),
        ({"of": "nights"}, 'there is no schedule "nights": weekly'),
        ({"lasts": 0.0}, "it ends after its begin"),
        ({"begin": -9 * HOUR}, "it ends after its begin, and after now"),
        ({"lasts": LONGEST + 1}, "31 days at most"),
        ({"begin": FARTHEST + 1}, "begins within a year"),
    ],
)
def test_what_is_refused(more: dict[str, object], why: str) -> None:
    told = crew()
    assert why in refusal(stand_in(told, **more))  # type: ignore[arg-type]
    assert not told.engine.state.overrides.overrides


def test_a_restart_and_a_reload_keep_it_and_a_person_who_left_is_not_called() -> None:
    told = crew()
    stand_in(told)
    entries = [line[1] for d in told.decisions if (line := line_of(d)) and line[0] == "schedule"]
    again = crew()
    again.engine.restore([], [], [], {}, 0, again.at, {}, entries)
    again.engine.replace_plan(crew().plan, again.at)
    assert pages(again.down("bank"))[0] == "new P1 c sms"
    gone = crew()
    gone.engine.restore([], [], [], {}, 0, gone.at, {}, entries)
    gone.engine.replace_plan(
        replace(
            gone.plan, responders={name: one for name, one in gone.plan.responders.items() if name != "c"}
        ),
        gone.at,
    )
    assert pages(gone.down("bank"))[0] == "new P1 a sms"
    assert stand_in(again, "b")
    assert list(again.engine.state.overrides.overrides)[-1] == "O-2"
