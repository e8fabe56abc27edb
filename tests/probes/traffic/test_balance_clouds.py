"""balance.*, quota.aws: what each vendor's documented answer says, and what must never pass for money that is there."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome, Reading

KEYS = {"access_key_id": "AK-test-id", "access_key_secret": "test-secret-9"}
_HUAWEI = "/v2/accounts/customer-accounts/balances"


def tencent(**changed: Any) -> dict[str, Any]:
    """The example of cloud.tencent.com/document/product/881/20253."""
    example = {
        "Uin": "90961", "RealBalance": 9647442, "CashAccountBalance": 1299806668, "IncomeIntoAccountBalance": 0,
        "PresentAccountBalance": 209512, "FreezeAmount": 1290368738, "OweAmount": 0, "RequestId": "1323",
        "IsAllowArrears": False, "CreditAmount": 0,
    }  # fmt: skip
    return {"Response": {**example, **changed}}


def huawei(**changed: Any) -> dict[str, Any]:
    """The shape of support.huaweicloud.com/api-oce/mac_00001.html."""
    account = {"account_id": "AT001017264D6E9FF7", "currency": "CNY", "designated_amount": 0, "measure_id": 1}
    cash = {**account, "account_type": 1, "amount": 20810.92}
    credit = {**account, "account_type": 2, "amount": 500, "credit_amount": 500}
    bonus = {**account, "account_type": 5, "amount": 1000}
    return {
        "account_balances": [cash, credit, bonus],
        "debt_amount": 10.92,
        "measure_id": 1,
        "currency": "CNY",
        **changed,
    }


def volcengine(**changed: Any) -> dict[str, Any]:
    """The example of volcengine.com/docs/6269/1223898, without the comma that makes it no JSON."""
    result = {
        "AccountID": 2100000001, "ArrearsBalance": "1.01", "AvailableBalance": "77.01", "CashBalance": "83.01",
        "CreditLimit": "0.01", "FreezeAmount": "5.01",
    }  # fmt: skip
    about = {
        "RequestId": "202308231151163C400BE8545DED89B87D",
        "Action": "QueryBalanceAcct",
        "Version": "2022-01-01",
    }
    return {"ResponseMetadata": {**about, "Service": "billing"}, "Result": {**result, **changed}}


async def ask(make: Make, server: HttpServer, kind: str, *answers: Answer, **settings: Any) -> Reading:
    server.on(_HUAWEI if kind == "balance.huawei" else "/", *answers)
    probe = await make(kind, endpoint=server.url("").rstrip("/"), **{**KEYS, **settings})
    return await probe.one()


# kind, answer -> what is read
MONEY = [
    ("balance.tencent", tencent(), {"balance": 96474.42, "cash": 12998066.68, "credit": 0.0, "debt": 0.0}),
    ("balance.huawei", huawei(), {"balance": 21300.0, "cash": 20810.92, "credit": 500.0, "debt": 10.92}),
    ("balance.volcengine", volcengine(), {"balance": 77.01, "cash": 83.01, "credit": 0.01, "debt": 1.01}),
    ("balance.volcengine", volcengine(AvailableBalance="1,204.50"), {"balance": 1204.5, "cash": 83.01, "credit": 0.01, "debt": 1.01}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "document", "read"), MONEY)
async def test_the_documented_example(
    http_server: HttpServer, make: Make, kind: str, document: Any, read: Mapping[str, float]
) -> None:
    reading = await ask(make, http_server, kind, Answer.json(document), security_token="sts-1")
    assert reading.outcome is Outcome.UP
    assert reading.measurements == {**read, "currency": "CNY"}


ARREARS = [
    ("balance.tencent", tencent(RealBalance=-1119, OweAmount=1119), -11.19),
    ("balance.huawei", huawei(account_balances=[]), -10.92),
    ("balance.volcengine", volcengine(AvailableBalance="-3.50"), -3.5),
    ("balance.volcengine", volcengine(AvailableBalance="0"), 0.0),  # and 1.01 is owed
]


@pytest.mark.parametrize(("kind", "document", "balance"), ARREARS)
async def test_in_arrears_it_is_down_with_its_numbers(
    http_server: HttpServer, make: Make, kind: str, document: Any, balance: float
) -> None:
    reading = await ask(make, http_server, kind, Answer.json(document))
    assert (reading.outcome, reading.reason) == (Outcome.DOWN, "arrears")
    assert reading.measurements["balance"] == balance


async def test_who_may_owe_is_not_in_arrears(http_server: HttpServer, make: Make) -> None:
    owing = Answer.json(tencent(RealBalance=-1119, OweAmount=1119, IsAllowArrears=True))
    reading = await ask(make, http_server, "balance.tencent", owing)
    assert (reading.outcome, reading.measurements["balance"]) == (Outcome.UP, -11.19)


def refused(kind: str, code: str, status: int = 200) -> Answer:
    said = "said the vendor"
    return {
        "balance.tencent": Answer.json({"Response": {"Error": {"Code": code, "Message": said}}}, status),
        "balance.huawei": Answer.json({"error_code": code, "error_msg": said}, status),
        "balance.volcengine": Answer.json({"ResponseMetadata": {"Error": {"Code": code, "Message": said}}}, status),
    }[kind]  # fmt: skip


_T, _H, _V = "balance.tencent", "balance.huawei", "balance.volcengine"
# kind, answer -> reason, whether it is tried again
HOSTILE = [
    (_T, refused(_T, "AuthFailure.SignatureFailure"), "credentials", False),
    (_T, refused(_T, "AuthFailure.SignatureExpire"), "clock", False),
    (_T, refused(_T, "RequestLimitExceeded.UinLimitExceeded"), "throttled", True),
    (_T, refused(_T, "InternalError"), "vendor", True),
    (_T, refused(_T, "InvalidParameter"), "vendor", False),
    (_T, Answer.json({"Error": {}}), "garbage", False),
    (_T, Answer.json(tencent(RealBalance=None)), "garbage", False),
    (_T, Answer.json(tencent(RealBalance="NaN")), "garbage", False),
    (_H, refused(_H, "APIGW.0301", 401), "credentials", False),
    (_H, refused(_H, "APIGW.0304", 401), "clock", False),
    (_H, refused(_H, "APIGW.0308", 429), "throttled", True),
    (_H, refused(_H, "CBC.0999", 500), "vendor", True),
    (_H, Answer.json(huawei(debt_amount=None)), "garbage", False),
    (_H, Answer.json(huawei(account_balances={"amount": 5})), "garbage", False),
    (_H, Answer.json(huawei(currency="USD")), "currency", False),
    (_H, Answer.json(huawei(measure_id=3)), "unit", False),
    (_V, refused(_V, "SignatureDoesNotMatch", 401), "credentials", False),
    (_V, refused(_V, "InvalidTimestamp", 400), "clock", False),
    (_V, refused(_V, "FlowLimitExceeded", 429), "throttled", True),
    (_V, refused(_V, "RecordNoFound", 400), "vendor", False),
    (_V, Answer.json(volcengine(Currency="USD")), "currency", False),
    (_V, Answer.json(volcengine(AvailableBalance="１２")), "garbage", False),
    *[
        (kind, Answer(200, body), "garbage", False)
        for kind in (_T, _H, _V)
        for body in (b"\xff\xfe{}\x00", "[" * 100_000)
    ],
    # What the frame itself does is the same for all of them.
    (_T, Answer(200, b" " * (3 << 20)), "too_large", False),
    (_T, Answer(502, "<html>"), "status", True),
    (_T, Answer(200, '{"a"', fault=Fault.CUT), "reset", True),
    (_T, Answer(fault=Fault.HANG), "timeout", True),
]


@pytest.mark.parametrize(("kind", "answer", "reason", "again"), HOSTILE)
async def test_what_cannot_be_read_is_unknown_and_only_what_may_pass_is_tried_again(
    http_server: HttpServer, make: Make, kind: str, answer: Answer, reason: str, again: bool
) -> None:
    reading = await ask(make, http_server, kind, answer, timeout=0.9)
    assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})
    assert reading.detail
    path = _HUAWEI if kind == _H else "/"
    assert len(http_server.requests_to(path)) == (2 if again and reason != "timeout" else 1)


async def test_the_currency_of_a_site_that_names_none(http_server: HttpServer, make: Make) -> None:
    reading = await ask(make, http_server, _T, Answer.json(tencent()), currency="USD")
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "currency")


async def test_keys_come_from_the_environment_under_the_vendors_own_names(
    http_server: HttpServer, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    http_server.on("/", Answer.json(tencent()))
    monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "from-the-environment")
    (tmp_path / "key").write_text("from-a-file\n")
    for file, said in (("", "TENCENTCLOUD_SECRET_KEY"), (str(tmp_path / "gone"), "TENCENTCLOUD_SECRET_KEY"), (str(tmp_path / "key"), "")):  # fmt: skip
        monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY_FILE", file)
        reading = await (await make(_T, endpoint=http_server.url("").rstrip("/"))).one()
        assert (reading.reason == "credentials") == bool(said)
        assert said in reading.detail
    [request] = http_server.requests
    assert "Credential=from-the-environment/" in request.headers["authorization"]


async def test_many_accounts_by_one_check(http_server: HttpServer, make: Make) -> None:
    """One that fails hides no other, and keys of the environment are not lent to an account without."""

    def answered(request: Any) -> Answer:
        poor = "poor-key" in request.headers["authorization"]
        return Answer.json(tencent(RealBalance=-100, OweAmount=100) if poor else tencent())

    http_server.on("/", answered)
    accounts = {"main": KEYS, "poor": {**KEYS, "access_key_id": "poor-key"}, "bare": {"access_key_id": "x"}}
    found = await (await make(_T, endpoint=http_server.url("").rstrip("/"), accounts=accounts)).by_series()
    assert {name: (one.outcome, one.reason) for name, one in found.items()} == {
        "": (Outcome.UP, ""),
        "main": (Outcome.UP, ""),
        "poor": (Outcome.DOWN, "arrears"),
        "bare": (Outcome.UNKNOWN, "credentials"),
    }
    assert KEYS["access_key_secret"] not in repr(found)


FUTURE, PAST = int(time.time()) + 40 * 86400, int(time.time()) - 86400


def sms_package(amount: Any, used: Any, ends: Any = FUTURE, begins: Any = PAST) -> dict[str, Any]:
    """The example of cloud.tencent.com/document/api/382/55964."""
    return {
        "PackageCreateTime": 1617292800, "PackageExpiredTime": ends, "PackageEffectiveTime": begins, "PackageType": 1,
        "CurrentUsage": used, "PackageId": 1000791745, "PackageAmount": amount,
    }  # fmt: skip


async def sms(make: Make, server: HttpServer, packages: Any, **account: Any) -> Reading:
    def answered(request: Any) -> Answer:
        listed = {"Response": {"SmsPackagesStatisticsSet": packages, "RequestId": "r"}}
        return Answer.json(
            listed if request.headers["x-tc-action"] == "SmsPackagesStatistics" else tencent(**account)
        )

    server.on("/", answered)
    place = server.url("").rstrip("/")
    return await (await make(_T, **KEYS, endpoint=place, sms_endpoint=place, package="1400006666")).one()


async def test_sms_packages_that_are_valid_now_add_up(http_server: HttpServer, make: Make) -> None:
    listed = [sms_package(1000, 100), sms_package(1000, 700), sms_package(500, 500), sms_package(9, 0, PAST), sms_package(9, 0, begins=FUTURE)]  # fmt: skip
    reading = await sms(make, http_server, listed)
    assert (reading.outcome, reading.measurements["balance"], reading.measurements["packages"]) == (Outcome.UP, 1200.0, 2.0)  # fmt: skip
    assert reading.measurements["ends_days_left"] == pytest.approx(40, abs=0.1)
    asked = json.loads(http_server.requests[-1].body)
    assert asked["SmsSdkAppId"] == "1400006666"
    assert len(asked["BeginTime"]) == len(asked["EndTime"]) == 10


async def test_in_arrears_though_a_package_is_left(http_server: HttpServer, make: Make) -> None:
    reading = await sms(make, http_server, [sms_package(1000, 100)], RealBalance=-1119, OweAmount=1119)
    assert (reading.outcome, reading.reason) == (Outcome.DOWN, "arrears")
    assert reading.measurements["balance"] == 900.0
    assert "-11.19 CNY" in reading.detail
    assert "900 条" in reading.detail


@pytest.mark.parametrize("listed", [[], [sms_package(5, 5)], [sms_package(5, 0, PAST)]])
async def test_no_package_is_no_silent_zero(http_server: HttpServer, make: Make, listed: Any) -> None:
    reading = await sms(make, http_server, listed)
    assert (reading.outcome, reading.reason, reading.measurements["balance"]) == (
        Outcome.DOWN,
        "no_package",
        0.0,
    )


@pytest.mark.parametrize(
    "listed",
    [None, {}, [1], [sms_package("x", 1)], [sms_package(5, None)], [sms_package(5, 1, "soon")], [sms_package(5, 1, 10**30)],
     [sms_package(5, 1)] * 500],
)  # fmt: skip
async def test_packages_that_cannot_be_read(http_server: HttpServer, make: Make, listed: Any) -> None:
    reading = await sms(make, http_server, listed)
    assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, "garbage", {})
