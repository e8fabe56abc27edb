"""Brings what vendors report to the engine: they call us, or they are asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from watchtower.app.inbox import Inbox
from watchtower.app.proven import ProvenWays
from watchtower.channels import contract
from watchtower.core.events import Reported
from watchtower.core.incident.incidents import Address, PageState
from watchtower.core.notify.channel_choice import kind_of
from watchtower.core.notify.taken_pages import is_same
from watchtower.core.pipeline.engine import Engine
from watchtower.errors import DeliveryError, StoreError
from watchtower.logs import log
from watchtower.model import Instant
from watchtower.store.store import Store
from watchtower.values import replace

PULL, PATIENCE = 10.0, 30.0
"""Seconds from one question to the next, and until an answer."""
REPORTS_FOR = 86400.0
"""Seconds after which nothing more is expected of a page."""
RESTS = 30
"""Rounds that a vendor is not asked who could not be asked several times."""


class VendorReports:
    """Owned by the daemon's loop. `channels` is looked into each time, so that a reload may change it."""

    def __init__(
        self, engine: Engine, inbox: Inbox, channels: Mapping[str, contract.Channel], store: Store, proven: ProvenWays,
        redact: Callable[[str], str],
    ) -> None:  # fmt: skip
        self._engine, self._inbox, self._channels, self._redact = engine, inbox, channels, redact
        self._store, self._proven = store, proven
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, int] = {}
        self._rests: dict[str, int] = {}

    async def called_back(self, channel: str, request: contract.CallbackRequest) -> contract.CallbackAnswer:
        """The answer, once everything that it reports is durable. Raises CallbackRefused."""
        read: Callable[[contract.CallbackRequest], contract.CallbackAnswer] | None = getattr(
            self._channels.get(channel), "called_back", None
        )
        if read is None:
            raise contract.CallbackRefused("this channel takes no reports")
        try:
            answer = read(request)
        except contract.CallbackRefused as refused:
            raise contract.CallbackRefused(self._redact(str(refused))) from None
        except Exception as error:  # noqa: BLE001 - whatever a channel makes of a stranger's bytes
            raise contract.CallbackRefused(self._redact(f"{type(error).__name__}: {error}")) from None
        await self.report(channel, answer.reports)
        return answer

    async def report(self, channel: str, reports: Iterable[contract.DeliveryReport]) -> None:
        """Passes these to the engine; returns when what follows is durable."""
        await asyncio.gather(*(self._report(channel, one) for one in reports))

    async def _report(self, channel: str, one: contract.DeliveryReport) -> None:
        known = self._engine.state.taken.find(channel, one.page, one.reference)
        who, kind = known.page.address if known is not None else await self._address(one)
        responder = self._engine.plan.responders.get(who)
        theirs = one.address if responder is None else responder.addresses.get(kind, "")
        if one.state in (PageState.RECEIVED, PageState.READ) and kind == kind_of(channel):
            if not one.address or is_same(theirs, one.address):
                now, canary = time.time(), known is not None and not known.page.kind.traits.of_incident
                self._proven.note(who, channel, min(now, one.at or now), "canary" if canary else "receipt")
        await self._inbox.ask(self._event(channel, one))

    async def _address(self, one: contract.DeliveryReport) -> Address:
        """Whose page it was that the engine does not follow: of an incident that is over, or of none."""
        try:
            page = await self._store.page(one.page, one.reference)
        except StoreError:
            page = None
        return page.address if page is not None else ("", "")

    def pull(self, at: Instant) -> None:
        """Asks every vendor that has pages to report, beside each other; none twice at once."""
        for name, channel in self._channels.items():
            if not hasattr(channel, "pull") or name in self._asking:
                continue
            taken = self._taken(name, at)
            if not taken:
                continue
            if self._rests.get(name, 0) > 0:
                self._rests[name] -= 1
                continue
            task = asyncio.get_running_loop().create_task(self._pull(name, channel, taken))
            self._asking[name] = task
            task.add_done_callback(lambda _, name=name: self._asking.pop(name, None))  # type: ignore[misc]

    async def stop(self) -> None:
        """Ends what is under way: a report that is not brought back now is by the next run."""
        for task in list(self._asking.values()):
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def _pull(self, name: str, channel: Any, taken: Sequence[contract.TakenLetter]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                reports = await channel.pull(taken)
        except Exception as error:  # noqa: BLE001 - a vendor that cannot be asked ends nothing
            self._failed[name] = failed = self._failed.get(name, 0) + 1
            self._rests[name] = RESTS if failed > 3 else failed
            if failed in (1, 4):
                said = str(error) if isinstance(error, DeliveryError) else f"{type(error).__name__}: {error}"
                log.warning("receipts_unread", channel=name, error=self._redact(said)[:500])
            return
        self._failed.pop(name, None)
        await self.report(name, reports)

    def _taken(self, name: str, at: Instant) -> list[contract.TakenLetter]:
        people = self._engine.plan.responders
        return [
            contract.TakenLetter(one.page.id, one.reference, people[who].addresses.get(kind, ""), one.at)
            for one in self._engine.state.taken.by(name)
            for who, kind in [one.page.address]
            if who in people and at - one.at < REPORTS_FOR
        ]

    def _event(self, channel: str, one: contract.DeliveryReport) -> Reported:
        code = self._redact(one.code)[:100]
        return replace(
            Reported(channel, one.state, one.page, one.reference, one.address, code), fault=one.fault,
            acknowledges=one.acknowledges,
        )  # fmt: skip
