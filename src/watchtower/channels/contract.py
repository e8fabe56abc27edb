"""What a channel is: it delivers one message to one address and returns the result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from watchtower.core.notify.messages import Message
from watchtower.core.plan.budget import Budget
from watchtower.core.plan.channels import ChannelTraits
from watchtower.fields import Field, Settings
from watchtower.model import ChannelName, Language


class ChannelSettings(Settings):
    """What every channel's table may say."""

    order: int = Field(
        0, ge=0, le=99, description="of several that serve an address equally, the lowest is tried first"
    )
    budget: Budget = Field(
        (), description='how many pages one address is sent, as ["10/24h"]; none: no limit'
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """One message on its way to one person.

    `id` is the same for every attempt, so that the far side can tell a repetition. `thread` is the same for
    every message of an incident to this person. `address` holds the secret-free spelling of where to.
    `brief_url` and `ack_url` are empty when the daemon has no base URL.
    """

    id: str
    thread: str
    first_of_thread: bool
    responder: str
    address: str
    language: Language
    zone: str
    message: Message
    brief_url: str = ""
    ack_url: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receiver's answer when it accepted the message: its own id (queue id, sid) and text."""

    reference: str = ""
    answer: str = ""


class Channel(Protocol):
    """Sends a letter. Returns only when the far side took it; raises `errors.DeliveryError` otherwise.

    Made with an object of its class `Settings`, and a function that takes secrets out of what a far side echoes back.
    """

    name: ClassVar[ChannelName]
    """The kind: its module's name."""
    traits: ClassVar[ChannelTraits]

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this cannot be an address of this kind, as the end of a sentence; None when it can."""
        ...

    @staticmethod
    def preview(letter: Letter, settings: Any) -> str:
        """What its reader sees first; `settings` are None where nothing is configured."""
        ...

    def receiver(self, address: str) -> str:
        """The receiver of letters to this address, as `sms.example:443`: attempts are limited by it."""
        ...

    async def send(self, letter: Letter) -> Receipt: ...

    async def close(self) -> None: ...
