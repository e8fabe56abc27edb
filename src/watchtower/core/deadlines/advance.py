"""The clocks' stage: start them with the level, meet them by what happened, warn, and say when they run out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from watchtower.core.deadlines import kinds
from watchtower.core.deadlines.after import advance_resolved
from watchtower.core.deadlines.duties import advance_duties
from watchtower.core.deadlines.page_texts import about_clock, late, soon
from watchtower.core.deadlines.recipients import conducted, tell_each
from watchtower.core.deadlines.sla_clocks import Clock
from watchtower.core.deadlines.spans import lay, pace, spans_of
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.messages import NotePoint
from watchtower.core.plan.targets import CLOCKS, Begin
from watchtower.core.state import Step
from watchtower.model import IncidentState, Instant, Severity
from watchtower.texts.reasons import PageReason

Told = tuple[tuple[str, ...], NotePoint]
"""Which roles are told what."""
OUTSIDE = ("customers", "partners", "public")
"""Audiences of updates that meet the clock `public`."""
_REOPENED = ("mitigate", "resolve")
"""Clocks that begin anew when what had met them did not last."""


def advance(step: Step, incident: Incident) -> None:
    """After every event that touched the incident, and on ticks. Cheap while nothing is due."""
    if incident.open:
        _level(step, incident)
        _begin_public(step, incident)
        _begin_again(step, incident)
        _updates(step, incident)
        _meet(step, incident)
    else:
        advance_resolved(step, incident)
    _due(step, incident)
    advance_duties(step, incident)


def due(step: Step, incident: Incident) -> Iterable[Instant]:
    """When its clocks warn and run out."""
    clocks = step.history(incident.id).deadlines.clocks.values()
    return (moment for clock in clocks if clock.running for moment in (clock.warn, clock.due))


def _level(step: Step, incident: Incident) -> None:
    """A new level starts the clocks that it has. A raise shortens what is running, and never prolongs it."""
    deadlines = step.history(incident.id).deadlines
    if deadlines.level == incident.severity:
        return
    if not deadlines.level and not step.plan.deadlines.of(incident.severity):
        return  # a level without clocks: nothing is written until there is one
    level, spans = incident.severity, spans_of(step, incident)
    raised = not deadlines.level or level.worse_than(Severity(deadlines.level))
    fresh: dict[str, kinds.Laid] = {}
    shorter: dict[str, kinds.Laid] = {}
    for name, span in spans.items():
        if name not in CLOCKS or CLOCKS[name].begin is not Begin.OPENED:
            continue
        clock = deadlines.clocks.get(name)
        laid = lay(step, step.at, span)
        if clock is None or (clock.stopped and clock.met is None):
            fresh[name] = laid
        elif not raised or not clock.open:
            continue
        elif clock.breached is None and laid.due < clock.due:
            shorter[name] = laid
        elif clock.breached is not None and name == "resolve":
            fresh[name] = laid  # it was raised because it is overdue: the new level's time begins
    gone = [n for n, c in deadlines.clocks.items() if c.open and CLOCKS[n].people and not _kept(n, spans)]
    if fresh:
        step.log(incident.id, kinds.ClocksStarted(str(level), fresh), ", ".join(fresh))
    if deadlines.level:
        step.log(incident.id, kinds.ClocksShortened(str(level), shorter), ", ".join(shorter))
    if gone:
        step.log(incident.id, kinds.ClocksStopped(gone), f"not asked for at {level}")


def _kept(name: str, spans: Mapping[str, Any]) -> bool:
    return name in spans or (name == "public" and "public_first" in spans)


def _begin_public(step: Step, incident: Incident) -> None:
    """The first word to the outside is due soon after the call was opened, or should have been."""
    deadlines = step.history(incident.id).deadlines
    if "public" in deadlines.clocks and not deadlines.clocks["public"].stopped:
        return
    spans = spans_of(step, incident)
    if not _kept("public", spans):
        return
    call_clock = deadlines.clocks.get("call")
    if deadlines.call is not None:
        since: Instant | None = deadlines.call.at
    elif call_clock is None:
        since = incident.opened_at
    else:
        since = call_clock.due if call_clock.breached is not None else None
    if since is not None:
        laid = lay(step, since, spans.get("public_first") or spans["public"])
        step.log(incident.id, kinds.ClocksStarted(str(incident.severity), {"public": laid}), "public")


def _begin_again(step: Step, incident: Incident) -> None:
    """What was mitigated or over and is bad again has its time anew; so have clocks that ended with the incident."""
    history = step.history(incident.id)
    gone = [
        name
        for name, clock in history.deadlines.clocks.items()
        if (clock.stopped and CLOCKS[name].begin is Begin.OPENED)
        or (name in _REOPENED and clock.met is not None and _happened(history, name) is None)
    ]
    spans = spans_of(step, incident) if gone else {}
    again = {name: lay(step, step.at, spans[name]) for name in gone if name in spans}
    if again:
        begun = kinds.ClocksStarted(str(incident.severity), again)
        step.log(incident.id, begun, "reopened: " + ", ".join(again))
    reviews = [n for n in ("review_draft", "review") if history.deadlines.open(n)]
    if reviews:
        step.log(incident.id, kinds.ClocksStopped(reviews), "the incident is open again")


def _updates(step: Step, incident: Incident) -> None:
    """A status update starts its clock anew; in time or not is kept."""
    for name, audiences in (("status", ("internal",)), ("public", OUTSIDE)):
        history = step.history(incident.id)
        clock = history.deadlines.open(name)
        said = history.notes.last_said(*audiences) if clock is not None else None
        if clock is None or said is None or said.at <= clock.started:
            continue
        laid = pace(step, incident, name, said.at, said.due)
        if laid is None:
            continue
        kept = clock.misses == 0 and said.at <= clock.due
        begun = kinds.ClocksStarted(str(incident.severity), {name: kinds.Laid(laid.due, laid.warn, kept)})
        step.log(incident.id, begun, f"{name}: update sent", said.by)


def _meet(step: Step, incident: Incident) -> None:
    history = step.history(incident.id)
    for name, clock in history.deadlines.clocks.items():
        if clock.open and (when := _happened(history, name)) is not None:
            step.log(incident.id, kinds.ClockMet(name, when), CLOCKS[name].title.en)


def _happened(history: History, name: str) -> Instant | None:
    """When that which meets the clock happened."""
    milestones = history.milestones
    match name:
        case "acknowledge":
            return milestones.acknowledged_at
        case "call":
            return history.deadlines.call.at if history.deadlines.call else None
        case "mitigate" | "mitigate_goal":
            return milestones.mitigated_at
        case "resolve":
            return milestones.resolved_at
        case _:
            return None


def _due(step: Step, incident: Incident) -> None:
    told: dict[PageReason, list[Told]] = {PageReason.CLOCK_LATE: [], PageReason.CLOCK_SOON: []}
    for name, clock in step.history(incident.id).deadlines.clocks.items():
        if clock.running and step.at >= clock.warn:
            _look(step, incident, name, clock, told)
    for reason, texts in told.items():
        tell_each(step, incident, reason, texts)


def _look(
    step: Step, incident: Incident, name: str, clock: Clock, told: dict[PageReason, list[Told]]
) -> None:
    """Past its warning: warn once, or say that it ran out. Who is told depends on whether anybody leads."""
    kind = CLOCKS[name]
    if step.at >= clock.due:
        if clock.breached is not None and not kind.repeats:
            return
        again: kinds.Laid | None = None
        if kind.repeats and (laid := pace(step, incident, name, clock.due, None)):
            again = laid if laid.due > step.at else pace(step, incident, name, step.at, None) or laid
        due, warn = (again.due, again.warn) if again else (None, None)
        title = kind.title
        step.log(
            incident.id, kinds.ClockBreached(name, clock.misses + 1, title.en, title.zh, due, warn), title.en
        )
        if kind.tells and not _past(incident, name) and conducted(step, incident):
            second = kind.then if clock.misses else ()
            text = late(kind, clock, incident.severity, clock.misses + 1)
            told[PageReason.CLOCK_LATE].append(
                (_unique(kind.tells, second), NotePoint(about_clock(name), text))
            )
        return
    quiet = kind.repeats or kind.goal or not kind.tells or clock.warned is not None or _past(incident, name)
    if not quiet and conducted(step, incident):
        step.log(incident.id, kinds.ClockWarned(name), kind.title.en)
        text = soon(kind, clock, incident.severity, step.at)
        told[PageReason.CLOCK_SOON].append((kind.tells, NotePoint(about_clock(name), text)))


def _past(incident: Incident, name: str) -> bool:
    """Once its users are back nobody is woken for how the outage was run; the clock still shows."""
    return incident.state is IncidentState.MITIGATED and name in ("call", "status")


def _unique(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(role for group in groups for role in group))
