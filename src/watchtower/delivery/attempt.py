"""One attempt at one page: it composes the letter, sends it or asks what became of an earlier one, and returns a
receipt or raises DeliveryError, nothing else."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from watchtower.channels import sentences
from watchtower.channels.contract import Askable, Channel, Letter, PageLinks, Receipt
from watchtower.core.drills.on_purpose import failing
from watchtower.core.incident.identity import told_as
from watchtower.core.incident.incidents import Page, named
from watchtower.core.plan import Plan
from watchtower.core.plan.drills import FAILED_ON_PURPOSE
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.logs import log
from watchtower.values import replace

_T = TypeVar("_T")


def compose(
    page: Page, plan: Plan, first_of_thread: bool, links: Sequence[str], callback_url: str = ""
) -> Letter:
    """Composes the letter. Raises DeliveryError `no_address` when the responder or this way to them has left
    the plan."""
    responder = plan.responders.get(page.responder)
    address = responder.addresses.get(page.channel) if responder else None
    if responder is None or not address:
        raise DeliveryError(
            "no_address", f"{page.responder} has no {page.channel} in the plan", fault=DeliveryFault.ADDRESS
        )
    if _fails_on_purpose(page, plan):
        raise DeliveryError(
            FAILED_ON_PURPOSE, f"{page.channel} fails on purpose in this drill", fault=DeliveryFault.ADDRESS
        )
    return Letter(
        id=page.id,
        thread=page.thread,
        first_of_thread=first_of_thread,
        responder=responder.name,
        address=address,
        language=responder.language,
        zone=responder.zone,
        message=page.message,
        **PageLinks(*links)._asdict(),
        button=named(told_as(page.incident, page.origin), page.origin)
        if sentences.asks(page.message)
        else "",
        callback_url=callback_url,
    )


def _fails_on_purpose(page: Page, plan: Plan) -> bool:
    """Whether the drill that the page is of says so."""
    if not page.message.drill:
        return False
    drills = (plan.drills.get(because.series) for because in page.message.because)
    return any(
        drill is not None and failing(plan, drill, page.message.onset).get(page.responder) == page.channel
        for drill in drills
    )


async def send(
    channel: Channel | None, letter: Letter, within: float, shown: Callable[[str], str]
) -> Receipt:
    """Sends the letter. Raises DeliveryError for any failure; of an unforeseen one nobody knows whether the letter went.
    `within` is the time limit in seconds; `shown` removes secrets from what is logged."""
    if channel is None:
        raise DeliveryError(
            "no_channel", "this channel is not configured any more", fault=DeliveryFault.ADDRESS
        )
    return await _of(channel, channel.send(letter), letter, within, shown)


async def ask(channel: object, letter: Letter, within: float, shown: Callable[[str], str]) -> Receipt | None:
    """Asks the far side for an earlier attempt at the letter: None when there was none that it took. Raises
    DeliveryError when it cannot tell."""
    if not isinstance(channel, Askable):
        raise DeliveryError("unasked", "it cannot be asked", fault=DeliveryFault.AMBIGUOUS)
    return await _of(channel, channel.ask(letter), letter, within, shown)


def as_repeat(letter: Letter) -> Letter:
    """The letter with the words that an earlier attempt at it may have arrived."""
    return replace(letter, message=replace(letter.message, repeat=True))


async def _of(
    channel: object, work: Awaitable[_T], letter: Letter, within: float, shown: Callable[[str], str]
) -> _T:
    code, detail = "timeout", f"no answer within {within:g} s"
    try:
        async with asyncio.timeout(within):
            return await work
    except DeliveryError:
        raise
    except TimeoutError:
        pass
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # It was not us who were cancelled, but something that the channel waited for.
        code, detail = "cancelled", "the attempt was broken off by us"
    except Exception as error:  # noqa: BLE001 - a channel's bug must not end the daemon
        # Its text may hold an address or a token, so the traceback goes through redaction too.
        trace = [shown(part) for part in traceback.format_exception(error)]
        log.error("channel_crashed", channel=type(channel).__name__, page=letter.id, trace=trace)
        code, detail = type(error).__name__, str(error)
    raise DeliveryError(code, detail, fault=DeliveryFault.AMBIGUOUS)
