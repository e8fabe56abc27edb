"""The review as people write it: sections, the cause's tag, what was reconciled, and actions with owner and date."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.core.reviews import kinds
from watchtower.model import Instant, Text
from watchtower.values import Frozen, field, replace

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


class ActionItem(Frozen):
    """Something somebody does so that it does not happen again, or is over sooner. `id` is `A1`, `A2`, ... of its
    incident; `acceptance` says how it is seen to be done; `dropped` is why it will not be done."""

    id: str
    text: str
    type: str = ActionType.PROCESS
    owner: str = ""
    due: Instant | None = None
    acceptance: str = ""
    done_at: Instant | None = None
    done_by: str = ""
    dropped: str = ""

    @property
    def open(self) -> bool:
        return self.done_at is None and not self.dropped

    @property
    def state(self) -> str:
        """`open`, `done` or `dropped`."""
        return "dropped" if self.dropped else "open" if self.open else "done"

    def on_time(self, at: Instant) -> bool | None:
        """Done by its date; None while that is not decided yet, or it was dropped."""
        if self.dropped or self.due is None:
            return None
        if self.done_at is not None:
            return self.done_at <= self.due
        return None if at <= self.due else False


class DaysLeft(Frozen):
    """From `at` on, `check` had so many days left."""

    at: Instant
    check: str
    days_left: float


class Review(Frozen):
    """`meeting_at` is when it is talked through. `false_page`: it was a false page; None: nobody said.
    `source` is who detected it first, where a person knows better (`customer`)."""

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
    days_left: tuple[DaysLeft, ...] = ()
    """Of a warning: the days left at each threshold that it reached."""

    @property
    def begun(self) -> bool:
        return bool(self.owner or self.sections or self.cause_tag or self.reconciliation or self.actions)

    def action(self, id: str) -> ActionItem | None:
        return next((item for item in self.actions if item.id == id), None)

    def after(self, entry: LogEntry) -> Review:
        """This slice of the history with one more entry."""
        match read(entry, kinds.KINDS):
            case kinds.ReviewOwned(owner=owner, meeting=meeting):
                return replace(self, owner=owner, meeting_at=self.meeting_at if meeting is None else meeting)
            case kinds.SectionWritten(section=section, text=text) if section in SECTIONS:
                return replace(self, sections={**self.sections, section: text})
            case kinds.CauseTagged(tag=tag, helped=helped):
                return replace(self, cause_tag=tag, helped=helped or self.helped)
            case kinds.Reconciled(text=text, recouped=recouped):
                return replace(self, reconciliation=text, recouped=recouped)
            case kinds.PageJudged(false_page=said, source=source):
                judged = self.false_page if said is None else said
                return replace(self, false_page=judged, source=source or self.source)
            case kinds.ActionItemWritten(id=id) as item if id:
                return replace(self, actions=_put(self.actions, _item(self, item)))
            case kinds.ActionItemEnded(id=id, dropped=why) if action := self.action(id):
                ended = replace(action, done_at=entry.at, done_by=entry.by, dropped="")
                if why:
                    ended = replace(action, dropped=why)
                return replace(self, actions=_put(self.actions, ended))
            case kinds.SimilarFound(found=found):
                return replace(self, similar=tuple(found))
            case kinds.DaysLeftNoted(check=check, days_left=left):
                return replace(self, days_left=(*self.days_left, DaysLeft(entry.at, check, left)))
            case kinds.ReviewReopened():
                return replace(self, closed_at=None, closed_by="")
            case kinds.ReviewClosed():
                return replace(self, closed_at=entry.at, closed_by=entry.by)
        return self


def _item(review: Review, said: kinds.ActionItemWritten) -> ActionItem:
    """The action that is added, or changed: what the entry does not say stays."""
    item = review.action(said.id) or ActionItem(said.id, "")
    return replace(
        item,
        text=said.text or item.text,
        type=said.type or item.type,
        owner=said.owner or item.owner,
        due=item.due if said.due is None else said.due,
        acceptance=said.acceptance or item.acceptance,
    )


def _put(items: tuple[ActionItem, ...], item: ActionItem) -> tuple[ActionItem, ...]:
    if all(each.id != item.id for each in items):
        return (*items, item)
    return tuple(item if each.id == item.id else each for each in items)
