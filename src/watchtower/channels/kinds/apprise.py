"""Everything else: a service of the Apprise library, which knows more than a hundred.

[channel.apprise]

The library says yes or no and nothing more, and of some services it says yes to a refusal. So such a page is never proof
that anybody was reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from watchtower.channels.chat_body import chat_body
from watchtower.channels.contract import ChannelSettings, Letter, Receipt
from watchtower.channels.sentences import asks, headline, is_well, marker, subject_of
from watchtower.core.plan.channels import ChannelTraits
from watchtower.daily_hours import zone_of
from watchtower.errors import DeliveryError, DeliveryFault, install
from watchtower.fields import Duration, Field, model_validator
from watchtower.model import ChannelName, Text
from watchtower.own_thread import own_thread

INSTEAD: Mapping[str, str] = {
    "dingtalk": "it reports refusals of DingTalk as success: use the channel dingtalk",
    "wecombot": "it reports refusals of WeCom as success: use the channel wecom",
    "pagerduty": "its alerts have no key and one severity: use the channel pagerduty",
}
"""By scheme: what goes by another way than Apprise."""


class AppriseChannel:
    """Hands a letter to a plug-in of Apprise, in a thread of its own."""

    name: ClassVar[ChannelName] = "apprise"
    traits: ClassVar[ChannelTraits] = ChannelTraits(
        Text("Apprise", "Apprise"),
        "A URL of Apprise.",
        "ntfys://ntfy.example.com/alerts",
        secret=True,
        vouches=False,
    )

    class Settings(ChannelSettings):
        """`[channel.apprise]`; nothing is needed but the library."""

        timeout: Duration = Field(20.0, gt=0, le=30, description="for one attempt")

        @model_validator(mode="after")
        def _is_installed(self) -> Self:
            if find_spec("apprise") is None:
                raise ValueError(f"needs the library Apprise, which is not installed: {install('apprise')}")
            return self

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._timeout, self._redact = settings.timeout, redact

    def receiver(self, address: str) -> str:
        """The service and its host."""
        parts = urlsplit(address)
        return f"{parts.scheme} {parts.hostname or ''}"

    @staticmethod
    def problem_of_address(address: str) -> str | None:
        """Why this is none of Apprise's URLs, or goes by another channel; None when it can be tried."""
        scheme, separator, rest = address.partition("://")
        if not separator or not scheme.isalnum() or not rest or any(c.isspace() for c in address):
            return "is not a URL of Apprise, as ntfys://ntfy.example.com/alerts"
        instead = INSTEAD.get(scheme.lower())
        return f"goes by another way than Apprise: {instead}" if instead else None

    @staticmethod
    def preview(letter: Letter, settings: Any) -> str:
        """The headline."""
        return headline(letter.message, zone_of(letter.zone), letter.language)

    async def send(self, letter: Letter) -> Receipt:
        """Hand it over. No is ambiguous: whether the service refused, or was not reached, is not said."""
        work = partial(_notify, letter)
        try:
            taken = await own_thread(work, "apprise", self._timeout)
        except TimeoutError:
            raise DeliveryError(
                "timeout", f"no end within {self._timeout:g} s", fault=DeliveryFault.AMBIGUOUS
            ) from None
        except OSError as error:
            raise DeliveryError("ours", f"no thread for Apprise: {error.strerror}") from None
        if taken is None:
            raise DeliveryError(
                "url", "Apprise knows no such service, or misses a part", fault=DeliveryFault.ADDRESS
            )
        if not taken:
            detail = "Apprise could not hand it over; what it says stands in the log, under apprise"
            raise DeliveryError("refused", detail, fault=DeliveryFault.AMBIGUOUS)
        return Receipt("", "Apprise says yes, which proves little")

    async def close(self) -> None:
        """Nothing is kept."""


def _notify(letter: Letter) -> bool | None:
    """Whether the plug-in says yes; None where there is none for this URL."""
    # 20 MB and a second that only those pay who page by it.
    import apprise

    asset = apprise.AppriseAsset(async_mode=False, storage_mode="memory", app_id="watchtower")
    # Asked for itself, the plug-in tries once: attempts are delivery's, and `?retry=` and `?optional=` do not hold.
    service = apprise.Apprise.instantiate(letter.address, asset=asset)
    if service is None:
        return None
    body, message = chat_body(letter), letter.message
    links = [f"{label}: {url}" for label, url in body.links]
    kind = apprise.NotifyType.FAILURE if asks(message) else apprise.NotifyType.INFO
    return bool(
        service.notify(
            title=f"{marker(message, letter.language)} {subject_of(message, letter.language)}",
            body="\n".join([body.headline, *links, *body.lines]),
            notify_type=apprise.NotifyType.SUCCESS if is_well(message) else kind,
        )
    )
