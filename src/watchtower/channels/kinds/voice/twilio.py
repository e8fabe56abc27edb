"""Calls by Twilio (https://www.twilio.com/docs/voice/api/call-resource).

[channel.voice]
provider = "twilio"
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "${TWILIO_TOKEN}"
from = "+15005550006"
callback_secret = "${CALLBACK_SECRET}"      # or no key acknowledges
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Literal
from urllib.parse import quote, unquote

from watchtower.channels import spoken_text, twiml
from watchtower.channels.contract import CallbackAnswer, CallbackRefused, CallbackRequest, Letter, Receipt
from watchtower.channels.kinds.voice import VoiceKind
from watchtower.channels.listening import Press
from watchtower.channels.twilio import IN_VAIN, Twilio, TwilioSettings, callback_answer, report_of
from watchtower.core.incident.incidents import PageState
from watchtower.core.plan.budget import Budget, BudgetLimit
from watchtower.fields import Field
from watchtower.model import Language
from watchtower.page_kinds import PageKind

TEST = "test"
"""What a key in a test call is about."""
_TIMES = 2
"""How often a call says what it has to say: who was woken by it has not heard the first words."""


class TwilioVoice(Twilio, VoiceKind):
    """Makes a call that says the letter; a key acknowledges."""

    provider: ClassVar[str] = "twilio"

    class Settings(TwilioSettings):
        """`[channel.voice]` with `provider = "twilio"`."""

        provider: Literal["twilio"] = Field("twilio", description="Twilio")
        ring: int = Field(
            25, ge=5, le=60, description="seconds that it rings; a mailbox answers after 20 to 30"
        )
        budget: Budget = Field(
            (BudgetLimit(1, 60.0, failed=True), BudgetLimit(40, 86400.0)),
            description='how many calls one number gets, as ["10/24h"]',
        )

    async def send(self, letter: Letter) -> Receipt:
        """Have Twilio call. It was taken once Twilio says so: that somebody answers is reported later."""
        back, language = letter.callback_url, letter.language
        about = letter.button or TEST * (letter.message.kind is PageKind.TEST)
        action = f"{back}/{language}/{quote(about, safe='')}" if back and about else ""
        words = spoken_text.compose(letter, by_key=bool(action))
        fields = [
            ("To", letter.address),
            ("From", self._settings.from_),
            ("Twiml", twiml.spoken(words, language, action=action, times=_TIMES)),
            ("Timeout", str(self._settings.ring)),
        ]
        return await self._account.make("Calls", fields + ([("StatusCallback", back)] if back else []))

    async def ask(self, letter: Letter) -> Receipt | None:
        """A call to this number since the message came to be: what was said in it is not listed."""
        return await self._account.made("Calls", letter, "StartTime")

    def called_back(self, request: CallbackRequest) -> CallbackAnswer:
        """A key that was pressed, or how a call ended. Raises CallbackRefused."""
        form = self._account.proved(request)
        if request.more:
            return _key(request, form)
        status = form.get("CallStatus", "")
        state = PageState.ANSWERED if status == "completed" else PageState.UNDELIVERED
        over = status == "completed" or status in IN_VAIN
        return callback_answer([report_of(form, "CallSid", state, status)] if over else [])


def _key(request: CallbackRequest, form: Mapping[str, str]) -> CallbackAnswer:
    language, _, about = request.more.partition("/")
    try:
        say = partial(twiml.spoken, language=Language(language))
    except ValueError:
        raise CallbackRefused("no key of a call of ours") from None
    if form.get("Digits") == spoken_text.KEY:
        heard = report_of(form, "CallSid", PageState.RECEIVED, "key")
        if about == TEST:
            return CallbackAnswer(
                [heard], say(spoken_text.HEARD.in_(Language(language))).encode(), twiml.HEADERS
            )
        return callback_answer([heard], Press(form.get("To", ""), unquote(about)), say)
    asked = spoken_text.PRESS_TEST if about == TEST else spoken_text.PRESS
    again = say(asked.in_(Language(language)), action=request.url)
    return CallbackAnswer(body=again.encode(), headers=twiml.HEADERS)
