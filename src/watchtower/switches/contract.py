"""What an action of a degradation plan is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core.degrade.runs import QueuedRun
from watchtower.values import Frozen, field


class SwitchError(Exception):
    """The action failed. `again`: another attempt may help; `after`: seconds that the receiver asks us to
    wait."""

    def __init__(self, what: str, *, again: bool = False, after: float | None = None) -> None:
        self.again, self.after = again, after
        super().__init__(what)


class Order(Frozen):
    """One action for one incident."""

    incident: str
    queued: QueuedRun
    flow: str = ""
    words: Mapping[str, Any] = field(default_factory=dict)
    """The plan's own further keys of the JSON."""

    def body(self) -> dict[str, Any]:
        """The JSON for the receiver: the same for every attempt."""
        queued = self.queued
        return {
            **self.words, "version": 1, "key": queued.key, "plan": queued.plan, "phase": queued.phase, "run": queued.run,
            "incident": self.incident, "flow": self.flow, "drill": queued.drill, "by": queued.by, "at": queued.at,
        }  # fmt: skip
