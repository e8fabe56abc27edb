"""Stage 2, evaluate rules: measurements become alert states, by the rules and the alert table."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.incident.alerts import Alert, AlertKey, advance
from watchtower.core.incident.kinds import CHANNEL, DECLARED, DRILL, GAP, LOCATION, NO_DATA, OURS, UNREACHED
from watchtower.core.incident.lifecycle import MOVED, AlertWord
from watchtower.core.notify.alert_text import summary_of, text_now
from watchtower.core.notify.channel_choice import kind_of
from watchtower.core.notify.measured import title_of
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.rules import Rule
from watchtower.core.state import State, Step
from watchtower.model import AlertState, Observation, Outcome, Reading, Severity, Text, Value
from watchtower.texts.failures import failure
from watchtower.values import replace

ACTIVE = (AlertState.PENDING, AlertState.FIRING)
_WHOSE = ("check", "probe", "flow", "tier", "series")


def evaluate_rules(
    step: Step, rules: tuple[Rule, ...], check: Check, observation: Observation, facts: Mapping[str, Value]
) -> list[Alert]:
    """Advances the alert of every rule on this series; returns the alerts that began or stopped firing."""
    unknown = observation.reading.outcome is Outcome.UNKNOWN
    series, changed = observation.reading.series, []
    for rule in rules:
        # A probe that could not run moves nothing: it never counts as recovered, nor as failed.
        verdict = None if unknown else rule.programs[check.name].evaluate(facts)
        key = (rule.name, check.name, series)
        alert = step.state.alerts.get(key)
        if verdict and (alert is None or alert.state not in ACTIVE) and _is_left_over(step, rule, check):
            continue
        if alert is None:
            if not verdict:
                continue
            alert = Alert(
                rule.name, check.name, series, severity=rule.severity, when=rule.when, labels=observation.reading.labels
            )  # fmt: skip
        after = advance(alert, verdict, step.at, rule.for_, rule.keep_firing_for)
        if (
            after.state is AlertState.FIRING is alert.state
            and not rule.matrix
            and rule.severity is not after.severity
        ):
            after = replace(after, severity=rule.severity)  # people changed the rule while it fires
            step.moved.append(after.incident)
        if (
            verdict and after.state in ACTIVE
        ):  # while it keeps firing, the last facts that were bad are the news
            step.state.facts[key] = facts
        if after is alert:
            continue
        if after.state is AlertState.FIRING and alert.state is not AlertState.FIRING:
            after = _fired(step.plan, after, rule, check, facts, observation.reading.covers)
        if after.state is AlertState.RESOLVED:
            after = replace(
                after, text=text_now(step.plan, step.state, alert)
            )  # as it was last, not at first
        if _moved(step, after, alert):
            changed.append(after)
    return changed


def _is_left_over(step: Step, rule: Rule, check: Check) -> bool:
    """Whether this rule asks the detector of traffic only, which evaluates nothing while the flow is closed: then it still
    says what it said before."""
    asked = rule.programs[check.name].names
    return (
        any(name.startswith("traffic.") for name in asked)
        and all(name.startswith("traffic.") or name in _WHOSE for name in asked)
        and step.plan.closed(check.name, step.at)
    )


def evaluate_no_data(
    step: Step, check: Check, series: str, without: bool | None, seen: Reading
) -> list[Alert]:
    """The built-in rule: a series without data for `no_data_after` fires an alert. None: this machine has no network, so
    that what fires goes on, and the time without data counts anew afterwards."""
    key = (NO_DATA, check.name, series)
    alert = step.state.alerts.get(key)
    if without is None and alert is not None and alert.state is AlertState.FIRING:
        return []
    if alert is None:
        if not without:
            return []
        alert = Alert(*key, severity=step.plan.no_data.severity, when="outcome == 'unknown'")
    after = advance(alert, bool(without), step.at, check.no_data_after)
    begins = after.state is AlertState.FIRING is not alert.state
    if begins and step.plan.closed(check.name, step.at):
        after, begins = replace(alert, holds_since=step.at), False  # it counts anew, until it is open
    if after is alert:
        return []
    if begins:
        name, why, of = title_of(check), failure(seen.reason), f" [{series}]" if series else ""
        text = Text(f"No data from {name.en}{of}: {seen.detail or why.en}", f"{name.zh}{of} 无数据：{why.zh}")
        after = _with(after, text, after.holds_since)
    return [after] if _moved(step, after, alert) else []


def end_removed(step: Step, keys: list[AlertKey], reason: AlertWord, state: AlertState) -> list[Alert]:
    """Ends alerts whose rule, check or series was removed, because they cannot be evaluated again. Those that
    fired are in `state` from now on."""
    out = []
    for key in keys:
        alert = step.state.alerts[key]
        fired = alert.state is AlertState.FIRING
        after = replace(
            alert, state=state if fired else AlertState.INACTIVE, holds_since=None, clears_since=None, resolved_at=step.at
        )  # fmt: skip
        step.set_alert(after, reason, alert.state)
        if fired:
            out.append(after)
    return out


def end_left(step: Step) -> list[Alert]:
    """Ends the alerts of what has left the plan."""
    going_on = [a for a in step.state.alerts.values() if not a.state.ended]
    gone = [a for a in going_on if not is_judged(step.plan, step.state, a)]
    # A drill, a channel and "nobody could be reached" are about us: they are over with what they are about.
    ours = [a.key for a in gone if a.rule in OURS]
    left = [a.key for a in gone if a.rule not in OURS]
    changed = end_removed(step, ours, "removed_from_plan", AlertState.RESOLVED)
    return changed + end_removed(step, left, "removed_from_plan", AlertState.UNWATCHED)


def _fired(
    plan: Plan, alert: Alert, rule: Rule, check: Check, facts: Mapping[str, Value], covers: float
) -> Alert:
    """`covers`: the seconds before its first bad poll that this one counted."""
    onset = facts.get("traffic.onset")
    first = None if alert.holds_since is None else alert.holds_since - covers
    began = onset if isinstance(onset, float) else first
    return _with(alert, summary_of(plan, rule, check.name, facts), began, rule.severity)


def _with(alert: Alert, text: Text, onset: float | None, severity: Severity | None = None) -> Alert:
    return replace(alert, text=text, onset=onset, severity=severity or alert.severity)


def _moved(step: Step, after: Alert, before: Alert) -> bool:
    """Records the change; true when the alert began or stopped firing."""
    if after.state is before.state:
        reason: AlertWord = "keeps_firing" if after.clears_since is not None else "holds_again"
    else:
        reason = MOVED[after.state]
    step.set_alert(after, reason, before.state)
    return after.state is not before.state and AlertState.FIRING in (after.state, before.state)


def is_judged(plan: Plan, state: State, alert: Alert) -> bool:
    """Whether the plan still has what this alert is about."""
    if alert.rule == DECLARED:
        return True
    if alert.rule == DRILL:
        return alert.check in plan.checks
    if alert.rule == UNREACHED:
        return not state.over(alert.check)
    if alert.rule == CHANNEL:  # of a fallback in a drill it is a kind
        return any(alert.check in (name, kind_of(name)) for name in plan.channels)
    if alert.rule == GAP:
        return True
    if alert.rule == LOCATION:
        return alert.check in plan.locations
    if (alert.check, alert.series) not in state.last_seen:
        return False
    rule = plan.rules.get(alert.rule)
    return alert.rule == NO_DATA or (rule is not None and alert.check in rule.programs)
