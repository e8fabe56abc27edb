"""Updates for those who decide, who work on it, and who must be told by law: with numbers, each called what it is."""

from __future__ import annotations

from watchtower.brief.brief import Brief
from watchtower.brief.impact import whole
from watchtower.brief.roles import filled
from watchtower.brief.subject import began, is_over, state, what
from watchtower.core.indicators import Basis, Estimate
from watchtower.core.scene import Scene
from watchtower.model import Text
from watchtower.texts.phrases import Phrase, Span, When, fill, many


def executives(brief: Brief) -> tuple[Phrase, list[Phrase]]:
    scene, head = brief.scene, brief.headline
    subject = fill("{} {}: {}", "{} {}：{}", str(head.response), what(scene), state(scene))
    paragraphs: list[Phrase] = [
        fill(
            "{} has been affected since {} ({}).",
            "{}自 {} 起受影响（已 {}）。",
            what(scene),
            began(scene),
            Span(head.elapsed),
        )
    ]
    paragraphs += _numbers(brief)
    if scene.history.severity.sentence.en:
        paragraphs.append(
            fill("Why {}: {}", "定级 {} 的原因：{}", str(head.response), scene.history.severity.sentence)
        )
    paragraphs.append(_cause(scene))
    wanted = [need.text for need in scene.history.notes.open_needs]
    if wanted:
        paragraphs.append(fill("Needs a decision: {}", "待决事项：{}", many([*wanted], Text("; ", "；"))))
    lead = filled(scene).get("commander") or head.acknowledged_by
    paragraphs.append(
        fill("{} leads.", "负责人：{}。", lead) if lead else Text("Nobody leads yet.", "尚无人负责。")
    )
    return subject, paragraphs


def internal(brief: Brief) -> tuple[Phrase, list[Phrase]]:
    subject, paragraphs = executives(brief)
    notes = brief.scene.history.notes
    for en, zh, items in (
        (
            "Doing now: {}",
            "正在处理：{}",
            [fill("{} ({})", "{}（{}）", d.text, d.who) for d in notes.doing_now],
        ),
        (
            "Tried: {}",
            "已尝试：{}",
            [fill("{} → {}", "{} → {}", t.text, t.result) for t in notes.tried[-3:]],
        ),
    ):
        if items:
            paragraphs.append(fill(en, zh, many([*items], Text("; ", "；"))))
    if brief.headline.call:
        paragraphs.append(fill("Call: {}", "会议：{}", brief.headline.call))
    return subject, paragraphs


def regulators(brief: Brief) -> tuple[Phrase, list[Phrase]]:
    scene, head = brief.scene, brief.headline
    seen = When(scene.incident.opened_at, zoned=True)
    title = fill("{}: incident {}, {}", "{}：事件 {}，{}", head.product, head.incident, state(scene))
    paragraphs: list[Phrase] = [
        fill("Services affected: {}.", "受影响业务：{}。", what(scene)),
        fill("It began at {}, and was detected at {}.", "发生时间：{}；发现时间：{}。", began(scene), seen),
        *_numbers(brief),
        _cause(scene),
    ]  # fmt: skip
    done = [item.text for item in (*scene.history.notes.decisions, *scene.history.notes.doing_now)]
    if done:
        paragraphs.append(fill("Measures: {}", "已采取措施：{}", many([*done], Text("; ", "；"))))
    if is_over(scene):
        end = When(scene.incident.resolved_at or scene.at, zoned=True)
        paragraphs.append(fill("Service was restored at {}.", "恢复时间：{}。", end))
    rules = {rule.id: rule for rule in scene.plan.deadlines.compliance.duties}
    for duty in scene.history.deadlines.duties.values():
        for filing in duty.unfiled:
            name = Text(filing.title_en, filing.title_zh)
            whom: Phrase = rules[duty.id].addressee(filing.id) if duty.id in rules else duty.id
            paragraphs.append(
                fill(
                    "Due: {}, {}, by {}.",
                    "待报送：{}（{}），时限 {}。",
                    name,
                    whom,
                    When(filing.due, zoned=True),
                )
            )
    return title, paragraphs


def _cause(scene: Scene) -> Phrase:
    cause = scene.history.notes.cause
    if cause is None:
        return Text("The cause is not known yet.", "原因尚未查明。")
    if is_over(scene):
        return fill("Cause: {}.", "原因：{}。", cause.text.rstrip(".。"))
    return fill("Cause, as far as we know: {}.", "初步判断原因：{}。", cause.text.rstrip(".。"))


def _numbers(brief: Brief) -> list[Phrase]:
    """Users and money with their range; an estimate is called one."""
    found = brief.indicators
    if found is None:
        return []
    out: list[Phrase] = []
    for of, name in (
        (found.affected_users, Text("users", "用户数")),
        (found.affected_requests, Text("requests not served", "未完成请求数")),
    ):
        if of is not None and of.high > 0:
            out.append(_number(of, name))
    for money, name in (
        (found.affected_amount, Text("business not done", "未达成交易金额")),
        (found.loss, Text("money lost", "资金损失")),
    ):
        if money is not None and money.high > 0:
            estimate = Estimate(
                float(money.low), float(money.point), float(money.high), money.basis, money.as_of
            )
            out.append(_number(estimate, name, f" {money.currency}"))
    return out


def _number(of: Estimate, name: Text, currency: str = "") -> Phrase:
    point, low, high = (whole(each) + currency for each in (of.point, of.low, of.high))
    if of.upper_bound:
        text = ("{}: at most {} (an estimate, not final).", "{}：至多 {}（估算，非最终数据）。")
        return fill(*text, name, point)
    if of.basis is Basis.MEASURED and low == high:
        return fill("{}: {} (measured so far).", "{}：{}（截至目前实测）。", name, point)
    if low == high:
        return fill("{}: about {} (an estimate, not final).", "{}：约 {}（估算，非最终数据）。", name, point)
    return fill(
        "{}: {} to {} (an estimate, not final).", "{}：{} 至 {}（估算，非最终数据）。", name, low, high
    )
