"""Whether the daemon is ready and why not, for `/readyz`, the board and `watchtower_not_ready`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from watchtower import logs
from watchtower.delivery import Delivery, delivery
from watchtower.errors import StoreError
from watchtower.journal import Journal
from watchtower.logs import log
from watchtower.runner import Runner
from watchtower.scheduler import Scheduler
from watchtower.store.store import Store

LATE = 10.0
"""Seconds without a sign of the scheduler from which we are not ready."""

BEHIND, QUEUE = 10.0, 20_000
"""Seconds for which a decision has waited for the store, and decisions that wait, from which we are not ready."""


class Readiness:
    """Asks the parts that can fail without ending the daemon. `check_store` is a chore of the scheduler.

    A reason is one of `telemetry.metrics.REASONS`: a word without names or paths, since everybody may read it.
    """

    def __init__(
        self, store: Store, journal: Journal, scheduler: Scheduler, runner: Runner, pages: Delivery
    ) -> None:
        self._store, self._store_problem = store, ""
        self._asked: Mapping[str, Callable[[], bool]] = {
            "store": lambda: bool(self._store_problem) or journal.failing_since is not None,
            "store_behind": lambda: behind(*journal.lag()),
            "scheduler_late": lambda: scheduler.late() > LATE,
            "probe_threads": lambda: runner.threads_hang,
            "log": logs.failing,
            "delivery": lambda: pages.late() > delivery.LATE,
        }

    async def check_store(self, within: float) -> None:
        problem = ""
        try:
            async with asyncio.timeout(within):
                await self._store.check()
        except TimeoutError:
            problem = "no answer"
        except StoreError as error:
            problem = str(error)
        if problem and problem != self._store_problem:
            log.error("store_unavailable", error=problem)
        self._store_problem = problem

    def reasons(self) -> Sequence[str]:
        """One word each; empty when the daemon is ready."""
        return [reason for reason, asked in self._asked.items() if asked()]


def behind(waiting: int, seconds: float) -> bool:
    """Whether decisions wait too long for the store, or too many of them."""
    return seconds > BEHIND or waiting > QUEUE
