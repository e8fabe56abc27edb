"""Every state of a switch and of a step, times everything that can happen to it, is decided."""

from __future__ import annotations

from itertools import product

import pytest

from watchtower.core.checklists.tasks import Tasks, TaskState
from watchtower.core.degrade.table import TABLE, RunState, Sign
from watchtower.core.incident.entry import LogEntry

ENDS = {RunState.ROLLED_BACK, RunState.WITHDRAWN}
"""A switch that is over is over: the next one is another run. A rejected one may still be approved."""


def moves(state: RunState) -> set[RunState]:
    return {TABLE[state, sign] for sign in Sign} - {state}


def test_every_state_of_a_switch_and_every_sign_is_decided() -> None:
    assert set(TABLE) == set(product(RunState, Sign))


@pytest.mark.parametrize("state", RunState, ids=str)
def test_a_switch_stays_only_where_it_is_over(state: RunState) -> None:
    assert bool(moves(state)) != (state in ENDS)


def test_from_everywhere_a_switch_can_come_to_its_end() -> None:
    reached = set(ENDS)
    while more := {state for state in RunState if state not in reached and reached & moves(state)}:
        reached |= more
    assert reached == set(RunState)


STEP = {"sop": "x", "severity": "P1", "steps": [{"en": "call", "zh": "致电", "due": 60.0}]}
EVENTS = ("sop.opened", "sop.added", "sop.done", "sop.skipped", "sop.undone", "sop.nudged", "sop.unheard_of")
AFTERWARDS = {"sop.done": TaskState.DONE, "sop.skipped": TaskState.SKIPPED, "sop.undone": TaskState.OPEN}


@pytest.mark.parametrize(("before", "event"), list(product(AFTERWARDS, EVENTS)))
def test_a_step_in_any_state_and_anything_that_happens_to_it(before: str, event: str) -> None:
    tasks = (
        Tasks()
        .after(LogEntry(1.0, "sop.opened", data=STEP))
        .after(LogEntry(2.0, before, "li", data={"n": 1}))
    )
    assert tasks.tasks[0].state is AFTERWARDS[before]
    data = STEP if event == "sop.opened" else {"n": 1, "en": "more", "zh": "更多", "steps": [1]}
    after = tasks.after(LogEntry(3.0, event, "wang", data=data))
    assert after.tasks[0].state is AFTERWARDS.get(event, AFTERWARDS[before])
    assert len(after.tasks) == 1 + (event == "sop.added"), "a step is never asked for twice"
