"""Sections of what the other rooms keep: why this level, the procedure, degradation, clocks and duties."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.brief.impact import indicators
from watchtower.brief.roles import role_words
from watchtower.brief.sections import Line, Section, Tone
from watchtower.core.checklists.tasks import Task, TaskState
from watchtower.core.deadlines.duty_state import DutyStanding
from watchtower.core.deadlines.page_texts import by_letter
from watchtower.core.degrade.table import RunState
from watchtower.core.indicators import Recovery
from watchtower.core.plan import Plan
from watchtower.core.plan.targets import CLOCKS
from watchtower.core.reviews.similar import last_time_of
from watchtower.core.scene import Scene
from watchtower.core.severity.indicator_texts import RECOVERY
from watchtower.model import Instant, Text
from watchtower.texts.phrases import Phrase, Span, When, fill, many


def why(scene: Scene) -> Section | None:
    """The cells that decided the level, as a sentence; and who set it by hand."""
    levels = scene.history.severity
    lines = [Line(levels.sentence)] if levels.sentence.en else []
    if levels.override is not None:
        by = fill(
            "set to {} by {}: {}",
            "级别 {} 由 {} 设定：{}",
            str(levels.override),
            levels.override_by,
            levels.override_reason,
        )
        lines.insert(0, Line(by, tone=Tone.WARN))
    if levels.proposed is not None:
        waits = fill(
            "Lowering to {} waits for a second person: {}",
            "下调至 {} 待第二人确认：{}",
            str(levels.proposed.level),
            levels.proposed.reason,
        )
        lines.append(Line(waits, tone=Tone.WARN))
    title = Text(f"Why {scene.incident.severity}", f"为何 {scene.incident.severity}")
    return Section("why", title, tuple(lines)) if lines else None


def before(scene: Scene) -> Section | None:
    """What helped in an earlier incident like this one."""
    told = last_time_of(scene.history.review)
    return None if told is None else Section("before", Text("Seen before", "类似事件"), (Line(told),))


_RUNS: Mapping[RunState, tuple[Text, Tone]] = {
    RunState.SUGGESTED: (Text("suggested, waits for approval", "已建议，待批准"), Tone.WARN),
    RunState.APPROVED: (Text("approved, not switched yet", "已批准，尚未切换"), Tone.PLAIN),
    RunState.RUNNING: (Text("switched, being verified", "已切换，验证中"), Tone.WARN),
    RunState.VERIFIED: (Text("in force, it helps", "生效中，效果已验证"), Tone.GOOD),
    RunState.FAILED: (Text("failed", "执行失败"), Tone.BAD),
    RunState.ROLLING_BACK: (Text("being rolled back", "回退中"), Tone.WARN),
    RunState.STUCK: (Text("cannot be rolled back: a person must", "无法自动回退，须人工处理"), Tone.BAD),
    RunState.REJECTED: (Text("rejected", "已否决"), Tone.SOFT),
    RunState.WITHDRAWN: (Text("no longer needed", "已无需执行"), Tone.SOFT),
    RunState.ROLLED_BACK: (Text("rolled back", "已回退"), Tone.SOFT),
}


def degrade(scene: Scene) -> Section | None:
    """Degradation plans of this incident, and what it could recover with."""
    lines = []
    for run in reversed(scene.history.degrade.runs):
        words, tone = _RUNS[run.state]
        lines.append(Line(many([words, run.answer if run.failed else "", run.decided_by]), run.plan, tone))
    found = indicators(scene)
    if found is not None and found.recovery is not None and found.bad:
        tone = Tone.PLAIN if found.recovery is Recovery.READY else Tone.WARN
        lines.append(Line(RECOVERY[found.recovery], tone=tone))
    return Section("degrade", Text("Degrade, recover", "降级与恢复"), tuple(lines)) if lines else None


def duties(scene: Scene) -> Section | None:
    """What is overdue and what comes due next: filings first, then the level's own clocks."""
    deadlines = scene.history.deadlines
    rules = {rule.id: rule for rule in scene.plan.deadlines.compliance.duties}
    lines = []
    for duty in deadlines.duties.values():
        rule = rules.get(duty.id)
        owner = role_words(rule.owner_role) if rule else ""
        for filing in sorted(duty.unfiled, key=lambda one: one.due):
            kind = rule.step(filing.id) if rule else None
            whom = kind.to if kind and kind.to else ""  # where it is another than the duty's own authority
            letter = by_letter(filing, scene.at)
            title = Text(f"{filing.title_en}{letter.en}", f"{filing.title_zh}{letter.zh}")
            text = many([title, whom, _until(scene.at, filing.due), owner])
            lines.append(Line(text, duty.id, Tone.BAD if filing.due < scene.at else Tone.WARN))
        if duty.standing is DutyStanding.WATCH and rule is not None:
            lines.append(
                Line(many([fill("may soon apply: {}", "可能即将适用：{}", rule.title), owner]), duty.id)
            )
    clocks = [c for c in deadlines.clocks.values() if c.open and c.name in CLOCKS and c.name != "status"]
    for clock in sorted(clocks, key=lambda one: one.due):
        late = clock.overdue(scene.at)
        if clock.paused_since is not None:
            when: Phrase = fill("paused: {}", "已暂停：{}", clock.pause_reason)
        else:
            when = _until(scene.at, clock.due)
        lines.append(Line(when, CLOCKS[clock.name].title, Tone.WARN if late else Tone.PLAIN))
    return Section("duties", Text("Clocks and duties", "时限与合规"), tuple(lines), keep=2) if lines else None


def _until(at: Instant, due: Instant) -> Phrase:
    if due < at:
        return fill("overdue for {}", "已逾期 {}", Span(at - due))
    return fill("due {} (in {})", "{} 前（剩 {}）", When(due), Span(due - at))


def procedure(scene: Scene) -> Section | None:
    """What is overdue, then what comes next; how many steps are done stands first."""
    tasks = scene.history.sop.tasks
    if not tasks:
        return _static(scene.plan, scene)
    late = [t for t in tasks if t.overdue(scene.at)]
    rest = [t for t in tasks if t.state is TaskState.OPEN and t not in late]
    order = sorted(late, key=_by_due) + sorted(rest, key=_by_due)
    count = fill("{} of {} done", "{}/{} 已完成", str(scene.history.sop.done()), str(len(tasks)))
    lines = [_step(scene, task) for task in order]
    if not lines:
        lines = [Line(Text("Every step is done.", "全部步骤已完成。"), tone=Tone.GOOD)]
    lines[0] = Line(lines[0].text, many([count, lines[0].label]), lines[0].tone)
    return Section("procedure", Text("Procedure", "处置步骤"), tuple(lines), keep=2)


def _step(scene: Scene, task: Task) -> Line:
    parts: list[Phrase] = [task.text, task.owner or (role_words(task.role) if task.role else "")]
    late = task.overdue(scene.at)
    if task.due is not None:
        parts.append(_until(scene.at, task.due))
    return Line(many(parts), f"#{task.number}", Tone.WARN if late else Tone.PLAIN)


def _by_due(task: Task) -> tuple[Instant, int]:
    return (task.due if task.due is not None else float("inf"), task.number)


def _static(plan: Plan, scene: Scene) -> Section | None:
    """Where nobody keeps a checklist: the steps as they were written."""
    sop = plan.sops.get(scene.incident.sop)
    if sop is None or not scene.incident.open:
        return None
    lines = [Line(step, str(number)) for number, step in enumerate(sop.shown, 1)]
    lines = lines or [Line(sop.title)]
    return Section("procedure", Text("What to do", "处置步骤"), tuple(lines), keep=2)
