"""SMS by Tencent Cloud: an approved template with short variables, without a link.

Source: https://cloud.tencent.com/document/product/382/55981
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from watchtower.channels import contract
from watchtower.channels.http_settings import CallbackSettings
from watchtower.channels.phone_numbers import Numbers
from watchtower.channels.template_texts import TemplateSettings
from watchtower.channels.template_values import LEAST
from watchtower.channels.templated_sms import TemplatedSms, worth_asking
from watchtower.channels.urls import Endpoint
from watchtower.channels.vendor_answer import FaultTable, document_of, fault_of, refused
from watchtower.core.incident.incidents import PageState
from watchtower.core.plan.budget import Budget, preset
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.fields import Field, Secret
from watchtower.model import Instant, Text
from watchtower.signing.tc3 import signed_headers

_VERSION = "2021-01-11"
_APPROVED = 0
_OTHER, _OURS = DeliveryFault.OTHER_CHANNEL, DeliveryFault.OURS
_ADDRESS, _AMBIGUOUS = DeliveryFault.ADDRESS, DeliveryFault.AMBIGUOUS
FAULTS: FaultTable = {
    "InternalError.Timeout": _AMBIGUOUS,
    "InternalError.SendAndRecvFail": _AMBIGUOUS,
    "InternalError.UnknownError": _AMBIGUOUS,
    "InternalError.RequestTimeException": _OURS,  # this machine's clock
    "InternalError*": DeliveryFault.RETRY,
    "RequestLimitExceeded*": DeliveryFault.RETRY,
    "LimitExceeded.*": _OTHER,  # so many in 30 seconds, an hour, a day, of the same content
    "InvalidParameterValue.IncorrectPhoneNumber": _ADDRESS,
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": _OURS,
    "InvalidParameterValue.*": _OURS,
    "FailedOperation.PhoneNumberInBlacklist": _ADDRESS,
    "FailedOperation.InsufficientBalanceInSmsPackage": _OURS,
    "FailedOperation.SignatureIncorrectOrUnapproved": _OURS,
    "FailedOperation.TemplateIncorrectOrUnapproved": _OURS,
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": _OURS,
    "FailedOperation.TemplateUnapprovedOrNotExist": _OURS,
    "FailedOperation.ContainSensitiveWord": _OURS,
    "UnauthorizedOperation*": _OURS,
    "AuthFailure*": _OURS,
    "UnsupportedOperation*": _OURS,
    "MissingParameter*": _OURS,
}
"""By Tencent's code. One that is not here goes on to another channel: the message was refused, whatever it means."""
REFUSED_WORDS = (
    "支付", "付款", "收款", "还款", "贷", "借款", "转账", "提现", "充值", "理财", "基金", "股票", "证券", "期货",
    "保险", "银行", "金融", "投资", "钱包", "信用卡", "资金", "清算", "结算", "payment", "loan", "bank", "invest", "fund",
    "stock", "wallet", "withdraw", "insurance", "credit card",
)  # fmt: skip
"""Tencent refuses content about finance in every class of templates; a variable that holds such a word fails as well."""


