"""The recipes of docs/probes/balance.json.md, word for word, with each vendor's documented answer."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome

PAGE = Path(__file__).parents[3] / "docs/probes/balance.json.md"
RECIPES: Mapping[str, dict[str, Any]] = {
    one["name"]: {key: value for key, value in one.items() if key not in ("name", "probe", "every")}
    for one in tomllib.loads(PAGE.read_text("utf-8").split("```toml")[1].split("```")[0])["check"]
}
# check -> documented answer, its balance, an answer that is not fine
VENDORS: Mapping[str, tuple[Any, float, Any]] = {
    "twilio-balance": (
        {"account_sid": "AC1", "balance": "1204.50", "currency": "USD"}, 1204.5,
        {"account_sid": "AC1", "balance": "1204.50", "currency": "EUR"},
    ),
    "deepseek-credit": (
        {"is_available": True, "balance_infos": [{"currency": "CNY", "total_balance": "110.00"}]}, 110.0,
        {"is_available": False, "balance_infos": [{"currency": "CNY", "total_balance": "110.00"}]},
    ),
    "openrouter-credit": (
        {"data": {"total_credits": 100.5, "total_usage": 25.75}}, 74.75, {"data": {"total_credits": 100.5}},
    ),
    "moonshot-credit": (
        {"code": 0, "data": {"available_balance": 49.58894, "voucher_balance": 46.58893, "cash_balance": 3.00001},
         "scode": "0x0", "status": True}, 49.58894,
        {"code": 5, "data": {"available_balance": 49.58894}, "status": False},
    ),
    "siliconflow-credit": (
        {"code": 20000, "message": "OK", "status": True,
         "data": {"balance": "0.88", "status": "normal", "chargeBalance": "88.00", "totalBalance": "88.88"}}, 88.88,
        {"code": 30001, "message": "no", "status": False, "data": {"totalBalance": "88.88"}},
    ),
    "vonage-balance": ({"value": 10.28, "autoReload": False}, 10.28, {"error-code": "401"}),
    "telnyx-balance": (
        {"data": {"record_type": "balance", "balance": "300.00", "credit_limit": "100.00", "available_credit": "400.00",
                  "currency": "USD"}}, 400.0,
        {"data": {"available_credit": "400.00", "currency": "AUD"}},
    ),
    "yunpian-messages": (
        {"nick": "n", "email": "e", "mobile": "m", "balance": 1003.5, "alarm_balance": 200, "emergency_contact": ""},
        1003.5, {"http_status_code": 400, "code": 1, "msg": "请求参数缺失"},
    ),
}  # fmt: skip


def test_every_recipe_is_tested() -> None:
    assert set(RECIPES) == set(VENDORS)


@pytest.mark.parametrize("name", VENDORS)
async def test_a_recipe_reads_its_vendors_answer_and_takes_no_other_for_money(
    http_server: HttpServer, make: Make, name: str
) -> None:
    documented, balance, wrong = VENDORS[name]
    http_server.on("/balance", Answer.json(documented), Answer.json(wrong))
    probe = await make("balance.json", **{**RECIPES[name], "url": http_server.url("/balance")})
    assert (await probe.one()).measurements["balance"] == balance
    reading = await probe.one()
    assert (reading.outcome, reading.measurements) == (Outcome.UNKNOWN, {})
