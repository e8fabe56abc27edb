"""An account at Twilio: what its SMS and its calls have in common (https://www.twilio.com/docs/usage/api).

Twilio takes no key against repetition; what it took can be listed by number and day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from watchtower.channels import twiml
from watchtower.channels.contract import (
    CallbackAnswer,
    CallbackRefused,
    CallbackRequest,
    DeliveryReport,
    Letter,
    Receipt,
)
from watchtower.channels.http_settings import CallbackSettings, caller_for
from watchtower.channels.listening import Press
from watchtower.channels.phone_numbers import Numbers
from watchtower.channels.urls import Endpoint, netloc_of
from watchtower.channels.vendor_answer import FaultTable, document_of, fault_of, refused
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryFault
from watchtower.fields import Field, Secret
from watchtower.signing.twilio import is_signed

_OURS, _OTHER = DeliveryFault.OURS, DeliveryFault.OTHER_CHANNEL
_ADDRESS = DeliveryFault.ADDRESS
FAULTS: FaultTable = {
    "20429": DeliveryFault.RETRY,  # too many requests at once
    "20500": DeliveryFault.RETRY,
    "21211": _ADDRESS,  # no phone number
    "21214": _ADDRESS,  # cannot be called
    "21217": _ADDRESS,
    "21610": _ADDRESS,  # its person has replied STOP
    "21614": _ADDRESS,  # not a mobile
    "13224": _ADDRESS,  # called with a number that is none
    "30003": _OTHER,  # switched off, or not reached
    "30005": _OTHER,  # unknown, says the carrier at this moment
    "30006": _OTHER,  # a landline, or a carrier that cannot be reached
    "21612": _OTHER,  # not reached from this sender
    "21611": _OTHER,  # its queue is full
    "63038": _OTHER,  # the account's limit of a day
    "2000[345]": _OURS,  # token, permission, account suspended
    "20404": _OURS,  # no such account
    "2121[0236]": _OURS,  # the sender's number, the country's permission
    "21205": _OURS,  # our own address, to which it reports
    "21609": _OURS,
    "21215": _OURS,
    "21408": _OURS,
    "2160[13568]": _OURS,  # no sender, one that sends no SMS, a text that is too long, a trial account
    "21617": _OURS,
    "13223": _OURS,  # the sender's number
    "13227": _OURS,  # the country's permission for calls
    "30002": _OURS,  # the account is suspended
}
"""By Twilio's error code. One that is not here goes on to another channel: it was refused, whatever it means."""
IN_VAIN = ("failed", "undelivered", "busy", "no-answer", "canceled")
"""The last status of what nobody got."""
_SLACK = 60.0
"""Seconds by which the clocks of both sides may differ."""


class TwilioSettings(CallbackSettings):
    """What the table of every channel of Twilio's says."""

    account_sid: str = Field(pattern="^AC[0-9a-f]{32}$", description="the account, as AC…")
    auth_token: Secret = Field(description="its auth token; it also proves Twilio's own requests")
    shared_key: Secret = Field(
        Secret(""), description="what proves Twilio's requests instead, where the account has a SharedKey"
    )
    from_: str = Field(alias="from", min_length=3, description="the sender: a number of the account's")
    endpoint: Endpoint = Field(
        "https://api.twilio.com", description="where the API is; another region has another"
    )
    numbers: Numbers = Field(
        (), description='beginnings of the numbers that it serves, as ["+86"]; none: all'
    )
    vendor: str = Field("twilio", max_length=40, description="whose account carries it")


class TwilioAccount:
    """Makes messages and calls, lists them, and proves Twilio's own requests."""

    def __init__(self, name: str, settings: Any, redact: Callable[[str], str]) -> None:
        token = settings.auth_token
        self._base = f"{settings.endpoint.rstrip('/')}/2010-04-01/Accounts/{settings.account_sid}"
        self._auth = settings.account_sid, token.get_secret_value()
        self._keys = [key.get_secret_value() for key in (settings.shared_key, token)]
        self._caller = caller_for(name, settings, [token], redact)
        self.receiver = netloc_of(self._base)

    async def make(self, what: str, fields: Sequence[tuple[str, str]]) -> Receipt:
        """Makes one of `Messages` or `Calls`. Raises DeliveryError."""
        said = await self._call("POST", what, data=list(fields))
        return Receipt(str(said.get("sid", "")), str(said.get("status", "")))

    async def made(self, what: str, letter: Letter, began: str, **alike: str) -> Receipt | None:
        """One that went to this number since the letter's message came to be, did not fail, and is `alike`; None for none.
        `began` is the query that narrows the list to days. Raises DeliveryError."""
        day = f"{datetime.fromtimestamp(letter.message.at, UTC):%Y-%m-%dT00:00:00Z}"
        asked = {"To": letter.address, f"{began}>": day, "PageSize": "50"}
        for one in (await self._call("GET", what, params=asked)).get(what.lower()) or ():
            late = _instant(one.get("date_created")) < letter.message.at - _SLACK
            if not late and one.get("status") not in IN_VAIN and alike.items() <= one.items():
                return Receipt(str(one.get("sid", "")), str(one.get("status", "")))
        return None

    def proved(self, request: CallbackRequest) -> Mapping[str, str]:
        """The form of a request that Twilio signed. Raises CallbackRefused."""
        try:
            fields = parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=200)
        except ValueError:
            raise CallbackRefused("the form cannot be read") from None
        if not any(is_signed(request.url, request.headers, request.body, key, fields) for key in self._keys):
            raise CallbackRefused("the signature is not Twilio's")
        return dict(fields)

    async def close(self) -> None:
        await self._caller.close()

    async def _call(self, method: str, what: str, **how: Any) -> Mapping[str, Any]:
        answer = await self._caller.call(method, f"{self._base}/{what}.json", auth=self._auth, **how)
        said = document_of(self._caller, answer)
        if not answer.ok:
            code = str(said.get("code", ""))
            unknown = _OTHER if 400 <= answer.status < 500 and code else self._caller.refusal(answer).fault
            raise refused(self._caller, answer, code, FAULTS, unknown)
        return said


def _instant(written: object) -> float:
    """`Sun, 22 Nov 2026 14:43:10 +0000`; what cannot be read is of now: better one page too few than the same twice."""
    try:
        return parsedate_to_datetime(str(written)).timestamp()
    except (TypeError, ValueError):
        return float("inf")


class Twilio:
    """What a channel of Twilio's does in the same way, whatever it sends."""

    name: ClassVar[str]
    provider: ClassVar[str]

    def __init__(self, settings: Any, redact: Callable[[str], str] = str) -> None:
        self._settings = settings
        self._account = TwilioAccount(f"{self.name} {self.provider}", settings, redact)

    def receiver(self, address: str) -> str:
        """Twilio, whoever the message is for."""
        return self._account.receiver

    async def close(self) -> None:
        """Let connections go."""
        await self._account.close()


def report_of(form: Mapping[str, str], sid: str, state: PageState, code: str) -> DeliveryReport:
    """What became of what Twilio calls by this `sid`."""
    fault = fault_of(code, FAULTS) or _OTHER
    return DeliveryReport(
        state, reference=form.get(sid, ""), address=form.get("To", ""), fault=fault, code=code
    )


def callback_answer(
    reports: Sequence[DeliveryReport] = (), press: Press | None = None, say: Callable[[str], str] = str
) -> CallbackAnswer:
    """Tells Twilio to do nothing, or to say what became of a press."""
    return CallbackAnswer(reports, twiml.NOTHING, twiml.HEADERS, press, lambda text: say(text).encode())
