"""Plays a test: its timelines through the live engine, and a record of what happened."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import Any

from watchtower.core.events import AlertChanged, Decision, IncidentChanged, PageQueued
from watchtower.core.incident.alerts import Alert
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.state import Series
from watchtower.model import (
    AlertState,
    ChannelName,
    Instant,
    Observation,
    Outcome,
    Reading,
    Severity,
    Value,
)
from watchtower.page_kinds import PageKind
from watchtower.replay import Replay, World
from watchtower.replay.chart import letter_of
from watchtower.replay.columns import measurements_of
from watchtower.replay.driver import learnt
from watchtower.replay.series import narrowed_to
from watchtower.rule_tests.incident_view import IncidentView
from watchtower.rule_tests.notation import Gap, Strand
from watchtower.rule_tests.rule_test import ExpectedAction, Input, RuleTest
from watchtower.texts.reasons import PageReason
from watchtower.values import Frozen, Mutable, field, replace


class Spell(Mutable):
    """One alert while it was pending or firing, in seconds from the start; `end` None: to the end of the test."""

    rule: str
    check: str
    series: str
    severity: Severity
    state: AlertState
    begin: float
    end: float | None = None


class Sent(Frozen):
    """One page, at so many seconds from the start."""

    at: float
    responder: str
    channel: ChannelName
    kind: PageKind
    severity: Severity


class Acted(Frozen):
    """Somebody acted. `refused` says of each incident why it was refused, "" where it was done."""

    at: float
    expected: ExpectedAction
    refused: Mapping[str, str]


class RuleTestRun(Mutable):
    """What happened. `incidents` are those that were open at each moment that an expectation names; `severities`
    the letter of a chart that holds of each incident from a moment on; `unmeasured` what a rule needs of a check and
    the test does not measure, by rule and check."""

    test: RuleTest
    spells: list[Spell] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    acted: list[Acted] = field(default_factory=list)
    incidents: dict[float, list[IncidentView]] = field(default_factory=dict)
    severities: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    polls: dict[Series, list[tuple[float, Reading]]] = field(default_factory=dict)
    unmeasured: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def alerts_at(self, at: float, state: AlertState) -> list[Spell]:
        return [
            s for s in self.spells if s.state is state and s.begin <= at and (s.end is None or s.end > at)
        ]


def play(test: RuleTest, plan: Plan) -> RuleTestRun:
    """Plays this test's timelines."""
    intervals = {(one.check.name, one.series): one.every for one in test.inputs}
    narrow = narrowed_to(plan, intervals)
    course = RuleTestRun(test, unmeasured=_unmeasured(test, narrow))
    replay = Replay(
        narrow, test.start, world=World(broken=frozenset(test.table.fails)), learned=_learned(test, narrow),
        heard=lambda decision, engine: _note(course, decision, engine),
    )  # fmt: skip
    moments = sorted({e.table.at for e in test.expects if e.table.at is not None})
    steps: list[Iterator[tuple[Instant, int, object]]] = [
        ((observation.at, 0, observation) for observation in _merged(test)),
        iter(sorted((one.action.at, 1, n) for n, one in enumerate(test.actions))),
        ((test.start + moment, 2, moment) for moment in moments),
    ]
    for at, kind, what in heapq.merge(*steps, key=lambda step: step[:2]):
        if kind == 0 and isinstance(what, Observation):
            place = f"@{what.location}" if what.location else ""
            series = (what.check, what.reading.series + place)
            course.polls.setdefault(series, []).append((at - test.start, what.reading))
            replay.feed(what)
        elif kind == 1 and isinstance(what, int):
            one = test.actions[what]
            course.acted.append(Acted(at - test.start, one, one.action.carry_out(replay)))
        elif isinstance(what, float):
            replay.advance(at)
            state = replay.engine.state
            course.incidents[what] = [
                IncidentView(one, state.histories[one.id], at, test.start)
                for one in state.incidents.values()
                if one.open
            ]
    replay.advance(test.start + test.lasts)
    return course


