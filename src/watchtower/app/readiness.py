"""Is the daemon ready, and why not: what `/readyz` answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from watchtower.errors import StoreError
from watchtower.journal import Journal
from watchtower.logs import log
from watchtower.scheduler import Scheduler
from watchtower.store.contract import Store

LATE = 10.0
"""Seconds without a sign of the scheduler from which we are not ready."""


class Readiness:
    """Asks the parts that can fail without ending the daemon. `check_store` is a chore of the scheduler."""

    def __init__(self, store: Store, journal: Journal, scheduler: Scheduler) -> None:
        self._store, self._journal, self._scheduler = store, journal, scheduler
        self._store_problem = ""

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
            log.error("store_unwell", error=problem)
        self._store_problem = problem

    def reasons(self) -> Sequence[str]:
        """One word each; empty when the daemon is ready."""
        reasons = []
        if self._store_problem or self._journal.failing_since is not None:
            reasons.append("store")
        if self._scheduler.late() > LATE:
            reasons.append("scheduler_late")
        return reasons
