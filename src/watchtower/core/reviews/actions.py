"""What people do to a review: write, tag the cause, reconcile, add actions, close. Also long after the incident."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from watchtower.core.actions.action import Act, Action, ActionTaken, Field, FieldKind, needed, optional
from watchtower.core.incident.history import History
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.payload import Payload
from watchtower.core.plan.review import DAY, tag_of
from watchtower.core.reviews import kinds
from watchtower.core.reviews.facts import cause_of
from watchtower.core.reviews.review import SECTIONS, ActionType, Review
from watchtower.core.state import Step
from watchtower.model import Instant, Text
from watchtower.money import parse_money

LONG = 20_000
"""Characters that a section may have."""
SOURCES = ("probe", "traffic", "dependency", "money", "human", "customer")
"""By what an incident can be seen first."""
CLOSED = "the review is closed; only actions can still be done"


def _while_open(act: Act) -> Act:
    """Refuses where the review is closed."""

    def guarded(step: Step, incident: Incident, did: ActionTaken) -> str:
        return CLOSED if _review(step, incident).closed_at is not None else act(step, incident, did)

    return guarded


def _writes(kind: Callable[..., Payload], named: str) -> Act:
    """Writes its fields as this kind of entry; the entry's sentence is the field `named`."""

    def act(step: Step, incident: Incident, did: ActionTaken) -> str:
        step.log(incident.id, kind(**did.data), did.data[named], did.by)
        return ""

    return _while_open(act)


@_while_open
def add_action(step: Step, incident: Incident, did: ActionTaken) -> str:
    review = _review(step, incident)
    id = str(did.data.get("id", "")).upper()
    if id and review.action(id) is None:
        return f'there is no action "{id}" here: leave id out to add one'
    if not id and not did.data.get("text"):
        return "text is missing: say what is to be done"
    data: dict[str, Any] = {**did.data, "id": id or f"A{len(review.actions) + 1}"}
    if "due" in data:
        data["due"] = end_of_day(data["due"])
    elif not id and (due := step.plan.review.due(incident.record, step.at)) is not None:
        data["due"] = due
    step.log(incident.id, kinds.ActionItemWritten(**data), str(data.get("text", id)), did.by)
    return ""


def action_done(step: Step, incident: Incident, did: ActionTaken) -> str:
    id = did.data["id"].upper()
    item = _review(step, incident).action(id)
    if item is None:
        return f'there is no action "{id}" here'
    if not item.open:
        return f"{id} is not open: it is {'dropped' if item.dropped else 'done'} already"
    step.log(incident.id, kinds.ActionItemEnded(id, did.data.get("dropped", "")), item.text, did.by)
    return ""


@_while_open
def tag(step: Step, incident: Incident, did: ActionTaken) -> str:
    word = tag_of(did.data["tag"])
    known = step.plan.review.causes
    if not word:
        return f'"{did.data["tag"]}" is no tag: write a word or two, such as certificate or bad-deploy'
    if known and word not in known:
        near = difflib.get_close_matches(word, known, n=1)
        hint = f', did you mean "{near[0]}"?' if near else f": one of {', '.join(known)}"
        return f'"{word}" is no cause of [review] causes{hint}'
    step.log(incident.id, kinds.CauseTagged(word, did.data.get("helped", "")), word, did.by)
    return ""


def verdict(step: Step, incident: Incident, did: ActionTaken) -> str:
    if not did.data:
        return "say false_page, or source, or both"
    words = ", ".join(f"{name} {value}" for name, value in did.data.items())
    step.log(incident.id, kinds.PageJudged(**did.data), words, did.by)
    return ""


def close(step: Step, incident: Incident, did: ActionTaken) -> str:
    reasons = missing(incident, step.history(incident.id))
    if reasons:
        return "the review cannot be closed: " + "; ".join(reasons)
    step.log(incident.id, kinds.ReviewClosed(), "", did.by)
    return ""


