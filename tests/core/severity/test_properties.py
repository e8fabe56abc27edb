"""What holds for all numbers and all histories."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.severity.numbers import (
    P0,
    P1,
    P2,
    P3,
    P4,
    Case,
    about,
    flow,
    judged,
    money,
    numbers,
    reread,
)
from watchtower.core.incident.history import project
from watchtower.core.indicators import FlowImpact, Indicators, Recovery, Urgency
from watchtower.core.plan.severity import MatrixRows, SeverityPolicy
from watchtower.core.severity.history import CHANGED
from watchtower.core.severity.kinds import SeverityChange
from watchtower.model import Severity, Tier

HOURS = [Urgency.OFF_PEAK, Urgency.NORMAL, Urgency.PEAK]
TIERS = [Tier.PERIPHERAL, Tier.SUPPORTING, Tier.CORE]
RECOVERIES = [None, Recovery.READY, Recovery.UNPROVEN, Recovery.NONE]

shares = st.none() | st.floats(0, 1)
counts = st.none() | st.floats(0, 1e6)
sums = st.none() | st.integers(0, 5_000_000)
flows = st.builds(
    lambda impact, urgency, tier, confirmed, confident, payment, known: flow(
        impact=impact, urgency=HOURS[urgency], tier=TIERS[tier], confirmed=confirmed, confident=confident,
        payment=payment, missing=about(1.0) if known else None,
    ),
    st.floats(0, 1), st.integers(0, 2), st.integers(0, 2), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
NUMBERS: dict[str, Any] = {
    "scope_share": shares, "affected_users_share": shares, "day_share": shares, "affected_users": counts,
    "affected_requests": counts, "loss": sums, "loss_projected": sums,
}  # fmt: skip
made = st.fixed_dictionaries(
    {**NUMBERS, "flow_minutes": st.floats(0, 300), "flows": st.lists(flows, max_size=3), "signals": st.integers(1, 2),
     "recovery": st.integers(0, 3), "since": st.floats(0, 4000), "duties": st.booleans(), "breach": st.booleans(),
     "complaints": st.integers(0, 200)}
)  # fmt: skip


def found(given: dict[str, Any]) -> Indicators:
    more = {
        name: about(given[name])
        for name in NUMBERS
        if given[name] is not None and not name.startswith("loss")
    }
    more |= {name: money(str(given[name])) for name in ("loss", "loss_projected") if given[name] is not None}
    recovery = RECOVERIES[given["recovery"]]
    return numbers(
        *given["flows"], at=4000.0, flow_minutes=given["flow_minutes"], signals=given["signals"], recovery=recovery,
        recovery_since=4000.0 - given["since"], duties=("pboc.report",) if given["duties"] else (),
        manual={"data_breach": given["breach"], "complaints": given["complaints"]}, **more,
    )  # fmt: skip


def worse_flow(one: FlowImpact, by: float) -> list[FlowImpact]:
    return [
        replace(one, impact=min(1.0, one.impact + by)),
        replace(one, urgency=HOURS[min(2, HOURS.index(one.urgency) + 1)]),
        replace(one, tier=TIERS[min(2, TIERS.index(one.tier) + 1)]),
        replace(one, confirmed=True),
        replace(one, confident=True),
        replace(one, payment=True),
    ]


def worse(one: dict[str, Any], by: float) -> list[dict[str, Any]]:
    """The same numbers, one of them worse."""
    out = [one | {name: one[name] + by * size} for name, size in _SIZES.items() if one[name] is not None]
    out += [one | {"loss": one["loss"] + int(by * 1e6)}] if one["loss"] is not None else []
    out += [
        one | {"recovery": min(3, one["recovery"] + 1), "since": 4000.0},
        one | {"since": one["since"] + by * 4000},
    ]
    out += [one | {"duties": True}, one | {"breach": True}, one | {"signals": 2}]
    for index, each in enumerate(one["flows"]):
        out += [
            one | {"flows": [*one["flows"][:index], w, *one["flows"][index + 1 :]]}
            for w in worse_flow(each, by)
        ]
    return out


_SIZES = {"scope_share": 0.5, "affected_users_share": 0.5, "day_share": 0.1, "affected_users": 1e5, "flow_minutes": 120, "complaints": 100}  # fmt: skip
WITH_COMPLAINTS = SeverityPolicy(matrix=MatrixRows(complaints={P0: 150.0, P1: 50.0, P2: 10.0, P3: 1.0}))


@settings(max_examples=400, deadline=None)
@given(made, st.floats(0, 1))
def test_severity_is_monotone_in_every_indicator(one: dict[str, Any], by: float) -> None:
    before = judged(found(one), policy=WITH_COMPLAINTS).level
    for other in worse(one, by):
        after = judged(found(other), policy=WITH_COMPLAINTS).level
        changed = {key: (one[key], other[key]) for key in one if one[key] != other[key]}
        assert before is None or (after is not None and not before.worse_than(after)), changed


@settings(max_examples=300, deadline=None)
@given(made, st.booleans())
def test_every_level_has_cells_that_decided_it_and_a_sentence_that_begins_with_it(
    one: dict[str, Any], zh: bool
) -> None:
    said = judged(found(one))
    assert said.sentence.en
    assert said.sentence.zh
    if said.level is None:
        assert not any(cell.level for cell in said.cells)
        return
    assert said.decided
    text = said.sentence.zh if zh else said.sentence.en
    assert text.startswith(said.level)
    first = said.decided[0]
    assert (first.measured.zh if zh else first.measured.en) in text
    raised = [step for step in said.steps if step.name != "cap"]
    assert said.held == any(step.name == "cap" for step in said.steps)
    if not said.steps:
        assert {cell.level for cell in said.decided} == {said.level}
    elif not said.held:
        assert raised[-1].after is said.level


class Monkey:
    """Lives through an incident at random; everything it sees is plausible, and much of it at odd times."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.case = Case()
        self.minutes, self.users, self.back, self.at = 0.0, 0.0, None, 0.0
        self.hidden = False

    def turn(self) -> None:
        chance, case = self.chance, self.case
        self.at += chance.choice([10.0, 60.0, 60.0, 300.0, 900.0])
        if chance.random() < 0.2:
            self.back = None if self.back is not None else self.at
        if chance.random() < 0.1:
            self.hidden = not self.hidden
        bad = self.back is None
        if bad:
            self.minutes += chance.random() * 20
            self.users += chance.random() ** 4 * 20_000
        seen = chance.random() < 0.8
        case.mitigated(not bad and chance.random() < 0.9)
        case.fixed = chance.choice([None, None, None, P3, P1])
        hurt = flow(
            impact=chance.random() if bad else 0.0, urgency=chance.choice(HOURS), back_since=self.back, seen=seen,
            confident=chance.random() < 0.7, confirmed=chance.random() < 0.7,
        )  # fmt: skip
        before = case.incident.severity
        response = case.levels.response
        record = case.incident.record
        numbers_now = numbers(
            hurt, at=self.at, flow_minutes=self.minutes, affected_users=about(self.users), bad=bad, seen=seen,
            duties=("mas.notice",) if chance.random() < 0.1 else (),
            manual={"data_breach": chance.random() < 0.02},
            recovery=chance.choice([*Recovery]), recovery_since=self.at - chance.choice([0.0, 700.0, 2000.0]),
        )  # fmt: skip
        changes = len(case.levels.changes)
        reopened = response is not None and chance.random() < 0.03
        case.sees(numbers_now, hidden=self.hidden, overdue=chance.random() < 0.05, reopened=reopened)
        now = case.incident
        if response is not None:
            assert not record.worse_than(now.record), "the record level never falls"
            if not seen or self.hidden:
                assert not before.worse_than(now.severity), "never lowered blind, or behind a degrade plan"
            if numbers_now.duties and before.worse_than(now.severity):
                assert not P2.worse_than(now.severity), "never below P2 while a duty is open"
            if before.worse_than(now.severity) and case.levels.changes[-1].reason == "mitigated":
                assert now.severity.rank == before.rank + 1, "one level at a time"
            if now.severity is not before:
                assert len(case.levels.changes) == changes + 1, "every change is in the log"
        assert not now.severity.worse_than(now.record)
        assert (now.severity, now.record) == (case.levels.response, case.levels.record)
        if chance.random() < 0.15:
            self.act()

    def act(self) -> None:
        chance, case = self.chance, self.case
        record, before = case.incident.record, case.incident.severity
        who = chance.choice(["li", "wang", "chen"])
        indicators = case.state.histories["INC-1"].impact.indicators
        match chance.choice(["raise", "lower", "confirm", "correct", "commander"]):
            case "commander":
                case.names("commander", "chen")
            case "confirm":
                case.does("confirm", who)
            case "correct":
                self.users *= chance.random()
                case.does(
                    "correct",
                    who,
                    indicator="affected_users",
                    value=str(int(self.users)),
                    reason="r",
                    evidence="e",
                )
            case word:
                case.does(word, who, severity=str(chance.choice([P0, P1, P2, P3, P4])), reason="because")
                if word == "lower" and chance.random() < 0.5:
                    case.does("confirm", "zhao")
        assert not record.worse_than(case.incident.record)
        if indicators is not None and not indicators.seen:
            assert not before.worse_than(case.incident.severity), "nobody lowers it blind"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_happens_the_rules_of_levels_hold(seed: int) -> None:
    monkey = Monkey(seed)
    for _ in range(60):
        monkey.turn()
    case = monkey.case
    for change in case.levels.changes:
        assert change.why in CHANGED
        assert change.sentence.en
        assert change.sentence.zh, "every change has an explanation"
        assert str(change.level) in change.sentence.en
    once = project(reread(case.entries))
    assert once == project(reread(case.entries))
    assert once.severity == case.levels, "the log tells all of it"


