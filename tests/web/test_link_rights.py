"""Who may do what by the link of a page, and when: action by person by state of the incident."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.web.engine_daemon import EngineDaemon
from watchtower.model import IncidentState, Severity


@pytest.fixture
def daemon() -> EngineDaemon:
    made = EngineDaemon()
    made.down()
    return made


ANYBODY = {"note", "take", "silence", "tried", "raise", "said"}
STEPS, DECIDES = {"done"}, {"approve", "reject"}


def before(daemon: EngineDaemon) -> None:
    """Nobody has acknowledged it."""


def acknowledged(daemon: EngineDaemon) -> None:
    daemon.keep(daemon.story.ack("INC-1", "li"))


def decided(daemon: EngineDaemon) -> None:
    acknowledged(daemon)
    asyncio.run(daemon.do("INC-1", "approve", "po", "test", {}))


def ticked(daemon: EngineDaemon) -> None:
    for step in ("1", "2"):
        asyncio.run(daemon.do("INC-1", "done", "li", "test", {"step": step}))


def mitigated(daemon: EngineDaemon) -> None:
    """Nothing fires any more, and it is not over yet."""
    acknowledged(daemon)
    daemon.later(60)
    daemon.up()
    now = daemon.state.incidents["INC-1"]
    daemon.state.incidents["INC-1"] = replace(
        now, state=IncidentState.MITIGATED, resolved_at=None, mitigated_at=daemon.story.at
    )


def over(daemon: EngineDaemon) -> None:
    mitigated(daemon)
    asyncio.run(daemon.resolve("INC-1", "li", "test"))
    daemon.deliver()
    assert not daemon.state.incidents["INC-1"].open


ALL = {"li", "po", "wu", "he"}
MATRIX = [
    # state, action, who is offered it
    (before, "acknowledge", ALL),
    (acknowledged, "acknowledge", set()),
    (mitigated, "acknowledge", set()),
    *((state, action, ALL) for state in (before, acknowledged) for action in sorted(ANYBODY | STEPS)),
    (ticked, "done", set()),
    *((state, action, {"po", "wu"}) for state in (before, acknowledged) for action in sorted(DECIDES)),
    *((decided, action, set()) for action in sorted(DECIDES)),
    *((state, "resolve", set()) for state in (before, acknowledged)),
    (mitigated, "resolve", ALL),
    (mitigated, "silence", set()),
    (before, "rollback", set()),
    *(
        (over, action, set())
        for action in sorted({"acknowledge", "resolve", "confirm", *ANYBODY, *STEPS, *DECIDES})
    ),
]


@pytest.mark.parametrize(("state", "action", "who"), MATRIX, ids=[f"{s.__name__}-{a}" for s, a, _ in MATRIX])
def test_who_may_do_what_and_when(daemon: EngineDaemon, state: Any, action: str, who: set[str]) -> None:
    state(daemon)
    assert {by for by in ALL if action in {one.name for one in daemon.offered(by)}} == who


def test_a_lowering_is_confirmed_by_another_person_than_who_asked_for_it(daemon: EngineDaemon) -> None:
    acknowledged(daemon)
    for action, by, level in (("raise", "li", "P0"), ("lower", "wu", "P2")):
        data = {"severity": level, "reason": "as we see it"}
        assert asyncio.run(daemon.do("INC-1", action, by, "test", data)) == ""
    assert daemon.state.incidents["INC-1"].severity is Severity.P0
    assert {by for by in ALL if "confirm" in {one.name for one in daemon.offered(by)}} == ALL - {"wu"}
    assert "another person must confirm" in asyncio.run(daemon.do("INC-1", "confirm", "wu", "link", {}))
    assert asyncio.run(daemon.do("INC-1", "confirm", "li", "link", {})) == ""
    assert daemon.state.incidents["INC-1"].severity is Severity.P2


def test_in_a_drill_everybody_acknowledges(daemon: EngineDaemon) -> None:
    acknowledged(daemon)
    now = daemon.state.incidents["INC-1"]
    daemon.state.incidents["INC-1"] = replace(now, drill=True)
    assert {by for by in ALL if "acknowledge" in {one.name for one in daemon.offered(by)}} == ALL
