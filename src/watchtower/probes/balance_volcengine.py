"""`balance.volcengine` measures the balance of a Volcengine account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from watchtower.curl import Request
from watchtower.fields import Field, Secret
from watchtower.model import Facts, Reading
from watchtower.probes.prepaid import MONEY_FACTS, amount, amount_if_any, money
from watchtower.probes.signed_account import Ask, MoneySettings, Refusals, SignedAccount, request_of
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl
from watchtower.signing.sigv4 import VOLCENGINE, signed_headers

_QUERY = {"Action": "QueryBalanceAcct", "Version": "2022-01-01"}
_BODY = b"{}"
_REFUSALS = Refusals(
    credentials=("InvalidAccessKey", "InvalidCredential", "InvalidAuthorization", "SignatureDoesNotMatch", "AccessDenied",
                 "InvalidSecurityToken", "MissingAuthenticationToken", "MissingSignature", "LackPolicy"),
    clock=("InvalidTimestamp", "RequestExpired", "SignatureExpired"),
    throttled=("FlowLimitExceeded", "AccountFlowLimitExceeded", "Throttling"),
    passing=("InternalError", "InternalServiceError", "InternalServiceTimeout", "ServiceUnavailable"),
)  # fmt: skip


class VolcengineBalance(SignedAccount):
    """Calls QueryBalanceAcct."""

    kind = "balance.volcengine"
    facts: ClassVar[Facts] = MONEY_FACTS
    environment = ("VOLCENGINE_ACCESS_KEY", "VOLCENGINE_SECRET_KEY", "VOLCENGINE_SESSION_TOKEN")

    class Settings(MoneySettings):
        vendor: ClassVar[str] = "volcengine"
        endpoint: HttpUrl = Field(
            default=Secret("https://open.volcengineapi.com"), description="The address of the OpenAPI."
        )
        region: str = Field(default="cn-beijing", description="The region in the signature.")

    def request(self, keys: tuple[str, str, str], timeout: float, *question: Any) -> Request:
        headers = signed_headers(
            VOLCENGINE,
            method="POST",
            host=urlsplit(self.endpoint).netloc.rpartition("@")[2],
            query=_QUERY,
            headers={"content-type": "application/json"},
            body=_BODY,
            date=datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
            key_id=keys[0],
            key_secret=keys[1],
            token=keys[2],
            region=self.settings.region,
            service="billing",
        )
        return request_of(f"{self.endpoint}/?{urlencode(_QUERY)}", "POST", headers, _BODY, timeout)

    def answer(self, document: Mapping[str, Any], status: int) -> Mapping[str, Any]:
        about, result = document.get("ResponseMetadata"), document.get("Result")
        error = about.get("Error") if isinstance(about, dict) else None
        if isinstance(error, dict):
            raise _REFUSALS.refuse(error.get("Code"), error.get("Message"), status)
        if status != 200 or not isinstance(result, dict):
            raise CannotTell("garbage", f"HTTP {status} without a Result")
        return result

    async def measure(self, ask: Ask) -> Reading:
        data = await ask()
        return money(
            self.settings.currency,
            amount(data, "AvailableBalance"),
            data.get("Currency") or "CNY",  # older answers, as the documented example, name none
            cash=amount_if_any(data, "CashBalance"),
            credit=amount_if_any(data, "CreditLimit"),
            debt=amount_if_any(data, "ArrearsBalance"),
        )
