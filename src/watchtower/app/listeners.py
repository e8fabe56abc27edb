"""Channels that listen: one task for each while this daemon leads, begun again when its connection ends.

A listener that is down loses no page and makes nobody unready: people acknowledge by the link, or on the board.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from watchtower.channels.contract import DeliveryReport
from watchtower.channels.listening import Press, PressListener, Unconfirmed
from watchtower.core.notify.channel_choice import kind_of
from watchtower.errors import DeliveryError
from watchtower.logs import log
from watchtower.model import ChannelName

FIRST, CAP, ASKED_CAP = 1.0, 60.0, 600.0
"""Seconds until a listener begins again; they double while it never was connected. The last: the longest that a far side
may ask for."""
ANSWER = 2.8
"""Seconds in which a person is answered: chats wait for three."""

Hear = Callable[[ChannelName, Press], Awaitable[str]]
Record = Callable[[str, Sequence[DeliveryReport]], Awaitable[None]]


class _Ear:
    """One channel's, as `channels.listening.Ear`. `up` is of all channels, by name."""

    def __init__(self, name: str, hear: Hear, record: Record, up: dict[str, bool]) -> None:
        self._name, self._hear, self._record, self._up = name, hear, record, up
        self.let_in = False

    def connected(self) -> None:
        if not self.let_in:
            self.let_in = self._up[self._name] = True
            log.info("listener_up", channel=self._name)

    async def reported(self, reports: Sequence[DeliveryReport]) -> None:
        await self._record(self._name, reports)

    async def pressed(self, press: Press) -> str:
        try:
            async with asyncio.timeout(ANSWER):
                return await self._hear(kind_of(self._name), press)
        except Exception as error:  # noqa: BLE001 - the person is to be answered, and the listener to go on
            late = isinstance(error, TimeoutError)
            log.error("press_unanswered", channel=self._name, exc_info=None if late else error)
            from watchtower.web.page_texts import NOT_CONFIRMED  # loaded with the first press

            return Unconfirmed(f"{NOT_CONFIRMED.en} {NOT_CONFIRMED.zh}")


class Listeners:
    """Owned by the daemon's loop. `hear` acknowledges and returns the answer to the person, `record` passes reports of what
    became of messages to the engine, `redact` takes secrets out of a text. `up` says of each channel that listens whether
    it is connected."""

    def __init__(
        self, hear: Hear, record: Record, redact: Callable[[str], str], *, first: float = FIRST, asked_cap: float = ASKED_CAP,
    ) -> None:  # fmt: skip
        self._hear, self._record, self._redact = hear, record, redact
        self._first, self._asked_cap = first, asked_cap
        self._tasks: list[asyncio.Task[None]] = []
        self.up: Mapping[str, bool] = {}

    def take(self, channels: Mapping[str, Any]) -> None:
        """These channels listen from now on, and those of before do no more. Does not wait."""
        for task in self._tasks:
            task.cancel()
        listening = {name: one for name, one in channels.items() if getattr(one, "listens", False)}
        self.up = up = dict.fromkeys(listening, False)
        self._tasks = [
            asyncio.create_task(self._listen(name, one, up), name=f"listen {name}")
            for name, one in listening.items()
        ]

    async def stop(self) -> None:
        """Ends all of them."""
        tasks = self._tasks
        self.take({})
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, name: str, channel: PressListener, up: dict[str, bool]) -> None:
        wait, said = self._first, ""
        while True:
            ear, why, asked = _Ear(name, self._hear, self._record, up), "", 0.0
            try:
                await channel.listen(ear)
            except DeliveryError as error:
                why, asked = self._redact(str(error)), error.retry_after or 0.0
            except Exception as error:  # noqa: BLE001 - a channel's bug must not end the daemon
                why = f"{type(error).__name__}: a bug in watchtower or in this channel's package"
                trace = [self._redact(part) for part in traceback.format_exception(error)]
                log.error("listener_crashed", channel=name, trace=trace)
            up[name] = ear.let_in and not why
            if ear.let_in:
                wait, said = self._first, ""
            if why and why != said:  # once for each cause, however often it is tried
                said = why
                log.warning("listener_down", channel=name, error=why)
            await asyncio.sleep(max(wait, min(asked, self._asked_cap)))
            wait = min(CAP, 2 * wait)
