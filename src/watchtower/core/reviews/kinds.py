"""The kinds of log entries about the review."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.core.incident.payload import Json, Payload, kinds
from watchtower.model import Instant


class ReviewOwned(Payload):
    """Who writes the review, and when it is talked through."""

    kind = "review.owner"
    owner: str
    meeting: Instant | None = None


class SectionWritten(Payload):
    """A section of the review was written; the text replaces what was there."""

    kind = "review.section"
    section: str
    text: str


class CauseTagged(Payload):
    """The cause in a word, and what ended the incident."""

    kind = "review.tagged"
    tag: str
    helped: str = ""


class Reconciled(Payload):
    """What reconciliation found."""

    kind = "review.reconciled"
    text: str
    recouped: str = ""


class PageJudged(Payload):
    """Whether the page was false, and what saw the incident first."""

    kind = "review.verdict"
    false_page: bool | None = None
    source: str = ""


class ActionItemWritten(Payload):
    """An action item was added, or changed: what is left out stays."""

    kind = "review.action"
    id: str
    text: str = ""
    type: str = ""
    owner: str = ""
    due: Instant | None = None
    acceptance: str = ""


class ActionItemEnded(Payload):
    """An action item is done, or dropped for a reason."""

    kind = "review.action_done"
    id: str
    dropped: str = ""


class SimilarFound(Payload):
    """Earlier incidents that are like this one."""

    kind = "review.similar"
    found: Sequence[Json]
    en: str = ""
    zh: str = ""


class DaysLeftNoted(Payload):
    """A check that runs out came down to the next threshold of its days left."""

    kind = "review.threshold"
    check: str
    days_left: float
    en: str = ""
    zh: str = ""


class ReviewReopened(Payload):
    """The incident is back: its review is open again."""

    kind = "review.reopened"
    en: str = ""
    zh: str = ""


class ReviewClosed(Payload):
    """The review was closed."""

    kind = "review.closed"


KINDS = kinds(
    ReviewOwned, SectionWritten, CauseTagged, Reconciled, PageJudged, ActionItemWritten, ActionItemEnded, SimilarFound,
    DaysLeftNoted, ReviewReopened, ReviewClosed,
)  # fmt: skip
ITEM_KINDS = kinds(ActionItemWritten, ActionItemEnded)
"""Those that change an action item."""
