"""Reports of a page to the engine, the store and telemetry. Their failure keeps no page from being sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from watchtower.core.events import ChannelBroken, Delivered, Event, Failed, PageFailing
from watchtower.core.incident.incidents import Page
from watchtower.logs import log
from watchtower.model import Instant
from watchtower.store.store import Store
from watchtower.telemetry import Attempt

_PATIENCE = 1.0
"""Seconds for the store: a page that may come twice is better than a late one."""
_LONGEST = 500
"""Characters of a far side's answer that are kept."""


class Reports:
    """Every text of a receiver passes through `shown` before it is reported."""

    def __init__(
        self,
        store: Store,
        report: Callable[[Event], None],
        on_attempt: Callable[[Attempt], None],
        redact: Callable[[str], str],
    ) -> None:
        self._store, self._report, self._on_attempt, self._redact = store, report, on_attempt, redact
        self.unrecorded = 0

    def shown(self, text: str) -> str:
        """The text without secrets, of bounded length."""
        try:
            text = self._redact(text)
        except Exception:  # noqa: BLE001 - better no text than a secret, or than no page
            log.error("redaction_crashed")
            return "(not shown)"
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

    def event(self, event: Delivered | PageFailing | Failed | ChannelBroken) -> None:
        """Reports to the engine."""
        try:
            self._report(event)
        except Exception:  # noqa: BLE001 - the page's row stays as it is: the next start takes it up again
            log.exception("report_crashed", report=repr(event))

    def attempt(
        self, page: Page, at: Instant, channel: str, number: int, outcome: str, seconds: float,
        code: str = "", detail: str = "", reference: str = "", fault: str = "",
    ) -> None:  # fmt: skip
        """Reports one record of every attempt to telemetry; `channel` is the configured one, as "sms.cn"."""
        record = Attempt(
            at=at, page=page.id, incident=page.incident, responder=page.responder, channel=channel,
            number=number, outcome=outcome, seconds=seconds, code=code, detail=detail, reference=reference,
            fault=fault,
        )  # fmt: skip
        try:
            self._on_attempt(record)
        except Exception:  # noqa: BLE001 - an observer only
            log.exception("observer_crashed", page=page.id)

    async def begun(self, page: Page, at: Instant, attempts: int, error: str) -> None:
        """Records in the store that an attempt begins, if the store is quick about it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.record(page, at, attempts, 0.0, error)
        except TimeoutError:
            self.unrecorded += 1

    async def record(self, page: Page, at: Instant, attempts: int, next_at: Instant, error: str) -> None:
        """Records in the store how many attempts failed, and the last one's end."""
        try:
            await self._store.attempted(page.id, at, attempts, next_at, error)
        except Exception as failure:  # noqa: BLE001 - a page matters more than its bookkeeping
            self.unrecorded += 1
            log.warning(
                "attempt_not_recorded", page=page.id, attempts=attempts, error=self.shown(str(failure))
            )
