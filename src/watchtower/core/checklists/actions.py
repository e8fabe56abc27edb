"""What people do to the checklist: tick a step, skip it with a reason, take that back, add one."""

from __future__ import annotations

from collections.abc import Callable

from watchtower.core.actions.action import Act, Action, ActionTaken, FieldKind, needed, optional
from watchtower.core.checklists.kinds import StepAdded, StepDone, StepReopened, StepSkipped
from watchtower.core.checklists.tasks import Task, TaskState
from watchtower.core.incident.incidents import Incident
from watchtower.core.state import Step
from watchtower.model import Text

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


_STEP = needed("the step's number in the checklist", "清单中的步骤编号", FieldKind.NUMBER)

ACTIONS: tuple[Action, ...] = (
    Action(
        "done", Text("Tick a step of the checklist", "勾选清单中的一个步骤"), _move(StepDone, "note", _is_done),
        {"step": _STEP, "note": optional("the result", "结果说明")}, closed=True,
    ),
    Action(
        "skip", Text("Skip a step, with a reason", "跳过一个步骤并说明原因"),
        _move(StepSkipped, "reason", _is_ended),
        {"step": _STEP, "reason": needed("why it is not needed", "为什么不需要")}, closed=True,
    ),
    Action("undo", Text("Untick a step", "取消勾选"), _move(StepReopened, "", _is_open), {"step": _STEP}, closed=True),
    Action(
        "add", Text("Add a step to the checklist", "在清单中新增一个步骤"), _add,
        {
            "text": needed("what is to be done", "要做什么"),
            "owner": optional("who does it", "负责人"),
            "role": optional("the role that is reminded of it", "超时提醒的角色"),
            "due": optional("by when", "截止时间", FieldKind.INSTANT),
        },
        closed=True,
    ),
)  # fmt: skip