def _unmeasured(test: RuleTest, plan: Plan) -> dict[tuple[str, str], list[str]]:
    found = {}
    for one in test.inputs:
        open_ = measurements_of(one.check).keys() - one.measured.keys()
        for rule in plan.rules_of(one.check.name):
            if needed := [name for name in rule.programs[one.check.name].names if name in open_]:
                found[rule.name, one.check.name] = needed
    return found


def _note(course: RuleTestRun, decision: Decision, engine: Engine) -> None:
    at = decision.at - course.test.start
    match decision:
        case AlertChanged(_, _, alert, previous) if alert.state is not previous:
            _spell(course, alert, at)
        case PageQueued(_, reason, page) if reason is not PageReason.TOGETHER:
            course.sent.append(Sent(at, page.responder, page.channel, page.kind, page.message.severity))
        case IncidentChanged(incident=incident):
            course.severities.setdefault(incident.id, []).append((at, letter_of(incident)))


def _spell(course: RuleTestRun, alert: Alert, at: float) -> None:
    for spell in reversed(course.spells):
        if (spell.rule, spell.check, spell.series) == alert.key:
            spell.end = spell.end if spell.end is not None else at
            break
    if alert.state in (AlertState.PENDING, AlertState.FIRING):
        course.spells.append(Spell(*alert.key, alert.severity, alert.state, at))


def _merged(test: RuleTest) -> Iterator[Observation]:
    yield from heapq.merge(*(_observations(test, one) for one in test.inputs), key=lambda o: o.at)


def _observations(test: RuleTest, one: Input) -> Iterator[Observation]:
    """Poll number n measures what happened in the n-th interval, and ends with it."""
    polls = one.closed if one.closed is not None else int(test.lasts / one.every + 1e-9)
    for n in range(polls):
        at = test.start + (n + 1) * one.every
        seen = reading(one, n)
        if one.locations != ("",) and seen.reason == "absent":
            continue  # a location that measures nothing says nothing
        for place in one.locations:
            yield Observation(one.check.name, at, seen, location=place)


def reading(one: Input, n: int) -> Reading:
    """The sample of the n-th poll (from 0)."""
    cells = {name: strand[n] for name, strand in one.measured.items()}
    measured: dict[str, Value] = {name: cell for name, cell in cells.items() if not isinstance(cell, Gap)}
    gaps = [
        cell for name, cell in cells.items() if isinstance(cell, Gap) and (name == one.main or not measured)
    ]
    said = one.outcome[n] if one.outcome is not None else gaps[0] if gaps else Outcome.UP
    if isinstance(said, Gap):
        reason, outcome = {Gap.NO_DATA: "absent", Gap.FAILED: "failed"}[said], Outcome.UNKNOWN
    else:
        outcome = Outcome(str(said))
        reason = "" if outcome is Outcome.UP else "failed"
    if outcome is not Outcome.UP and one.reason:
        reason = one.reason
    return Reading(outcome, measured, reason, "", one.series, one.every)


def _learned(test: RuleTest, plan: Plan) -> Mapping[Series, Mapping[str, Any]]:
    """Detector states after a long time like the first poll of each input."""
    history = test.table.history
    if not history:
        return {}
    before = [
        replace(
            one,
            measured={k: _first(s) for k, s in one.measured.items()},
            outcome=_first(one.outcome) if one.outcome else None,
        )
        for one in test.inputs
    ]
    past = [_past(one, test.start, history) for one in before]
    return learnt(plan, heapq.merge(*past, key=lambda o: o.at), test.start - history, history)


def _past(one: Input, start: Instant, history: float) -> Iterator[Observation]:
    """Whole intervals, so that the last poll of the past ends where the test begins."""
    for n in range(int(history / one.every) - 1, -1, -1):
        yield Observation(one.check.name, start - n * one.every, reading(one, 0))


def _first(strand: Strand) -> Strand:
    return Strand(strand.cells[:1], open=True)
