"""What people write down while an incident runs. Each is one line; what the engine knows is never typed."""

from __future__ import annotations

import math
from collections.abc import Mapping

from watchtower.core.actions.action import Act, Action, ActionTaken, Field, FieldKind, needed, optional
from watchtower.core.incident.incidents import Incident
from watchtower.core.notes import kinds
from watchtower.core.notes.notes import AUDIENCES, CHANGES, Item
from watchtower.core.notify.pages import PageRequest, by_channels, page
from watchtower.core.state import Step
from watchtower.model import Text
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason

_TWICE = 60.0
"""Seconds within which the same update is a button that was pressed twice."""


def _write(kind: type[kinds.NoteEntry], tag: str = "", own: bool = False) -> Act:
    """Writes `text` as this kind. `tag` is the field kept as such; with `own` it is the writer's unless `who` is given."""

    def act(step: Step, incident: Incident, did: ActionTaken) -> str:
        more = {name: did.data[name] for name in ("who", "due", "result") if name in did.data}
        if own:
            more.setdefault("who", did.by)
        if tag and tag in did.data:
            more["tag"] = did.data[tag]
        step.log(incident.id, kind(**more), did.data["text"], did.by)
        return ""

    return act


def _close(kind: type[kinds.NoteEntry], what: str, own_entry: bool = False) -> Act:
    """Ends the open item that `item` numbers. With `own_entry` the number may be left out: then it ends nothing."""

    def act(step: Step, incident: Incident, did: ActionTaken) -> str:
        more = {name: did.data[name] for name in ("result",) if name in did.data}
        if "item" in did.data:
            number = _whole(did.data["item"])
            if number not in {i.number for i in _open(step, incident, what)}:
                return f"{number} is not the number of {_NAMES[what]} of {incident.id}"
            more["item"] = number
        elif not own_entry:
            found = _open(step, incident, what)
            if len(found) != 1:
                return f"say which: {incident.id} has {len(found)} open {what}"
            more["item"] = found[0].number
        step.log(incident.id, kind(**more), did.data.get("text", ""), did.by)
        return ""

    return act


def _said(step: Step, incident: Incident, did: ActionTaken) -> str:
    minutes = _whole(did.data.get("next_minutes", 0.0))
    due = did.at + minutes * 60 if minutes > 0 else None
    step.log(incident.id, kinds.StatusUpdated(due=due, tag=did.data["audience"]), did.data["text"], did.by)
    return ""


def _publish(step: Step, incident: Incident, did: ActionTaken) -> str:
    """Writes it down as `_said`, and sends it to who subscribed; what is over has told them so by its all-clear."""
    text, names = did.data["text"], step.history(incident.id).people.subscribers if incident.open else ()
    tag, before = did.data["audience"], step.history(incident.id).notes.said
    lately = (one for one in before if one.result and did.at - one.at < _TWICE)
    if any((one.text, one.tag) == (text, tag) for one in lately):
        return "this was sent a moment ago"
    addresses = by_channels(step.plan, names, step.plan.quiet, strictly=True)
    minutes = _whole(did.data.get("next_minutes", 0.0))
    due = did.at + minutes * 60 if minutes > 0 else None
    sent = ", ".join(f"{name} by {channel}" for name, channel in addresses)
    said = kinds.StatusUpdated(due=due, result=sent or "nobody", tag=tag)
    step.log(incident.id, said, text, did.by)
    if addresses:
        note = Text(text, text)
        request = PageRequest(PageKind.UPDATE, PageReason.STATUS_UPDATE, note=note, informs=True, quiet=True)
        page(step, step.state.incidents[incident.id], request, addresses)
    return ""


def _withdraw(step: Step, incident: Incident, did: ActionTaken) -> str:
    number = _whole(did.data["item"])
    if step.history(incident.id).notes.find(number) is None:
        return f"{incident.id} has no note {number}"
    step.log(incident.id, kinds.NoteWithdrawn(item=number), did.data.get("why", ""), did.by)
    return ""


def _whole(value: float) -> int:
    return int(value) if math.isfinite(value) else 0


def _open(step: Step, incident: Incident, what: str) -> tuple[Item, ...]:
    items: tuple[Item, ...] = getattr(step.history(incident.id).notes, what)
    return tuple(i for i in items if i.open)


_NAMES: Mapping[str, str] = {
    "questions": "an open question",
    "doing": "what is being done",
    "needs": "an open need",
}


def _text(en: str, zh: str) -> dict[str, Field]:
    return {"text": needed(en, zh)}


