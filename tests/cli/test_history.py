"""`watchtower history`: what a check measured, as lines, as CSV and as JSON; asked of a server over the daemon in memory."""

from __future__ import annotations

import json
from math import nan

import pytest
from click.testing import CliRunner
from starlette.concurrency import run_in_threadpool

from tests.web.conftest import Site, access, daemon, site
from tests.web.fake import AT, FakeDaemon
from watchtower.cli.history import command

__all__ = ["access", "daemon", "site"]


@pytest.fixture(autouse=True)
def measured(daemon: FakeDaemon) -> None:
    daemon.measured = {"up": lambda _: 1.0, "latency": lambda at: nan if at < AT - 60.0 else 0.25}


async def run(site: Site, *arguments: str) -> tuple[int, str]:
    made = await run_in_threadpool(
        CliRunner().invoke, command, [*arguments, "--url", f"http://127.0.0.1:{site.port}"]
    )
    return made.exit_code, made.output


async def test_a_line_a_value(site: Site) -> None:
    status, text = await run(site, "bank-gateway", "--from", f"{AT - 120}", "--to", f"{AT}")
    assert status == 0
    lines = text.splitlines()
    assert lines[0].endswith(", in steps of 10 s")
    assert lines[1].split() == ["up", "mean", "1,", "1", "to", "1", "(12", "of", "12", "steps)"]
    assert lines[2].split() == ["latency", "mean", "0.25,", "0.25", "to", "0.25", "(6", "of", "12", "steps)"]


async def test_as_csv_an_empty_field_is_no_sample(site: Site) -> None:
    _, text = await run(site, "bank-gateway", "--from", f"{AT - 120}", "--to", f"{AT}", "--csv")
    head, first, *_, last = text.splitlines()
    assert (head, first, last) == (
        "time,up,latency", f"{AT - 120:.0f},1,", f"{AT - 10:.0f},1,0.25",
    )  # fmt: skip


async def test_as_json_and_of_a_series(site: Site, daemon: FakeDaemon) -> None:
    _, text = await run(site, "methods[card]", "--from", f"{AT - 120}", "--to", f"{AT}", "--json")
    assert json.loads(text)["series"] == "card"
    assert daemon.spans[-1][:2] == ("methods", "card")


async def test_a_check_that_nobody_knows_is_bad_usage(site: Site) -> None:
    status, text = await run(site, "unheard")
    assert (status, "there is no check" in text) == (2, True)
