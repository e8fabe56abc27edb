"""balance.json against a real HTTP server, with the answers that vendors document."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.parts.httpserver import Answer, Fault, HttpServer, Request
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome, Reading
from watchtower.probes.balance_json import JsonBalance


async def ask(make: Make, server: HttpServer, answer: Answer, **settings: Any) -> Reading:
    server.on("/balance", answer)
    probe = await make("balance.json", url=server.url("/balance"), **settings)
    return await probe.one()


TWILIO = Answer.json({"account_sid": "AC1", "balance": "1,204.50", "currency": "USD"})
DEEPSEEK = Answer.json(
    {
        "is_available": True,
        "balance_infos": [
            {"currency": "USD", "total_balance": "3.00", "granted_balance": "0", "topped_up_balance": "3.00"},
            {
                "currency": "CNY",
                "total_balance": "110.00",
                "granted_balance": "10.00",
                "topped_up_balance": "100.00",
            },
        ],
    }
)
OPENROUTER = Answer(200, '{"data": {"total_credits": 100.3, "total_usage": 100.1}}')
TENCENT = Answer.json({"Response": {"RealBalance": -11019, "RequestId": "x"}})

VENDORS = [
    ("twilio", TWILIO, {"value": "balance", "currency": "USD", "currency_path": "currency"}, 1204.5, "USD"),
    (
        "deepseek",
        DEEPSEEK,
        {"value": "balance_infos[?currency=='CNY'] | [0].total_balance", "currency": "CNY", "ok": "is_available"},
        110.0,
        "CNY",
    ),
    # As floats 100.3 - 100.1 is 0.20000000000000284.
    ("openrouter", OPENROUTER, {"value": "data.total_credits", "minus": "data.total_usage", "currency": "USD"}, 0.2, "USD"),
    ("cents", TENCENT, {"value": "Response.RealBalance", "divide_by": 100, "currency": "CNY"}, -110.19, "CNY"),
    ("no money", Answer.json({"left": 4200}), {"value": "left"}, 4200.0, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "answer", "settings", "balance", "currency"), VENDORS, ids=[row[0] for row in VENDORS]
)
async def test_what_vendors_answer(
    http_server: HttpServer,
    make: Make,
    name: str,
    answer: Answer,
    settings: dict[str, Any],
    balance: float,
    currency: str | None,
) -> None:
    reading = await ask(make, http_server, answer, **settings)
    assert reading.outcome is Outcome.UP
    assert reading.measurements == {"balance": balance, **({"currency": currency} if currency else {})}


MONEY = {"value": "balance", "currency": "USD", "currency_path": "currency"}
WRONG = [
    ("another currency", Answer.json({"balance": "5", "currency": "CNY"}), {}, "currency"),
    ("no currency", Answer.json({"balance": "5"}), {}, "currency"),
    ("no amount", Answer.json({"currency": "USD"}), {}, "garbage"),
    ("null", Answer.json({"balance": None, "currency": "USD"}), {}, "garbage"),
    ("a truth", Answer.json({"balance": True, "currency": "USD"}), {}, "garbage"),
    ("a list", Answer.json({"balance": ["5"], "currency": "USD"}), {}, "garbage"),
    ("the comma of another country", Answer.json({"balance": "1.204,50", "currency": "USD"}), {}, "garbage"),
    ("half a group", Answer.json({"balance": "1,20", "currency": "USD"}), {}, "garbage"),
    ("NaN", Answer(200, '{"balance": NaN, "currency": "USD"}'), {}, "garbage"),
    ("a joke", Answer(200, '{"balance": 1e999999, "currency": "USD"}'), {}, "garbage"),
    ("no JSON", Answer(200, "<html>"), {}, "garbage"),
    ("deep", Answer(200, "[" * 100_000), {}, "garbage"),
    ("a function on the wrong type", Answer.json({"balance": 5, "currency": "USD"}), {"value": "length(balance)"}, "garbage"),
    ("minus is not there", Answer.json({"balance": 5, "currency": "USD"}), {"minus": "used"}, "garbage"),
    ("an error with HTTP 200", Answer.json({"Success": False, "balance": 0, "currency": "USD"}), {"ok": "Success"}, "vendor"),
    ("ok is not there", Answer.json({"balance": 5, "currency": "USD"}), {"ok": "Success"}, "vendor"),
    ("HTTP 500", Answer(500), {}, "status"),
    ("not allowed", Answer(403), {}, "credentials"),
    ("no answer", Answer(fault=Fault.HANG), {}, "timeout"),
    ("broken off", Answer(200, '{"balance": 5', fault=Fault.CUT), {}, "reset"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "settings", "reason"), WRONG, ids=[row[0] for row in WRONG])
async def test_what_cannot_be_read_is_never_fine(
    http_server: HttpServer, make: Make, name: str, answer: Answer, settings: dict[str, Any], reason: str
) -> None:
    reading = await ask(make, http_server, answer, timeout=0.5, **{**MONEY, **settings})
    assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})
    assert reading.detail


async def test_secrets_are_sent_and_said_by_nobody(http_server: HttpServer, make: Make) -> None:
    http_server.on("/balance", Answer.json({"balance": "s3cret-key s3cret-pass s3cret-body s3cret-query"}))
    probe = await make(
        "balance.json",
        url=http_server.url("/balance?key=s3cret-query"),
        headers={"X-Key": "s3cret-key"},
        username="u",
        password="s3cret-pass",
        method="POST",
        body="s3cret-body",
        value="balance",
    )
    reading = await probe.one()
    (request,) = http_server.requests
    assert (request.method, request.body, request.headers["x-key"]) == ("POST", b"s3cret-body", "s3cret-key")
    assert request.headers["authorization"].startswith("Basic ")
    assert reading.reason == "garbage"
    assert "s3cret" not in f"{reading!r}{probe.probe.settings!r}"


SETTINGS = [
    ({"value": "a["}, "is no JMESPath"),
    ({"value": "a", "currency_path": "c"}, "currency_path needs a currency"),
    ({"value": "a", "body": "x"}, "a body needs method"),
    ({"value": "a", "divide_by": 0}, "divide_by"),
    ({"value": "a", "currency": "yuan"}, "currency"),
]


@pytest.mark.parametrize(("settings", "said"), SETTINGS)
def test_wrong_settings_are_explained(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JsonBalance.Settings.model_validate({"url": "http://127.0.0.1/", **settings})


async def test_many_accounts_by_one_check(http_server: HttpServer, make: Make) -> None:
    """Each has its own key; one that is refused hides none of the others, and says no secret."""

    def answer(request: Request) -> Answer:
        held = {"Bearer key-of-cn": "12.50", "Bearer key-of-sg": "3"}
        balance = held.get(request.headers["authorization"])
        return Answer.json({"balance": balance}) if balance else Answer(401)

    http_server.on("/balance", answer)
    http_server.on("/eu", Answer.json({"balance": "7"}))
    own = {name: {"headers": {"authorization": f"Bearer key-of-{name}"}} for name in ("cn", "sg", "old")}
    probe = await make(
        "balance.json",
        url=http_server.url("/balance"),
        headers={"Authorization": "Bearer of-none"},
        value="balance",
        accounts={**own, "eu": {"url": http_server.url("/eu")}},
    )
    found = await probe.by_series()
    assert {name: one.measurements.get("balance") for name, one in found.items()} == {
        "": None,
        "cn": 12.5,
        "sg": 3.0,
        "old": None,
        "eu": 7.0,
    }
    assert (found[""].outcome, found["old"].reason) == (Outcome.UP, "credentials")
    http_server.on("/balance", Answer(503))
    http_server.on("/eu", Answer(503))
    assert {(one.outcome, one.reason) for one in await probe.poll()} == {(Outcome.UNKNOWN, "status")}
