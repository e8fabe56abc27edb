"""What a channel may offer beside `send`: to hear what people press, by a connection that we open.

A channel whose `listens` is true has a task of its own while this daemon leads (`app.listeners`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from watchtower.values import Frozen

if TYPE_CHECKING:
    from watchtower.channels.contract import DeliveryReport


class Press(Frozen):
    """A person acknowledges. `address` is theirs, of the channel's kind, as the far side vouches for it: never a name that
    anybody may choose. `about` is what the button carried (`Letter.button`), or an incident's number as a person writes
    it: `INC-7`, `7`; empty where they name none: then it is the only one that waits for them."""

    address: str
    about: str


class Unconfirmed(str):
    """The answer to a press of which nobody knows whether it was carried out: it must be brought again, by its person or,
    where the far side keeps it, by that."""

    __slots__ = ()


class Ear(Protocol):
    """What a listening channel tells, and whom."""

    def connected(self) -> None:
        """The far side has let us in: from now on presses are heard. Cheap; may be said again and again."""
        ...

    async def reported(self, reports: Sequence[DeliveryReport]) -> None:
        """Records what became of messages; returns when that is durable."""
        ...

    async def pressed(self, press: Press) -> str:
        """Acknowledges, and returns what to say to the person, in their language; `Unconfirmed` where that failed. It takes
        three seconds at most and raises nothing."""
        ...


class PressListener(Protocol):
    """A channel that listens."""

    listens: bool
    """Whether it does, by its settings."""

    async def listen(self, ear: Ear) -> None:
        """Runs until it is cancelled. Raises DeliveryError when the connection is refused or lost, and may return when the
        far side asks for a new one: it is called again, later and later while it never was `connected`."""
        ...
