"""The heartbeat out: a URL that is called while everything moves, so that somebody else pages when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from watchtower.channels.http_call import Caller
from watchtower.core.plan.watchdog import WatchdogPolicy
from watchtower.errors import DeliveryError
from watchtower.logs import log

STALLS = frozenset({"engine", "unreached", "store", "store_behind", "scheduler_late", "delivery"})
"""Reasons for which it is withheld: `engine`, `unreached`, and words of `telemetry.metrics.REASONS`."""


class Heartbeat:
    """`policy` is asked for before each call, because a reload may change it; `reasons` says what does not move."""

    def __init__(
        self,
        policy: Callable[[], WatchdogPolicy],
        reasons: Callable[[], Sequence[str]],
        redact: Callable[[str], str],
    ) -> None:
        self._policy, self._reasons, self._redact = policy, reasons, redact
        self._said = ""

    async def run(self) -> None:
        """Calls until it is cancelled."""
        while True:
            policy = self._policy()
            if policy.heartbeat.get_secret_value():
                try:
                    await self.beat(policy)
                except Exception as error:  # noqa: BLE001 - a task that ends is the daemon's end, and nobody would be paged
                    self._say("heartbeat_failed", error=f"{type(error).__name__}: a bug in watchtower")
            await asyncio.sleep(policy.every)

    async def beat(self, policy: WatchdogPolicy) -> None:
        """One call. What became of it is logged when it is another than of the call before."""
        stalls = [reason for reason in self._reasons() if reason in STALLS]
        url = (policy.heartbeat_fail if stalls else policy.heartbeat).get_secret_value()
        failed = await self._call(policy, url) if url else ""
        if stalls:
            self._say("heartbeat_withheld", reasons=stalls)
        elif failed:
            self._say("heartbeat_failed", error=failed)
        else:
            self._say("heartbeat_sent")

    async def _call(self, policy: WatchdogPolicy, url: str) -> str:
        """Why nobody heard it; "" when somebody did. A thread of its own makes the call."""
        caller = Caller(
            "heartbeat", policy.timeout, redact=self._redact, proxy=policy.proxy.get_secret_value()
        )
        try:
            answer = await caller.call("GET", url, read=False)
            return "" if answer.ok else str(caller.refusal(answer))
        except DeliveryError as error:
            return str(error)
        finally:
            await caller.close()

    def _say(self, event: str, **more: object) -> None:
        said = f"{event} {more}"
        if said != self._said:
            (log.info if event == "heartbeat_sent" else log.warning)(event, **more)
        self._said = said
