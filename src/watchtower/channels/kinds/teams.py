"""Teams: an adaptive card, posted by the workflow of a chat or a channel.

[channel.teams]
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from watchtower.channels.chat_card import ChatCard, card_of
from watchtower.channels.contract import Letter, Receipt
from watchtower.channels.http_channel import HttpChannel
from watchtower.channels.http_settings import CallSettings, caller_for
from watchtower.channels.urls import netloc_of, problem_of_url
from watchtower.channels.vendor_answer import FaultTable, refused
from watchtower.core.plan.channels import ChannelTraits
from watchtower.errors import DeliveryFault
from watchtower.model import ChannelName, Text

_MOST = 27_000
"""Bytes of a message, of the 28 KB that Teams takes."""
_COLOURS = {"red": "attention", "orange": "attention", "yellow": "warning", "green": "good"}
FAULTS: FaultTable = {
    "http 40[1345]": DeliveryFault.ADDRESS,  # the workflow is gone, off, or its URL is not whole
    "http 410": DeliveryFault.ADDRESS,
    "http 408": DeliveryFault.RETRY,
    "http 429": DeliveryFault.RETRY,
    "http 4*": DeliveryFault.OURS,  # the card
}
"""By HTTP status; the bodies are not documented."""


class TeamsChannel(HttpChannel):
    """Sends a letter as a card. A workflow answers 202 when it starts: whether it posted the card is not said."""

    name: ClassVar[ChannelName] = "teams"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("Teams", "Teams"),
        "The URL of a workflow.",
        "https://prod-1.westeurope.logic.azure.com/workflows/1/triggers/manual/paths/invoke?sig=1",
        secret=True,
    )

    class Settings(CallSettings):
        """`[channel.teams]`; nothing is needed."""

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._caller = caller_for(self.name, settings, [], redact)

    def receiver(self, address: str) -> str:
        """The host of the workflow."""
        return netloc_of(address)

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why no workflow is there, or None."""
        if problem := problem_of_url(address):
            return problem
        host = (urlsplit(address).hostname or "").rstrip(".")
        if host.endswith(("webhook.office.com", "outlook.office.com", "outlook.office365.com")):
            return (
                "is a connector of Office 365, which Microsoft has ended: in Teams, make a workflow "
                '"Send webhook alerts to a chat" and take its URL'
            )
        return None

    async def send(self, letter: Letter) -> Receipt:
        """Start the workflow with the card."""
        answer = await self._caller.call(
            "POST",
            letter.address,
            data=message_of(card_of(letter)),
            headers={"Content-Type": "application/json"},
        )
        if answer.ok:
            return Receipt("", f"http {answer.status}")
        raise refused(self._caller, answer, f"http {answer.status}", FAULTS, DeliveryFault.RETRY)


def message_of(card: ChatCard) -> bytes:
    """The message, with as many of its lines and steps as fit."""
    lines, steps = list(card.lines), list(card.steps)
    while len(message := _message(card, lines, steps)) > _MOST and (steps or lines):
        (steps or lines).pop()
    return message


def _message(card: ChatCard, lines: list[str], steps: list[str]) -> bytes:
    def block(text: str, **how: Any) -> dict[str, Any]:
        return {"type": "TextBlock", "text": _plain(text), "wrap": True, **how}

    head = {"weight": "bolder", "size": "medium", "color": _COLOURS.get(card.colour, "default")}
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": card.summary[:1000],
        "body": [
            block(card.title[:500], **head),
            *(block(line, spacing="small") for line in lines),
            *(block(step, spacing="small", separator=not n) for n, step in enumerate(steps)),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": url} for label, url in card.links],
        "msteams": {"width": "Full"},
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    said = {"type": "message", "summary": card.summary[:200], "attachments": [attachment]}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(text: str) -> str:
    """A TextBlock is Markdown: what it would take for a sign of its own is kept as it is."""
    return "".join(f"\\{c}" if c in "\\*_`[]#~" else c for c in text)
