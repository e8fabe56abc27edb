"""SMS by Alibaba Cloud and Tencent Cloud: what is sent, as their SDKs send it, and what follows from their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.letters import ONSET, letter
from tests.channels.recorded import recorded
from tests.channels.test_sms import _closing
from tests.parts.httpserver import Answer, HttpServer
from watchtower.channels import build, channel_class
from watchtower.channels.contract import CallbackRefused, CallbackRequest, Letter, TakenLetter
from watchtower.core.incident.incidents import PageState
from watchtower.errors import DeliveryError, DeliveryFault
from watchtower.model import Language
from watchtower.signing import acs3, tc3

PHONE = "+8613800138000"
CODES = {use: {"zh": f"T-{use}", "en": f"E-{use}"} for use in ("page", "reminder", "resolved", "notice")}
KEYS: Mapping[str, Mapping[str, Any]] = {
    "alibaba": {"access_key_id": "LTAI-test-id", "access_key_secret": "test-secret-9"},
    "tencent": {"secret_id": "AKID-test-id", "secret_key": "test-secret-9", "sdk_app_id": "1400006666"},
}
BOTH = pytest.mark.parametrize("vendor", ["alibaba", "tencent"])


def channel(server: HttpServer, vendor: str, codes: Any = CODES, **settings: Any) -> Any:
    made = channel_class("sms", vendor).Settings(
        provider=vendor, sign_name="守望", templates=codes, endpoint=server.url("").rstrip("/"), **KEYS[vendor], **settings
    )  # fmt: skip
    [one] = build({"sms.cn": made}).values()
    return one


def to_phone(**changes: Any) -> Letter:
    return replace(letter(language=Language.ZH, to=PHONE, **changes), code="k7q2m9xa")


def took(vendor: str) -> Answer:
    if vendor == "alibaba":
        return Answer.json({"Code": "OK", "Message": "OK", "BizId": "9006^0", "RequestId": "r"})
    row = {"SerialNo": "5000:1", "PhoneNumber": PHONE, "Fee": 1, "Code": "Ok", "Message": "send success"}
    return Answer.json({"Response": {"SendStatusSet": [row], "RequestId": "r"}})


def refusal(vendor: str, code: str, *, whole: bool = False) -> Answer:
    if vendor == "alibaba":
        return Answer.json({"Code": code, "Message": "no", "RequestId": "r"})
    if whole:
        return Answer.json({"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "r"}})
    return Answer.json({"Response": {"SendStatusSet": [{"Code": code, "Message": "no"}], "RequestId": "r"}})


async def use(to: Any, done: Any) -> Any:
    async with aclosing(_closing(to)):
        return await done


async def test_alibaba_is_sent_what_its_sdk_sends(http_server: HttpServer) -> None:
    http_server.on("/", took("alibaba"))
    to = channel(http_server, "alibaba")
    told = await use(to, to.send(to_phone()))
    assert told.reference == "9006^0"
    [request] = http_server.requests
    asked = {name: values[-1] for name, values in request.query.items()}
    theirs = recorded("alibaba", "SendSms")[0]
    assert set(asked) == set(theirs.query)
    assert (request.method, request.body) == (theirs.method, b"")
    for name in ("x-acs-action", "x-acs-version", "x-acs-content-sha256", "content-length"):
        assert request.headers[name] == theirs.headers[name]
    assert "content-type" not in request.headers
    [names] = re.findall("SignedHeaders=([^,]+)", request.headers["authorization"])
    signed = {name: request.headers[name] for name in names.split(";")}
    assert request.headers["authorization"] == acs3.authorization(
        signed, "LTAI-test-id", "test-secret-9", asked
    )
    assert asked["PhoneNumbers"] == "13800138000"
    assert (asked["TemplateCode"], asked["OutId"]) == ("T-page", "INC-7.1.li.email")
    values = json.loads(asked["TemplateParam"])
    assert values["severity"] == "P1"
    assert values["code"] == "k7q2m9xa"
    assert list(values) == ["severity", "title", "summary", "harm", "since", "incident", "code"]


async def test_tencent_is_sent_what_its_sdk_sends(http_server: HttpServer) -> None:
    http_server.on("/", took("tencent"))
    to = channel(http_server, "tencent")
    told = await use(to, to.send(to_phone()))
    assert told.reference == "5000:1"
    [request] = http_server.requests
    theirs = recorded("tencent", "SendSms")[0]
    assert set(request.json()) == set(json.loads(theirs.body))
    for name in ("x-tc-action", "x-tc-version", "x-tc-region", "content-type"):
        assert request.headers[name] == theirs.headers[name]
    assert request.headers["authorization"] == tc3.authorization(
        host=request.headers["host"], service="sms", at=int(request.headers["x-tc-timestamp"]), body=request.body,
        key_id="AKID-test-id", key_secret="test-secret-9",
    )  # fmt: skip
    body = request.json()
    assert body["PhoneNumberSet"] == [PHONE]
    assert body["TemplateParamSet"] == ["P1", "下单支付", "异常", "未知", "22:39", "INC-7"]


FAULTS = [
    ("alibaba", "isv.BUSINESS_LIMIT_CONTROL", DeliveryFault.OTHER_CHANNEL),
    ("alibaba", "isv.DAY_LIMIT_CONTROL", DeliveryFault.OTHER_CHANNEL),
    ("alibaba", "isv.MOBILE_NUMBER_ILLEGAL", DeliveryFault.ADDRESS),
    ("alibaba", "isv.OUT_OF_SERVICE", DeliveryFault.OURS),
    ("alibaba", "isp.RAM_PERMISSION_DENY", DeliveryFault.OURS),
    ("alibaba", "isv.DENY_IP_RANGE", DeliveryFault.OURS),
    ("alibaba", "isv.SIGN_STATE_ILLEGAL", DeliveryFault.OURS),
    ("alibaba", "isv.SMS_SIGN_ILLEGAL", DeliveryFault.OURS),
    ("alibaba", "isv.SMS_CONTENT_ILLEGAL", DeliveryFault.OURS),
    ("alibaba", "isv.TEMPLATE_MISSING_PARAMETERS", DeliveryFault.OURS),
    ("alibaba", "InvalidTimeStamp.Expired", DeliveryFault.OURS),
    ("alibaba", "SignatureDoesNotMatch", DeliveryFault.OURS),
    ("alibaba", "isp.SYSTEM_ERROR", DeliveryFault.RETRY),
    ("alibaba", "Throttling.User", DeliveryFault.RETRY),
    ("alibaba", "isv.SOMETHING_NEW", DeliveryFault.OTHER_CHANNEL),
    ("tencent", "LimitExceeded.PhoneNumberDailyLimit", DeliveryFault.OTHER_CHANNEL),
    ("tencent", "LimitExceeded.PhoneNumberThirtySecondLimit", DeliveryFault.OTHER_CHANNEL),
    ("tencent", "InvalidParameterValue.IncorrectPhoneNumber", DeliveryFault.ADDRESS),
    ("tencent", "FailedOperation.PhoneNumberInBlacklist", DeliveryFault.ADDRESS),
    ("tencent", "FailedOperation.InsufficientBalanceInSmsPackage", DeliveryFault.OURS),
    ("tencent", "FailedOperation.ContainSensitiveWord", DeliveryFault.OURS),
    ("tencent", "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", DeliveryFault.OURS),
    ("tencent", "InvalidParameterValue.TemplateParameterLengthLimit", DeliveryFault.OURS),
    ("tencent", "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", DeliveryFault.OURS),
    ("tencent", "UnauthorizedOperation.SmsSdkAppIdVerifyFail", DeliveryFault.OURS),
    ("tencent", "AuthFailure.SignatureFailure", DeliveryFault.OURS),
    ("tencent", "InternalError.RequestTimeException", DeliveryFault.OURS),
    ("tencent", "RequestLimitExceeded", DeliveryFault.RETRY),
    ("tencent", "InternalError.Timeout", DeliveryFault.AMBIGUOUS),
    ("tencent", "InternalError.SomethingNew", DeliveryFault.RETRY),
    ("tencent", "FailedOperation.SomethingNew", DeliveryFault.OTHER_CHANNEL),
]


@pytest.mark.parametrize(("vendor", "code", "fault"), FAULTS, ids=lambda one: str(one))
async def test_a_refusal_inside_an_http_200_is_told_by_its_code(
    http_server: HttpServer, vendor: str, code: str, fault: DeliveryFault
) -> None:
    whole = code.startswith(("AuthFailure", "RequestLimit", "InternalError"))
    http_server.on("/", refusal(vendor, code, whole=whole))
    to = channel(http_server, vendor)
    with pytest.raises(DeliveryError) as caught:
        await use(to, to.send(to_phone()))
    assert (caught.value.code, caught.value.fault) == (code, fault)
    assert len(http_server.requests) == 1


@pytest.mark.parametrize(("status", "fault"), [(500, DeliveryFault.RETRY), (504, DeliveryFault.AMBIGUOUS)])
async def test_an_unknown_code_of_a_vendor_that_is_down_is_no_refusal(
    http_server: HttpServer, status: int, fault: DeliveryFault
) -> None:
    """Where it is the only channel, a page that it refuses has failed for good."""
    http_server.on("/", Answer.json({"Code": "InternalError", "Message": "internal"}, status=status))
    to = channel(http_server, "alibaba")
    with pytest.raises(DeliveryError) as caught:
        await use(to, to.send(to_phone()))
    assert (caught.value.code, caught.value.fault) == ("InternalError", fault)


@BOTH
@pytest.mark.parametrize(
    ("answer", "code", "fault"),
    [
        (Answer(200, "<html>login</html>"), "unreadable", DeliveryFault.AMBIGUOUS),
        (Answer(200, "{}"), "http 200", None),
        (Answer(503, "busy"), "http 503", DeliveryFault.RETRY),
    ],
)
async def test_an_answer_that_is_none_of_the_vendors(
    http_server: HttpServer, vendor: str, answer: Answer, code: str, fault: DeliveryFault | None
) -> None:
    http_server.on("/", answer)
    to = channel(http_server, vendor)
    with pytest.raises(DeliveryError) as caught:
        await use(to, to.send(to_phone()))
    assert caught.value.code == code
    assert caught.value.fault == (fault or caught.value.fault)


@BOTH
async def test_no_secret_stands_in_an_error(http_server: HttpServer, vendor: str) -> None:
    echoed = " of ".join(KEYS[vendor].values()).removesuffix(" of 1400006666")
    http_server.on("/", Answer(403, f"no: {echoed}"))
    to = channel(http_server, vendor)
    with pytest.raises(DeliveryError) as caught:
        await use(to, to.send(to_phone()))
    assert not re.search("test-secret|test-id", str(caught.value))


@BOTH
async def test_a_page_without_a_template_is_our_fault(http_server: HttpServer, vendor: str) -> None:
    to = channel(http_server, vendor)
    to._settings = to._settings.model_copy(update={"templates": type(to._settings.templates)()})
    with pytest.raises(DeliveryError) as caught:
        await use(to, to.send(to_phone()))
    assert (caught.value.code, caught.value.fault) == ("no_template", DeliveryFault.OURS)


ROW = {"OutId": "INC-7.1.li.email", "SendStatus": 1, "SendDate": "2026-11-22 22:43:11", "PhoneNum": "13800138000"}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "taken"), [([ROW], True), ([{**ROW, "SendStatus": 2}], False), ([{**ROW, "OutId": "INC-6"}], False), ([], False)]
)  # fmt: skip
async def test_alibaba_is_asked_before_a_resend(
    http_server: HttpServer, rows: list[Any], taken: bool
) -> None:
    http_server.on("/", Answer.json({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}))
    to = channel(http_server, "alibaba")
    assert (await use(to, to.ask(to_phone())) is not None) == taken
    asked = {name: values[-1] for name, values in http_server.requests[0].query.items()}
    assert set(asked) == set(recorded("alibaba", "QuerySendDetails")[0].query)
    assert {one.query["SendDate"][0] for one in http_server.requests} >= {"20261122"}


async def test_tencent_can_tell_only_by_our_id(http_server: HttpServer) -> None:
    row = {"SerialNo": "5000:1", "SessionContext": "INC-7.1.li.email", "ReportStatus": "SUCCESS"}
    http_server.on(
        "/",
        Answer.json({"Response": {"PullSmsSendStatusSet": [row]}}),
        Answer.json({"Response": {"PullSmsSendStatusSet": [{**row, "SessionContext": ""}]}}),
    )
    to = channel(http_server, "tencent")
    told = await to.ask(to_phone())
    assert told.reference == "5000:1"
    with pytest.raises(DeliveryError) as caught:
        await use(to, to.ask(to_phone()))
    assert caught.value.fault is DeliveryFault.AMBIGUOUS
    theirs = recorded("tencent", "PullSmsSendStatusByPhoneNumber")[0]
    assert set(http_server.requests[0].json()) == set(json.loads(theirs.body))
    assert http_server.requests[0].json()["BeginTime"] == int(ONSET + 200)


def taken(reference: str) -> TakenLetter:
    return TakenLetter("INC-7.1.li.email", reference, PHONE, ONSET + 200)


async def test_what_became_of_a_message_is_pulled(http_server: HttpServer) -> None:
    arrived = {**ROW, "SendStatus": 3, "ErrCode": "DELIVERED"}
    http_server.on("/", Answer.json({"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": [arrived]}}))
    to = channel(http_server, "alibaba")
    [one] = await use(to, to.pull([replace(taken("9006^0"), at=2e9)]))
    assert (one.state, one.page, one.address) == (PageState.RECEIVED, "INC-7.1.li.email", PHONE)
    failed = {"SerialNo": "5000:1", "ReportStatus": "FAIL", "Description": "BLACKLIST"}
    other = {"SerialNo": "5000:2", "ReportStatus": "SUCCESS"}
    http_server.on("/", Answer.json({"Response": {"PullSmsSendStatusSet": [other, failed]}}))
    to = channel(http_server, "tencent")
    [one] = await use(to, to.pull([replace(taken("5000:1"), at=2e9)]))
    assert (one.state, one.code, one.reference) == (PageState.UNDELIVERED, "BLACKLIST", "5000:1")


REPORTS = {
    "alibaba": [
        {"phone_number": "13800138000", "send_time": "2026-11-22 22:43:11", "report_time": "2026-11-22 22:43:15", "success": True,
         "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "2", "biz_id": "9006^0", "out_id": "INC-7.1.li.sms"},
        {"phone_number": "85251234567", "success": False, "err_code": "MK:0001", "biz_id": "9007^0", "out_id": "INC-7.2.li.sms"},
    ],
    "tencent": [
        {"user_receive_time": "2026-11-22 22:43:15", "nationcode": "86", "mobile": "13800138000", "report_status": "SUCCESS",
         "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": "9006^0", "ext": "INC-7.1.li.sms"},
        {"nationcode": "852", "mobile": "51234567", "report_status": "FAIL", "errmsg": "MK:0001", "sid": "9007^0", "ext": ""},
    ],
}  # fmt: skip
SAID = {"alibaba": {"code": 0, "msg": "ok"}, "tencent": {"result": 0, "errmsg": "OK"}}


def request(body: bytes) -> CallbackRequest:
    return CallbackRequest("https://w.example/callbacks/sms.cn/s", "", (), {}, body)


@BOTH
def test_a_report_is_read(http_server: HttpServer, vendor: str) -> None:
    answer = channel(http_server, vendor).called_back(request(json.dumps(REPORTS[vendor]).encode()))
    one, two = answer.reports
    assert (one.state, one.page, one.reference, one.address) == (
        PageState.RECEIVED, "INC-7.1.li.sms", "9006^0", PHONE,
    )  # fmt: skip
    assert (two.state, two.code, two.address) == (PageState.UNDELIVERED, "MK:0001", "+85251234567")
    assert json.loads(answer.body) == SAID[vendor]


@BOTH
@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b'["x"]', b"\xff", b"[" * 100_000, b"5"])
def test_what_is_no_report_is_refused(http_server: HttpServer, vendor: str, body: bytes) -> None:
    with pytest.raises(CallbackRefused):
        channel(http_server, vendor).called_back(request(body))


@BOTH
def test_a_preview_is_what_the_reader_gets(http_server: HttpServer, vendor: str) -> None:
    to = channel(http_server, vendor)
    said = to.preview(to_phone(), to._settings)
    assert said.startswith("【守望】系统告警，级别P1，")
    assert said.endswith(
        "https://watch.example/l/k7q2m9xa" if vendor == "alibaba" else "编号INC-7。请登录系统认领。"
    )


def templates(vendor: str, *standing: tuple[int, str]) -> list[Answer]:
    """What the vendor says of a template each: its state, and the reviewer's words."""
    if vendor == "alibaba":
        return [Answer.json({"Code": "OK", "TemplateStatus": n, "Reason": why}) for n, why in standing]
    rows = [
        {"TemplateId": 100 + i, "International": 0, "StatusCode": n, "ReviewReply": why}
        for i, (n, why) in enumerate(standing)
    ]
    return [Answer.json({"Response": {"DescribeTemplateStatusSet": rows, "RequestId": "r"}})]


