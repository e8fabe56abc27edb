"""The kinds of log entries that people write down while an incident runs. The entry's sentence is what they wrote."""

from __future__ import annotations

from watchtower.core.incident.payload import Payload, kinds
from watchtower.model import Instant


class NoteEntry(Payload):
    """`who` does it, or it is needed of them; `due` is when it should be done, or happened; `item` is the note that it ends.
    `zh`: the sentence in Chinese, where Watchtower wrote it and not a person."""

    who: str = ""
    due: Instant | None = None
    result: str = ""
    tag: str = ""
    item: int = 0
    zh: str = ""


class NoteWritten(NoteEntry):
    """A note."""

    kind = "notes.note"


class FactKnown(NoteEntry):
    """Something that is certain."""

    kind = "notes.known"


class RuledOut(NoteEntry):
    """What it is not."""

    kind = "notes.ruled_out"


class QuestionAsked(NoteEntry):
    """An open question."""

    kind = "notes.question"


class AttemptMade(NoteEntry):
    """What was tried, and its result."""

    kind = "notes.tried"


class WorkBegun(NoteEntry):
    """What somebody does now."""

    kind = "notes.doing"


class NeedRaised(NoteEntry):
    """A decision or help that is needed."""

    kind = "notes.need"


class DecisionMade(NoteEntry):
    """A decision."""

    kind = "notes.decision"


class CauseNamed(NoteEntry):
    """The cause, also a provisional one."""

    kind = "notes.cause"


class StatusUpdated(NoteEntry):
    """A status update was given to an audience (`tag`)."""

    kind = "notes.update"


class ChangeNoted(NoteEntry):
    """A recent change that may matter."""

    kind = "notes.change"


class QuestionAnswered(NoteEntry):
    """A question was answered."""

    kind = "notes.answered"


class WorkFinished(NoteEntry):
    """What was being done is finished."""

    kind = "notes.finished"


class NoteWithdrawn(NoteEntry):
    """A note was withdrawn."""

    kind = "notes.withdrawn"


KINDS = kinds(
    NoteWritten, FactKnown, RuledOut, QuestionAsked, AttemptMade, WorkBegun, NeedRaised, DecisionMade, CauseNamed,
    StatusUpdated, ChangeNoted, QuestionAnswered, WorkFinished, NoteWithdrawn,
)  # fmt: skip