class TencentSms(TemplatedSms):
    """Sends a letter by a template of its kind of page and language."""

    provider: ClassVar[str] = "tencent"
    link: ClassVar[Text] = Text("Acknowledge on the board.", "请登录系统认领。")
    refused_words: ClassVar[tuple[str, ...]] = REFUSED_WORDS

    class Settings(CallbackSettings, TemplateSettings):
        """`[channel.sms.NAME]` with `provider = "tencent"`."""

        provider: Literal["tencent"] = Field(description="Tencent Cloud's SMS")
        secret_id: Secret = Field(description="the key's id, with the right to SendSms")
        secret_key: Secret = Field(description="the key")
        sdk_app_id: str = Field(
            pattern="^[0-9]{6,20}$", description="the SMS application's SdkAppId, as 1400006666"
        )
        sign_name: str = Field(
            min_length=1, max_length=30, description="the approved signature, without 【】"
        )
        region: str = Field("ap-guangzhou", min_length=1, description="where the API is called")
        endpoint: Endpoint = Field("https://sms.tencentcloudapi.com", description="where the API is")
        numbers: Numbers = Field(("+86",), description='beginnings of the numbers that it serves, as ["+86"]')
        parameter_length: int = Field(
            6, ge=LEAST, le=200, description="how many characters the console allows for a variable"
        )
        budget: Budget = Field(
            preset("tencent-sms"), description='how many pages one number is sent, as ["10/24h"]'
        )
        vendor: str = Field("tencent", max_length=40, description="whose account carries it")

    def __init__(self, settings: Settings, redact: Callable[[str], str] = str) -> None:
        self._keys = {
            "key_id": settings.secret_id.get_secret_value(),
            "key_secret": settings.secret_key.get_secret_value(),
        }
        super().__init__(settings, [settings.secret_id, settings.secret_key], redact)

    async def send(self, letter: contract.Letter) -> contract.Receipt:
        """Hand the letter to Tencent Cloud, which says of each number whether it took it."""
        code, values = self._template(letter)
        said, refusal = await self._call(
            "SendSms",
            PhoneNumberSet=[letter.address],
            SmsSdkAppId=self._settings.sdk_app_id,
            TemplateId=code,
            SignName=self._settings.sign_name,
            TemplateParamSet=list(values.values()),
            SessionContext=letter.id,
        )
        [one, *_] = said.get("SendStatusSet") or [{}]
        if one.get("Code") != "Ok":
            raise refusal(str(one.get("Code", "")))
        return contract.Receipt(str(one.get("SerialNo", "")), "Ok")

    async def ask(self, letter: contract.Letter) -> contract.Receipt | None:
        """The receipt of an earlier attempt that was taken. Raises DeliveryError where that cannot be told: Tencent lists a
        message once the carrier has reported, and our id of it only where its support has enabled that."""
        for row in await self._statuses(letter.address, letter.message.at):
            if row.get("SessionContext") == letter.id:
                return contract.Receipt(str(row.get("SerialNo", "")), str(row.get("ReportStatus", "")))
        raise DeliveryError("not_listed", "Tencent Cloud lists no such message yet", fault=_AMBIGUOUS)

    async def pull(self, taken: Sequence[contract.TakenLetter]) -> Sequence[contract.DeliveryReport]:
        """What became of these. Raises DeliveryError."""
        letters = {one.reference: one for one in worth_asking(taken, time.time())}
        since = {one.address: one.at for one in sorted(letters.values(), key=lambda one: -one.at)}
        return [
            _report(row.get("ReportStatus"), row.get("Description"), page, serial, letters[serial].address)
            for address, at in since.items()
            for row in await self._statuses(address, at)
            if (serial := str(row.get("SerialNo", ""))) in letters
            for page in [letters[serial].page]
        ]

    async def withdrawn(self) -> Mapping[str, str]:
        """Templates that are not approved now, and why. Raises DeliveryError."""
        codes = self._settings.templates.codes()
        abroad = not any(number.startswith("+86") for number in self._settings.numbers or ("+86",))
        asked = {"TemplateIdSet": [int(code) for code in codes], "International": int(abroad)}
        said, _ = await self._call("DescribeSmsTemplateList", **asked)
        rows = {str(row.get("TemplateId")): row for row in said.get("DescribeTemplateStatusSet") or []}
        return {
            code: str(rows.get(code, {}).get("ReviewReply") or "").strip() or "it is not approved"
            for code in codes
            if rows.get(code, {}).get("StatusCode") != _APPROVED
        }

    def called_back(self, request: contract.CallbackRequest) -> contract.CallbackAnswer:
        """Reads a report, which nobody signs: the secret of its path was right. Raises CallbackRefused."""
        try:
            reports = list(_reports(json.loads(request.body)))
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            raise contract.CallbackRefused("this is no report of Tencent's") from None
        return contract.CallbackAnswer(reports, b'{"result":0,"errmsg":"OK"}')

    async def _statuses(self, address: str, since: Instant) -> list[Mapping[str, Any]]:
        """Messages to a number that the carrier has reported, of at most 7 days."""
        said, _ = await self._call(
            "PullSmsSendStatusByPhoneNumber",
            BeginTime=int(since),
            Offset=0,
            Limit=100,
            PhoneNumber=address,
            SmsSdkAppId=self._settings.sdk_app_id,
        )
        return [row for row in said.get("PullSmsSendStatusSet") or [] if isinstance(row, dict)]

    async def _call(
        self, action: str, **asked: Any
    ) -> tuple[Mapping[str, Any], Callable[[str], DeliveryError]]:
        """The Response, and the error for a code in it. Raises DeliveryError."""
        endpoint, body = self._settings.endpoint.rstrip("/"), json.dumps(asked).encode()
        headers = signed_headers(
            host=urlsplit(endpoint).netloc,
            service="sms",
            action=action,
            version=_VERSION,
            region=self._settings.region,
            at=int(time.time()),
            body=body,
            **self._keys,
        )
        answer = await self._caller.call("POST", f"{endpoint}/", headers=headers, data=body)
        said = document_of(self._caller, answer).get("Response") or {}

        def refusal(code: str) -> DeliveryError:
            unknown = _OTHER if code else self._caller.refusal(answer).fault
            return refused(self._caller, answer, code, FAULTS, unknown)

        error = said.get("Error")
        if error or not answer.ok or not said:
            raise refusal(str((error or {}).get("Code", "")))
        return said, refusal


def _reports(said: Any) -> Iterator[contract.DeliveryReport]:
    for one in said:
        address = f"+{one['nationcode']}{one['mobile']}"
        why = one.get("errmsg") or one.get("description")
        yield _report(
            one.get("report_status"), why, str(one.get("ext", "")), str(one.get("sid", "")), address
        )


def _report(status: Any, code: Any, page: str, reference: str, address: str) -> contract.DeliveryReport:
    state = PageState.RECEIVED if status == "SUCCESS" else PageState.UNDELIVERED
    fault = fault_of(str(code or ""), FAULTS) or _OTHER
    return contract.DeliveryReport(state, page, reference, address, fault=fault, code=str(code or ""))
