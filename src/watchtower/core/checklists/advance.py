"""The stage of the checklists: opens them, ticks what ticks itself, and reminds whose step is overdue."""

from __future__ import annotations

from collections.abc import Iterator

from watchtower.core.checklists.auto import happened
from watchtower.core.checklists.choice import severity_sop
from watchtower.core.checklists.kinds import ChecklistOpened, NewStep, StepDone, StepsReminded
from watchtower.core.checklists.tasks import Task, TaskState, key_of
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import BUILT_IN
from watchtower.core.notify.messages import NotePoint
from watchtower.core.notify.page_roles import page_roles
from watchtower.core.people.assignment import fillers
from watchtower.core.plan.sops import Sop
from watchtower.core.state import Step
from watchtower.model import IncidentState, Instant, Text
from watchtower.texts.reasons import PageReason

AGAIN = 900.0
"""Seconds after the first reminder of a step until the second, which is the last."""
TWICE = 2
OWNER = "commander"
"""Who is reminded of a step that names nobody: they decide who does it."""


def advance(step: Step, incident: Incident) -> None:
    """Open the checklists that this incident needs by now, tick, remind. Cheap when nothing is due."""
    if incident.kind.of_watchtower:
        return
    if incident.open:
        for sop in _wanted(step, incident):
            _open(step, incident, sop)
    tasks = step.history(incident.id).sop.tasks
    for task in tasks:
        if task.auto and task.state is TaskState.OPEN and happened(task.auto, step, incident):
            step.log(incident.id, StepDone(task.number, task.text.en, auto=task.auto))
    if incident.open and incident.state is not IncidentState.MITIGATED:
        # Steps with a time are those of the trouble itself: nobody is chased to stop what has stopped.
        _remind(step, incident)


def _wanted(step: Step, incident: Incident) -> Iterator[Sop]:
    """Procedures of the rules that fire, in the order in which they came; then the level's own."""
    if not step.plan.sops:
        return
    names = dict.fromkeys([incident.sop])
    for alert in step.state.alerts.of(incident.id):
        rule = step.plan.rules.get(alert.rule)
        if rule is not None and alert.rule not in BUILT_IN:
            names[rule.sop] = None
    for name in names:
        if name and (sop := step.plan.sops.get(name)) is not None:
            yield sop
    level = severity_sop(step.plan, incident)
    if level is not None:
        yield level


def _open(step: Step, incident: Incident, sop: Sop) -> None:
    slice_ = step.history(incident.id).sop
    mark = f"{sop.name}@{incident.severity}"
    if mark in slice_.opened or not sop.steps:
        return
    known = {key_of(t.text): t for t in slice_.tasks}
    steps: list[NewStep] = []
    for job in sop.steps:
        if not job.asked_at(incident.severity):
            continue
        due = step.at + job.within if job.within else None
        before = known.get(key_of(job.do))
        if before is not None and (
            due is None or before.state is not TaskState.OPEN or not _sooner(due, before.due)
        ):
            continue
        steps.append(NewStep(job.do.en, job.do.zh, job.role, due, job.auto or ""))
    if steps:
        opened = ChecklistOpened(sop.name, str(incident.severity), steps, sop.title, sop.url)
        step.log(incident.id, opened, sop.title.en)


def _sooner(due: Instant, before: Instant | None) -> bool:
    return before is None or due < before


def _remind(step: Step, incident: Incident) -> None:
    overdue: dict[tuple[str, ...], list[Task]] = {}
    last: dict[tuple[str, ...], Instant] = {}
    for task in step.history(incident.id).sop.tasks:
        late = task.overdue(step.at) and task.nudges < TWICE
        if not late and task.nudged_at is None:
            continue
        roles = _who(step, incident, task.role)
        if task.nudged_at is not None:
            last[roles] = max(task.nudged_at, last.get(roles, task.nudged_at))
        if late and roles:
            overdue.setdefault(roles, []).append(task)
    for roles, tasks in overdue.items():
        if roles in last and step.at - last[roles] < AGAIN:
            continue  # one reminder of all that is overdue, not one for each step as it falls due
        reminded = StepsReminded([task.number for task in tasks], list(roles))
        step.log(incident.id, reminded, f"{', '.join(roles)}: {len(tasks)} overdue")
        page_roles(step, incident, roles, PageReason.STEP_OVERDUE, NotePoint("steps", overdue_text(tasks)))


def _who(step: Step, incident: Incident, role: str) -> tuple[str, ...]:
    """The step's role; the commander where nobody has it; whoever is paged at this level where nobody commands. Those
    are reminded of the incident itself until one of them acknowledges it: of its steps only after that."""
    people = step.history(incident.id).people
    for one in (role, OWNER):
        if one and fillers(step.plan, one, step.at, people):
            return (one,)
    if incident.acknowledged_at is None:
        return ()
    policy = step.plan.paging.get(incident.severity)
    return policy.roles if policy else (OWNER,)


def overdue_text(tasks: list[Task]) -> Text:
    """What a reminder says: the steps by number, as the checklist shows them."""
    en = "; ".join(f"{t.number}) {t.text.en}" for t in tasks)
    zh = "；".join(f"{t.number}) {t.text.zh}" for t in tasks)
    many = "steps are" if len(tasks) > 1 else "step is"
    return Text(f"{len(tasks)} {many} overdue: {en}", f"{len(tasks)} 个步骤已超时：{zh}")
