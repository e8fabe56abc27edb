"""`balance.tencent` measures the balance of a Tencent Cloud account, or what is left of its SMS packages."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from watchtower.curl import Request
from watchtower.fields import Field, Secret
from watchtower.model import Facts, Reading
from watchtower.probes import prepaid
from watchtower.probes.signed_account import Ask, MoneySettings, Refusals, SignedAccount, request_of
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl
from watchtower.signing.tc3 import signed_headers

_CENTS = 100
_MOST = 500
"""Packages in one answer."""
_BEIJING = timedelta(hours=8)
_REFUSALS = Refusals(
    credentials=("AuthFailure", "UnauthorizedOperation"),
    clock=("AuthFailure.SignatureExpire", "InternalError.RequestTimeException"),
    throttled=("RequestLimitExceeded", "LimitExceeded"),
    passing=("InternalError", "ServiceUnavailable", "ResourceUnavailable"),
)


class TencentBalance(SignedAccount):
    """Calls DescribeAccountBalance, and with `package` also SmsPackagesStatistics. Amounts come in cents."""

    kind = "balance.tencent"
    facts: ClassVar[Facts] = prepaid.MONEY_FACTS
    environment = ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN")

    class Settings(MoneySettings):
        vendor: ClassVar[str] = "tencent"
        endpoint: HttpUrl = Field(
            default=Secret("https://billing.tencentcloudapi.com"),
            description="The international site, in USD: https://billing.intl.tencentcloudapi.com.",
        )
        package: str = Field(
            default="", description="An SmsSdkAppId: what is left of its SMS packages is the balance."
        )
        sms_endpoint: HttpUrl = Field(
            default=Secret("https://sms.tencentcloudapi.com"), description="Where `package` is asked for."
        )
        region: str = Field(default="ap-guangzhou", description="The region of SMS.")

    @staticmethod
    def facts_for(settings: Any) -> Facts:
        return prepaid.PACKAGE_FACTS if settings.package else prepaid.MONEY_FACTS

    def request(self, keys: tuple[str, str, str], timeout: float, *question: Any) -> Request:
        service, version, action, asked = question
        sms = service == "sms"
        endpoint = self.settings.sms_endpoint.get_secret_value().rstrip("/") if sms else self.endpoint
        body = json.dumps(asked).encode()
        headers = signed_headers(
            host=urlsplit(endpoint).netloc.rpartition("@")[2],
            service=service,
            action=action,
            version=version,
            region=self.settings.region if sms else "",
            at=int(time.time()),
            body=body,
            key_id=keys[0],
            key_secret=keys[1],
            token=keys[2],
        )
        # An empty header is not sent at all, and billing is of no region.
        named = {name: value for name, value in headers.items() if value}
        return request_of(f"{endpoint}/", "POST", named, body, timeout)

    def answer(self, document: Mapping[str, Any], status: int) -> Mapping[str, Any]:
        """Errors come with HTTP 200."""
        response = document.get("Response")
        if not isinstance(response, dict):
            raise CannotTell("garbage", "there is no Response")
        error = response.get("Error")
        if isinstance(error, dict):
            raise _REFUSALS.refuse(error.get("Code"), error.get("Message"), status)
        return response

    async def measure(self, ask: Ask) -> Reading:
        data = await ask("billing", "2018-07-09", "DescribeAccountBalance", {})
        account = prepaid.money(
            self.settings.currency,
            prepaid.amount(data, "RealBalance", _CENTS),
            # The answer names none: it is the site's.
            "USD" if ".intl." in self.endpoint else "CNY",
            may_be_in_debt=data.get("IsAllowArrears") is True,
            cash=prepaid.amount_if_any(data, "CashAccountBalance", _CENTS),
            credit=prepaid.amount_if_any(data, "CreditAmount", _CENTS),
            debt=prepaid.amount_if_any(data, "OweAmount", _CENTS),
        )
        if not self.settings.package:
            return account
        # The vendor wants hours of Beijing, the last one over; a package bought in this hour shows in the next.
        now = datetime.now(UTC) + _BEIJING
        found = await ask("sms", "2021-01-11", "SmsPackagesStatistics", {
            "SmsSdkAppId": self.settings.package, "Limit": _MOST, "Offset": 0,
            "BeginTime": f"{now - timedelta(days=3 * 365):%Y%m%d%H}", "EndTime": f"{now - timedelta(hours=1):%Y%m%d%H}",
        })  # fmt: skip
        listed = found.get("SmsPackagesStatisticsSet")
        if not isinstance(listed, list) or len(listed) >= _MOST:
            raise CannotTell("garbage", f"SmsPackagesStatisticsSet is no list of fewer than {_MOST}")
        return prepaid.packages(self.settings.package, [*map(_package, listed)], account)


def _package(one: Any) -> prepaid.Package:
    if not isinstance(one, dict):
        raise CannotTell("garbage", "a package is no object")
    left = prepaid.amount(one, "PackageAmount") - prepaid.amount(one, "CurrentUsage")
    begun = prepaid.moment(one.get("PackageEffectiveTime")) <= datetime.now(UTC)
    ends = prepaid.moment(one.get("PackageExpiredTime")) if begun else datetime.min.replace(tzinfo=UTC)
    return prepaid.Package(left, "条", ends)
