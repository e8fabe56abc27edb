"""SMS by Twilio (https://www.twilio.com/docs/messaging/api/message-resource).

[channel.sms.abroad]
provider = "twilio"
account_sid = "AC0123456789abcdef0123456789abcdef"
auth_token = "${TWILIO_TOKEN}"
from = "+15005550006"
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from watchtower.channels import sms_text, twiml
from watchtower.channels.contract import CallbackAnswer, CallbackRequest, Letter, Receipt
from watchtower.channels.kinds.sms import SmsKind
from watchtower.channels.listening import Press
from watchtower.channels.replies import about_of
from watchtower.channels.twilio import Twilio, TwilioSettings, callback_answer, report_of
from watchtower.core.incident.incidents import PageState
from watchtower.core.plan.budget import Budget, BudgetLimit
from watchtower.fields import Field

_STATES = {
    "delivered": PageState.RECEIVED,
    "read": PageState.READ,
    "undelivered": PageState.UNDELIVERED,
    "failed": PageState.UNDELIVERED,
}
"""What is reported last, by MessageStatus; the others are on the way to one of these."""


class TwilioSms(Twilio, SmsKind):
    """Sends a letter as an SMS, and takes `ACK 7` in reply."""

    provider: ClassVar[str] = "twilio"

    class Settings(TwilioSettings):
        """`[channel.sms]` with `provider = "twilio"`."""

        provider: Literal["twilio"] = Field("twilio", description="Twilio")
        from_: str = Field(
            alias="from", min_length=3, description="the sender: a number of the account's, or a service MG…"
        )
        max_segments: int = Field(2, ge=1, le=10, description="how many SMS one page may cost")
        budget: Budget = Field(
            (BudgetLimit(40, 86400.0),), description='how many pages one number is sent, as ["10/24h"]'
        )

    @staticmethod
    def preview(letter: Letter, settings: Any) -> str:
        """The whole message."""
        return sms_text.compose(letter, getattr(settings, "max_segments", 2))

    async def send(self, letter: Letter) -> Receipt:
        """Hand the letter to Twilio."""
        sender = self._settings.from_
        by = "MessagingServiceSid" if sender.startswith("MG") else "From"
        fields = [("To", letter.address), (by, sender), ("Body", self._text(letter))]
        if letter.callback_url:
            fields.append(("StatusCallback", letter.callback_url))
        return await self._account.make("Messages", fields)

    async def ask(self, letter: Letter) -> Receipt | None:
        """The message with this text, where Twilio has one."""
        return await self._account.made("Messages", letter, "DateSent", body=self._text(letter))

    def called_back(self, request: CallbackRequest) -> CallbackAnswer:
        """What became of a message of ours, or a reply to one. Raises CallbackRefused."""
        form = self._account.proved(request)
        if "MessageStatus" in form:
            state = _STATES.get(form["MessageStatus"])
            return callback_answer(
                [report_of(form, "MessageSid", state, form.get("ErrorCode", ""))] if state else []
            )
        about = about_of(form.get("Body", ""))
        # What is no reply is perhaps another program's: an answer to that would go round for ever.
        press = None if about is None else Press(form.get("From", ""), about)
        return callback_answer(press=press, say=twiml.written)

    def _text(self, letter: Letter) -> str:
        return sms_text.compose(letter, self._settings.max_segments)
