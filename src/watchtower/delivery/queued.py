"""A queued page, and what became of its attempts in this run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from watchtower.core.incident.incidents import Page
from watchtower.errors import DeliveryFault
from watchtower.values import Mutable, field

BEGUN = "begun"
"""Stands in the store for the end of an attempt that has none yet, before the name of its channel; and after the end of a
later one, while nobody knows what became of the first."""


class QueuedPage(Mutable, eq=False):
    """`due` and `held_until` are loop times, which a jump of the wall clock does not move."""

    page: Page
    attempts: int = 0
    code: str = ""
    due: float = 0.0
    held_until: float = 0.0
    told_failing: bool = False
    over: bool = False
    sending: bool = False
    late: asyncio.TimerHandle | None = None
    wake: asyncio.Event | None = None
    tried: dict[str, str] = field(default_factory=dict)
    """Channels of its kind that failed in this round, and how; when all have, the round is over."""
    refused: set[str] = field(default_factory=set)
    """Those that refused it for good."""
    unclear: str = ""
    """The channel of which nobody knows whether it took the page."""
    unclear_attempts: int = 0
    """With an unknown end, where the far side tells no repetition."""

    @classmethod
    def of(cls, page: Page, attempts: int, error: str, due: float) -> QueuedPage:
        """As the store has it: `error` is the `end` of the last attempt."""
        item = cls(page, attempts, error.partition(":")[0], due, due)
        _, begun, name = error.rpartition(f"{BEGUN}: ")
        if begun:  # it had no end when the daemon ended
            item.unclear, item.unclear_attempts = name, 1
        return item

    def end(self, detail: str) -> str:
        """The end of the last attempt, for the store."""
        return f"{self.code}: {detail}" + (f"; {BEGUN}: {self.unclear}" if self.unclear else "")

    def failed(self, name: str, code: str, fault: DeliveryFault, *, idempotent: bool) -> None:
        """An attempt by this channel failed."""
        self.attempts += 1
        self.code = self.tried[name] = code
        if fault in (DeliveryFault.ADDRESS, DeliveryFault.OTHER_CHANNEL):
            self.refused.add(name)
        elif fault is DeliveryFault.AMBIGUOUS:
            self.unclear = name
            self.unclear_attempts += not idempotent

    def left(self, names: Sequence[str]) -> list[str]:
        """Those of these channels that are still to be tried in this round."""
        return [name for name in names if name not in self.tried and name not in self.refused]