def test_every_state_and_event_is_decided() -> None:
    """All combinations of what respond looks at give an answer, and at most one change of level."""
    from itertools import product

    from watchtower.core.severity.history import Proposal, SeverityHistory
    from watchtower.core.severity.response import respond

    states = [
        SeverityHistory(),
        *(
            SeverityHistory(
                P1, response, P0, accepted=accepted, calm=calm, proposed=proposed, corrected=corrected
            )
            for response, accepted, calm, proposed, corrected in product(
                (P0, P2, P4),
                (None, P1),
                (False, True),
                (None, Proposal(P1, 0.0, "li", "", False)),
                (None, 5.0),
            )
        ),
    ]
    events = product(
        (None, *(judged(numbers(flow(impact=0.0), flow_minutes=m)) for m in (0.0, 3.0, 120.0))), (True, False),
        (True, False), (None, 0.0), (True, False), (True, False), ("", "chen"), (True, False), (True, False),
    )  # fmt: skip
    tried = 0
    for found_, seen, bad, back, mitigated, hidden, commander, overdue, reopened in events:
        result = found_ or judged(None, assumed=P2)
        given_ = (
            None
            if found_ is None
            else numbers(flow(impact=0.0, back_since=back), at=9000.0, bad=bad, seen=seen)
        )
        for levels in states:
            moves = respond(
                SeverityPolicy(), levels, result, given_, 9000.0, mitigated=mitigated, hidden=hidden,
                commander=commander, overdue=overdue, reopened=reopened,
            )  # fmt: skip
            changes = [move for move in moves if isinstance(move.said, SeverityChange)]
            assert len(changes) <= 1
            assert all(move.detail for move in moves)
            after = levels
            for move in moves:
                after = after.after(move.said.entry(9000.0, move.detail, move.by))
            assert after.response is not None
            if levels.record is not None:
                assert after.record is not None
                assert not levels.record.worse_than(after.record)
            tried += 1
    assert tried > 10_000


def test_a_log_of_another_version_is_read_without_complaint() -> None:
    from watchtower.core.incident.entry import LogEntry

    said = {"en": "It is bad", "zh": "严重"}
    odd = [
        LogEntry(1.0, "severity.exploded", data={"severity": "P9"}),
        LogEntry(2.0, "severity.raised", data={"severity": "P9"}),
        LogEntry(3.0, "severity.raised", data={"severity": None, "cells": 7}),
        LogEntry(
            4.0,
            "severity.raised",
            data={"severity": "P1", "cells": [1, {"indicator": "x"}], "computed": 3, **said},
        ),
        LogEntry(5.0, "severity.proposed", data={}),
        LogEntry(6.0, "severity.computed", data={"computed": []}),
    ]
    levels = project(odd).severity
    assert levels.response is Severity.P1
    assert levels.changes[0].cells == ()
