"""Stage 5, timers: what is due because time passed."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.locations.lost import explains
from watchtower.core.pipeline.agenda import Agenda
from watchtower.core.pipeline.evaluate_rules import evaluate_no_data
from watchtower.core.pipeline.rounds import Turn
from watchtower.core.plan.checks import Check
from watchtower.core.state import Series, State, Step
from watchtower.model import AlertState, Instant, Outcome, Reading
from watchtower.values import replace

_NOT_RUN = Reading(Outcome.UNKNOWN, reason="not_run")
_SOON, _WATCHED = 1.0, 5.0
"""Seconds until a series that is silent is looked at again: at the soonest, and at the latest."""
GONE = 86400.0
"""Seconds after which a series that nobody declared is taken to be no more: a disk that was unplugged."""


def without_data(step: Step, agenda: Agenda[Series], turn: Turn) -> tuple[list[Alert], list[Series]]:
    """Checks without any answer, neither up, down nor unknown, which counts as no data too; and series that
    are gone."""
    changed: list[Alert] = []
    silent: list[Series] = []
    again: list[tuple[Series, Instant]] = []
    while not turn.over and (series := agenda.take(step.at)) is not None:
        turn.spend(0.2)
        seen, check = step.state.last_seen.get(series), step.plan.checks.get(series[0])
        if seen is None or check is None:
            continue
        if step.at - seen <= check.every + check.timeout:
            again.append((series, seen + check.every + check.timeout))
            continue
        without = None if explains(step.state, check, series[1]) else True
        found = evaluate_no_data(step, check, series[1], without, _NOT_RUN)
        changed += found
        turn.spend(1.0 + 8.0 * len(found))
        if step.at - seen > max(GONE, 3 * check.every) and series[1] and series[1] not in check.flows:
            silent.append(series)
        again.append((series, _judged_again(step, check, series)))
    for series, due in again:
        agenda.put(series, max(due, step.at + _SOON))
    return changed, _gone(step, silent)


def _judged_again(step: Step, check: Check, series: Series) -> Instant:
    """When its time without data may be long enough to fire; an alert that fires is only checked for its end."""
    alert = step.state.alerts.get((NO_DATA, *series))
    waits = alert is not None and alert.state is AlertState.PENDING and alert.holds_since is not None
    return min(alert.holds_since + check.no_data_after, step.at + _WATCHED) if waits else step.at + _WATCHED


def _gone(step: Step, silent: Sequence[Series]) -> list[Series]:
    """Undeclared series that were absent for `GONE`, while others of their check were measured."""
    measured = {check: _sees(step, step.plan.checks[check]) for check in {series[0] for series in silent}}
    return [series for series in silent if measured[series[0]]]


def _sees(step: Step, check: Check) -> bool:
    fresh = step.at - check.every - check.timeout - check.no_data_after
    looks = (step.state.last.get(series) for series in step.state.sources.of_check(check.name))
    return any(o.at >= fresh and o.reading.outcome is not Outcome.UNKNOWN for o in looks if o is not None)


def not_after(alert: Alert, at: Instant) -> Alert:
    """No window of this alert begins after `at`."""
    if max(alert.holds_since or at, alert.clears_since or at) <= at:
        return alert
    return replace(
        alert,
        holds_since=None if alert.holds_since is None else min(alert.holds_since, at),
        clears_since=None if alert.clears_since is None else min(alert.clears_since, at),
    )


def shift(state: State, by: float) -> None:
    """The clock was set: running windows move with it. Times of past events stay."""
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
    state.votes.shift(by)
    state.heard.shift(by)
    state.meters.shift(by)
    state.storms.shift(by)
    state.budgets.shift(by)


def _moved(since: Instant | None, by: float) -> Instant | None:
    return None if since is None else since + by
