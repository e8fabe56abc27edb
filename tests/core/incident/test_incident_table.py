"""The incident table is total, and nothing but `move()` sets an incident's state."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

import watchtower
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.transitions import CLEARS, STAMPS, TABLE, IncidentSignal, move
from watchtower.model import IncidentState, Severity, Text

TABLES = ("alerts.py", "runs.py", "taken_pages.py", "transitions.py")
"""Each has a total table of its own."""
OTHERS = ("AlertState", "PageState", "TaskState", "notifications[page]")
KEPT_BY_MOVE = {"mitigated_at", "resolved_at"}
CALLS = ("replace", "Incident", "dataclasses.replace")


def an_incident(state: IncidentState, acknowledged_at: float | None = None) -> Incident:
    return Incident(
        "INC-1", "check:bank", Text("bank", "bank"), "", state, Severity.P1, Severity.P1, 1.0, 1.0,
        acknowledged_at, "li", 1, mitigated_at=2.0, resolved_at=3.0,
    )  # fmt: skip


def test_the_table_is_total() -> None:
    assert set(TABLE) == set(product(IncidentState, IncidentSignal))
    assert set(CLEARS) == set(IncidentSignal)


LETTERS = dict(zip("TAMRU", IncidentState, strict=True))
ROWS = """
acknowledge   AAM--
unacknowledge TTT--
want_more     -T---
calm          MM---
recur         --T--
recur_acked   --A--
resolve       RRR--
unwatch       UUU--
reopen        ---TT
"""


def test_the_table_is_this() -> None:
    """Written down a second time, as the docs draw it."""
    rows = dict(row.split() for row in ROWS.split("\n") if row)
    wanted = {
        (LETTERS[state], IncidentSignal(signal)): LETTERS.get(after)
        for signal, row in rows.items()
        for state, after in zip("TAMRU", row, strict=True)
    }
    assert dict(TABLE) == wanted


def test_who_had_it_has_it_no_more_once_it_is_triggered_again() -> None:
    kept = {
        "acknowledged_at": 5.0,
        "acknowledged_by": "li",
        "acks_missing": 1,
        "mitigated_at": 2.0,
        "resolved_at": 3.0,
    }
    gone = {"acknowledged_at": None, "acknowledged_by": "", "acks_missing": 0}
    for state, signal, changed in (
        (IncidentState.TRIGGERED, IncidentSignal.ACKNOWLEDGE, {"acknowledged_at": 9.0, "acks_missing": 0}),
        (IncidentState.MITIGATED, IncidentSignal.UNACKNOWLEDGE, {**gone, "mitigated_at": None}),
        (IncidentState.ACKNOWLEDGED, IncidentSignal.WANT_MORE, {"acknowledged_at": None}),
        (IncidentState.ACKNOWLEDGED, IncidentSignal.CALM, {"mitigated_at": 9.0}),
        (IncidentState.MITIGATED, IncidentSignal.RECUR, {"mitigated_at": None}),
        (IncidentState.MITIGATED, IncidentSignal.RECUR_ACKED, {"mitigated_at": None}),
        (IncidentState.MITIGATED, IncidentSignal.RESOLVE, {"resolved_at": 9.0}),
        (IncidentState.TRIGGERED, IncidentSignal.UNWATCH, {"resolved_at": 9.0}),
        (IncidentState.RESOLVED, IncidentSignal.REOPEN, {**gone, "mitigated_at": None, "resolved_at": None}),
    ):
        after = move(replace(an_incident(state, 5.0), acks_missing=1), signal, 9.0)
        assert {name: getattr(after, name) for name in kept} == {**kept, **changed}, signal


def test_more_can_be_changed_with_the_state() -> None:
    after = move(
        an_incident(IncidentState.TRIGGERED), IncidentSignal.ACKNOWLEDGE, 9.0, acknowledged_by="wang"
    )
    assert (after.acknowledged_by, after.acknowledged_at) == ("wang", 9.0)


def test_over_stays_over_but_for_a_reopening() -> None:
    for (state, signal), after in TABLE.items():
        if state.ended:
            assert after is (IncidentState.TRIGGERED if signal is IncidentSignal.REOPEN else None)


@pytest.mark.parametrize(("state", "signal"), list(product(IncidentState, IncidentSignal)))
def test_an_arrow_clears_and_stamps_what_the_table_says(state: IncidentState, signal: IncidentSignal) -> None:
    before = an_incident(state)
    after, target = move(before, signal, 9.0), TABLE[state, signal]
    if target is None:
        assert after is before
        return
    assert after.state is target
    for field, value in CLEARS[signal].items():
        assert getattr(after, field) == value
    if signal in STAMPS:
        assert getattr(after, STAMPS[signal]) == 9.0
    assert (after.resolved_at == 3.0) is ("resolved_at" not in {*CLEARS[signal], STAMPS.get(signal)})


def test_a_relapse_goes_back_to_whoever_has_it() -> None:
    acknowledged = move(an_incident(IncidentState.MITIGATED, 5.0), IncidentSignal.RECUR, 9.0)
    assert (acknowledged.state, acknowledged.acknowledged_by) == (IncidentState.ACKNOWLEDGED, "li")
    assert (
        move(an_incident(IncidentState.MITIGATED), IncidentSignal.RECUR, 9.0).state is IncidentState.TRIGGERED
    )


def test_what_nobody_has_any_more_is_not_mitigated_either() -> None:
    again = move(an_incident(IncidentState.MITIGATED, 5.0), IncidentSignal.UNACKNOWLEDGE, 9.0)
    assert (again.state, again.mitigated_at) == (IncidentState.TRIGGERED, None)
    assert (again.acknowledged_at, again.acknowledged_by, again.acks_missing) == (None, "", 0)


def states_set(tree: ast.AST) -> Iterator[str]:
    """Calls that give an incident a state, or a time that only an arrow of the table sets."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith(CALLS):
            continue
        line, given = ast.unparse(node), {word.arg: ast.unparse(word.value) for word in node.keywords}
        of_alert = bool(node.args) and ast.unparse(node.args[0]).endswith("alert")
        sets_state = given.get("state", "START") != "START" and not any(other in line for other in OTHERS)
        if sets_state or (KEPT_BY_MOVE & set(given) and not of_alert):
            yield line


@pytest.mark.parametrize(
    "line",
    [
        "replace(incident, state=IncidentState.RESOLVED)", "replace(x, state=after)", "replace(i, mitigated_at=None)",
        "dataclasses.replace(it, state=state)", "Incident(id, state=IncidentState.RESOLVED)",
    ],
)  # fmt: skip
def test_a_state_that_is_set_elsewhere_is_found(line: str) -> None:
    assert list(states_set(ast.parse(line)))


def test_only_move_sets_a_state() -> None:
    """Looked for in all of the source. A new incident has the state START."""
    source = Path(watchtower.__file__).parent
    files = [path for path in source.rglob("*.py") if path.name not in TABLES]
    assert len(files) > 100
    assert [
        (path.name, list(found)) for path in files if (found := list(states_set(ast.parse(path.read_text()))))
    ] == []
