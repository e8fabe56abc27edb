"""The clouds that are asked by signature, under contract: they differ in settings, and in what they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.contract.entry import TOKEN, Entry, Place, Stage

KEYS = {"access_key_id": f"AK{TOKEN}", "access_key_secret": TOKEN, "security_token": TOKEN}
_HUAWEI = "/v2/accounts/customer-accounts/balances"


def _answers(path: str, document: Any, status: int = 200) -> Callable[[Stage], AbstractContextManager[str]]:
    @contextmanager
    def place(_stage: Stage) -> Iterator[str]:
        with HttpServer() as server:
            server.on(path, Answer.json(document, status))
            yield f"127.0.0.1:{server.port}"

    return place


def _entry(
    kind: str, well: Any, refusal: Any, path: str = "/", more: Mapping[str, Any] | None = None
) -> Entry:
    def settings(place: Place) -> dict[str, Any]:
        scheme = "https" if place.name == "expired" else "http"
        return {**KEYS, "endpoint": f"{scheme}://{place.address}", **(more or {})}

    return Entry(
        kind=kind,
        settings=settings,
        says={
            "well": "up",
            "credentials": "unknown credentials",
            "refused": "unknown refused",
            "hang": "unknown timeout",
            "garbage": "unknown protocol",
            "closed": "unknown reset",
            "expired": "unknown tls",
        },
        places={"well": _answers(path, well), "credentials": _answers(path, *refusal)},
    )


ENTRIES = (
    _entry(
        "balance.tencent",
        {"Response": {"RealBalance": 9647442}},
        ({"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound", "Message": TOKEN}}},),
    ),
    _entry(
        "balance.huawei",
        {
            "account_balances": [{"account_type": 1, "amount": 5.5, "currency": "CNY"}],
            "debt_amount": 0,
            "measure_id": 1,
            "currency": "CNY",
        },
        ({"error_code": "CBC.0150", "error_msg": TOKEN}, 403),
        _HUAWEI,
    ),
    _entry(
        "balance.volcengine",
        {"ResponseMetadata": {}, "Result": {"AvailableBalance": "77.01"}},
        ({"ResponseMetadata": {"Error": {"Code": "InvalidAccessKey", "Message": TOKEN}}}, 401),
    ),
    _entry(
        "quota.aws",
        {
            "Quota": {
                "Value": 5.0,
                "UsageMetric": {
                    "MetricNamespace": "AWS/Usage",
                    "MetricName": "ResourceCount",
                    "MetricDimensions": {},
                },
            },
            "MetricDataResults": [{"Id": "u0", "Values": [3]}],
        },
        ({"__type": "com.amazon#AccessDeniedException", "message": TOKEN}, 400),
        more={"region": "eu-central-1", "service": "vpc", "quotas": ["L-F678F1CE"]},
    ),
)
