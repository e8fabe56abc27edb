"""What people do to the checklist: tick a step, skip it with a reason, take that back, add one."""

from __future__ import annotations

from collections.abc import Callable

from watchtower.core.actions.action import INSTANT, NUMBER, OPTIONAL, TEXT, Act, Action, ActionTaken, action
from watchtower.core.checklists.kinds import StepAdded, StepDone, StepReopened, StepSkipped
from watchtower.core.checklists.tasks import Task, TaskState
from watchtower.core.incident.incidents import Incident
from watchtower.core.state import Step

MOST = 200
"""Steps that one incident may have."""


def _move(
    kind: type[StepDone | StepSkipped | StepReopened], field: str, refused: Callable[[Task], str]
) -> Act:
    """Moves the step that is meant, unless it is `refused`; the entry's sentence is this field."""

    def act(step: Step, incident: Incident, did: ActionTaken) -> str:
        number, tasks = did.data["step"], step.history(incident.id).sop
        task = tasks.number(int(number)) if float(number).is_integer() else None
        if task is None:
            there = f"steps are numbered 1 to {len(tasks.tasks)}" if tasks.tasks else "it has no checklist"
            return f"{incident.id} has no step {number:g}: {there}"
        if why := refused(task):
            return why
        step.log(incident.id, kind(task.number, task.text.en, did.via), did.data.get(field, ""), did.by)
        return ""

    return act


def _is_done(task: Task) -> str:
    return f"step {task.number} is done already, by {task.by}" if task.state is TaskState.DONE else ""


def _is_ended(task: Task) -> str:
    return "" if task.state is TaskState.OPEN else f"step {task.number} is {task.state} already"


def _is_open(task: Task) -> str:
    return f"step {task.number} is open" if task.state is TaskState.OPEN else ""


def _add(step: Step, incident: Incident, did: ActionTaken) -> str:
    if len(step.history(incident.id).sop.tasks) >= MOST:
        return f"{incident.id} has {MOST} steps already"
    text = " ".join(did.data["text"].split())
    if not text:
        return "text is empty"
    more = {name: did.data[name] for name in ("owner", "role", "due") if name in did.data}
    step.log(incident.id, StepAdded(text, text, did.via, **more), text, did.by)
    return ""


ACTIONS: tuple[Action, ...] = (
    action("done", _move(StepDone, "note", _is_done), closed=True, step=NUMBER, note=OPTIONAL),
    action("skip", _move(StepSkipped, "reason", _is_ended), closed=True, step=NUMBER, reason=TEXT),
    action("undo", _move(StepReopened, "", _is_open), closed=True, step=NUMBER),
    action("add", _add, closed=True, text=TEXT, owner=OPTIONAL, role=OPTIONAL, due=INSTANT.optional),
)
