"""What a check may spend in a day: runs, orders in a sandbox, text messages, money."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

RUNS = "runs"
"""Of this each run spends one."""


class Budget:
    """The most of each name in a day (UTC). What is spent stands in `kept`, which outlives a restart."""

    def __init__(
        self, most: Mapping[str, float], kept: dict[str, Any], clock: Callable[[], float] = time.time
    ) -> None:
        self._most, self._kept, self._clock = most, kept, clock

    def left(self) -> dict[str, float]:
        """How much of each is left today, never below zero."""
        spent = self._today()
        return {name: max(0.0, most - spent.get(name, 0.0)) for name, most in self._most.items()}

    def lacks(self, amounts: Mapping[str, float]) -> str:
        """The first name of which less than this is left; empty where all can be paid."""
        left = self.left()
        return next((name for name, amount in amounts.items() if amount > left.get(name, amount)), "")

    def spend(self, amounts: Mapping[str, float]) -> None:
        """Before what is paid is done: what nobody heard the end of may have happened."""
        spent = self._today()
        for name, amount in amounts.items():
            spent[name] = spent.get(name, 0.0) + amount

    def _today(self) -> dict[str, float]:
        day = time.strftime("%Y-%m-%d", time.gmtime(self._clock()))
        if self._kept.get("day") != day:
            self._kept.update(day=day, spent={})
        spent: dict[str, float] = self._kept["spent"]
        return spent
