"""Carries out the switches of degradation plans, one a plan at a time, and reports the result.

A switch was written down before it comes here. A crash between the far side's answer and the record of it does
the same again, under the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from watchtower.core.degrade.runs import START, QueuedRun, queued_run
from watchtower.core.events import Decision, Event, Logged, Switched
from watchtower.core.plan import Plan
from watchtower.logs import log
from watchtower.own_thread import own_thread
from watchtower.switches import command, flag, webhook
from watchtower.switches.command import CommandAction
from watchtower.switches.contract import Order, SwitchError
from watchtower.switches.flag import FlagAction
from watchtower.switches.webhook import WebhookAction

WAITS = (1.0, 3.0, 9.0)
"""Seconds before the second, third and fourth attempt."""
LONGEST_WAIT = 30.0
FLAG_WITHIN = 10.0
"""Seconds for the disk of a flag."""
_LONGEST_ANSWER = 200


class Executor:
    """Owned by one event loop. `plan` is the plan in force, `report` takes what became of it, `redact` takes secrets
    out of texts."""

    def __init__(
        self,
        plan: Callable[[], Plan],
        report: Callable[[Event], None],
        redact: Callable[[str], str] = str,
        waits: Sequence[float] = WAITS,
    ) -> None:
        self._plan, self._report, self._redact, self._waits = plan, report, redact, waits
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._stopping = False

    def written(self, decisions: Iterable[Decision]) -> None:
        """Executes the actions of these decisions, which are on disk now."""
        for decision in decisions:
            if isinstance(decision, Logged) and (queued := queued_run(decision.entry)) is not None:
                self.offer(decision.incident, queued)

    def offer(self, incident: str, queued: QueuedRun) -> None:
        """Executes this action; one that runs already is not started twice."""
        if queued.key in self._tasks or self._stopping:
            return
        task = asyncio.get_running_loop().create_task(self._carry_out(incident, queued))
        self._tasks[queued.key] = task
        task.add_done_callback(lambda _: self._tasks.pop(queued.key, None))

    async def stop(self, grace: float) -> None:
        """Starts nothing new. What does not end in time is executed again by the next run, under the same
        key."""
        self._stopping = True
        tasks = list(self._tasks.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _carry_out(self, incident: str, queued: QueuedRun) -> None:
        async with self._turns.setdefault(queued.plan, asyncio.Lock()):
            try:
                ok, answer = True, await self._attempts(incident, queued)
            except SwitchError as error:
                ok, answer = False, str(error)
            except Exception as bug:  # noqa: BLE001 - whatever it is, people must hear that it was not done
                log.error(
                    "switch_crashed", run=queued.run, error=self._redact(f"{type(bug).__name__}: {bug}")
                )
                ok, answer = False, type(bug).__name__
        answer = self._redact(answer)[:_LONGEST_ANSWER]
        log.info("switched", run=queued.run, phase=queued.phase, ok=ok, answer=answer, dry_run=queued.dry_run)
        self._report(Switched(incident, queued.run, queued.phase, queued.key, ok, answer, queued.dry_run))

    async def _attempts(self, incident: str, queued: QueuedRun) -> str:
        waits = iter(self._waits)
        while True:
            try:
                return await self._once(incident, queued)
            except SwitchError as error:
                wait = next(waits, None)
                if not error.again or wait is None:
                    raise
                await asyncio.sleep(min(max(wait, error.after or 0.0), LONGEST_WAIT))

    async def _once(self, incident: str, queued: QueuedRun) -> str:
        plan = self._plan().degrade.get(queued.plan)
        action = None if plan is None else plan.action if queued.phase == START else plan.rollback
        if plan is None or action is None:
            raise SwitchError(f"{queued.plan} has no action for {queued.phase} in the configuration any more")
        match action:
            case WebhookAction():
                if queued.dry_run:
                    return webhook.rehearse(action)
                order = Order(incident, queued, plan.flow, action.body)
                return await webhook.call(action, order, self._redact)
            case CommandAction():
                if queued.dry_run:
                    return command.rehearse(action)
                return await command.run(action, Order(incident, queued, plan.flow), self._redact)
            case FlagAction():
                if queued.dry_run:
                    return flag.rehearse(action)
                # Without a rollback of its own, a flag's way back is what the file held before.
                back = queued.phase != START and action is plan.action
                work = partial(flag.put_back if back else flag.throw, action)
                try:
                    return await own_thread(work, "flag", FLAG_WITHIN)
                except TimeoutError:
                    raise SwitchError(f"the disk did not answer within {FLAG_WITHIN:g} s") from None
            case _:
                raise SwitchError(f"{type(action).__name__} is no action")
