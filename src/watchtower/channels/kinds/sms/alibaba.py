"""SMS by Alibaba Cloud: an approved template with short variables.

Source: https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatch
from typing import Any, ClassVar, Literal

from watchtower.channels import contract
from watchtower.channels.alibaba import FAULTS, AlibabaAccount, AlibabaSettings, address_of, digits_of
from watchtower.channels.alibaba_queue import AlibabaQueues, QueueSettings
from watchtower.channels.listening import Ear, Press
from watchtower.channels.replies import about_of
from watchtower.channels.template_texts import BASE_URL, TemplateSettings
from watchtower.channels.templated_sms import TemplatedSms, worth_asking
from watchtower.channels.urls import Endpoint
from watchtower.channels.vendor_answer import fault_of
from watchtower.core.incident.incidents import PageState
from watchtower.core.plan.budget import Budget, preset
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field
from watchtower.model import Instant, Text

_CHINA = timezone(timedelta(hours=8))
_LINK = f"{BASE_URL}/l/{{{{ code }}}}"
_NO_TEMPLATE, _APPROVED = "isv.*TEMPLATE*", 1
_STATES = {3: PageState.RECEIVED, 2: PageState.UNDELIVERED}


class AlibabaSms(TemplatedSms):
    """Sends a letter by a template of its kind of page and language."""

    provider: ClassVar[str] = "alibaba"
    link: ClassVar[Text] = Text(f"Acknowledge: {_LINK}", f"认领 {_LINK}")

    class Settings(AlibabaSettings, QueueSettings, TemplateSettings):
        """`[channel.sms.NAME]` with `provider = "alibaba"`."""

        provider: Literal["alibaba"] = Field(description="Alibaba Cloud's SMS")
        sign_name: str = Field(
            min_length=1, max_length=30, description="the approved signature, without 【】"
        )
        endpoint: Endpoint = Field(
            "https://dysmsapi.aliyuncs.com", description="where the API is; another region has another"
        )
        budget: Budget = Field(
            preset("alibaba-sms"), description='how many pages one number is sent, as ["10/24h"]'
        )

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        super().__init__(settings, [settings.access_key_id, settings.access_key_secret], redact)
        self._account = AlibabaAccount(self._caller, settings.endpoint, settings)
        self._queues = AlibabaQueues(f"{self.name} {self.provider}", settings, _read, redact)
        self.listens = bool(settings.queues)

    async def send(self, letter: contract.Letter) -> contract.Receipt:
        """Hand the letter to Alibaba Cloud."""
        code, values = self._template(letter)
        said = await self._account.call(
            "SendSms",
            PhoneNumbers=digits_of(letter.address),
            SignName=self._settings.sign_name,
            TemplateCode=code,
            TemplateParam=json.dumps(values, ensure_ascii=False, separators=(",", ":")),
            OutId=letter.id,
        )
        return contract.Receipt(str(said.get("BizId", "")), "OK")

    async def ask(self, letter: contract.Letter) -> contract.Receipt | None:
        """The receipt of an earlier attempt that was taken, None for none. Raises DeliveryError."""
        for day in dict.fromkeys((_day(letter.message.at), _day(time.time()))):
            for row in await self._details(letter.address, day):
                if row.get("OutId") == letter.id and row.get("SendStatus") != 2:
                    return contract.Receipt("", f"taken at {row.get('SendDate', '')}")
        return None

    async def pull(self, taken: Sequence[contract.TakenLetter]) -> Sequence[contract.DeliveryReport]:
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

    async def withdrawn(self) -> Mapping[str, str]:
        """Templates that are not approved now, and why. Raises DeliveryError."""
        out = {}
        for code in self._settings.templates.codes():
            try:
                said = await self._account.call("QuerySmsTemplate", TemplateCode=code)
            except DeliveryError as error:
                if not fnmatch(error.code, _NO_TEMPLATE):
                    raise
                said = {"Reason": error.code}
            if said.get("TemplateStatus") != _APPROVED:
                out[code] = str(said.get("Reason") or "").strip() or "it is not approved"
        return out

    def called_back(self, request: contract.CallbackRequest) -> contract.CallbackAnswer:
        """Reads an SmsReport, which nobody signs: the secret of its path was right. Raises CallbackRefused."""
        try:
            reports = list(_reports(json.loads(request.body)))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            raise contract.CallbackRefused("this is no SmsReport") from None
        return contract.CallbackAnswer(reports, b'{"code":0,"msg":"ok"}')

    async def listen(self, ear: Ear) -> None:
        """Reads its queues until it is cancelled. Raises DeliveryError."""
        await self._queues.listen(ear)

    async def close(self) -> None:
        """Let connections go."""
        await super().close()
        await self._queues.close()

    async def _details(self, address: str, day: str, reference: str = "") -> list[Mapping[str, Any]]:
        """The newest 50 messages to a number on a day in China."""
        asked = {"PhoneNumber": digits_of(address), "SendDate": day, "PageSize": "50", "CurrentPage": "1"}
        said = await self._account.call(
            "QuerySendDetails", **asked, **({"BizId": reference} if reference else {})
        )
        rows = (said.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
        return [row for row in rows if isinstance(row, dict)]


def _read(kind: str, message: Mapping[str, Any]) -> contract.CallbackAnswer:
    """A message of a queue: a reply (SmsUp), or what became of a message."""
    if kind != "SmsUp":
        return contract.CallbackAnswer(list(_reports([message])))
    about = about_of(str(message["content"]))
    press = None if about is None else Press(address_of(str(message["phone_number"])), about)
    return contract.CallbackAnswer(press=press)


def _day(at: Instant) -> str:
    return f"{datetime.fromtimestamp(at, _CHINA):%Y%m%d}"


def _reports(said: Any) -> Iterator[contract.DeliveryReport]:
    for one in said:
        arrived = str(one["success"]).lower() == "true"
        state = PageState.RECEIVED if arrived else PageState.UNDELIVERED
        page, reference = str(one.get("out_id", "")), str(one.get("biz_id", ""))
        yield _report(state, one.get("err_code"), page, reference, address_of(str(one["phone_number"])))


def _report(state: PageState, code: Any, page: str, reference: str, address: str) -> contract.DeliveryReport:
    said = str(code or "")
    fault = fault_of(said, FAULTS) or DeliveryFault.OTHER_CHANNEL
    return contract.DeliveryReport(state, page, reference, address, fault=fault, code=said)
