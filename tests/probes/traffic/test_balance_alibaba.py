"""balance.alibaba: the signature against the vendor's own vector and SDK, the answers against a real HTTP server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.probes.traffic.conftest import Make, Running
from watchtower.model import Outcome, Reading
from watchtower.signing.acs3 import authorization, signed_headers

KEYS = {"access_key_id": "LTAI-test-id", "access_key_secret": "test-secret-9"}


def test_the_signature_of_the_vendors_documentation() -> None:
    """The example of Alibaba Cloud's page on signature version 3, with a fixed date and nonce."""
    headers = signed_headers(
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        date="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
        key_id="YourAccessKeyId",
        key_secret="YourAccessKeySecret",
        query={"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


@pytest.mark.parametrize("token", ["", "sts-token-1"])
def test_the_signature_that_the_official_sdk_sends(http_server: HttpServer, token: str) -> None:
    """The SDK is pointed at our server; for its date and nonce we must arrive at its Authorization."""
    from alibabacloud_bssopenapi20171214.client import Client
    from alibabacloud_tea_openapi.models import Config

    http_server.on("/", Answer.json(account()))
    config = Config(
        access_key_id=KEYS["access_key_id"],
        access_key_secret=KEYS["access_key_secret"],
        endpoint=f"127.0.0.1:{http_server.port}",
        protocol="http",
        security_token=token or None,
    )
    answer = Client(config).query_account_balance()
    (theirs,) = http_server.requests
    signed = re.search("SignedHeaders=([^,]+)", theirs.headers["authorization"])
    assert signed is not None
    ours = authorization(
        {name: theirs.headers[name] for name in signed[1].split(";")},
        KEYS["access_key_id"],
        KEYS["access_key_secret"],
    )
    assert ours == theirs.headers["authorization"]
    # What we sign ourselves is among what they sign, with the same names.
    mine = signed_headers(
        host="h",
        action="a",
        version="v",
        date="d",
        nonce="n",
        key_id="i",
        key_secret="s",
        security_token=token,
    )
    assert set(mine) - {"Authorization"} <= set(signed[1].split(";"))
    assert theirs.headers["x-acs-action"] == "QueryAccountBalance"
    assert theirs.headers["x-acs-version"] == "2017-12-14"
    assert theirs.headers["x-acs-content-sha256"] == mine["x-acs-content-sha256"]
    assert (theirs.method, theirs.path, theirs.body) == ("POST", "/", b"")
    assert answer.body.data.available_amount == "1,828.72"  # the second reader of our fixture


def account(available: object = "1,828.72", currency: object = "CNY", **more: object) -> dict[str, Any]:
    """The answer of the documentation's example."""
    return {
        "Code": "200",
        "Message": "Successful!",
        "RequestId": "CA8F9ABB-5E2E-4B5F-A4C0-CB09A2E4BC4B",
        "Success": True,
        "Data": {
            "AvailableAmount": available,
            "MybankCreditAmount": "0.00",
            "AvailableCashAmount": "1,328.72",
            "Currency": currency,
            "CreditAmount": "500.00",
            "QuotaLimit": "0.00",
        },
        **more,
    }


async def ask(make: Make, server: HttpServer, *answers: Answer, **settings: Any) -> Reading:
    server.on("/", *answers)
    probe = await make("balance.alibaba", endpoint=server.url("").rstrip("/"), **{**KEYS, **settings})
    return await probe.one()


async def test_a_balance_with_thousands_separators(http_server: HttpServer, make: Make) -> None:
    reading = await ask(make, http_server, Answer.json(account()), security_token="sts-1")
    assert reading.outcome is Outcome.UP
    assert reading.measurements == {"balance": 1828.72, "cash": 1328.72, "credit": 500.0, "currency": "CNY"}
    (request,) = http_server.requests
    assert request.headers["x-acs-action"] == "QueryAccountBalance"
    assert request.headers["x-acs-security-token"] == "sts-1"


AMOUNTS = [("-11.19", -11.19), ("0.00", 0.0), ("12,345,678.90", 12345678.9), ("500", 500.0), (7.5, 7.5)]


@pytest.mark.parametrize(("written", "balance"), AMOUNTS)
async def test_amounts(http_server: HttpServer, make: Make, written: object, balance: float) -> None:
    reading = await ask(make, http_server, Answer.json(account(written)))
    assert reading.measurements["balance"] == balance


UNREADABLE = ["", "N/A", "1.828,72", "1,23", "1,2345.6", "NaN", "1e5", None, True, {"a": 1}, "１２"]


@pytest.mark.parametrize("written", UNREADABLE)
async def test_an_amount_that_is_none_is_never_fine(
    http_server: HttpServer, make: Make, written: object
) -> None:
    reading = await ask(make, http_server, Answer.json(account(written)))
    assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, "garbage", {})


@pytest.mark.parametrize("currency", ["USD", None, "cny"])
async def test_another_currency_is_never_fine(http_server: HttpServer, make: Make, currency: object) -> None:
    reading = await ask(make, http_server, Answer.json(account(currency=currency)))
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "currency")


