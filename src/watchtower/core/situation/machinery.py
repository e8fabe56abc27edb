"""Sections of what the other rooms keep: why this level, the procedure, degradation, clocks and duties."""

from __future__ import annotations

from watchtower.core.plan import Plan
from watchtower.core.situation.phrases import Phrase, Span, When, fill, many
from watchtower.core.situation.roles import role_words
from watchtower.core.situation.sections import Line, Scene, Section, Tone
from watchtower.core.sops.tasks import Task, TaskState
from watchtower.model import Instant, Text


def why(scene: Scene) -> Section | None:
    """The cells that decided the level, as a sentence."""
    return None


def degrade(scene: Scene) -> Section | None:
    return None


def duties(scene: Scene) -> Section | None:
    return None


def procedure(scene: Scene) -> Section | None:
    """What is overdue, then what comes next; how many steps are done stands first."""
    tasks = scene.story.tasks.tasks
    if not tasks:
        return _static(scene.plan, scene)
    late = [t for t in tasks if t.overdue(scene.at)]
    rest = [t for t in tasks if t.state is TaskState.OPEN and t not in late]
    order = sorted(late, key=_by_due) + sorted(rest, key=_by_due)
    count = fill("{} of {} done", "{}/{} 已完成", str(scene.story.tasks.done()), str(len(tasks)))
    lines = [_step(scene, task) for task in order]
    if not lines:
        lines = [Line(Text("Every step is done.", "全部步骤已完成。"), tone=Tone.GOOD)]
    lines[0] = Line(lines[0].text, many([count, lines[0].label]), lines[0].tone)
    return Section("procedure", Text("Procedure", "处置步骤"), tuple(lines), keep=2)


def _step(scene: Scene, task: Task) -> Line:
    parts: list[Phrase] = [task.text, task.owner or (role_words(task.role) if task.role else "")]
    late = task.overdue(scene.at)
    if task.due is not None:
        parts.append(
            fill("overdue for {}", "已逾期 {}", Span(scene.at - task.due))
            if late
            else fill("due {}", "{} 前", When(task.due))
        )
    return Line(many(parts), f"#{task.number}", Tone.WARN if late else Tone.PLAIN)


def _by_due(task: Task) -> tuple[Instant, int]:
    return (task.due if task.due is not None else float("inf"), task.number)


def _static(plan: Plan, scene: Scene) -> Section | None:
    """Where nobody keeps a checklist: the steps as they were written."""
    sop = plan.sops.get(scene.incident.sop)
    if sop is None or not scene.incident.open:
        return None
    lines = [Line(step, str(number)) for number, step in enumerate(sop.steps, 1)]
    lines = lines or [Line(sop.title)]
    return Section("procedure", Text("What to do", "处置步骤"), tuple(lines), keep=2)
