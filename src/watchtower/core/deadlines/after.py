"""When an incident is over: clocks end, the review's begin, and the outage is written into the history."""

from __future__ import annotations

from watchtower.core.deadlines.evidence import sums_of
from watchtower.core.deadlines.kinds import ClockMet, ClocksStarted, ClocksStopped, Laid, OutageCounted
from watchtower.core.deadlines.spans import lay, spans_of
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan.targets import CLOCKS, Begin
from watchtower.core.state import Step

REVIEWS = ("review_draft", "review")


def advance_resolved(step: Step, incident: Incident) -> None:
    """Of a resolved incident that is still held."""
    _end(step, incident)
    if incident.merged_into:
        return  # it is reviewed, and counted, as part of the incident in which it goes on
    if not incident.drill:
        _review(step, incident)
    if step.plan.deadlines.compliance.in_force and not incident.drill:
        _outage(step, incident)


def _end(step: Step, incident: Incident) -> None:
    history = step.history(incident.id)
    left: list[str] = []
    for name, clock in history.deadlines.clocks.items():
        if not clock.open or name in REVIEWS:
            continue
        if name in ("resolve", "mitigate", "mitigate_goal") and history.milestones.unwatched_at is None:
            when = history.milestones.resolved_at if name == "resolve" else history.milestones.mitigated_at
            step.log(incident.id, ClockMet(name, when or step.at), CLOCKS[name].title.en)
        elif name == "acknowledge" and history.milestones.acknowledged_at is not None:
            when = history.milestones.acknowledged_at
            step.log(incident.id, ClockMet(name, when), CLOCKS[name].title.en)
        else:
            left.append(name)
    if left:
        step.log(incident.id, ClocksStopped(left), str(incident.state))


def _review(step: Step, incident: Incident) -> None:
    """By the record level: what was a P0 for a minute is reviewed as one."""
    history = step.history(incident.id)
    clocks, review = history.deadlines.clocks, history.review
    spans = spans_of(step, incident, incident.record)
    since = incident.resolved_at if incident.resolved_at is not None else step.at
    fresh: dict[str, Laid] = {
        name: lay(step, since, spans[name])
        for name in REVIEWS
        if CLOCKS[name].begin is Begin.RESOLVED
        and name in spans
        and (name not in clocks or (clocks[name].stopped and clocks[name].met is None))
    }
    if fresh:
        step.log(incident.id, ClocksStarted(str(incident.record), fresh), ", ".join(fresh))
    deadlines = step.history(incident.id).deadlines
    if deadlines.open("review_draft") and (review.sections or review.closed_at is not None):
        step.log(incident.id, ClockMet("review_draft"), CLOCKS["review_draft"].title.en)
    held = review.meeting_at is not None and review.meeting_at <= step.at
    if deadlines.open("review") and (held or review.closed_at is not None):
        step.log(incident.id, ClockMet("review"), CLOCKS["review"].title.en)


def _outage(step: Step, incident: Incident) -> None:
    """Once, and again when its cause is named later."""
    history = step.history(incident.id)
    note = history.notes.cause
    cause = history.review.cause_tag or (note.tag if note is not None else "")
    known = history.deadlines.outage
    end = incident.resolved_at if incident.resolved_at is not None else step.at
    if known is not None and known.cause == cause and known.end == end:
        return
    flows, sums = sums_of(step, incident)
    if not flows:
        return
    outage = OutageCounted(incident.id, incident.onset, end, flows, sums, cause)
    minutes = max(flows.values())
    step.log(incident.id, outage, f"{minutes:.0f} minutes degraded")
    step.state.outages = step.state.outages.plus(outage)
