"""SMS by a vendor that takes approved templates only: what such providers have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from watchtower.channels.contract import Letter, TakenLetter
from watchtower.channels.http_settings import caller_for
from watchtower.channels.kinds.sms import SmsKind
from watchtower.channels.template_texts import BASE_URL, filled, parameters, text_of, use_of
from watchtower.channels.urls import netloc_of
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Secret
from watchtower.model import Instant, Text

_AT_ONCE = 10
"""Questions to a vendor at once."""


class TemplatedSms(SmsKind):
    """A provider that sends approved templates, with short variables in them."""

    link: ClassVar[Text]
    """In our own texts: how the reader gets to the incident."""

    def __init__(self, settings: Any, secrets: Iterable[Secret], redact: Callable[[str], str]) -> None:
        self._settings = settings
        self._caller = caller_for(f"{self.name} {settings.provider}", settings, secrets, redact)

    @classmethod
    def preview(cls, letter: Letter, settings: Any) -> str:
        """The whole message, with the sender's name as the vendor writes it."""
        use, language = use_of(letter.message), letter.language
        text = text_of(settings.templates.of(use, language), use, language, cls.link)
        said = filled(text, parameters(text, letter, settings))
        return f"【{settings.sign_name}】{said.replace(BASE_URL, letter.ack_url.partition('/ack/')[0] or BASE_URL)}"

    def receiver(self, address: str) -> str:
        """The vendor, whoever the message is for."""
        return netloc_of(self._settings.endpoint)

    async def close(self) -> None:
        """Let connections go."""
        await self._caller.close()

    def _template(self, letter: Letter) -> tuple[str, dict[str, str]]:
        """The code of the template for this letter, and the values of its variables in their order. Raises DeliveryError."""
        use, language = use_of(letter.message), letter.language
        template = self._settings.templates.of(use, language)
        if template is None:
            what = f"there is no template {use}.{language}: write its code into templates"
            raise DeliveryError("no_template", what, fault=DeliveryFault.OURS)
        return template.code, parameters(text_of(template, use, language, self.link), letter, self._settings)


def worth_asking(taken: Iterable[TakenLetter], at: Instant) -> list[TakenLetter]:
    """The letters of which a vendor is asked now: each ten seconds for two minutes, then each minute; few at a time."""
    due = [one for one in taken if at - one.at < 120 or int(at - one.at) // 10 % 6 == 0]
    return sorted(due, key=lambda one: -one.at)[:_AT_ONCE]
