"""Asks vendors whether the templates of our pages are still approved: one that was withdrawn is known before the night."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from watchtower.app.inbox import Inbox
from watchtower.core.events import TemplatesSeen
from watchtower.errors import DeliveryError
from watchtower.logs import log

TEMPLATES, PATIENCE = 6 * 3600.0, 60.0
"""Seconds from one question to the next, and until all of a channel's answers."""


async def look_at_templates(inbox: Inbox, channels: Mapping[str, Any], redact: Callable[[str], str]) -> None:
    """Asks for each channel that can be asked. What a vendor does not say is not known, and changes nothing."""
    for name, channel in list(channels.items()):
        if not hasattr(channel, "withdrawn"):
            continue
        try:
            async with asyncio.timeout(PATIENCE):
                found = await channel.withdrawn()
        except Exception as error:  # noqa: BLE001 - a vendor that cannot be asked ends nothing
            said = str(error) if isinstance(error, DeliveryError) else type(error).__name__
            log.warning("templates_unread", channel=name, error=redact(said)[:500])
            continue
        await inbox.ask(TemplatesSeen(name, {code: redact(why)[:200] for code, why in found.items()}))
