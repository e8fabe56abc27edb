"""`quota.aws` measures how much of a service's quotas an AWS account uses, in one region."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from watchtower.curl import Request
from watchtower.fields import Field
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.numbers import as_number
from watchtower.probes.aws_role import RoleKeys
from watchtower.probes.contract import Target, down, unknown, up
from watchtower.probes.signed_account import AccountSettings, Ask, Refusals, SignedAccount, request_of
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl
from watchtower.signing.sigv4 import AWS, signed_headers

_PERIOD, _LOOKS_BACK = 300, 3600
"""Seconds of one value of usage, and of all that are looked at: the highest counts."""
_SECONDS = {
    "SECOND": 1,
    "MINUTE": 60,
    "HOUR": 3600,
    "DAY": 86400,
    "MICROSECOND": 1e-6,
    "MILLISECOND": 1e-3,
    "WEEK": 604800,
}
_REFUSALS = Refusals(
    credentials=("UnrecognizedClient", "InvalidClientToken", "AccessDenied", "InvalidSignature", "ExpiredToken",
                 "MissingAuthentication", "SignatureDoesNotMatch", "IncompleteSignature", "OptInRequired"),
    clock=("RequestExpired", "RequestTimeTooSkewed"),
    throttled=("TooManyRequests", "Throttling", "RequestLimitExceeded"),
    passing=("ServiceException", "InternalService", "InternalFailure", "ServiceUnavailable"),
)  # fmt: skip
_TARGETS = {
    "servicequotas": ("ServiceQuotasV20190624", "application/x-amz-json-1.1"),
    "monitoring": ("GraniteServiceVersion20100801", "application/x-amz-json-1.0"),
}


class AwsQuota(SignedAccount):
    """Asks Service Quotas for the limits and CloudWatch for the usage. One series for each quota."""

    kind = "quota.aws"
    facts: ClassVar[Facts] = {
        "balance": Fact.number("what is left of it: limit less used; below zero while calls are refused"),
        "limit": Fact.number("the quota of this account"),
        "used": Fact.number("the highest use within the last hour, in the quota's own unit"),
        "used_share": Fact.number("used / limit", Unit.RATIO),
        "throttled": Fact.number("calls that AWS has refused within the last hour, where it counts them"),
    }
    environment = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    every = "15m"

    class Settings(AccountSettings):
        vendor: ClassVar[str] = "aws"
        region: str = Field(pattern="^[a-z0-9-]+$", description="The region, such as eu-central-1.")
        service: str = Field(min_length=1, description="Service Quotas' code of the service, such as vpc.")
        quotas: list[str] = Field(
            min_length=1, max_length=50, description="Codes of the quotas, such as L-F678F1CE."
        )
        endpoint: HttpUrl | None = Field(
            default=None, description="Asks both services here, in place of AWS' own addresses."
        )

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._top = "amazonaws.com.cn" if settings.region.startswith("cn-") else "amazonaws.com"
        self._role = RoleKeys(settings.region, self._top)

    async def role_keys(self, within: float) -> tuple[str, str, str]:
        return await self._role.keys(self.services.curl, within)

    @property
    def parts(self) -> Sequence[str]:
        return self.settings.quotas  # type: ignore[no-any-return]

    def request(self, keys: tuple[str, str, str], timeout: float, *question: Any) -> Request:
        service, action, asked = question
        endpoint = self.endpoint or f"https://{service}.{self.settings.region}.{self._top}"
        target, kind = _TARGETS[service]
        body = json.dumps(asked).encode()
        headers = signed_headers(
            AWS,
            method="POST",
            host=urlsplit(endpoint).netloc.rpartition("@")[2],
            headers={"content-type": kind, "x-amz-target": f"{target}.{action}"},
            body=body,
            date=datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
            key_id=keys[0],
            key_secret=keys[1],
            token=keys[2],
            region=self.settings.region,
            service=service,
        )
        return request_of(f"{endpoint}/", "POST", headers, body, timeout)

    def answer(self, document: Mapping[str, Any], status: int) -> Mapping[str, Any]:
        if status == 200:
            return document
        code = str(document.get("__type") or document.get("Code")).rpartition("#")[2]
        raise _REFUSALS.refuse(code, document.get("message") or document.get("Message"), status)

    async def measure(self, ask: Ask) -> Sequence[Reading]:
        quotas = {code: await self._quota(ask, code) for code in self.settings.quotas}
        queries = [query for number, one in enumerate(quotas.values()) for query in _queries(number, one)]
        now, values = int(time.time()), dict[str, list[float]]()
        if queries:
            span = {"StartTime": now - _LOOKS_BACK, "EndTime": now}
            found = await ask("monitoring", "GetMetricData", {**span, "MetricDataQueries": queries})
            values = _values(found.get("MetricDataResults"))
        return [_reading(code, number, one, values) for number, (code, one) in enumerate(quotas.items())]

    async def _quota(self, ask: Ask, code: str) -> Mapping[str, Any]:
        which = {"ServiceCode": self.settings.service, "QuotaCode": code}
        try:
            found = (await ask("servicequotas", "GetServiceQuota", which)).get("Quota")
        except CannotTell as why:
            if not why.detail.startswith("NoSuchResource"):
                raise
            # One that this account has never changed may be known by its default only.
            found = (await ask("servicequotas", "GetAWSDefaultServiceQuota", which)).get("Quota")
        if not isinstance(found, dict):
            raise CannotTell("garbage", f"{code}: there is no Quota")
        return found


def _usage(quota: Mapping[str, Any]) -> Mapping[str, Any]:
    found = quota.get("UsageMetric")
    return found if isinstance(found, dict) else {}


def _queries(number: int, quota: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of what CloudWatch is asked for a quota: its usage, and the calls that were refused."""
    usage = _usage(quota)
    where, dimensions = usage.get("MetricNamespace"), usage.get("MetricDimensions")
    if not where or not isinstance(dimensions, dict):
        return []
    dims = [{"Name": str(name), "Value": str(value)} for name, value in dimensions.items()]
    asked = {f"u{number}": (usage.get("MetricName"), usage.get("MetricStatisticRecommendation") or "Maximum")}
    if usage.get("MetricName") == "CallCount":
        asked[f"t{number}"] = ("ThrottleCount", "Sum")
    return [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {"Namespace": where, "MetricName": metric, "Dimensions": dims},
                "Period": _PERIOD,
                "Stat": statistic,
            },
        }
        for name, (metric, statistic) in asked.items()
    ]


