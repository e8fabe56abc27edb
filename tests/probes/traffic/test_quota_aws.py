"""quota.aws: limits and usage in the shapes of botocore's models, against a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
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


STS = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA{0}</AccessKeyId><SecretAccessKey>of-{0}</SecretAccessKey>
  <SessionToken>token-{0}==</SessionToken><Expiration>{1}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""
"""As the reference of STS shows it."""
REFUSED = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>No OpenIDConnect provider found</Message></Error></ErrorResponse>"  # fmt: skip


async def by_role(make: Make, server: HttpServer) -> Any:
    server.on("/", answered({"u0": [70]}))
    settings = {"region": "eu-central-1", "service": "ec2", "quotas": ["L-COUNT"]}
    return await make("quota.aws", endpoint=server.url("").rstrip("/"), **settings)


def key_of(server: HttpServer) -> tuple[str, str]:
    """Whose key signed the last request, and its token."""
    headers = server.requests[-1].headers
    return headers["authorization"].split("Credential=")[1].partition("/")[0], headers["x-amz-security-token"]


async def test_a_pod_asks_by_the_role_of_its_service_account(
    http_server: HttpServer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EKS: keys are exchanged for the token of a file, which is renewed, and kept until shortly before they end."""
    (tmp_path / "token").write_text("jwt-1\n")
    for name, value in {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/watchtower",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ENDPOINT_URL_STS": http_server.url("/sts"),
    }.items():
        monkeypatch.setenv(name, value)
    soon = f"{datetime.now(UTC) + timedelta(seconds=200):%Y-%m-%dT%H:%M:%SZ}"
    http_server.on(
        "/sts", Answer(200, STS.format(1, soon)), Answer(200, STS.format(2, "2099-01-01T00:00:00Z"))
    )
    probe = await by_role(make, http_server)
    assert (await probe.by_series())["L-COUNT"].outcome is Outcome.UP
    assert key_of(http_server) == ("ASIA1", "token-1==")
    (tmp_path / "token").write_text("jwt-2")
    for _ in range(2):
        assert (await probe.by_series())["L-COUNT"].outcome is Outcome.UP
        assert key_of(http_server) == ("ASIA2", "token-2==")
    asked = [one.form() for one in http_server.requests if one.path == "/sts"]
    assert [one["WebIdentityToken"] for one in asked] == ["jwt-1", "jwt-2"]
    assert asked[0]["RoleArn"].endswith("role/watchtower")
    assert asked[0]["Action"] == "AssumeRoleWithWebIdentity"


async def test_a_role_that_is_refused_says_so(
    http_server: HttpServer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("jwt")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/watchtower")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", http_server.url("/sts"))
    http_server.on("/sts", Answer(400, REFUSED))
    found = (await (await by_role(make, http_server)).by_series())["L-COUNT"]
    said = "no keys of the role: InvalidIdentityToken: No OpenIDConnect provider found"
    assert (found.outcome, found.reason, found.detail) == (Outcome.UNKNOWN, "credentials", said)


async def test_a_task_asks_the_endpoint_of_its_container(
    http_server: HttpServer, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ECS, and EKS Pod Identity."""
    (tmp_path / "token").write_text("of-the-pod")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", http_server.url("/v1/credentials"))
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    keys = {
        "AccessKeyId": "ASIA3",
        "SecretAccessKey": "s/3+",
        "Token": "t3==",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    http_server.on("/v1/credentials", Answer.json(keys))
    probe = await by_role(make, http_server)
    assert (await probe.by_series())["L-COUNT"].outcome is Outcome.UP
    assert key_of(http_server) == ("ASIA3", "t3==")
    [asked] = [one for one in http_server.requests if one.path == "/v1/credentials"]
    assert asked.headers["authorization"] == "of-the-pod"