def missing(incident: Incident, history: History) -> list[str]:
    """Everything that keeps this review from being closed, as sentences; empty when nothing does."""
    review = history.review
    if review.closed_at is not None:
        return ["it is closed already"]
    out = ["the incident is not over"] if incident.open else []
    for item in review.actions:
        lacks = [name for name, there in (("owner", item.owner), ("date", item.due)) if not there]
        if lacks and item.open:
            out.append(f"action {item.id} has no {' and no '.join(lacks)}")
    if not cause_of(history):
        out.append("the cause has no tag")
    if money_affected(history) and not review.reconciliation:
        out.append("money was affected and nobody has reconciled it")
    return out


def end_of_day(due: Instant) -> Instant:
    """A bare date (midnight UTC) lasts to its end."""
    return due + DAY - 1 if due % DAY == 0 else due


def _review(step: Step, incident: Incident) -> Review:
    return step.history(incident.id).review


def _action(name: str, help: Text, act: Any, fields: Mapping[str, Field]) -> Action:
    return Action(name, help, act, fields, closed=True)


ACTIONS: tuple[Action, ...] = (
    _action("write", Text("Write a section of the review", "撰写复盘章节"), _writes(kinds.SectionWritten, "section"), {
        "section": needed("which section", "哪个章节", FieldKind.CHOICE, choices=tuple(SECTIONS)),
        "text": needed("the whole text; it replaces what was there", "全文，替换原有内容", longest=LONG),
    }),
    _action("action", Text("Add an action item, or change one", "添加或修改改进措施"), add_action, {
        "text": optional("what is to be done", "要做什么"),
        "type": optional("what it is for", "用途", FieldKind.CHOICE, choices=tuple(map(str, ActionType))),
        "owner": optional("who does it", "负责人"),
        "due": optional("until when", "截止时间", FieldKind.INSTANT),
        "acceptance": optional("the acceptance criterion", "验收标准"),
        "id": optional("the action to change (A1, A2, ...); none: a new one", "要修改的改进措施（A1、A2…），空则新增"),
    }),
    _action("action_done", Text("An action item is done, or dropped", "改进措施已完成或取消"), action_done, {
        "id": needed("which action (A1, A2, ...)", "哪个改进措施（A1、A2…）"),
        "dropped": optional("why it will not be done", "为什么不做了"),
    }),
    _action("tag", Text("Tag the cause", "标记原因"), tag, {
        "tag": needed("the cause in a word or two", "用一两个词概括原因"),
        "helped": optional("what ended it", "什么措施使其恢复"),
    }),
    _action("reconcile", Text("Record the result of the reconciliation", "记录对账结果"), _writes(kinds.Reconciled, "text"), {
        "text": needed("what was found, and where it is written down", "对账结论及凭证位置"),
        "recouped": optional("what was recouped later", "后来补回的金额", FieldKind.AMOUNT),
    }),
    _action("review_owner", Text("Set the owner of the review", "指定复盘负责人"), _writes(kinds.ReviewOwned, "owner"), {
        "owner": needed("who", "谁"),
        "meeting": optional("when it is talked through", "复盘会时间", FieldKind.INSTANT),
    }),
    _action("verdict", Text("Record whether the page was false, and who saw it first", "判定是否误报，以及谁最先发现"), verdict, {
        "false_page": optional("it was a false page", "是否误报", FieldKind.BOOL),
        "source": optional("who detected it first", "实际由谁或什么最先发现", FieldKind.CHOICE, choices=SOURCES),
    }),
    _action("close_review", Text("Close the review", "完成复盘"), close, {}),
)  # fmt: skip
"""All may be done to a resolved incident, also when the engine no longer holds it."""


_MONEY = ("affected_amount", "loss")


def money_affected(history: History) -> bool:
    """True when an amount or a loss above zero was counted, or a person entered one."""
    now = history.impact.indicators
    counted = () if now is None else (now.affected_amount, now.loss)
    if any(amount is not None and amount.point > 0 for amount in counted):
        return True
    return any(_above_zero(history.impact.manual.get(name)) for name in _MONEY)


def _above_zero(stated: Any) -> bool:
    try:
        return parse_money(str(stated)).amount > 0
    except ValueError:
        return False
