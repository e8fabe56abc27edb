"""What makes checks, in a daemon and in a worker: libcurl's thread, the runner and the scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress

from watchtower.app.configuration import Configuration
from watchtower.core.plan import Plan
from watchtower.curl import CurlFleet
from watchtower.probes.contract import Services
from watchtower.runner import Observe, Runner
from watchtower.scheduler import Scheduler, SchedulerLedger
from watchtower.values import replace

STOP_PROBES, STOP_CURL = 1.0, 0.5
"""Seconds for the ends of both."""


class Probing:
    """Owned by the event loop. `own` is the part of a plan that is to be made here."""

    def __init__(
        self, configuration: Configuration, services: Services, observe: Observe, ledger: SchedulerLedger,
        on_death: Callable[[BaseException], None],
    ) -> None:  # fmt: skip
        self._configuration, self._turn = configuration, asyncio.Lock()
        self._taking: asyncio.Task[None] | None = None
        self._curl = CurlFleet(on_death=on_death)
        self.services = replace(services, curl=self._curl)
        settings = configuration.settings
        self.runner = Runner(
            configuration.registry, self.services, observe, configuration.redact, threads=settings.threads,
            location=settings.location,
        )  # fmt: skip
        self.scheduler = Scheduler(self.runner, ledger, slot=settings.probe_slot_seconds)
        self.own: Callable[[Plan], Awaitable[Plan]] = self._here

    async def open(self, stack: AsyncExitStack) -> None:
        """Opens probes; `start` of the scheduler is the caller's. The stack ends everything."""
        self._curl.start(asyncio.get_running_loop())
        stack.push_async_callback(self._stop_curl)
        stack.push_async_callback(self.runner.close, STOP_PROBES)
        await self.runner.take(await self.own(self._configuration.plan), self._configuration.registry)

    async def take(self) -> None:
        """Makes its part of the plan in force from now on; checks that stay run on undisturbed."""
        async with self._turn:
            plan = await self.own(self._configuration.plan)
            await self.runner.take(plan, self._configuration.registry)
            self.scheduler.take(plan)

    def retake(self, held: Callable[[], set[int]]) -> None:
        """Takes its part again, as long as what is `held` changes meanwhile."""
        if self._taking is None or self._taking.done():
            self._taking = asyncio.create_task(self._retake(held), name="own-checks")

    async def _retake(self, held: Callable[[], set[int]]) -> None:
        taken = None
        while (now := held()) != taken:
            await self.take()
            taken = now

    async def _stop_curl(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_CURL):
                await asyncio.to_thread(self._curl.stop)

    async def _here(self, plan: Plan) -> Plan:
        """What a daemon without workers makes."""
        if not plan.locations:
            return plan
        here = self._configuration.settings.location
        return replace(
            plan, checks={name: one for name, one in plan.checks.items() if one.made_at(here, home=True)}
        )