def _values(results: Any) -> dict[str, list[float]]:
    if not isinstance(results, list):
        raise CannotTell("garbage", "MetricDataResults is no list")
    out = dict[str, list[float]]()
    for one in results:
        listed = one.get("Values") if isinstance(one, dict) else None
        if not isinstance(listed, list):
            raise CannotTell("garbage", "a result has no Values")
        read = [as_number(value) for value in listed]
        if None in read:
            raise CannotTell("garbage", "a value is no number")
        out[str(one.get("Id"))] = [value for value in read if value is not None]
    return out


def _reading(code: str, number: int, quota: Mapping[str, Any], values: Mapping[str, list[float]]) -> Reading:
    limit = as_number(quota.get("Value"))
    if limit is None:
        return unknown("garbage", f"{code}: its Value is no number", code)
    if f"u{number}" not in values:
        return unknown("no_usage", f"{code}: AWS publishes no usage of it", code, limit=limit)
    if not values[f"u{number}"]:
        said = f"{code}: CloudWatch has no usage of the last hour; what is not used at all is not counted"
        return unknown("absent", said, code, limit=limit)
    used = max(values[f"u{number}"])
    period = quota.get("Period")
    if _usage(quota).get("MetricStatisticRecommendation") == "Sum" and isinstance(period, dict):
        seconds = _SECONDS.get(str(period.get("PeriodUnit")), 0) * (as_number(period.get("PeriodValue")) or 0)
        used *= seconds / _PERIOD
    refused = sum(values.get(f"t{number}", []))
    measured = {"balance": limit - used, "limit": limit, "used": used, "throttled": refused}
    if limit > 0:
        measured["used_share"] = used / limit
    if refused:
        return down(
            "throttled", f"{code}: AWS has refused {refused:.0f} calls within the last hour", code, **measured
        )
    return up(code, 0.0, **measured)
