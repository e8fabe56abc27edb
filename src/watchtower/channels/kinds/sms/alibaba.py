"""SMS by Alibaba Cloud: an approved template with short variables.

Source: https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar, Literal
from urllib.parse import quote, urlsplit

from watchtower.channels.contract import (
    CallbackAnswer,
    CallbackRefused,
    CallbackRequest,
    DeliveryReport,
    Letter,
    Receipt,
    TakenLetter,
)
from watchtower.channels.http_settings import CallbackSettings
from watchtower.channels.kinds.sms import TemplatedSms, worth_asking
from watchtower.channels.phone_numbers import Numbers
from watchtower.channels.template_texts import BASE_URL, TemplateSettings
from watchtower.channels.urls import Endpoint
from watchtower.channels.vendor_answer import FaultTable, document_of, fault_of, refused
from watchtower.core.incident.incidents import PageState
from watchtower.core.plan.budget import Budget, preset
from watchtower.errors import DeliveryFault
from watchtower.fields import Field, Secret
from watchtower.model import Instant, Text
from watchtower.signing.acs3 import signed_headers

_VERSION, _CHINA = "2017-05-25", timezone(timedelta(hours=8))
_OTHER, _OURS = DeliveryFault.OTHER_CHANNEL, DeliveryFault.OURS
FAULTS: FaultTable = {
    "isp.*SYSTEM_ERROR": DeliveryFault.RETRY,
    "Throttling*": DeliveryFault.RETRY,
    "ServiceUnavailable*": DeliveryFault.RETRY,
    "isv.*_LIMIT_CONTROL": _OTHER,  # so many a minute, a day, a month
    "isv.MOBILE_NUMBER_ILLEGAL": DeliveryFault.ADDRESS,
    "isv.OUT_OF_SERVICE": _OURS,  # the account is in arrears, even where a package has SMS left
    "isv.AMOUNT_NOT_ENOUGH": _OURS,
    "isv.DENY_IP_RANGE": _OURS,
    "isv.*TEMPLATE*": _OURS,
    "isv.*SIGN*": _OURS,
    "isv.*CONTENT*": _OURS,
    "isv.*PARAM*": _OURS,
    "isv.ACCOUNT_*": _OURS,
    "isv.PRODUCT_*": _OURS,
    "isp.RAM_PERMISSION_DENY": _OURS,
    "InvalidTimeStamp*": _OURS,  # this machine's clock
    "InvalidAccessKey*": _OURS,
    "Signature*": _OURS,
    "Forbidden*": _OURS,
    "NoPermission*": _OURS,
}
"""By Alibaba's code. One that is not here goes on to another channel: the message was refused, whatever it means. A
signature that no carrier knows yet fails under codes of its own."""
_LINK = f"{BASE_URL}/l/{{{{ code }}}}"
_STATES = {3: PageState.RECEIVED, 2: PageState.UNDELIVERED}


class AlibabaSms(TemplatedSms):
    """Sends a letter by a template of its kind of page and language."""

    provider: ClassVar[str] = "alibaba"
    link: ClassVar[Text] = Text(f"Acknowledge: {_LINK}", f"认领 {_LINK}")

    class Settings(CallbackSettings, TemplateSettings):
        """`[channel.sms.NAME]` with `provider = "alibaba"`."""

        provider: Literal["alibaba"] = Field(description="Alibaba Cloud's SMS")
        access_key_id: Secret = Field(description="the AccessKey's id, with the right to SendSms")
        access_key_secret: Secret = Field(description="the AccessKey's secret")
        sign_name: str = Field(
            min_length=1, max_length=30, description="the approved signature, without 【】"
        )
        endpoint: Endpoint = Field(
            "https://dysmsapi.aliyuncs.com", description="where the API is; another region has another"
        )
        numbers: Numbers = Field(("+86",), description='beginnings of the numbers that it serves, as ["+86"]')
        budget: Budget = Field(
            preset("alibaba-sms"), description='how many pages one number is sent, as ["10/24h"]'
        )
        vendor: str = Field("alibaba", max_length=40, description="whose account carries it")

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._keys = {
            "key_id": settings.access_key_id.get_secret_value(),
            "key_secret": settings.access_key_secret.get_secret_value(),
        }
        super().__init__(settings, [settings.access_key_id, settings.access_key_secret], redact)

    async def send(self, letter: Letter) -> Receipt:
        """Hand the letter to Alibaba Cloud."""
        code, values = self._template(letter)
        said = await self._call(
            "SendSms",
            PhoneNumbers=_digits(letter.address),
            SignName=self._settings.sign_name,
            TemplateCode=code,
            TemplateParam=json.dumps(values, ensure_ascii=False, separators=(",", ":")),
            OutId=letter.id,
        )
        return Receipt(str(said.get("BizId", "")), "OK")

    async def ask(self, letter: Letter) -> Receipt | None:
        """The receipt of an earlier attempt that was taken, None for none. Raises DeliveryError."""
        for day in dict.fromkeys((_day(letter.message.at), _day(time.time()))):
            for row in await self._details(letter.address, day):
                if row.get("OutId") == letter.id and row.get("SendStatus") != 2:
                    return Receipt("", f"taken at {row.get('SendDate', '')}")
        return None

    async def pull(self, taken: Sequence[TakenLetter]) -> Sequence[DeliveryReport]:
        """What became of these. Raises DeliveryError."""
        letters = worth_asking(taken, time.time())
        found = await asyncio.gather(
            *(self._details(one.address, _day(one.at), one.reference) for one in letters)
        )
        return [
            _report(_STATES[row["SendStatus"]], row.get("ErrCode"), one.page, one.reference, one.address)
            for one, rows in zip(letters, found, strict=True)
            for row in rows
            if row.get("OutId") == one.page and row.get("SendStatus") in _STATES
        ]

    def called_back(self, request: CallbackRequest) -> CallbackAnswer:
        """Reads an SmsReport, which nobody signs: the secret of its path was right. Raises CallbackRefused."""
        try:
            reports = list(_reports(json.loads(request.body)))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            raise CallbackRefused("this is no SmsReport") from None
        return CallbackAnswer(reports, b'{"code":0,"msg":"ok"}')

    async def _details(self, address: str, day: str, reference: str = "") -> list[Mapping[str, Any]]:
        """The newest 50 messages to a number on a day in China."""
        asked = {"PhoneNumber": _digits(address), "SendDate": day, "PageSize": "50", "CurrentPage": "1"}
        said = await self._call("QuerySendDetails", **asked, **({"BizId": reference} if reference else {}))
        rows = (said.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        return [row for row in rows if isinstance(row, dict)]

    async def _call(self, action: str, **query: str) -> Mapping[str, Any]:
        endpoint = self._settings.endpoint.rstrip("/")
        headers = signed_headers(
            host=urlsplit(endpoint).netloc,
            action=action,
            version=_VERSION,
            date=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            nonce=uuid.uuid4().hex,
            query=query,
            **self._keys,
        )
        asked = "&".join(f"{name}={quote(value, safe='~')}" for name, value in sorted(query.items()))
        answer = await self._caller.call("POST", f"{endpoint}/?{asked}", headers=headers)
        said = document_of(self._caller, answer)
        code = str(said.get("Code", ""))
        if answer.ok and code == "OK":
            return said
        unknown = _OTHER if code else self._caller.refusal(answer).fault
        raise refused(self._caller, answer, code, FAULTS, unknown)


def _digits(address: str) -> str:
    return address.removeprefix("+86").lstrip("+")


def _address(digits: str) -> str:
    return f"+86{digits}" if re.fullmatch(r"1\d{10}", digits) else f"+{digits}"


def _day(at: Instant) -> str:
    return f"{datetime.fromtimestamp(at, _CHINA):%Y%m%d}"


def _reports(said: Any) -> Iterator[DeliveryReport]:
    for one in said:
        arrived = str(one["success"]).lower() == "true"
        state = PageState.RECEIVED if arrived else PageState.UNDELIVERED
        page, reference = str(one.get("out_id", "")), str(one.get("biz_id", ""))
        yield _report(state, one.get("err_code"), page, reference, _address(str(one["phone_number"])))


def _report(state: PageState, code: Any, page: str, reference: str, address: str) -> DeliveryReport:
    said = str(code or "")
    fault = fault_of(said, FAULTS) or _OTHER
    return DeliveryReport(state, page, reference, address, fault=fault, code=said)
