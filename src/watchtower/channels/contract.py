"""What a channel is: it delivers one message to one address and returns the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from watchtower.channels.listening import Press
from watchtower.core.incident.incidents import PageState
from watchtower.core.notify.messages import Message
from watchtower.core.plan.budget import Budget
from watchtower.core.plan.channels import ChannelTraits
from watchtower.errors import DeliveryFault, WatchtowerError
from watchtower.fields import Field, Settings
from watchtower.model import ChannelName, Instant, Language
from watchtower.values import Frozen, field


class ChannelSettings(Settings):
    """What every channel's table may say."""

    order: int = Field(
        0, ge=0, le=99, description="of several that serve an address equally, the lowest is tried first"
    )
    budget: Budget = Field(
        (), description='how many pages one address is sent, as ["10/24h"]; none: no limit'
    )
    vendor: str = Field(
        "",
        max_length=40,
        description="whose account carries it: two channels of one vendor fail together; by default the kind",
    )

    @property
    def reports(self) -> bool:
        """Whether its vendor tells what became of a message."""
        return False


class PageLinks(NamedTuple):
    """How the reader gets to the incident; empty without a base URL."""

    brief_url: str = ""
    ack_url: str = ""
    code: str = ""


class Letter(Frozen):
    """One message on its way to one person.

    `id` is the same for every attempt, so that the far side can tell a repetition. `thread` is the same for
    every message of an incident to this person. `address` holds the secret-free spelling of where to.
    `brief_url` and `ack_url` are empty when the daemon has no base URL. `button` is what an acknowledge button under it
    carries back to us (`listening.Press.about`), at most 40 characters; empty where nothing is asked of this person.
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
    code: str = ""
    """8 letters and digits that open the link, for a text without room for it; empty without a base URL."""
    callback_url: str = ""
    """Where the vendor reports what became of it; empty without a base URL or a `callback_secret`."""
    button: str = ""


class Receipt(Frozen):
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


@runtime_checkable
class Askable(Protocol):
    """A channel whose far side can be asked what became of an attempt that has no known end."""

    async def ask(self, letter: Letter) -> Receipt | None:
        """The receipt when an earlier attempt at this letter was taken, None when none was. Raises
        `errors.DeliveryError` when that cannot be told."""


class Notice(Frozen):
    """A mail that is no page, to somebody who asked for it. `id` is the same for every attempt; by `unsubscribe_url` it can
    be ended, with one click of the mail program too (RFC 8058)."""

    id: str
    address: str
    language: Language
    subject: str
    text: str
    at: Instant
    unsubscribe_url: str = ""


@runtime_checkable
class Noticing(Channel, Protocol):
    """A channel that also sends notices."""

    async def send_notice(self, notice: Notice) -> Receipt:
        """As `Channel.send`."""


class DeliveryReport(Frozen):
    """What a vendor says later of a message that it took.

    `state` is `RECEIVED`, `READ`, `ANSWERED` or `UNDELIVERED`. The message is known by `page` (our id) or by the vendor's
    `reference` (of its `Receipt`); where the vendor names an `address` too, it must be the page's. `fault` and `code` say
    why it did not arrive. `acknowledges`: its person pressed the key that takes the incident.
    """

    state: PageState
    page: str = ""
    reference: str = ""
    address: str = ""
    fault: DeliveryFault = DeliveryFault.OTHER_CHANNEL
    code: str = ""
    at: Instant | None = None
    acknowledges: bool = False


class CallbackRequest(Frozen):
    """A request to `callback_url`, whose secret was right. `url` is as we told it to the vendor, with the query; `more` what
    follows the secret in the path; names of `headers` are in small letters."""

    url: str
    more: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


class CallbackAnswer(Frozen):
    """What a request reported, and what the vendor is told once that is recorded."""

    reports: Sequence[DeliveryReport] = ()
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    press: Press | None = None
    """Somebody acknowledges by this request."""
    say: Callable[[str], bytes] = str.encode
    """Makes the `body` of what that person is told."""


class CallbackRefused(WatchtowerError):
    """The request is not the vendor's: its signature is wrong, or it cannot be read. The text holds no secret."""


class TakenLetter(Frozen):
    """A letter that a vendor took, and of which it has reported nothing final."""

    page: str
    reference: str
    address: str
    at: Instant


class Reporting(Protocol):
    """What a channel offers whose vendor reports later: one of these methods, or both."""

    def called_back(self, request: CallbackRequest) -> CallbackAnswer:
        """Reads a request of the vendor's, which is answered within 700 ms. Raises CallbackRefused."""
        ...

    async def pull(self, taken: Sequence[TakenLetter]) -> Sequence[DeliveryReport]:
        """Asks the vendor. Called each ten seconds while it has taken letters that may still be reported; a report that it
        gives twice does no harm. Raises DeliveryError."""
        ...
