"""What people write down while an incident runs. Each is one line; what the engine knows is never typed."""

from __future__ import annotations

import math
from collections.abc import Mapping

from watchtower.core.actions.action import (
    INSTANT,
    NUMBER,
    OPTIONAL,
    TEXT,
    Act,
    Action,
    ActionTaken,
    action,
    choice,
)
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


_ITEM, _WHO, _DUE = NUMBER.optional, OPTIONAL, INSTANT.optional
_UPDATE = {"audience": choice(*AUDIENCES), "text": TEXT, "next_minutes": NUMBER.optional}
ACTIONS: tuple[Action, ...] = (
    action("note", _write(kinds.NoteWritten), closed=True, text=TEXT),
    action("known", _write(kinds.FactKnown), closed=True, text=TEXT),
    action("rule_out", _write(kinds.RuledOut), closed=True, text=TEXT),
    action("ask", _write(kinds.QuestionAsked), text=TEXT, who=_WHO),
    action("answer", _close(kinds.QuestionAnswered, "questions"), closed=True, text=TEXT, item=_ITEM),
    action("tried", _close(kinds.AttemptMade, "doing", own_entry=True), text=TEXT, result=TEXT, item=_ITEM),
    action("doing", _write(kinds.WorkBegun, own=True), text=TEXT, who=_WHO, due=_DUE),
    action("finished", _close(kinds.WorkFinished, "doing"), text=OPTIONAL, item=_ITEM),
    action("need", _write(kinds.NeedRaised), text=TEXT, who=_WHO, due=_DUE),
    action("decide", _close(kinds.DecisionMade, "needs", own_entry=True), closed=True, text=TEXT, item=_ITEM),
    action("cause", _write(kinds.CauseNamed, tag="tag"), closed=True, text=TEXT, tag=OPTIONAL),
    action("said", _said, closed=True, **_UPDATE),
    action("publish", _publish, closed=True, **_UPDATE),
    action(
        "change",
        _write(kinds.ChangeNoted, tag="kind"),
        closed=True,
        text=TEXT,
        kind=choice(*CHANGES).optional,
        due=_DUE,
    ),
    action("withdraw", _withdraw, closed=True, item=NUMBER, why=OPTIONAL),
)
