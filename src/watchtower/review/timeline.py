"""The part of a review that is read from the log, as sections: times, severities, numbers, notifications, steps, duties."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from watchtower.brief.entry_texts import entry_lines
from watchtower.brief.roles import role_words
from watchtower.brief.sections import Line, Section, Tone
from watchtower.channels import channel_title
from watchtower.core.checklists.tasks import TaskState
from watchtower.core.incident.incidents import TAKEN
from watchtower.core.indicators import Amount, Estimate, Indicators
from watchtower.core.plan.targets import CLOCKS
from watchtower.core.reviews.facts import Facts
from watchtower.core.reviews.record import DetectionSource, Record
from watchtower.model import Instant, Text
from watchtower.page_kinds import PageKind
from watchtower.review.metrics import ACKNOWLEDGE, DETECT, IDENTIFY_CAUSE, MITIGATE
from watchtower.texts.counted import CountWords
from watchtower.texts.phrases import Fill, Phrase, Span, When, fill, many

SOURCES = {
    DetectionSource.PROBE: Text("a probe of the flow", "业务探测"),
    DetectionSource.TRAFFIC: Text("its traffic", "流量异常"),
    DetectionSource.DEPENDENCY: Text("a dependency's probe", "依赖方探测"),
    DetectionSource.MONEY: Text("a difference of money", "资金差异"),
    DetectionSource.HUMAN: Text("a person", "内部人员"),
    DetectionSource.CUSTOMER: Text("a customer", "客户反馈"),
    DetectionSource.WARNING: Text("an early warning", "提前预警"),
    DetectionSource.OWN: Text("watchtower, about itself", "监控自身"),
}
_STATES = {
    "delivered": Text("delivered", "已送达"),
    "failed": Text("failed", "失败"),
    "failing": Text("failing", "重试中"),
    "queued": Text("on its way", "发送中"),
    "cancelled": Text("cancelled", "已取消"),
    "received": Text("received", "已到达"),
    "answered": Text("answered, perhaps by a mailbox", "已接听（可能为语音信箱）"),
    "read": Text("read", "已读"),
    "undelivered": Text("undelivered", "未到达"),
}
_KINDS: Mapping[str, Phrase] = {kind.value: kind.traits.word for kind in PageKind}
_STEPS = {
    TaskState.DONE: Text("done", "已完成"),
    TaskState.SKIPPED: Text("skipped", "已跳过"),
    TaskState.OPEN: Text("not done", "未完成"),
}
_OFTEN = CountWords("{} time", "{} times", "{} 次")
_LONGEST = 150
"""Lines of the timeline that are shown; the API has all of them."""


def sections_of(facts: Facts, record: Record, at: Instant) -> tuple[Section, ...]:
    """Every section that has anything to say."""
    made = [make(facts, record, at) for make in _SECTIONS]
    return tuple(section for section in made if section is not None and section.lines)


def _times(facts: Facts, record: Record, at: Instant) -> Section:
    def line(en: str, zh: str, when: Instant | None, took: float | None, limit: float | None = None) -> Line:
        if when is None or took is None:
            return Line(Text("not noted", "未记录"), Text(en, zh), Tone.SOFT)
        tone = Tone.PLAIN if limit is None else Tone.GOOD if took <= limit else Tone.WARN
        span = fill("after {}", "用时 {}", Span(took))
        return Line(many([When(when, exact=True, zoned=True), span]), Text(en, zh), tone)

    seen = facts.seen[0] if facts.seen else None
    what = f"{seen.rule}, {seen.check}" if seen else ""
    how: Phrase = fill("by {}: {}", "由{}：{}", SOURCES[record.source], what)
    lines = [
        Line(When(record.onset, exact=True, zoned=True), Text("Began", "开始")),
        line("Detected", "发现", record.opened_at, record.to_detect, DETECT),
        Line(how, Text("Seen", "发现方式")),
        line("Acknowledged", "认领", record.acknowledged_at, record.to_acknowledge, ACKNOWLEDGE),
        line(
            "Cause identified", "定位", record.cause_identified_at, record.to_identify_cause, IDENTIFY_CAUSE
        ),
        line("Mitigated", "止损", record.mitigated_at, record.to_mitigate, MITIGATE),
        line("Resolved", "恢复", record.resolved_at, record.to_resolve),
    ]
    if record.reopened:
        lines.append(Line(_OFTEN.of(record.reopened), Text("Came back", "复发"), Tone.WARN))
    return Section("times", Text("Times, from the onset", "各阶段用时（自开始起）"), tuple(lines))


def _severities(facts: Facts, record: Record, at: Instant) -> Section:
    lines = []
    for c in facts.levels:
        who = "" if c.by == "watchtower" else c.by
        lines.append(Line(many([str(c.level), c.why, who]), When(c.at)))
    if record.late_raise > 0:
        late = Text(
            "computed severity was worse than the one in force for {}", "计算级别高于生效级别的时长 {}"
        )
        lines.append(Line(Fill(late, (Span(record.late_raise),)), tone=Tone.WARN))
    return Section("severity", Text("Severity", "级别变化"), tuple(lines))


def _impact(facts: Facts, record: Record, at: Instant) -> Section | None:
    """The live estimate beside the last one: how well did people know what they were dealing with?"""
    final, live = facts.final, facts.live
    if final is None:
        return None
    lines = []
    for label, take in _NUMBERS:
        last, then = take(final), take(live) if live else None
        if last is None:
            continue
        parts: list[Phrase] = [_number(last)]
        if then is not None and live is not None and live.at != final.at:
            parts.append(fill("live estimate {} at {}", "实时估算 {}（{}）", _number(then), When(live.at)))
        lines.append(Line(many(parts), label))
    if final.flow_minutes:
        lines.append(Line(Span(final.flow_minutes * 60), Text("Full-outage equivalent", "等效全中断时长")))
    if record.no_data_minutes:
        lines.append(Line(Span(record.no_data_minutes * 60), Text("No data", "监控盲区"), Tone.WARN))
    if recouped := facts.history.review.recouped:
        lines.append(Line(recouped, Text("Recouped later", "事后补回"), Tone.GOOD))
    return Section("impact", Text("Impact", "影响"), tuple(lines))


def _notifications(facts: Facts, record: Record, at: Instant) -> Section:
    lines = []
    for notice in facts.notifications:
        took: Phrase = ""
        if notice.ended_at is not None and notice.state in TAKEN:
            took = Span(notice.ended_at - notice.at)
        tone = Tone.BAD if notice.state in ("failed", "failing", "undelivered") else Tone.PLAIN
        state = _STATES.get(notice.state, Text(notice.state, notice.state))
        kind = _KINDS.get(notice.kind, notice.kind)
        said = many([notice.responder, channel_title(notice.channel), kind, state, took, notice.answer])
        lines.append(Line(said, When(notice.at), tone))
    return Section("notifications", Text("Notifications", "通知记录"), tuple(lines))


def _clocks(facts: Facts, record: Record, at: Instant) -> Section:
    lines = []
    for clock in facts.history.deadlines.clocks.values():
        kind = CLOCKS.get(clock.name)
        title = kind.title if kind else Text(clock.name, clock.name)
        if kind is not None and kind.repeats:
            of = clock.kept + clock.missed
            if of:
                share = fill("kept {} of {}", "按时 {} / {}", str(clock.kept), str(of))
                lines.append(Line(share, title, Tone.WARN if clock.missed else Tone.GOOD))
        elif clock.met is not None:
            kept = clock.met <= clock.due
            word = Text("in time", "按时") if kept else Text("late", "超时")
            lines.append(Line(many([word, When(clock.met)]), title, Tone.GOOD if kept else Tone.WARN))
        elif clock.breached is not None or (clock.due < at and not clock.stopped):
            missed = fill("missed, was due {}", "未完成，应于 {}", When(clock.due))
            lines.append(Line(missed, title, Tone.WARN))
    for duty in facts.history.deadlines.duties.values():
        for step in duty.steps:
            label = fill("{}: {}", "{}：{}", duty.id, Text(step.title_en, step.title_zh))
            if step.filed_at is None and (step.ended or step.before):
                times = fill("filed {} times", "已报送 {} 次", str(step.before))
                lines.append(Line(times, label, Tone.GOOD if step.ended else Tone.PLAIN))
            elif step.filed_at is None:
                what: Phrase = fill("not filed, due {}", "未报送，应于 {}", When(step.due))
                lines.append(Line(what, label, Tone.BAD if step.due < at else Tone.PLAIN))
            else:
                ok = step.filed_at <= step.due
                how = Text("filed in time", "按时报送") if ok else Text("filed late", "逾期报送")
                what = many([how, When(step.filed_at), step.reference])
                lines.append(Line(what, label, Tone.GOOD if ok else Tone.BAD))
    return Section("clocks", Text("Targets and duties", "时限与合规义务"), tuple(lines))


def _steps(facts: Facts, record: Record, at: Instant) -> Section | None:
    tasks = facts.history.sop
    if not tasks.tasks:
        return None
    kept, timed = tasks.on_time()
    head = fill("{} of {} dealt with; {} of {} in time", "已处理 {} / {}；按时 {} / {}",
                str(tasks.done()), str(len(tasks.tasks)), str(kept), str(timed))  # fmt: skip
    lines = [Line(head)]
    for task in tasks.tasks:
        late = task.due is not None and (task.at is None or task.at > task.due)
        ended: Phrase = When(task.at) if task.at is not None else ""
        tone = Tone.WARN if task.state is TaskState.OPEN or late else Tone.PLAIN
        by = task.by if task.by != "watchtower" else ""
        said = many([task.text, _STEPS[task.state], ended, by, task.note])
        lines.append(Line(said, f"{task.number}.", tone))
    return Section("steps", Text("Procedure", "处置步骤"), tuple(lines))


def _degrades(facts: Facts, record: Record, at: Instant) -> Section:
    lines = []
    for run in facts.history.degrade.runs:
        said = many([str(run.state), run.decided_by, run.answer])
        lines.append(Line(said, run.plan, Tone.BAD if run.failed else Tone.PLAIN))
    return Section("degrades", Text("Degradation", "降级执行"), tuple(lines))


def _people(facts: Facts, record: Record, at: Instant) -> Section:
    lines = [Line(who, role_words(role)) for role, who in facts.history.people.roles.items()]
    others = [who for who in facts.people if who not in facts.history.people.roles.values()]
    if others:
        lines.append(Line(", ".join(others), Text("also took part", "其他参与者")))
    return Section("people", Text("People", "参与人员"), tuple(lines))


def _similar(facts: Facts, record: Record, at: Instant) -> Section:
    lines = []
    for one in facts.history.review.similar:
        said = many([str(one.get(key, "")) for key in ("cause_tag", "cause", "helped")])
        lines.append(Line(said, str(one.get("incident", ""))))
    return Section("similar", Text("Earlier incidents like it", "类似的历史事件"), tuple(lines))


def _timeline(facts: Facts, record: Record, at: Instant) -> Section:
    lines = list(
        entry_lines([e for e in facts.log if not e.kind.startswith("review.")], facts.history.sop.tasks)
    )
    shown, left_out = tuple(lines[:_LONGEST]), max(0, len(lines) - _LONGEST)
    return Section("timeline", Text("Timeline", "事件经过"), shown, elsewhere=left_out)


def _number(of: Estimate | Amount) -> Phrase:
    if isinstance(of, Amount):
        between = "" if of.low == of.high else f" ({of.low:,} - {of.high:,})"
        return f"{of.point:,} {of.currency}{between}"
    exact = round(of.low) == round(of.high)
    return f"{of.point:,.0f}" if exact else f"{of.point:,.0f} ({of.low:,.0f} - {of.high:,.0f})"


_NUMBERS: tuple[tuple[Text, Callable[[Indicators], Estimate | Amount | None]], ...] = (
    (Text("Users", "受影响用户"), lambda it: it.affected_users),
    (Text("Requests", "缺失请求"), lambda it: it.affected_requests),
    (Text("Amount", "影响金额"), lambda it: it.affected_amount),
    (Text("Loss", "资损"), lambda it: it.loss),
)
_SECTIONS = (
    _times, _severities, _impact, _people, _notifications, _clocks, _steps, _degrades, _similar, _timeline,
)  # fmt: skip
