"""quota.aws: limits and usage in the shapes of botocore's models, against a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome, Reading

KEYS = {"access_key_id": "AKIA-test-id", "access_key_secret": "test-secret-9"}
_COUNT = {
    "MetricNamespace": "AWS/Usage",
    "MetricName": "ResourceCount",
    "MetricStatisticRecommendation": "Maximum",
}
_CALLS = {"MetricNamespace": "AWS/Usage", "MetricName": "CallCount", "MetricStatisticRecommendation": "Sum"}
_DIMS = {"MetricDimensions": {"Service": "EC2", "Type": "Resource", "Resource": "vCPU", "Class": "None"}}
QUOTAS: Mapping[str, dict[str, Any]] = {
    "L-COUNT": {"Value": 100.0, "UsageMetric": {**_COUNT, **_DIMS}},
    "L-CALLS": {"Value": 10.0, "UsageMetric": {**_CALLS, **_DIMS}, "Period": {"PeriodValue": 1, "PeriodUnit": "SECOND"}},
    "L-PLAIN": {"Value": 5.0},
}  # fmt: skip


def answered(values: Mapping[str, Any], missing: str = "") -> Any:
    """As AWS: `values` are CloudWatch's, by the id that was asked for; `missing` is known by its default only."""

    def answer(request: Any) -> Answer:
        asked = json.loads(request.body)
        action = request.headers["x-amz-target"].rpartition(".")[2]
        if action == "GetMetricData":
            ids = [one["Id"] for one in asked["MetricDataQueries"]]
            return Answer.json(
                {"MetricDataResults": [{"Id": name, "Values": values.get(name, [])} for name in ids]}
            )
        if action == "GetServiceQuota" and asked["QuotaCode"] == missing:
            return Answer.json({"__type": "x#NoSuchResourceException", "message": "none"}, 400)
        return Answer.json({"Quota": {"QuotaCode": asked["QuotaCode"], **QUOTAS[asked["QuotaCode"]]}})

    return answer


async def ask(
    make: Make, server: HttpServer, answer: Any, *quotas: str, **settings: Any
) -> dict[str, Reading]:
    server.on("/", answer)
    given = {**KEYS, "region": "eu-central-1", "service": "ec2", "quotas": list(quotas), **settings}
    return await (await make("quota.aws", endpoint=server.url("").rstrip("/"), **given)).by_series()


async def test_the_highest_use_of_the_last_hour_counts(http_server: HttpServer, make: Make) -> None:
    found = await ask(make, http_server, answered({"u0": [70, 85.0, 60]}), "L-COUNT")
    assert found[""].outcome is Outcome.UP
    want = {"balance": 15.0, "limit": 100.0, "used": 85.0, "used_share": 0.85, "throttled": 0.0}
    assert found["L-COUNT"].measurements == want


async def test_a_rate_is_counted_in_the_quotas_own_period(http_server: HttpServer, make: Make) -> None:
    """1,500 calls in five minutes are 5 a second."""
    found = await ask(make, http_server, answered({"u0": [1500]}), "L-CALLS")
    assert (found["L-CALLS"].measurements["used"], found["L-CALLS"].measurements["used_share"]) == (5.0, 0.5)


async def test_refused_calls_are_down_however_much_seems_left(http_server: HttpServer, make: Make) -> None:
    found = await ask(make, http_server, answered({"u0": [300], "t0": [0, 7]}), "L-CALLS")
    assert (found["L-CALLS"].outcome, found["L-CALLS"].reason) == (Outcome.DOWN, "throttled")
    assert found["L-CALLS"].measurements["throttled"] == 7.0


async def test_each_quota_says_for_itself_what_is_not_known(http_server: HttpServer, make: Make) -> None:
    found = await ask(make, http_server, answered({"u0": [1]}, "L-COUNT"), "L-COUNT", "L-CALLS", "L-PLAIN")
    assert {name: one.reason for name, one in found.items()} == {
        "": "", "L-COUNT": "", "L-CALLS": "absent", "L-PLAIN": "no_usage",
    }  # fmt: skip
    assert "used" not in found["L-CALLS"].measurements


HOSTILE = [
    (Answer.json({"__type": "a#AccessDeniedException", "message": "m"}, 400), "credentials"),
    (Answer.json({"__type": "RequestExpired", "message": "m"}, 400), "clock"),
    (Answer.json({"__type": "TooManyRequestsException", "message": "m"}, 400), "throttled"),
    (Answer.json({"Quota": None}), "garbage"),
    (Answer.json({"Quota": {**QUOTAS["L-COUNT"], "Value": "NaN"}, "MetricDataResults": []}), "garbage"),
    (Answer.json({"Quota": QUOTAS["L-COUNT"], "MetricDataResults": {}}), "garbage"),
    (
        Answer.json({"Quota": QUOTAS["L-COUNT"], "MetricDataResults": [{"Id": "u0", "Values": ["x"]}]}),
        "garbage",
    ),
    (Answer(200, b"\x00" * 100), "garbage"),
    (Answer(200, b" " * (3 << 20)), "too_large"),
]


@pytest.mark.parametrize(("answer", "reason"), HOSTILE)
async def test_hostile_answers(http_server: HttpServer, make: Make, answer: Answer, reason: str) -> None:
    found = await ask(make, http_server, answer, "L-COUNT", timeout=0.4)
    assert found["L-COUNT"].outcome is Outcome.UNKNOWN
    assert found["L-COUNT"].reason == reason
    assert found["L-COUNT"].measurements == {}


async def test_accounts_and_quotas_are_series_together(http_server: HttpServer, make: Make) -> None:
    accounts = {"prod": KEYS, "test": KEYS}
    found = await ask(make, http_server, answered({"u0": [1]}), "L-COUNT", accounts=accounts)
    assert set(found) == {"", "prod:L-COUNT", "test:L-COUNT"}
