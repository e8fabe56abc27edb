"""The duties' stage: judge them on the newest numbers, tell their owner, and follow their filings to the end."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from watchtower.core.deadlines.criteria import judge
from watchtower.core.deadlines.duty_state import DutyStanding, DutyState, FilingState
from watchtower.core.deadlines.evidence import Numbers, numbers_of, with_others
from watchtower.core.deadlines.kinds import DutyBreached, DutyJudged, DutyWarned, FilingDue
from watchtower.core.deadlines.page_texts import filing_late, filing_soon, triggered, watching
from watchtower.core.deadlines.recipients import tell
from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.messages import NO_TEXT, NotePoint
from watchtower.core.plan.calendar import CalendarSpan
from watchtower.core.plan.packs import ClockFrom, DutyRule
from watchtower.core.state import Step
from watchtower.model import Instant
from watchtower.texts.reasons import PageReason

_SETTLED = (DutyStanding.TRIGGERED, DutyStanding.NOT_APPLICABLE)


def advance_duties(step: Step, incident: Incident) -> None:
    """Only where packs are in force, and only of what concerns a flow or was entered by people; never of a drill."""
    rules = step.plan.deadlines.compliance.duties
    history = step.history(incident.id)
    if incident.drill or (not rules and not history.deadlines.duties):
        return
    if incident.flow or incident.flows or step.indicators(incident.id) is not None or history.impact.manual:
        numbers: Numbers | None = None
        for rule in rules:
            state = history.deadlines.duties.get(rule.id)
            if state is None or state.standing not in _SETTLED:
                numbers = numbers_of(step, incident) if numbers is None else numbers
                _judge(step, incident, rule, state, numbers)
    for duty in step.history(incident.id).deadlines.duties.values():
        for filing in duty.unfiled:
            if step.at >= filing.warn and filing.breached is None:
                _chase(step, incident, duty, filing)


def due_of(
    step: Step, incident: Incident, rule: DutyRule, at: Instant, filed: dict[str, Instant]
) -> dict[str, Instant]:
    """When each step is due. `at` is the classification; `filed` are steps that were filed, by their moment."""
    calendar = step.plan.deadlines.calendar
    dues: dict[str, Instant] = {}
    before = at

    def since(start: ClockFrom) -> Instant:
        match start:
            case ClockFrom.ONSET:
                return incident.onset
            case ClockFrom.DETECTION:
                return incident.opened_at
            case ClockFrom.CLASSIFICATION:
                return at
            case ClockFrom.PREVIOUS:
                return before

    def moment(start: ClockFrom, span: CalendarSpan) -> Instant:
        return calendar.after(since(start), span)

    for filing in rule.steps:
        due = moment(filing.from_, filing.due)
        if filing.latest is not None:
            latest = moment(filing.latest_from, filing.latest)
            due = min(due, latest) if latest >= at else due
        dues[filing.id] = due
        before = filed.get(filing.id, due)
    return dues


def warn_of(rule: DutyRule, since: Instant, due: Instant) -> Instant:
    """When to warn: at the duty's share of the time from `since`."""
    return since + rule.watch_at * max(0.0, due - since)


def _judge(step: Step, incident: Incident, rule: DutyRule, state: DutyState | None, numbers: Numbers) -> None:
    compliance = step.plan.deadlines.compliance
    standing, evidence = judge(rule, numbers, compliance)
    if standing is not DutyStanding.TRIGGERED and rule.repeat is not None:
        standing, evidence = _together(step, incident, rule, standing, evidence, numbers)
    if standing is (state.standing if state is not None else DutyStanding.CLEAR):
        return
    detail = f"{rule.id}: {standing}"
    steps: list[FilingDue] | UnsetType = UNSET
    if standing is DutyStanding.TRIGGERED:
        dues = due_of(step, incident, rule, step.at, {})
        steps = [
            FilingDue(
                filing.id, filing.kind, filing.title.en, filing.title.zh, dues[filing.id],
                warn_of(rule, min(step.at, dues[filing.id]), dues[filing.id]),
            )
            for filing in rule.steps
        ]  # fmt: skip
    judged = DutyJudged(rule.id, standing, evidence, rule.version, rule.authority.en, rule.owner_role, steps)
    made = step.log(incident.id, judged, detail).deadlines.duties.get(rule.id)
    if standing is DutyStanding.TRIGGERED:
        text = triggered(rule, made.steps if made is not None else (), step.at)
        tell(
            step,
            incident,
            (rule.owner_role, "commander"),
            PageReason.DUTY_TRIGGERED,
            NotePoint(rule.id, text),
        )
    elif standing is DutyStanding.WATCH:
        tell(step, incident, (rule.owner_role,), PageReason.DUTY_WATCH, NotePoint(rule.id, watching(rule)))


def _together(
    step: Step,
    incident: Incident,
    rule: DutyRule,
    standing: DutyStanding,
    evidence: dict[str, Any],
    numbers: Numbers,
) -> tuple[DutyStanding, dict[str, Any]]:
    """Incidents of one cause that are each too small are judged as one."""
    assert rule.repeat is not None
    history = step.history(incident.id)
    note = history.notes.cause
    cause = history.review.cause_tag or (note.tag if note is not None else "")
    others = step.state.outages.of_cause(cause, step.at - rule.repeat.within, incident.id)
    if len(others) + 1 < rule.repeat.times:
        return standing, evidence
    compliance = step.plan.deadlines.compliance
    both, joint = judge(rule, with_others(numbers, others), compliance)
    if both is not DutyStanding.TRIGGERED:
        return standing, evidence
    return both, {**joint, "cause": cause, "with": [outage.incident for outage in others]}


def _chase(step: Step, incident: Incident, duty: DutyState, filing: FilingState) -> None:
    rule = step.plan.deadlines.compliance.duty(duty.id)
    roles = (rule.owner_role if rule is not None else "legal", "commander")
    about, whom = f"{duty.id}.{filing.id}", rule.authority if rule is not None else NO_TEXT
    if step.at >= filing.due:
        late = DutyBreached(duty.id, filing.id, filing.title_en, filing.title_zh)
        step.log(incident.id, late, filing.title_en)
        tell(step, incident, roles, PageReason.DUTY_LATE, NotePoint(about, filing_late(whom, filing)))
    elif filing.warned is None:
        step.log(incident.id, DutyWarned(duty.id, filing.id), filing.title_en)
        tell(
            step,
            incident,
            roles,
            PageReason.DUTY_SOON,
            NotePoint(about, filing_soon(whom, filing, step.at)),
        )
