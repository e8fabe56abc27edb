"""What is known, ruled out, open, tried, being done and said: what a newcomer to the call would ask.

Projected from `notes.*` entries, which people write (`core/notes/actions.py`). Every item has a number by which
people name it later: question 3 is answered, need 5 is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import Payload, read
from watchtower.core.notes import kinds
from watchtower.model import Instant
from watchtower.values import Frozen, replace

AUDIENCES = ("internal", "customers", "partners", "public", "regulators", "executives")
"""Whom status updates are for. All but `internal` and `executives` are outside the house."""
OUTSIDE = ("customers", "partners", "public", "regulators")
CHANGES = ("deploy", "config", "campaign", "certificate", "quota", "other")
"""Kinds of recent changes."""


class Item(Frozen):
    """One thing that a person wrote.

    `who` is who does it, or of whom it is needed; `due` when it should be done, when the next update is due, or when
    the change happened; `result` the answer, the outcome or the decision; `tag` the audience, the kind of change or
    the cause's tag; `zh` the text in Chinese, where Watchtower wrote it. `closed_at` is when it was answered, decided
    or finished, None while it is open.
    """

    number: int
    at: Instant
    by: str
    text: str
    who: str = ""
    due: Instant | None = None
    result: str = ""
    tag: str = ""
    zh: str = ""
    closed_at: Instant | None = None
    closed_by: str = ""

    @property
    def open(self) -> bool:
        return self.closed_at is None


class Notes(Frozen):
    """Notes of people by kind, oldest first. What was withdrawn is left out."""

    notes: tuple[Item, ...] = ()
    known: tuple[Item, ...] = ()
    ruled_out: tuple[Item, ...] = ()
    questions: tuple[Item, ...] = ()
    tried: tuple[Item, ...] = ()
    doing: tuple[Item, ...] = ()
    needs: tuple[Item, ...] = ()
    decisions: tuple[Item, ...] = ()
    causes: tuple[Item, ...] = ()
    said: tuple[Item, ...] = ()
    changes: tuple[Item, ...] = ()
    last: int = 0
    """The highest number given so far."""

    @property
    def cause(self) -> Item | None:
        """The cause as it stands; earlier ones were taken for it."""
        return self.causes[-1] if self.causes else None

    @property
    def open_questions(self) -> tuple[Item, ...]:
        return tuple(q for q in self.questions if q.open)

    @property
    def doing_now(self) -> tuple[Item, ...]:
        return tuple(d for d in self.doing if d.open)

    @property
    def open_needs(self) -> tuple[Item, ...]:
        return tuple(n for n in self.needs if n.open)

    def last_said(self, *audiences: str) -> Item | None:
        """The newest status update for one of these audiences; for any when none is given."""
        return next((s for s in reversed(self.said) if not audiences or s.tag in audiences), None)

    def find(self, number: int) -> Item | None:
        """The item of this number, whatever it is."""
        return next((i for name in _LISTS for i in getattr(self, name) if i.number == number), None)

    def after(self, entry: LogEntry) -> Notes:
        """This slice of the history with one more entry of its own kind; what cannot be understood changes nothing."""
        said = read(entry, kinds.KINDS)
        match said:
            case kinds.QuestionAnswered(item=number):
                return self._closed("questions", number, entry)
            case kinds.WorkFinished(item=number):
                return self._closed("doing", number, entry)
            case kinds.NoteWithdrawn(item=number):
                return self._without(number)
            case kinds.NoteEntry() if type(said) in _LIST_OF:
                name = _LIST_OF[type(said)]
            case _:
                return self
        item = Item(
            self.last + 1,
            entry.at,
            entry.by,
            entry.detail,
            who=said.who,
            due=said.due,
            result=said.result,
            tag=said.tag,
            zh=said.zh,
        )
        grown = replace(self, last=item.number, **{name: (*getattr(self, name), item)})
        # What was tried ends what was being done; a decision ends the need for it.
        ended = _ENDS.get(type(said))
        return grown._closed(ended, said.item, entry) if ended and said.item else grown

    def _closed(self, name: str, number: int, entry: LogEntry) -> Notes:
        items: Any = tuple(
            replace(i, closed_at=entry.at, closed_by=entry.by, result=entry.detail or i.result)
            if i.number == number and i.open
            else i
            for i in getattr(self, name)
        )
        return replace(self, **{name: items})

    def _without(self, number: int) -> Notes:
        kept: dict[str, Any] = {
            name: tuple(i for i in getattr(self, name) if i.number != number) for name in _LISTS
        }
        return replace(self, **kept)


_LIST_OF: Mapping[type[kinds.NoteEntry], str] = {
    kinds.NoteWritten: "notes", kinds.FactKnown: "known", kinds.RuledOut: "ruled_out", kinds.QuestionAsked: "questions",
    kinds.AttemptMade: "tried", kinds.WorkBegun: "doing", kinds.NeedRaised: "needs", kinds.DecisionMade: "decisions",
    kinds.CauseNamed: "causes", kinds.StatusUpdated: "said", kinds.ChangeNoted: "changes",
}  # fmt: skip
"""Which list an entry goes into."""
_ENDS: Mapping[type[Payload], str] = {kinds.AttemptMade: "doing", kinds.DecisionMade: "needs"}
_LISTS = tuple(_LIST_OF.values())
