"""Our signatures are those of the vendors' SDKs, for the requests that `make oracles` wrote down."""

from __future__ import annotations

import re

import pytest

from tests.channels.recorded import Recorded, recorded
from watchtower.signing import acs3, tc3

ALIBABA = {"key_id": "LTAI-test-id", "key_secret": "test-secret-9"}
TENCENT = {"key_id": "AKID-test-id", "key_secret": "test-secret-9"}


@pytest.mark.parametrize("theirs", recorded("alibaba"), ids=lambda one: one.name)
def test_acs3_is_what_the_sdk_sends(theirs: Recorded) -> None:
    [names] = re.findall("SignedHeaders=([^,]+)", theirs.headers["authorization"])
    signed = {name: theirs.headers[name] for name in names.split(";")}
    ours = acs3.authorization(signed, **ALIBABA, query=theirs.query)
    assert ours == theirs.headers["authorization"]
    assert theirs.body == ""


@pytest.mark.parametrize("theirs", recorded("tencent"), ids=lambda one: one.name)
def test_tc3_is_what_the_sdk_sends(theirs: Recorded) -> None:
    ours = tc3.signed_headers(
        host=theirs.headers["host"],
        service="sms",
        action=theirs.name,
        version="2021-01-11",
        region="ap-guangzhou",
        at=int(theirs.headers["x-tc-timestamp"]),
        body=theirs.body.encode(),
        token=theirs.headers.get("x-tc-token", ""),
        **TENCENT,
    )
    assert {name: theirs.headers.get(name.lower()) for name in ours} == ours
