"""Whether the pages of an incident are held back now, and by what.

They are while every alert that fires in it is held back, by a silence, a maintenance window or another alert. What
people asked for, what a law asks for, and what is owed to those who were paged goes out all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.matchers import fit
from watchtower.core.plan import Plan
from watchtower.core.plan.inhibition import Inhibition
from watchtower.core.silences.labels import checks_of, labels_of
from watchtower.core.state import OVER, State
from watchtower.model import AlertState, Instant
from watchtower.texts.reasons import PageReason
from watchtower.values import Frozen

GOES_OUT = frozenset(
    {
        # Owed to those who were paged.
        PageReason.USERS_BACK, PageReason.RESOLVED, PageReason.UNWATCHED, PageReason.MERGED_INTO, PageReason.FAILOVER,
        # The word that something is held back.
        PageReason.P0_HELD_BACK,
        # A law does not wait.
        PageReason.DUTY_TRIGGERED, PageReason.DUTY_SOON, PageReason.DUTY_LATE,
        # A person asked for it, or a switch was thrown.
        PageReason.LOWERING_PROPOSED, PageReason.APPROVAL_NEEDED, PageReason.DEGRADE_STARTED,
        PageReason.DEGRADE_FAILED, PageReason.DEGRADE_ENDS, PageReason.DEGRADE_IN_FORCE, PageReason.STATUS_UPDATE,
    }
)  # fmt: skip
"""Reasons of pages that nothing holds back."""
_OURS = (IncidentKind.DRILL, IncidentKind.UNREACHED, IncidentKind.CHANNEL)
"""People practise on purpose; and that people cannot be reached is never to be kept quiet."""


class Suppression(Frozen):
    """`reason` is one of `HOLDING_BACK`; `by` names the silence and its author, the window, or the inhibition.
    `until` is when it ends, infinity where nobody knows."""

    reason: PageReason
    by: str
    until: Instant


def suppression(plan: Plan, state: State, incident: Incident, at: Instant) -> Suppression | None:
    """What holds back the pages of this incident; of several that hold back its alerts the one that ends first. None
    while they go out."""
    if not (state.book.silences or plan.maintenance or plan.inhibit) or incident.kind in _OURS:
        return None
    firing = state.alerts_of(incident.id, AlertState.FIRING) or state.alerts_of(incident.id, *OVER)
    found: list[Suppression] = []
    for alert in firing:
        one = _of(plan, state, incident, alert, at)
        if one is None:
            return None
        found.append(one)
    return min(found, key=lambda one: one.until, default=None)


def _of(plan: Plan, state: State, incident: Incident, alert: Alert, at: Instant) -> Suppression | None:
    """Of several that hold this alert back the one that ends last."""
    labels = labels_of(plan, alert, incident.severity)
    found = [
        Suppression(PageReason.SILENCED, one.named, span[1])
        for one in state.book.silences.values()
        if (span := one.at(at)) and fit(one.matchers, labels)
    ]
    for window in plan.maintenance:
        span = window.at(at)
        if span is not None and fit(window.matchers, labels):
            found.append(Suppression(PageReason.IN_MAINTENANCE, window.name, span[1]))
    if not found and (source := _inhibited(plan, state, alert, labels)):
        return Suppression(PageReason.INHIBITED, source, inf)
    return max(found, key=lambda one: one.until, default=None)


def _inhibited(plan: Plan, state: State, alert: Alert, labels: dict[str, str]) -> str:
    """The inhibition and the alert that holds this one back; "" for none. As in Alertmanager an alert that fits both
    sides is not held back by another that does, and a source that is held back itself holds back too. Of two that would
    hold back each other the one that fired first is heard."""
    for rule in plan.inhibit:
        if not fit(rule.target_matchers, labels):
            continue
        for other in _sources(plan, state, rule):
            home = state.incidents.get(other.incident)
            source = labels_of(plan, other, home.severity if home else None)
            if other.key == alert.key or not _inhibits(rule, source, labels):
                continue
            first = (alert.fired_at or 0.0, alert.key) < (other.fired_at or 0.0, other.key)
            if not (first and any(_inhibits(back, labels, source) for back in plan.inhibit)):
                return f"{rule.name}: {other.rule} on {other.check}"
    return ""


def _sources(plan: Plan, state: State, rule: Inhibition) -> Iterator[Alert]:
    """Firing alerts of the checks that the rule's source can be: a storm has too many to look at all for each page."""
    checks = state.book.sources.get(rule.name)
    if checks is None:
        checks = state.book.sources[rule.name] = checks_of(plan, rule.source_matchers)
    found = (alert for check in checks for alert in state.alerts.of_check(check))
    return (alert for alert in found if alert.state is AlertState.FIRING)


def _inhibits(rule: Inhibition, source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    return (
        fit(rule.source_matchers, source)
        and fit(rule.target_matchers, target)
        and all(source.get(name, "") == target.get(name, "") for name in rule.equal)
        and not (fit(rule.source_matchers, target) and fit(rule.target_matchers, source))
    )