@pytest.mark.parametrize(("vendor", "well", "no"), [("alibaba", 1, 2), ("tencent", 0, -1)])
async def test_which_templates_are_not_approved(
    http_server: HttpServer, vendor: str, well: int, no: int
) -> None:
    codes = {"page": {"en": "100", "zh": "101"}, "resolved": {"en": "100", "zh": "102"}}
    http_server.on("/", *templates(vendor, (well, ""), (no, "no such firm"), (no, " ")))
    to = channel(http_server, vendor, codes=codes)
    assert await use(to, to.withdrawn()) == {"101": "no such firm", "102": "it is not approved"}
    asked = [r.headers.get("x-acs-action") or r.headers.get("x-tc-action") for r in http_server.requests]
    assert set(asked) == {"QuerySmsTemplate" if vendor == "alibaba" else "DescribeSmsTemplateList"}
    if vendor == "tencent":
        assert http_server.requests[0].json() == {"TemplateIdSet": [100, 101, 102], "International": 0}


async def test_a_template_that_is_no_more_and_a_key_that_may_not_ask(http_server: HttpServer) -> None:
    codes = {"page": {"zh": "100"}}
    http_server.on(
        "/", refusal("alibaba", "isv.SMS_TEMPLATE_ILLEGAL"), refusal("alibaba", "isp.RAM_PERMISSION_DENY")
    )
    to = channel(http_server, "alibaba", codes=codes)
    assert await to.withdrawn() == {"100": "isv.SMS_TEMPLATE_ILLEGAL"}
    with pytest.raises(DeliveryError) as raised:
        await use(to, to.withdrawn())
    assert raised.value.fault is DeliveryFault.OURS
