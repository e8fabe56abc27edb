"""Locations of which nothing is heard: one incident about each, and none about what is checked from there."""

from __future__ import annotations

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.kinds import LOCATION
from watchtower.core.notify.own_faults import ended, fires
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.state import State, Step
from watchtower.model import Language, Outcome, Text
from watchtower.texts.text_file import TextFile
from watchtower.texts.units import iso

_WORDS = TextFile("locations")["LOST"]
_NAMED = 5
"""Workers named in the text."""


def seen(step: Step, location: str, workers: tuple[str, ...]) -> None:
    """These workers of it live now."""
    step.state.heard.wait_for(location)
    if workers:
        step.state.heard.hear(location, step.at, workers)


def due(step: Step) -> list[Alert]:
    """Locations that are lost now, and those that are back."""
    heard, found, step.state.votes.now = step.state.heard, list[Alert](), step.at
    if heard.look(step.at):
        for name in sorted(heard.lost):  # the more are lost, the more severe is each
            found += _lost(step, name)
    for name in step.plan.locations:
        if heard.is_back(name):
            found += ended(step, (LOCATION, name, ""), "resolved")
    return found


def explains(state: State, check: Check, series: str) -> bool:
    """Whether this series has no quorum because a location is lost: then the incident is about that. Not where another
    location sees it down."""
    if state.heard.lost.isdisjoint(check.locations):
        return False
    votes = state.votes.of(check, series).values()
    return not any(vote is not None and vote.reading.outcome is Outcome.DOWN for vote in votes)


def title_of_lost(plan: Plan, name: str) -> Text:
    """The title of the incident about this location."""
    title, called = _WORDS["title"], plan.locations[name].title
    return Text(title.en.format(called.en), title.zh.format(called.zh))


def _lost(step: Step, name: str) -> list[Alert]:
    lost, policy = step.state.heard.lost, step.plan.no_data
    made = [check for check in step.plan.checks.values() if name in check.locations]
    short = sum(len(set(check.locations) - lost) < check.quorum for check in made)
    text = Text(*(_text(step, name, len(made), short, way) for way in Language))
    severity = policy.severity_many if short else policy.severity
    since = step.state.heard.since(name)
    return fires(step, (LOCATION, name, ""), text, severity, "a location says nothing", "firing", since)


def _text(step: Step, name: str, made: int, short: int, way: Language) -> str:
    def said(key: str, *values: object) -> str:
        return _WORDS[key].in_(way).format(*values)

    workers, comma = step.state.heard.workers.get(name, ()), Text(", ", "、").in_(way)
    since = iso(step.state.heard.since(name))[11:16]
    parts = [said("since", step.plan.locations[name].title.in_(way), since)]
    if workers:
        shown = comma.join(workers[:_NAMED]) + ("…" if len(workers) > _NAMED else "")
        parts.append(said("worker", shown) if len(workers) == 1 else said("workers", len(workers), shown))
    parts.append(said("check") if made == 1 else said("checks", made))
    parts.append(said("short", short) if short else said("go_on"))
    return Text("; ", "；").in_(way).join(parts)
