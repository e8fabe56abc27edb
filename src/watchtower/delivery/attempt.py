"""One attempt at one page: it composes the letter and returns a receipt or raises DeliveryError, nothing
else."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence

from watchtower.channels import sentences
from watchtower.channels.contract import Channel, Letter, Links, Receipt
from watchtower.core.incident.incidents import Page, named
from watchtower.core.plan import Plan
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.logs import log


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
    return Letter(
        id=page.id,
        thread=page.thread,
        first_of_thread=first_of_thread,
        responder=responder.name,
        address=address,
        language=responder.language,
        zone=responder.zone,
        message=page.message,
        **Links(*links)._asdict(),
        button=named(page.incident, page.origin) if sentences.asks(page.message) else "",
        callback_url=callback_url,
    )


async def send(
    channel: Channel | None, letter: Letter, within: float, shown: Callable[[str], str]
) -> Receipt:
    """Sends the letter. Raises DeliveryError for any failure; an unforeseen one may be tried again. `within`
    is the time limit in seconds; `shown` removes secrets from what is logged."""
    if channel is None:
        raise DeliveryError(
            "no_channel", "this channel is not configured any more", fault=DeliveryFault.ADDRESS
        )
    try:
        async with asyncio.timeout(within):
            return await channel.send(letter)
    except DeliveryError:
        raise
    except TimeoutError:
        raise DeliveryError("timeout", f"no answer within {within:g} s") from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # It was not us who were cancelled, but something that the channel waited for.
        raise DeliveryError("cancelled", "the attempt was broken off by us") from None
    except Exception as error:  # noqa: BLE001 - a channel's bug must not end the daemon
        # Its text may hold an address or a token, so the traceback goes through redaction too.
        trace = [shown(part) for part in traceback.format_exception(error)]
        log.error("channel_crashed", channel=type(channel).__name__, page=letter.id, trace=trace)
        raise DeliveryError(type(error).__name__, str(error)) from None
