"""The built-in roles: their names, their tasks, and the severities that need them."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Severity, Text
from watchtower.values import dataclass


@dataclass(frozen=True, slots=True)
class Duty:
    """`title` is the role's name for people; `text` its task, in one line; `short` for an SMS."""

    title: Text
    text: Text
    short: Text


def _duty(title: tuple[str, str], text: tuple[str, str], short: tuple[str, str]) -> Duty:
    return Duty(Text(*title), Text(*text), Text(*short))


DUTIES: Mapping[str, Duty] = {
    "commander": _duty(
        ("Incident commander", "应急指挥"),
        ("You command: decide, hand out tasks and keep the call; leave the repair to others.",
         "您是应急指挥：做决策、分派任务、主持会议；不亲自动手修复。"),
        ("You command: decide, do not repair", "您是应急指挥：做决策，不动手修"),
    ),
    "deputy": _duty(
        ("Deputy", "应急副指挥"),
        ("Stand by the commander: keep time, chase what is overdue, take over when they cannot.",
         "协助指挥：把控时间、催办超时事项，应急指挥无法履职时接替。"),
        ("Stand by to take over command", "准备接替指挥"),
    ),
    "scribe": _duty(
        ("Scribe", "记录员"),
        ("Write down what is decided and why; times, pages and alerts are recorded already.",
         "记录决策及理由；时间、通知和告警已自动记录。"),
        ("Write down decisions", "请记录决策"),
    ),
    "tech_lead": _duty(
        ("Technical lead", "技术负责人"),
        ("Lead the diagnosis. Mitigate first: roll back, switch over or degrade; the cause can wait.",
         "牵头定位。先止损：回滚、切换或降级；查根因可以稍后。"),
        ("Lead the diagnosis; mitigate first", "牵头定位，先止损"),
    ),
    "dev": _duty(
        ("Development", "研发"),
        ("Say what was deployed or changed in the last 24 hours, and be ready to roll it back.",
         "请报告近 24 小时的发布与变更，并准备回滚。"),
        ("Report changes of 24 h, be ready to roll back", "报告 24 小时内变更，准备回滚"),
    ),
    "test": _duty(
        ("Testing", "测试"),
        ("Reproduce it as a customer would, and stand by to verify the recovery.",
         "请以客户身份复现，并准备验证恢复。"),
        ("Reproduce it; verify the recovery", "请复现并验证恢复"),
    ),
    "architect": _duty(
        ("Architect", "架构师"),
        ("Say which dependencies and which degradation or switch-over could help, and what they would break.",
         "请判断涉及哪些依赖、可用哪些降级或切换手段及其副作用。"),
        ("Which degradation or switch-over helps?", "请判断可用的降级或切换"),
    ),
    "product": _duty(
        ("Product manager", "产品经理"),
        ("Confirm the scope and the numbers (users, transactions, amount), and be ready to approve a degradation.",
         "请确认影响范围与数据（用户、交易、金额），并准备审批降级预案。"),
        ("Confirm scope; approve degradation", "请确认范围、审批降级"),
    ),
    "customer_service": _duty(
        ("Customer service", "客服"),
        ("Put the script out to all agents within 10 minutes, count complaints and report them here.",
         "请在 10 分钟内下发客服话术，统计投诉量并回报。"),
        ("Put the script out; count complaints", "请下发话术、统计投诉"),
    ),
    "partner": _duty(
        ("Partner liaison", "渠道接口人"),
        ("Call the partner's duty desk, open a ticket there and bring back its number and their estimate.",
         "请联系渠道值班，提单并反馈工单号与预计恢复时间。"),
        ("Call the partner, bring back ticket and estimate", "请联系合作方并反馈工单"),
    ),
    "pr": _duty(
        ("Public relations", "公关"),
        ("Prepare the public text; it goes out after the commander has agreed. Watch what is said outside.",
         "请准备对外口径，经应急指挥同意后发布；关注舆情。"),
        ("Prepare the public text; watch outside", "请准备对外口径、关注舆情"),
    ),
    "legal": _duty(
        ("Legal and compliance", "法务合规"),
        ("Check which reports are due to which authority by when, and hold the evidence.",
         "请核对须向哪些监管机构、何时前报告，并保全证据。"),
        ("Check reports that are due; hold evidence", "请核对报告时限、保全证据"),
    ),
    "finance": _duty(
        ("Finance", "财务"),
        ("Watch money going out, be ready to hold settlement, and prepare to reconcile what was affected.",
         "请关注资金流出，准备暂停清结算，并准备受影响交易的对账。"),
        ("Watch outflow; prepare to reconcile", "请关注资金、准备对账"),
    ),
    "executive": _duty(
        ("Executive", "管理层"),
        ("For your information: the commander decides. Please give backing, and ask by the brief, not on the call.",
         "供您知悉：由应急指挥决策。请予支持，进展请查看简报，勿占用会议。"),
        ("For your information; the commander decides", "供您知悉，由应急指挥决策"),
    ),
}  # fmt: skip

EXPECTED: Mapping[Severity, tuple[str, ...]] = {
    Severity.P0: (
        "commander", "tech_lead", "product", "customer_service", "pr", "legal", "finance", "executive",
    ),
    Severity.P1: ("commander", "tech_lead", "product", "customer_service"),
}  # fmt: skip
"""Roles that a level wants filled: one that nobody fills is said in the brief, where a team has roles at all."""


def title_of(role: str) -> Text:
    """A role's name; of an unknown one, its own word."""
    duty = DUTIES.get(role)
    return duty.title if duty else Text(role.replace("_", " "), role)
