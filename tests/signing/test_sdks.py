"""Our signatures are those of the vendors' SDKs, for the requests that `make oracles` wrote down."""

from __future__ import annotations

import re

import pytest

from tests.channels.recorded import Recorded, recorded
from watchtower.signing import acs3, sigv4, tc3

ALIBABA = {"key_id": "LTAI-test-id", "key_secret": "test-secret-9"}
TENCENT = {"key_id": "AKID-test-id", "key_secret": "test-secret-9"}


@pytest.mark.parametrize("theirs", recorded("alibaba"), ids=lambda one: one.name)
def test_acs3_is_what_the_sdk_sends(theirs: Recorded) -> None:
    [names] = re.findall("SignedHeaders=([^,]+)", theirs.headers["authorization"])
    signed = {name: theirs.headers[name] for name in names.split(";")}
    ours = acs3.authorization(signed, **ALIBABA, query=theirs.query)
    assert ours == theirs.headers["authorization"]
    assert theirs.body == ""


@pytest.mark.parametrize(
    "theirs", recorded("tencent") + recorded("tencent_billing"), ids=lambda one: one.name
)
def test_tc3_is_what_the_sdk_sends(theirs: Recorded) -> None:
    [service] = re.findall("/([a-z]+)/tc3_request", theirs.headers["authorization"])
    ours = tc3.signed_headers(
        host=theirs.headers["host"],
        service=service,
        action=theirs.name,
        version=theirs.headers["x-tc-version"],
        region="ap-guangzhou",
        at=int(theirs.headers["x-tc-timestamp"]),
        body=theirs.body.encode(),
        token=theirs.headers.get("x-tc-token", ""),
        **TENCENT,
    )
    assert {name: theirs.headers.get(name.lower()) for name in ours} == ours


SIGV4 = [
    (sigv4.AWS, {"key_id": "AKIA-test-id", "region": "eu-central-1"}, one)
    for one in recorded("aws")
] + [
    (sigv4.VOLCENGINE, {"key_id": "AK-test-id", "region": "cn-beijing", "service": "billing"}, one)
    for one in recorded("volcengine")
] + [(sigv4.HUAWEI, {"key_id": "AK-test-id"}, one) for one in recorded("huawei")]  # fmt: skip


@pytest.mark.parametrize(("scheme", "given", "theirs"), SIGV4, ids=lambda one: getattr(one, "name", ""))
def test_sigv4_is_what_the_sdk_sends(scheme: sigv4.Scheme, given: dict[str, str], theirs: Recorded) -> None:
    [names] = re.findall("SignedHeaders=([^,]+)", theirs.headers["authorization"])
    made_by_us = {"host", scheme.date, scheme.token, scheme.digest}
    services = re.findall("/([a-z]+)/aws4_request", theirs.headers["authorization"])
    ours = sigv4.signed_headers(
        scheme,
        **({"service": services[0]} if services else {}),
        **given,
        method=theirs.method,
        host=theirs.headers["host"],
        path=theirs.target.partition("?")[0],
        query=theirs.query,
        headers={name: theirs.headers[name] for name in names.split(";") if name not in made_by_us},
        body=theirs.body.encode(),
        date=theirs.headers[scheme.date],
        key_secret="test-secret-9",
        token=theirs.headers.get(scheme.token, ""),
    )
    assert ours == {name: theirs.headers[name] for name in (*names.split(";"), "authorization")}
