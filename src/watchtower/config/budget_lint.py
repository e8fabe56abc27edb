"""Warns of budgets that cannot carry the pages of one P0: two hours of it are played with the people and the paging of the
plan."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from watchtower.config.rule_drafts import RulesDraft
from watchtower.core.events import Decision, Delivered, Event, Observed, PageChanged, PageQueued, Ticked
from watchtower.core.expressions import compile_expression, compile_summary
from watchtower.core.incident.incidents import Page, PageState
from watchtower.core.notify.channel_choice import chosen, kind_of
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.core.plan.rules import Match, Rule
from watchtower.model import Instant, Observation, Outcome, Reading, Severity, Text
from watchtower.values import replace

LINTS: Mapping[str, str] = {
    "small-budget": "a channel's budget that cannot carry the pages of one P0 of two hours",
}
_LASTS, _AFTER, _EVERY = 7200.0, 10800.0, 30.0
_NAME = "played"


def warn(rules: RulesDraft, plan: Plan) -> None:
    """Call this only when no problem was reported. Budgets that are neither written nor a vendor's own are not played."""
    written = {
        name: draft.entry
        for name, draft in rules.channel_drafts.items()
        if draft.entry.raw.get("budget") or draft.entry.raw.get("provider")
    }
    if not written or not any(Severity.P0 in rule.levels for rule in plan.rules.values()):
        return
    sent, held = play(plan, datetime.now(UTC).timestamp())
    for name, entry in written.items():
        people = [one for one in plan.responders.values() if kind_of(name) in one.addresses]
        mine = [one.name for one in people if name == chosen(plan.channels, one, kind_of(name))[0]]
        worst = max(mine, key=lambda who: len(held.get((who, kind_of(name)), ())), default="")
        lacking = held.get((worst, kind_of(name)), ())
        if lacking:
            budget = ", ".join(map(str, plan.channels[name].budget))
            carried = _counted(sent.get((worst, kind_of(name)), ()))
            what = f"of a P0 of two hours that nobody acknowledges, {budget} carries to {worst} {carried}"
            what = f"{what}; not {_counted(lacking)}"
            hint = "these go by this person's other channels; ask the provider for more, and have alarm phones allow-listed"
            entry.doubtful("small-budget", ("budget",), what, hint)


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


def _counted(pages: Sequence[Page]) -> str:
    """`1 first page, 23 reminders, 1 all-clear`."""
    words = Counter(_word(page) for page in pages)
    return (
        ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for word, count in words.items()) or "nothing"
    )


def _word(page: Page) -> str:
    traits = page.kind.traits
    if traits.ends:
        return "all-clear"
    return "first page" if traits.tells_duty else "reminder" if traits.repeats else "update"
