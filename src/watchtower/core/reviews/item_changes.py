"""The changes of an incident's action items, each with the item as it stood then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read
from watchtower.core.reviews.kinds import ITEM_KINDS, ActionItemEnded, ActionItemWritten
from watchtower.core.reviews.review import ActionItem, Review


class ItemStep(StrEnum):
    """What became of the item."""

    ADDED = "added"
    CHANGED = "changed"
    DONE = "done"
    DROPPED = "dropped"


class ItemChange(NamedTuple):
    """One change: the entry of the log that says so, and the item after it."""

    entry: LogEntry
    step: ItemStep
    item: ActionItem


def item_changes(log: Iterable[LogEntry]) -> Iterator[ItemChange]:
    """The changes that this log tells, in its order."""
    review = Review()
    for entry in log:
        said = read(entry, ITEM_KINDS)
        if not isinstance(said, ActionItemWritten | ActionItemEnded):
            continue
        known = review.action(said.id) is not None
        review = review.after(entry)
        item = review.action(said.id)
        if item is None:
            continue
        if isinstance(said, ActionItemEnded):
            step = ItemStep.DROPPED if said.dropped else ItemStep.DONE
        else:
            step = ItemStep.CHANGED if known else ItemStep.ADDED
        yield ItemChange(entry, step, item)
