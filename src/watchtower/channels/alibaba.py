"""An account at Alibaba Cloud: how its telecommunication services are called, and what their codes mean."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from watchtower.channels.http_call import Caller
from watchtower.channels.http_settings import CallbackSettings
from watchtower.channels.phone_numbers import Numbers
from watchtower.channels.vendor_answer import FaultTable, document_of, refused
from watchtower.errors import DeliveryFault
from watchtower.fields import Field, Secret
from watchtower.signing.acs3 import signed_headers

_VERSION = "2017-05-25"
_OTHER, _OURS = DeliveryFault.OTHER_CHANNEL, DeliveryFault.OURS
FAULTS: FaultTable = {
    "isp.*SYSTEM_ERROR": DeliveryFault.RETRY,
    "Throttling*": DeliveryFault.RETRY,
    "ServiceUnavailable*": DeliveryFault.RETRY,
    "isv.*_LIMIT_CONTROL": _OTHER,  # so many a minute, an hour, a day
    "isv.MOBILE_NUMBER_ILLEGAL": DeliveryFault.ADDRESS,
    "isv.OUT_OF_SERVICE": _OURS,  # the account is in arrears, even where a package has SMS left
    "isv.AMOUNT_NOT_ENOUGH": _OURS,
    "isv.DENY_IP_RANGE": _OURS,
    "isv.*TEMPLATE*": _OURS,
    "isv.*SIGN*": _OURS,
    "isv.*CONTENT*": _OURS,
    "isv.*PARAM*": _OURS,
    "isv.*SHOW_NUMBER*": _OURS,
    "isv.ACCOUNT_*": _OURS,
    "isv.PRODUCT_*": _OURS,
    "isp.RAM_PERMISSION_DENY": _OURS,
    "InvalidTimeStamp*": _OURS,  # this machine's clock
    "InvalidAccessKey*": _OURS,
    "Signature*": _OURS,
    "Forbidden*": _OURS,
    "NoPermission*": _OURS,
}
"""By Alibaba's code. One that is not here goes on to another channel: it was refused, whatever it means, but with a 5xx
it is tried again. A signature that no carrier knows yet fails under codes of its own."""


class AlibabaSettings(CallbackSettings):
    """What the table of every channel of Alibaba Cloud's says."""

    access_key_id: Secret = Field(description="the AccessKey's id")
    access_key_secret: Secret = Field(description="the AccessKey's secret")
    numbers: Numbers = Field(("+86",), description='beginnings of the numbers that it serves, as ["+86"]')
    vendor: str = Field("alibaba", max_length=40, description="whose account carries it")


class AlibabaAccount:
    """Calls actions of the service at `endpoint` with the keys of a channel's settings."""

    def __init__(self, caller: Caller, endpoint: str, settings: Any) -> None:
        self._caller, self._endpoint = caller, endpoint.rstrip("/")
        self._key_id = settings.access_key_id.get_secret_value()
        self._key_secret = settings.access_key_secret.get_secret_value()

    async def call(self, action: str, **query: str) -> Mapping[str, Any]:
        """The answer to what was taken. Raises DeliveryError."""
        headers = signed_headers(
            host=urlsplit(self._endpoint).netloc,
            action=action,
            version=_VERSION,
            date=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            nonce=uuid.uuid4().hex,
            key_id=self._key_id,
            key_secret=self._key_secret,
            query=query,
        )
        asked = "&".join(f"{name}={quote(value, safe='~')}" for name, value in sorted(query.items()))
        answer = await self._caller.call("POST", f"{self._endpoint}/?{asked}", headers=headers)
        said = document_of(self._caller, answer)
        code = str(said.get("Code", ""))
        if answer.ok and code == "OK":
            return said
        unknown = _OTHER if code and answer.status < 500 else self._caller.refusal(answer).fault
        raise refused(self._caller, answer, code, FAULTS, unknown)


def digits_of(address: str) -> str:
    """A number as Alibaba writes it: without the country in mainland China, without + elsewhere."""
    return address.removeprefix("+86").lstrip("+")


def address_of(digits: str) -> str:
    """The number in E.164."""
    return f"+86{digits}" if re.fullmatch(r"1\d{10}", digits) else f"+{digits}"
