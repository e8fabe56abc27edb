"""The duties' stage: judge them on the newest numbers, tell their owner, and follow their filings to the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET, UnsetType

from watchtower.core.deadlines.criteria import grade_of, judge
from watchtower.core.deadlines.duty_state import DutyStanding, DutyState, FilingState
from watchtower.core.deadlines.evidence import Numbers, numbers_of, with_others
from watchtower.core.deadlines.kinds import DutyBreached, DutyFollowed, DutyJudged, DutyWarned, FilingDue
from watchtower.core.deadlines.page_texts import filing_late, filing_soon, triggered, watching
from watchtower.core.deadlines.recipients import tell
from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.messages import NO_TEXT, NotePoint
from watchtower.core.plan.calendar import CalendarSpan
from watchtower.core.plan.packs import ClockFrom, DutyRule, DutyStep
from watchtower.core.state import Step
from watchtower.model import Instant
from watchtower.texts.reasons import PageReason

_SETTLED = (DutyStanding.TRIGGERED, DutyStanding.NOT_APPLICABLE)


def advance_duties(step: Step, incident: Incident) -> None:
    """Only where packs are in force, and only of what concerns a flow or was entered by people; never of a drill."""
    rules = [one for one in step.plan.deadlines.compliance.duties if one.in_force(incident.opened_at)]
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
            elif rule.grades and state.standing is DutyStanding.TRIGGERED:
                numbers = numbers_of(step, incident) if numbers is None else numbers
                _grade(step, incident, rule, state, numbers)
    for rule in rules:
        _follow(step, incident, rule)
    for duty in step.history(incident.id).deadlines.duties.values():
        for filing in duty.unfiled:
            if step.at >= filing.warn and filing.breached is None:
                _chase(step, incident, duty, filing)


def due_of(
    step: Step, incident: Incident, rule: DutyRule, at: Instant, filed: dict[str, Instant]
) -> dict[str, tuple[Instant, Instant | None]]:
    """When each step is due, and when it was by the letter, where it would have been overdue before the duty applied.

    `at` is the classification; `filed` are steps that were filed, by their moment. A step that counts from the recovery
    is left out until then.
    """
    calendar, back = step.plan.deadlines.calendar, recovered(step, incident)
    dues: dict[str, tuple[Instant, Instant | None]] = {}
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
            case ClockFrom.RECOVERY:
                return at if back is None else back

    def moment(start: ClockFrom, span: CalendarSpan) -> Instant:
        return calendar.after(since(start), span)

    for filing in rule.steps:
        if filing.from_ is ClockFrom.RECOVERY and back is None:
            continue
        due, letter = moment(filing.from_, filing.due), None
        if due < at and filing.from_ in (ClockFrom.ONSET, ClockFrom.DETECTION):
            due, letter = moment(ClockFrom.CLASSIFICATION, filing.due), due
        if filing.latest is not None:
            latest = moment(filing.latest_from, filing.latest)
            due = min(due, latest) if latest >= at else due
        dues[filing.id] = due, letter
        before = filed.get(filing.id, due)
    return dues


def recovered(step: Step, incident: Incident) -> Instant | None:
    """When the users were back; None while it is bad."""
    milestones = step.history(incident.id).milestones
    return milestones.mitigated_at if milestones.mitigated_at is not None else milestones.resolved_at


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
    grade = ""
    if standing is DutyStanding.TRIGGERED:
        grade = grade_of(rule, numbers, compliance)
        steps = _filings(
            step, incident, rule, [one for one in rule.steps if rule.reaches(one, grade)], step.at
        )
    judged = DutyJudged(
        rule.id, standing, evidence, rule.version, rule.authority.en, rule.owner_role, steps, grade or UNSET
    )
    made = step.log(incident.id, judged, detail).deadlines.duties.get(rule.id)
    if standing is DutyStanding.TRIGGERED:
        text = triggered(rule, made.steps if made is not None else (), step.at, grade)
        tell(
            step,
            incident,
            (rule.owner_role, "commander"),
            PageReason.DUTY_TRIGGERED,
            NotePoint(rule.id, text),
        )
    elif standing is DutyStanding.WATCH:
        tell(step, incident, (rule.owner_role,), PageReason.DUTY_WATCH, NotePoint(rule.id, watching(rule)))


def _filings(
    step: Step, incident: Incident, rule: DutyRule, steps: Iterable[DutyStep], at: Instant
) -> list[FilingDue]:
    """These steps with their times, those without one left out. `at` is when the duty was seen to apply."""
    dues, made = due_of(step, incident, rule, at, {}), list[FilingDue]()
    for one in steps:
        if one.id in dues:
            due, letter = dues[one.id]
            warn = warn_of(rule, min(step.at, due), due)
            made.append(FilingDue(one.id, one.kind, one.title.en, one.title.zh, due, warn, letter or UNSET))
    return made


def _grade(step: Step, incident: Incident, rule: DutyRule, state: DutyState, numbers: Numbers) -> None:
    """A grade only rises. What is due from the new one on, or again, is due from now."""
    order = ["", *(one.id for one in rule.grades)]
    grade = grade_of(rule, numbers, step.plan.deadlines.compliance)
    had = state.grade if state.grade in order else ""
    if order.index(grade) <= order.index(had):
        return
    anew = [
        one for one in rule.steps if rule.reaches(one, grade) and (one.again or not rule.reaches(one, had))
    ]
    steps = _filings(step, incident, rule, anew, step.at)
    _, evidence = judge(rule, numbers, step.plan.deadlines.compliance)
    judged = DutyJudged(
        rule.id, state.standing, evidence, rule.version, rule.authority.en, rule.owner_role, steps, grade
    )
    made = step.log(incident.id, judged, f"{rule.id}: {grade}").deadlines.duties[rule.id]
    text = triggered(rule, made.unfiled, step.at, grade)
    tell(step, incident, (rule.owner_role, "commander"), PageReason.DUTY_TRIGGERED, NotePoint(rule.id, text))


def _follow(step: Step, incident: Incident, rule: DutyRule) -> None:
    """Steps that begin with the recovery, and those that repeat until then."""
    duty = step.history(incident.id).deadlines.duties.get(rule.id)
    after = [one for one in rule.steps if one.from_ is ClockFrom.RECOVERY]
    until = [one for one in rule.steps if one.every]
    if duty is None or duty.standing is not DutyStanding.TRIGGERED or not (after or until):
        return
    known = {one.id: one for one in duty.steps}
    begins, ends = (after, until) if recovered(step, incident) is not None else (until, after)
    wanted = [
        one
        for one in begins
        if rule.reaches(one, duty.grade) and (one.id not in known or known[one.id].ended)
    ]
    steps = _filings(step, incident, rule, wanted, step.at)
    ended = [one.id for one in ends if one.id in known and known[one.id] in duty.unfiled]
    if steps or ended:
        said = ", ".join([*(one.id for one in steps), *(f"{name}: no longer due" for name in ended)])
        step.log(incident.id, DutyFollowed(rule.id, steps, ended), f"{rule.id}: {said}")


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
    about, whom = f"{duty.id}.{filing.id}", rule.addressee(filing.id) if rule is not None else NO_TEXT
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
