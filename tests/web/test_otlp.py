"""`POST /push/CHECK` for a check of the probe otlp."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.web.conftest import Site
from tests.web.fake import AT, TOKEN, FakeDaemon


@pytest.mark.parametrize(
    ("kind", "answer"), [("application/x-protobuf", b""), ("application/json; charset=utf-8", b"{}")]
)
async def test_metrics_are_pushed_as_opentelemetry_sends_them(
    site: Site, daemon: FakeDaemon, kind: str, answer: bytes
) -> None:
    told = daemon.plan.checks["business"].model_copy(update={"probe": "otlp"})
    daemon.plan = replace(daemon.plan, checks={**daemon.plan.checks, "business": told})
    headers = {"Content-Type": kind}
    said = await site.post("/push/business", token=TOKEN, data=b"points", headers=headers)
    assert (said.status_code, said.content) == (200, answer)
    assert said.headers["content-type"].startswith(kind.split(";")[0])
    assert daemon.asked == [("export", "business", b"points", AT)]
    assert (await site.post("/push/business", token=TOKEN, data=b"bogus", headers=headers)).status_code == 400
    assert (await site.post("/push/business", data=b"points", headers=headers)).status_code == 401
