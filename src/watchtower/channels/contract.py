"""What a channel is: it delivers one message to one address and says what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from watchtower.core.messages import Message
from watchtower.model import ChannelName, Language


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
    """What the far side said when it took the message: its own id (queue id, sid) and answer."""

    reference: str = ""
    answer: str = ""


class Channel(Protocol):
    """Sends a letter. Returns only when the far side took it; raises `errors.DeliveryError` otherwise."""

    name: ClassVar[ChannelName]

    def far_side(self, address: str) -> str:
        """Who is asked when a letter goes to this address, as `sms.example:443`: what hangs together, when it hangs."""
        ...

    async def send(self, letter: Letter) -> Receipt: ...

    async def close(self) -> None: ...