def refusal(code: str, status: int = 400) -> Answer:
    return Answer.json(
        {"Code": code, "Message": "said the vendor", "RequestId": "x", "Success": False}, status
    )


# code, status -> reason, whether it is tried again
REFUSALS: Mapping[str, tuple[Answer, str, bool]] = {
    "refused with HTTP 200": (refusal("NotApplicable", 200), "vendor", False),
    "not applicable": (refusal("NotApplicable"), "vendor", False),
    "no right": (refusal("NotAuthorized"), "credentials", False),
    "no such key": (refusal("InvalidAccessKeyId.NotFound", 404), "credentials", False),
    "wrong secret": (refusal("SignatureDoesNotMatch"), "credentials", False),
    "token has ended": (refusal("InvalidSecurityToken.Expired"), "credentials", False),
    "our clock is off": (refusal("InvalidTimeStamp.Expired"), "clock", False),
    "too many calls": (refusal("Throttling.User"), "throttled", True),
    "their error, as a 400": (refusal("InternalError", 400), "vendor", True),
    "their error": (refusal("UndefinedError", 500), "vendor", True),
    "a gateway's page": (Answer(502, "<html>"), "status", True),
    "moved": (Answer.redirect("/elsewhere"), "status", False),
    "no JSON": (Answer(200, "<html>"), "garbage", False),
    "no object": (Answer.json([1]), "garbage", False),
    "deep": (Answer(200, "[" * 100_000), "garbage", False),
    "broken off": (Answer(200, '{"Code"', fault=Fault.CUT), "reset", True),
    "closed": (Answer(fault=Fault.CLOSE), "reset", True),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_says_who_must_act_and_only_what_may_pass_is_tried_again(
    http_server: HttpServer, make: Make, name: str
) -> None:
    answer, reason, again = REFUSALS[name]
    reading = await ask(make, http_server, answer, timeout=0.9)
    assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})
    assert reading.detail
    assert len(http_server.requests_to("/")) == (2 if again else 1)  # a third would be beyond the timeout


async def test_a_failure_that_passes_is_not_even_seen(http_server: HttpServer, make: Make) -> None:
    reading = await ask(make, http_server, refusal("Throttling.User"), Answer.json(account()))
    assert reading.measurements["balance"] == 1828.72
    first, second = http_server.requests
    assert first.headers["x-acs-signature-nonce"] != second.headers["x-acs-signature-nonce"]


async def test_no_answer_is_a_timeout(http_server: HttpServer, make: Make) -> None:
    reading = await ask(make, http_server, Answer(fault=Fault.HANG), timeout=0.3)
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "timeout")


async def test_secrets_are_said_by_nobody(http_server: HttpServer, make: Make) -> None:
    said = f"the secret {KEYS['access_key_secret']} of {KEYS['access_key_id']} is wrong"
    http_server.on(
        "/", Answer.json({"Code": "SignatureDoesNotMatch", "Message": said, "Success": False}, 400)
    )
    probe = await make("balance.alibaba", endpoint=http_server.url("").rstrip("/"), **KEYS)
    reading = await probe.one()
    assert reading.reason == "credentials"
    for secret in KEYS.values():
        assert secret not in f"{reading!r}{probe.probe.settings!r}"


async def test_keys_come_from_the_environment_or_its_files(
    http_server: HttpServer, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("ID", "SECRET"):
        monkeypatch.delenv(f"ALIBABA_CLOUD_ACCESS_KEY_{name}", raising=False)
    http_server.on("/", Answer.json(account()))

    async def made() -> Running:
        return await make("balance.alibaba", endpoint=http_server.url("").rstrip("/"))

    reading = await (await made()).one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "credentials")
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in reading.detail
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "from-the-environment")
    (tmp_path / "secret").write_text("from-a-file\n")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET_FILE", str(tmp_path / "secret"))
    assert (await (await made()).one()).outcome is Outcome.UP
    assert "Credential=from-the-environment," in http_server.requests[-1].headers["authorization"]


async def test_a_netrc_does_not_take_the_signatures_place(
    http_server: HttpServer, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login u password p\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    await ask(make, http_server, Answer.json(account()))
    assert http_server.requests[-1].headers["authorization"].startswith("ACS3-HMAC-SHA256")
