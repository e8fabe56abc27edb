"""`balance.huawei` measures the balance of a Huawei Cloud account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

from watchtower.curl import Request
from watchtower.fields import Field, Secret
from watchtower.model import Facts, Reading
from watchtower.probes.prepaid import MONEY_FACTS, amount, money
from watchtower.probes.signed_account import Ask, MoneySettings, Refusals, SignedAccount, request_of
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl
from watchtower.signing.sigv4 import HUAWEI, signed_headers

_PATH = "/v2/accounts/customer-accounts/balances"
_CASH, _CREDIT = "1", "2"
"""Account types. Bonus (5) and deposit (7) are left out: they do not pay for everything."""
_REFUSALS = Refusals(
    credentials=("APIGW.0301", "APIGW.0302", "APIGW.0303", "APIGW.0305", "APIGW.0307", "CBC.0150", "CBC.0151", "CBC.0156"),
    clock=("APIGW.0304",),
    throttled=("APIGW.0308",),
    passing=("CBC.0999", "APIGW.02"),
)  # fmt: skip


class HuaweiBalance(SignedAccount):
    """Calls `GET /v2/accounts/customer-accounts/balances`. What can be spent is cash and credit, less the debt."""

    kind = "balance.huawei"
    facts: ClassVar[Facts] = MONEY_FACTS
    environment = ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN")

    class Settings(MoneySettings):
        vendor: ClassVar[str] = "huawei"
        endpoint: HttpUrl = Field(
            default=Secret("https://bss.myhuaweicloud.com"),
            description="International: https://bss-intl.myhuaweicloud.com, Europe: https://bss.myhuaweicloud.eu.",
        )

    def request(self, keys: tuple[str, str, str], timeout: float, *question: Any) -> Request:
        headers = signed_headers(
            HUAWEI,
            method="GET",
            host=urlsplit(self.endpoint).netloc.rpartition("@")[2],
            path=_PATH,
            headers={"content-type": "application/json"},
            date=datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
            key_id=keys[0],
            key_secret=keys[1],
            token=keys[2],
        )
        return request_of(f"{self.endpoint}{_PATH}", "GET", headers, b"", timeout)

    def answer(self, document: Mapping[str, Any], status: int) -> Mapping[str, Any]:
        if status == 200 and "error_code" not in document:
            return document
        raise _REFUSALS.refuse(document.get("error_code"), document.get("error_msg"), status)

    async def measure(self, ask: Ask) -> Reading:
        document = await ask()
        listed = document.get("account_balances")
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise CannotTell("garbage", "account_balances is no list of accounts")
        if wrong := {one.get("currency") for one in listed} - {document.get("currency")}:
            raise CannotTell(
                "currency", f"accounts are in {document.get('currency')} and {min(map(str, wrong))}"
            )
        if document.get("measure_id") != 1:
            raise CannotTell("unit", f"measure_id is {document.get('measure_id')}, not 1 for whole units")
        cash, credit = (
            _sum(listed, kind, name) for kind, name in ((_CASH, "amount"), (_CREDIT, "credit_amount"))
        )
        debt = amount(document, "debt_amount")
        return money(
            self.settings.currency,
            cash + credit - debt,
            document.get("currency"),
            cash=float(cash),
            credit=float(credit),
            debt=float(debt),
        )


def _sum(listed: list[dict[str, Any]], kind: str, name: str) -> Decimal:
    return sum((amount(one, name) for one in listed if str(one.get("account_type")) == kind), Decimal(0))
