"""One line of the log in words, for the brief: what changed for people, not each alert's and each page's own moves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from watchtower.brief.detail_texts import detail_text
from watchtower.brief.roles import role_words
from watchtower.brief.sections import Line, Tone
from watchtower.core.checklists.tasks import Task
from watchtower.core.incident.entry import LogEntry
from watchtower.model import Text
from watchtower.texts.phrases import Fill, Phrase, When
from watchtower.texts.reasons import HOLDING_BACK

LIFECYCLE: Mapping[str, tuple[Text, Tone]] = {
    "opened": (Text("Detected: {}", "发现：{}"), Tone.BAD),
    "alert_added": (Text("Also firing: {}", "新增告警：{}"), Tone.WARN),
    "explained_by_dependency": (
        Text("Also firing, because its dependency fails: {}", "新增告警，由其依赖故障引起：{}"),
        Tone.WARN,
    ),
    "dependency_found": (Text("Its dependency fails too: {}", "其依赖也发生故障：{}"), Tone.WARN),
    "shares_dependency": (
        Text("Also firing, with the same dependency: {}", "新增告警，依赖相同：{}"),
        Tone.WARN,
    ),
    "began_together": (Text("Also firing, since the same time: {}", "同时出现的告警：{}"), Tone.WARN),
    "merged": (Text("Merged: {} goes on in this incident", "{} 已并入本事件"), Tone.WARN),
    "merged_into": (Text("Merged into {}", "并入 {}"), Tone.WARN),
    "next_warning": (Text("The next warning: {}", "下一级预警：{}"), Tone.WARN),
    "nobody_for_role": (Text("Nobody fills the role: {}", "角色无人：{}"), Tone.WARN),
    "alert_resolved": (Text("No longer firing: {}", "告警恢复：{}"), Tone.GOOD),
    "raised": (Text("Severity raised: {}", "级别上调：{}"), Tone.BAD),
    "lowered": (Text("Severity lowered: {}", "级别下调：{}"), Tone.GOOD),
    "acknowledged": (Text("Acknowledged by {by}", "{by} 已认领"), Tone.PLAIN),
    "mitigated": (Text("No alert fires any more; being watched", "告警全部恢复，观察中"), Tone.GOOD),
    "recurred": (Text("Reopened: {}", "复发：{}"), Tone.BAD),
    "reopened": (Text("Reopened: {}", "复发：{}"), Tone.BAD),
    "resolved": (Text("Resolved", "已恢复"), Tone.GOOD),
    "unwatched": (Text("No longer watched: {}", "不再监控：{}"), Tone.WARN),
    "alert_unwatched": (Text("No longer watched: {}", "不再监控：{}"), Tone.WARN),
    "not_notified": (Text("Not delivered: {}", "未送达：{}"), Tone.WARN),
    **{
        str(one): (
            Text(f"{one.text.en.capitalize()}: {{}}", f"{one.text.zh}：{{}}"),
            Tone.WARN,
        )
        for one in HOLDING_BACK
    },
    "nobody_to_page": (Text("Nobody to page at this severity", "该级别没有可通知的人"), Tone.BAD),
}
AUDIENCES: Mapping[str, Text] = {
    "internal": Text("the team", "内部"),
    "customers": Text("customers", "客户"),
    "partners": Text("partners", "合作方"),
    "public": Text("the public", "公众"),
    "regulators": Text("regulators", "监管机构"),
    "executives": Text("executives", "管理层"),
}
ENTRIES: Mapping[str, tuple[Text, Tone]] = {
    "deadlines.breached": (Text("Overdue: {}", "已超时：{}"), Tone.WARN),
    "deadlines.call": (Text("Call opened by {by}: {}", "{by} 已拉起应急会议：{}"), Tone.PLAIN),
    "deadlines.duty": (Text("Duty {duty}: {standing}", "合规义务 {duty}：{standing}"), Tone.WARN),
    "deadlines.duty_breached": (Text("Filing overdue: {}", "报送逾期：{}"), Tone.BAD),
    "deadlines.filed": (Text("Filed by {by}: {}", "{by} 已报送：{}"), Tone.GOOD),
    "deadlines.paused": (Text("Clock paused by {by}: {}", "{by} 暂停计时：{}"), Tone.PLAIN),
    "degrade.suggested": (Text("Degradation suggested: {plan}", "建议降级：{plan}"), Tone.WARN),
    "degrade.approved": (Text("Degradation approved by {by}: {plan}", "{by} 批准降级：{plan}"), Tone.PLAIN),
    "degrade.rejected": (Text("Degradation rejected by {by}: {plan}", "{by} 否决降级：{plan}"), Tone.PLAIN),
    "degrade.ran": (Text("Switch {plan} ({phase}): {}", "执行 {plan}（{phase}）：{}"), Tone.PLAIN),
    "degrade.verified": (Text("Degradation helps: {plan}", "降级生效：{plan}"), Tone.GOOD),
    "degrade.unproved": (Text("Degradation did not help: {plan}", "降级未见效：{plan}"), Tone.BAD),
    "degrade.rollback": (Text("Degradation rolled back: {plan}", "撤销降级：{plan}"), Tone.PLAIN),
    "impact.manual": (Text("Entered by {by}: {}", "{by} 录入：{}"), Tone.PLAIN),
    "impact.new_normal_asked": (Text("Asked: is this the new normal?", "询问：这是否为新常态？"), Tone.WARN),
    "impact.new_normal": (
        Text("{by} said that this is the new normal: {}", "{by} 确认为新常态：{}"),
        Tone.GOOD,
    ),
    "people.filled": (Text("{who} is {role}", "{who} 担任{role}"), Tone.PLAIN),
    "people.joined": (Text("{by} joined", "{by} 加入"), Tone.SOFT),
    "people.left": (Text("{by} left", "{by} 离开"), Tone.SOFT),
    "people.escalated": (Text("Escalated to {}", "升级通知 {}"), Tone.WARN),
    "people.ack_expired": (Text("The acknowledgement of {who} expired", "{who} 的认领已过期"), Tone.WARN),
    "sop.done": (Text("Done: {step}", "步骤完成：{step}"), Tone.GOOD),
    "sop.skipped": (Text("Skipped: {step} ({})", "步骤跳过：{step}（{}）"), Tone.SOFT),
    "sop.undone": (Text("Not done any more: {step}", "步骤撤销完成：{step}"), Tone.WARN),
    "notes.note": (Text("{by}: {}", "{by}：{}"), Tone.PLAIN),
    "notes.known": (Text("Known: {}", "已确认：{}"), Tone.PLAIN),
    "notes.ruled_out": (Text("Ruled out: {}", "已排除：{}"), Tone.PLAIN),
    "notes.question": (Text("Question: {}", "疑问：{}"), Tone.PLAIN),
    "notes.answered": (Text("Answer: {}", "答复：{}"), Tone.PLAIN),
    "notes.tried": (Text("Tried: {}", "已尝试：{}"), Tone.PLAIN),
    "notes.doing": (Text("{by} is doing: {}", "{by} 正在：{}"), Tone.PLAIN),
    "notes.finished": (Text("Finished: {}", "已完成：{}"), Tone.PLAIN),
    "notes.need": (Text("Needed: {}", "需要：{}"), Tone.PLAIN),
    "notes.decision": (Text("Decided: {}", "已决定：{}"), Tone.PLAIN),
    "notes.cause": (Text("Cause: {}", "原因：{}"), Tone.PLAIN),
    "notes.update": (Text("Said to {tag}: {}", "已通报（{tag}）：{}"), Tone.PLAIN),
    "notes.change": (Text("Changed: {}", "变更：{}"), Tone.PLAIN),
    "notes.withdrawn": (Text("A note was withdrawn", "撤回一条记录"), Tone.PLAIN),
}
"""What features write that is news."""
_LEVELS: Mapping[str, Tone] = {
    "severity.raised": Tone.BAD,
    "severity.promoted": Tone.BAD,
    "severity.recurred": Tone.BAD,
    "severity.lowered": Tone.GOOD,
    "severity.proposed": Tone.WARN,
}
"""Changes of the level, which bring their sentence in both languages."""
_STANDINGS: Mapping[str, Text] = {
    "clear": Text("does not apply", "未触发"),
    "watch": Text("may soon apply", "可能即将适用"),
    "triggered": Text("applies", "已触发"),
    "not_applicable": Text("does not apply, says a person", "经人工判断不适用"),
}
_PHASES: Mapping[str, Text] = {"start": Text("on", "启用"), "rollback": Text("back", "回退")}


def entry_line(entry: LogEntry, tasks: Sequence[Task] = ()) -> Line | None:
    """The entry as a line of the brief; None for what is no news for people. `tasks` have the steps in both languages."""
    if "alert" in entry.data or "page" in entry.data:
        return None
    known = LIFECYCLE.get(entry.kind) or ENTRIES.get(entry.kind)
    if known is not None:
        return _line(entry, *known, tasks)
    en, zh = entry.data.get("en"), entry.data.get("zh")
    if entry.kind not in _LEVELS or not (isinstance(en, str) and isinstance(zh, str)):
        return None
    return Line(Text(en, zh), When(entry.at, exact=True), _LEVELS[entry.kind])


def news(log: Sequence[LogEntry]) -> list[LogEntry]:
    """The entries that are told, in their order. A change of level is told once: by its sentence, where it has one."""
    explained = {entry.at for entry in log if entry.kind in _LEVELS}
    return [
        entry
        for entry in log
        if not (entry.kind in ("raised", "lowered") and entry.at in explained)
        and entry_line(entry) is not None
    ]


def entry_lines(log: Sequence[LogEntry], tasks: Sequence[Task] = ()) -> list[Line]:
    """The lines of a log that are news for people, in its order."""
    return [line for entry in news(log) if (line := entry_line(entry, tasks)) is not None]


def _line(entry: LogEntry, text: Text, tone: Tone, tasks: Sequence[Task]) -> Line:
    """Its places are filled with the entry's detail, who wrote it, and what is in its data."""
    names = re.findall(
        r"\{(\w*)\}", text.en
    )  # the same order in both languages: a test holds the tables to it
    plain = Text(*(re.sub(r"\{\w+\}", "{}", one) for one in (text.en, text.zh)))
    return Line(
        Fill(plain, tuple(_part(entry, name, tasks) for name in names)), When(entry.at, exact=True), tone
    )


def _part(entry: LogEntry, name: str, tasks: Sequence[Task]) -> Phrase:
    if name == "by":
        return entry.by
    if not name:
        en, zh = entry.data.get("en"), entry.data.get("zh")
        if isinstance(en, str) and isinstance(zh, str):
            return Text(en, zh)
        return (
            entry.detail if "." in entry.kind else detail_text(entry.detail)
        )  # what people wrote is no form
    value = entry.data.get(name)
    said = value if isinstance(value, str) else ""
    match name:
        case "tag":
            return AUDIENCES.get(said, said)
        case "role":
            return role_words(said)
        case "standing":
            return _STANDINGS.get(said, said)
        case "phase":
            return _PHASES.get(said, said)
        case "step":
            return next((task.text for task in tasks if task.number == entry.data.get("n")), said)
        case "who":
            return said or entry.by
    return said
