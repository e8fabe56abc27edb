"""What the approver of a degradation plan is told."""

from __future__ import annotations

from watchtower.core.degrade.runs import START
from watchtower.core.plan.degrade import DegradePlan
from watchtower.model import Text

_WHY_NOT_AUTO = {
    "not_drilled": Text(
        "it would start by itself, but was not drilled lately", "本应自动执行，但近期未经演练"
    ),
    "max_per_day": Text(
        "it would start by itself, but ran often enough today", "本应自动执行，但今日次数已达上限"
    ),
    "drill": Text("this is a drill", "此为演练"),
}


def approval(plan: DegradePlan, reason: str) -> Text:
    note, why = plan.guard.blast_radius_note, _WHY_NOT_AUTO.get(reason)
    en = f"Approve {plan.name}? {plan.why.en}" + (f" ({why.en})" if why else "")
    zh = f"是否批准 {plan.name}？{plan.why.zh}" + (f"（{why.zh}）" if why else "")
    if note:
        en, zh = f"{en}. It affects: {note.en}", f"{zh}。影响范围：{note.zh}"
    return Text(en, zh)


def command(plan: DegradePlan, incident: str, action: str) -> str:
    """What a person types to have the plan carried out (`approve`) or taken back (`rollback`)."""
    return f"watchtower do {incident} {action} plan={plan.name}"


def started(plan: DegradePlan) -> Text:
    return Text(f"{plan.name} was started by itself: {plan.why.en}", f"已自动执行 {plan.name}：{plan.why.zh}")


def refused(plan: DegradePlan, phase: str, answer: str) -> Text:
    if phase == START:
        return Text(f"{plan.name} could not be carried out: {answer}", f"{plan.name} 执行失败：{answer}")
    return Text(
        f"{plan.name} could not be rolled back: {answer}. Do it by hand",
        f"{plan.name} 回退失败：{answer}。请人工回退",
    )  # fmt: skip


def unproved(plan: DegradePlan, undone: bool) -> Text:
    if undone:
        return Text(f"{plan.name} did not help; it is rolled back", f"{plan.name} 未见效，正在自动回退")
    return Text(f"{plan.name} did not help: roll it back?", f"{plan.name} 未见效，是否回退？")


def expired(plan: DegradePlan) -> Text:
    return Text(
        f"{plan.name} has reached its time limit and is rolled back", f"{plan.name} 已到时限，正在回退"
    )


def in_force(plan: DegradePlan) -> Text:
    return Text(
        f"The incident is over and {plan.name} is still in force: roll it back?",
        f"事件已结束，{plan.name} 仍在生效，是否回退？",
    )
