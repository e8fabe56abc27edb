"""A P0 of two hours that nobody acknowledges, with the people and the paging of a plan."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from watchtower.core.events import Decision, Delivered, Event, Observed, PageChanged, PageQueued, Ticked
from watchtower.core.expressions import compile_expression, compile_summary
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.core.plan.rules import Match, Rule
from watchtower.model import Instant, Observation, Outcome, Reading, Severity, Text
from watchtower.values import replace

_LASTS, _AFTER, _EVERY = 7200.0, 10800.0, 30.0
_NAME = "played"

Pages = Mapping[tuple[str, str], Sequence[Page]]
"""By person and kind of channel."""


def play(plan: Plan, at: Instant) -> tuple[Pages, Pages]:
    """What each person is sent of a P0 that nobody acknowledges, from its first page to its all-clear; and what budgets hold
    back."""
    check = Check(name=_NAME, probe=_NAME, every=60.0, timeout=10.0, facts=BASE_FACTS, no_data_after=_LASTS)
    rule = Rule(
        name=_NAME, match=Match(), when="", severity=Severity.P0,
        programs={_NAME: compile_expression('outcome == "down"', BASE_FACTS)},
        summaries={_NAME: compile_summary(Text("down", "中断"), BASE_FACTS)},
    )  # fmt: skip
    engine = Engine(
        replace(
            plan,
            checks={_NAME: check},
            rules={_NAME: rule},
            flows={},
            maintenance=(),
            inhibit=(),
            timetables={},
        ),
        {},
        at,
    )
    queued: dict[str, Page] = {}
    sent: dict[tuple[str, str], list[Page]] = {}
    held: dict[tuple[str, str], list[Page]] = {}
    for decision in _decided(engine, at):
        match decision:
            case PageQueued(page=page):
                queued[page.id] = page
                if page.state is PageState.QUEUED:
                    sent.setdefault(page.address, []).append(page)
            case PageChanged(page=id, reason="over_budget") if id in queued:
                held.setdefault(queued[id].address, []).append(queued[id])
    return sent, held


def _decided(engine: Engine, begin: Instant) -> Iterator[Decision]:
    for n in range(int((_LASTS + _AFTER) / _EVERY)):
        at = begin + n * _EVERY
        outcome = Outcome.DOWN if n * _EVERY < _LASTS else Outcome.UP
        events = deque[Event]([Observed(Observation(_NAME, at, Reading(outcome))), Ticked()])
        while events:
            decisions = engine.handle(events.popleft(), at)
            yield from decisions
            queued = (d.page for d in decisions if isinstance(d, PageQueued))
            events += [Delivered(page.id, page.incident) for page in queued if page.state is PageState.QUEUED]