_WHO = optional("a name or a role", "姓名或角色")
_DUE = optional("by when", "何时之前", FieldKind.INSTANT)

ACTIONS: tuple[Action, ...] = (
    Action("note", Text("Add a note", "记录一条信息"), _write(kinds.NoteWritten), _text("what happened", "内容"), closed=True),
    Action(
        "known", Text("Note what is certain", "记录已确认的事实"), _write(kinds.FactKnown),
        _text("what is certain", "已确认的内容"), closed=True,
    ),
    Action(
        "rule_out", Text("Rule out a cause", "排除一种可能"), _write(kinds.RuledOut),
        _text("what it is not, and how you know", "排除了什么，依据是什么"), closed=True,
    ),
    Action(
        "ask", Text("Ask an open question", "提出疑问"), _write(kinds.QuestionAsked),
        _text("what should be found out", "需要弄清的问题") | {"who": _WHO},
    ),
    Action(
        "answer", Text("Answer an open question", "回答疑问"), _close(kinds.QuestionAnswered, "questions"),
        _text("the answer", "答案")
        | {"item": optional("its number; not needed when one is open", "编号；只有一个时可省略", FieldKind.NUMBER)}, closed=True,
    ),
    Action(
        "tried", Text("Record what was tried, so that nobody repeats it", "记录已尝试的操作，避免重复"),
        _close(kinds.AttemptMade, "doing", own_entry=True),
        _text("what was tried", "做了什么")
        | {
            "result": needed("the result", "结果如何"),
            "item": optional("the number of what was being done", "对应“正在做”的编号", FieldKind.NUMBER),
        },
    ),
    Action(
        "doing", Text("Record what somebody is doing", "记录正在做的事"), _write(kinds.WorkBegun, own=True),
        _text("what is being done", "在做什么") | {"who": _WHO, "due": _DUE},
    ),
    Action(
        "finished", Text("Record that it is finished", "正在做的事已完成"), _close(kinds.WorkFinished, "doing"),
        {
            "text": optional("the result", "结果"),
            "item": optional("its number; not needed when one is open", "编号；只有一项时可省略", FieldKind.NUMBER),
        },
    ),
    Action(
        "need", Text("Ask for a decision or for help", "提出需要的决定或支援"), _write(kinds.NeedRaised),
        _text("what is needed", "需要什么") | {"who": _WHO, "due": _DUE},
    ),
    Action(
        "decide", Text("Record a decision", "记录决定"), _close(kinds.DecisionMade, "needs", own_entry=True),
        _text("what was decided", "决定内容")
        | {"item": optional("the number of the need that it answers", "所回应需求的编号", FieldKind.NUMBER)}, closed=True,
    ),
    Action(
        "cause", Text("Record the cause, which may be provisional", "记录原因（可为初步判断）"),
        _write(kinds.CauseNamed, tag="tag"), _text("the cause in a sentence", "一句话说明原因")
        | {"tag": optional("a word by which causes are compared", "用于比对同类原因的标签")}, closed=True,
    ),
    Action(
        "said", Text("Record a status update", "记录已发布的进展通报"), _said,
        {"audience": needed("to whom", "对象", FieldKind.CHOICE, choices=AUDIENCES)}
        | _text("what was said", "通报内容")
        | {"next_minutes": optional("minutes until the next one", "多少分钟后再次通报", FieldKind.NUMBER)}, closed=True,
    ),
    Action(
        "publish",
        Text(
            "Send a status update to who subscribed; a public one is on the status page too.",
            "发送进展通报给订阅者；对外（public）的同时显示在状态页。",
        ),
        _publish,
        {"audience": needed("to whom", "对象", FieldKind.CHOICE, choices=AUDIENCES)}
        | _text("the text", "通报内容")
        | {"next_minutes": optional("minutes until the next one", "多少分钟后再次通报", FieldKind.NUMBER)}, closed=True,
    ),
    Action(
        "change", Text("Record a recent change", "记录近期变更"), _write(kinds.ChangeNoted, tag="kind"),
        _text("what was changed", "变更内容")
        | {
            "kind": optional("what kind of change", "变更类型", FieldKind.CHOICE, choices=CHANGES),
            "due": optional("when it was made", "变更时间", FieldKind.INSTANT),
        },
        closed=True,
    ),
    Action(
        "withdraw", Text("Withdraw a wrong note", "撤回错误记录"), _withdraw,
        {"item": needed("its number", "编号", FieldKind.NUMBER), "why": optional("why", "原因")}, closed=True,
    ),
)  # fmt: skip
