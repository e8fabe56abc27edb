"""The examples of docs/api.md and docs/changes.md run as they stand there, with curl."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from tests.web.conftest import Site, access, daemon, site
from tests.web.fake import PUSH_TOKEN, TOKEN, FakeDaemon

__all__ = ["access", "daemon", "site"]
DOCS = Path(__file__).parents[2] / "docs"


def examples(page: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


async def ran(site: Site, script: str) -> str:
    environ = {
        **os.environ, "WATCHTOWER": f"http://127.0.0.1:{site.port}", "TOKEN": TOKEN, "WATCHTOWER_PUSH_TOKEN": PUSH_TOKEN,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script, env=environ, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return out.decode()


@pytest.mark.parametrize("number", range(len(examples("api.md"))))
async def test_an_example_of_the_api_is_answered(site: Site, number: int) -> None:
    script = examples("api.md")[number]
    said = await ran(site, script)
    assert said
    assert "urn:watchtower:problem" not in said
    assert "If-None-Match" not in script or said == "304\n"


async def test_a_pipeline_reports_a_deployment_and_its_end(site: Site, daemon: FakeDaemon) -> None:
    begin, end = examples("changes.md")[:2]
    assert await ran(site, begin) == '{"key":"pipeline-7"}'
    assert await ran(site, end.replace("pipeline-7", "known")) == '{"key":"known"}'
    first, second = (change for what, change in daemon.asked if what == "change")
    assert (first.kind, first.flow, first.text, first.by) == ("deploy", "checkout", "checkout 1.42.0", "ci")
    assert (second.text, second.ends_at is not None) == ("", True)
