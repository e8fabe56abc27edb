"""Stage 5, clocks: what is due because time passed, not because something was seen."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from watchtower.core.alerts import Alert
from watchtower.core.incidents import Incident
from watchtower.core.judge import judge_sight
from watchtower.core.state import Series, State, Step
from watchtower.model import IncidentState, Instant, Outcome

GONE = 86400.0
"""Seconds after which a series that nobody declared is taken to be no more: a disk that was unplugged."""


def sight_lost(step: Step) -> list[Alert]:
    """Checks of which nothing at all was heard: neither up, down nor unknown. That is blindness too."""
    patience = {check.name: check.every + check.timeout for check in step.plan.checks.values()}
    changed: list[Alert] = []
    for (name, series), seen in step.state.last_seen.items():
        # Once a second for each of thousands of series, nearly all of which were just seen.
        if step.at - seen > patience.get(name, inf):
            changed += judge_sight(step, step.plan.checks[name], series, True, "its probe has not run")
    return changed


def series_gone(step: Step) -> set[Series]:
    """Undeclared series that were not heard of for `GONE`, while others of their check were measured."""
    gone: set[Series] = set()
    for series in [series for series, seen in step.state.last_seen.items() if step.at - seen > GONE]:
        check, seen = step.plan.checks.get(series[0]), step.state.last_seen[series]
        if (
            check is None
            or not series[1]
            or series[1] in check.flows
            or step.at - seen <= max(GONE, 3 * check.every)
        ):
            continue
        fresh = step.at - check.every - check.timeout - check.blind_after
        if any(
            o.check == check.name and o.at >= fresh and o.reading.outcome is not Outcome.UNKNOWN
            for o in step.state.last.values()
        ):
            gone.add(series)
    return gone


def not_after(alert: Alert, at: Instant) -> Alert:
    """No window of this alert begins after `at`."""
    if max(alert.holds_since or at, alert.clears_since or at) <= at:
        return alert
    return replace(
        alert,
        holds_since=None if alert.holds_since is None else min(alert.holds_since, at),
        clears_since=None if alert.clears_since is None else min(alert.clears_since, at),
    )


def reminders_due(step: Step) -> list[str]:
    """Open incidents that nobody has acknowledged and nobody was told of for `remind_every`."""
    due = []
    for incident in list(step.state.incidents.values()):
        policy = step.plan.paging.get(incident.severity)
        if incident.state is not IncidentState.TRIGGERED or policy is None or not policy.remind_every:
            continue
        if incident.reminded_at is not None and step.at - incident.reminded_at >= policy.remind_every:
            step.state.incidents[incident.id] = replace(incident, reminded_at=step.at)
            due.append(incident.id)
    return due


def past_relapse(step: Step) -> list[Incident]:
    """Incidents that are over for longer than a relapse would reopen them."""
    return [i for i in step.state.incidents.values() if i.told_all and not step.may_relapse(i)]


def shift(state: State, by: float) -> None:
    """The clock was set: windows that are under way go on as if it had not been. What happened keeps its time."""
    for key, alert in state.alerts.items():
        if alert.holds_since is not None or alert.clears_since is not None:
            state.alerts[key] = replace(
                alert, holds_since=_moved(alert.holds_since, by), clears_since=_moved(alert.clears_since, by)
            )
    for name, incident in state.incidents.items():
        if incident.reminded_at is not None:
            state.incidents[name] = replace(incident, reminded_at=incident.reminded_at + by)
    for series in state.last_seen:
        state.last_seen[series] += by
    state.meters.shift(by)


def _moved(since: Instant | None, by: float) -> Instant | None:
    return None if since is None else since + by
