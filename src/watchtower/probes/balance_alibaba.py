"""`balance.alibaba` measures the balance of an Alibaba Cloud account, or what is left of its resource packages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from watchtower.curl import Request
from watchtower.fields import Field, Secret
from watchtower.model import Facts, Reading
from watchtower.probes import prepaid
from watchtower.probes.signed_account import Ask, MoneySettings, Refusals, SignedAccount, request_of
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl
from watchtower.signing.acs3 import signed_headers

_VERSION = "2017-12-14"
_MOST = 300
"""Packages in one answer."""
_REFUSALS = Refusals(
    credentials=("InvalidAccessKey", "SignatureDoesNotMatch", "IncompleteSignature", "NotAuthorized", "Forbidden",
                 "NoPermission", "InvalidSecurityToken", "MissingSecurityToken", "SecurityTokenExpired"),
    clock=("InvalidTimeStamp", "IllegalTimestamp"),
    throttled=("Throttling",),
    passing=("InternalError", "UndefinedError", "ServiceUnavailable", "SystemError"),
)  # fmt: skip
"""InternalError comes with HTTP 400: the code decides, never the status."""


class AlibabaBalance(SignedAccount):
    """Calls QueryAccountBalance, and with `package` also QueryResourcePackageInstances."""

    kind = "balance.alibaba"
    facts: ClassVar[Facts] = prepaid.MONEY_FACTS
    environment = (
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    )

    class Settings(MoneySettings):
        vendor: ClassVar[str] = "alibaba"
        """What a check's `vendor` says, where it says nothing."""
        endpoint: HttpUrl = Field(
            default=Secret("https://business.aliyuncs.com"),
            description="International sites: https://business.ap-southeast-1.aliyuncs.com.",
        )
        package: str = Field(
            default="",
            description="A product code: what is left of its resource packages, such as dysms, is the balance.",
        )
        unit: str = Field(
            default="", description="Count only packages in this unit, as the vendor writes it."
        )

    @staticmethod
    def facts_for(settings: Any) -> Facts:
        return prepaid.PACKAGE_FACTS if settings.package else prepaid.MONEY_FACTS

    def request(self, keys: tuple[str, str, str], timeout: float, *question: Any) -> Request:
        action, query = question
        headers = signed_headers(
            host=urlsplit(self.endpoint).netloc.rpartition("@")[2],
            action=action,
            version=_VERSION,
            date=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            nonce=uuid.uuid4().hex,
            key_id=keys[0],
            key_secret=keys[1],
            security_token=keys[2],
            query=query,
        )
        asked = f"?{urlencode(query)}" if query else ""
        return request_of(f"{self.endpoint}/{asked}", "POST", headers, b"", timeout)

    def answer(self, document: Mapping[str, Any], status: int) -> Mapping[str, Any]:
        """`Success` decides, because errors come with HTTP 200 too."""
        data = document.get("Data")
        if str(document.get("Success")).lower() == "true" and isinstance(data, dict):
            return data
        raise _REFUSALS.refuse(document.get("Code"), document.get("Message"), status)

    async def measure(self, ask: Ask) -> Reading:
        data = await ask("QueryAccountBalance", {})
        account = prepaid.money(
            self.settings.currency,
            prepaid.amount(data, "AvailableAmount"),
            data.get("Currency"),
            cash=prepaid.amount_if_any(data, "AvailableCashAmount"),
            credit=prepaid.amount_if_any(data, "CreditAmount"),
        )
        if not self.settings.package:
            return account
        query = {"ProductCode": self.settings.package, "PageNum": "1", "PageSize": str(_MOST)}
        listed = (await ask("QueryResourcePackageInstances", query)).get("Instances")
        found = listed.get("Instance") if isinstance(listed, dict) else None
        if not isinstance(found, list) or len(found) >= _MOST:
            raise CannotTell("garbage", f"Instances are no list of fewer than {_MOST}")
        return prepaid.packages(self.settings.package, [*filter(self._counts, map(_package, found))], account)

    def _counts(self, package: prepaid.Package) -> bool:
        return self.settings.unit in ("", package.unit)


def _package(one: Any) -> prepaid.Package:
    if not isinstance(one, dict):
        raise CannotTell("garbage", "a package is no object")
    ends = (
        prepaid.moment(one.get("ExpiryTime"))
        if one.get("Status") == "Available"
        else datetime.min.replace(tzinfo=UTC)
    )
    return prepaid.Package(
        prepaid.amount(one, "RemainingAmount"), str(one.get("RemainingAmountUnit", ""))[:20], ends
    )
