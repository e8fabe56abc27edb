"""The review as people write it: sections, the cause's tag, what was reconciled, and actions with owner and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from watchtower.core.entry import LogEntry
from watchtower.model import Instant, Text

SECTIONS: Mapping[str, Text] = {
    "summary": Text("Summary", "概要"),
    "factors": Text("Contributing factors and trigger", "促成因素与触发原因"),
    "prevention": Text("Why it was not prevented", "为什么没有避免"),
    "detection": Text(
        "Why it was not seen sooner: how would you have halved the time?",
        "为什么没有更早发现：怎样才能把时间缩短一半？",
    ),
    "well": Text("What went well", "做得好的"),
    "badly": Text("What went badly", "做得不好的"),
    "lucky": Text("Where we were lucky", "靠运气的"),
    "follow_up": Text("Follow-up with customers and on money", "客户与资金的后续处理"),
}
"""What people write, in the order of the template; everything else is filled in."""


class ActionType(StrEnum):
    """What an action item is for."""

    DETECT = "detect"
    PREVENT = "prevent"
    MITIGATE = "mitigate"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something somebody does so that it does not happen again, or is over sooner. `id` is `A1`, `A2`, ... of its
    incident; `acceptance` says how it is seen to be done; `dropped` is why it will not be done."""

    id: str
    text: str
    type: str = ActionType.PROCESS
    owner: str = ""
    due: Instant | None = None
    acceptance: str = ""
    added_at: Instant = 0.0
    done_at: Instant | None = None
    done_by: str = ""
    dropped: str = ""

    @property
    def open(self) -> bool:
        return self.done_at is None and not self.dropped

    def on_time(self, at: Instant) -> bool | None:
        """Done by its date; None while that is not decided yet, or it was dropped."""
        if self.dropped or self.due is None:
            return None
        if self.done_at is not None:
            return self.done_at <= self.due
        return None if at <= self.due else False


@dataclass(frozen=True, slots=True)
class Rung:
    """From `at` on, `check` had so many days left."""

    at: Instant
    check: str
    days_left: float


@dataclass(frozen=True, slots=True)
class Review:
    """`meeting_at` is when it is talked through. `false_page`: people were woken for nothing; None: nobody said.
    `source` is by what it was really seen first, where a person knows better (`customer`)."""

    owner: str = ""
    meeting_at: Instant | None = None
    sections: Mapping[str, str] = field(default_factory=dict)
    cause_tag: str = ""
    helped: str = ""
    """What ended it: what the next ones try first."""
    reconciliation: str = ""
    recouped: str = ""
    """`1200.50 CNY` of what was missing came late after all."""
    false_page: bool | None = None
    source: str = ""
    actions: tuple[ActionItem, ...] = ()
    closed_at: Instant | None = None
    closed_by: str = ""
    similar: tuple[Mapping[str, Any], ...] = ()
    """What was found to be like it when it opened: incident, cause_tag, cause, helped, why."""
    rungs: tuple[Rung, ...] = ()
    """Of a warning: each rung of the ladder that it came down to."""

    @property
    def begun(self) -> bool:
        return bool(self.owner or self.sections or self.cause_tag or self.reconciliation or self.actions)

    def action(self, id: str) -> ActionItem | None:
        return next((item for item in self.actions if item.id == id), None)

    def after(self, entry: LogEntry) -> Review:
        """This slice of the history with one more entry of its own kind."""
        data = entry.data
        match entry.kind:
            case "review.owner":
                return replace(
                    self, owner=_text(data, "owner"), meeting_at=_instant(data, "meeting", self.meeting_at)
                )
            case "review.section" if _text(data, "section") in SECTIONS:
                return replace(self, sections={**self.sections, data["section"]: _text(data, "text")})
            case "review.tagged":
                return replace(
                    self, cause_tag=_text(data, "tag"), helped=_text(data, "helped") or self.helped
                )
            case "review.reconciled":
                return replace(self, reconciliation=_text(data, "text"), recouped=_text(data, "recouped"))
            case "review.verdict":
                said = data.get("false_page")
                return replace(
                    self,
                    false_page=said if isinstance(said, bool) else self.false_page,
                    source=_text(data, "source") or self.source,
                )
            case "review.action" if _text(data, "id"):
                return replace(self, actions=_put(self.actions, _item(self, entry)))
            case "review.action_done" if item := self.action(_text(data, "id")):
                ended = replace(item, done_at=entry.at, done_by=entry.by, dropped="")
                if why := _text(data, "dropped"):
                    ended = replace(item, dropped=why)
                return replace(self, actions=_put(self.actions, ended))
            case "review.similar":
                found = data.get("found")
                return replace(
                    self,
                    similar=tuple(one for one in found if isinstance(one, dict))
                    if isinstance(found, list)
                    else (),
                )
            case "review.rung" if isinstance(data.get("days_left"), (int, float)):
                rung = Rung(entry.at, _text(data, "check"), float(data["days_left"]))
                return replace(self, rungs=(*self.rungs, rung))
            case "review.reopened":
                return replace(self, closed_at=None, closed_by="")
            case "review.closed":
                return replace(self, closed_at=entry.at, closed_by=entry.by)
        return self


def _item(review: Review, entry: LogEntry) -> ActionItem:
    """The action that an entry adds, or changes: what the entry does not say stays."""
    data, id = entry.data, _text(entry.data, "id")
    item = review.action(id) or ActionItem(id, "", added_at=entry.at)
    return replace(
        item,
        text=_text(data, "text") or item.text,
        type=_text(data, "type") or item.type,
        owner=_text(data, "owner") or item.owner,
        due=_instant(data, "due", item.due),
        acceptance=_text(data, "acceptance") or item.acceptance,
    )


def _put(items: tuple[ActionItem, ...], item: ActionItem) -> tuple[ActionItem, ...]:
    if all(each.id != item.id for each in items):
        return (*items, item)
    return tuple(item if each.id == item.id else each for each in items)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    return value if isinstance(value, str) else ""


def _instant(data: Mapping[str, Any], name: str, before: Instant | None) -> Instant | None:
    value = data.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else before
