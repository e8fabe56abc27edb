"""A press in Feishu through the real daemon: over the long connection, by whoever was asked; it comes back when it breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.plans import check
from tests.acceptance.process import TOKEN, DaemonProcess
from tests.parts.feishu import API, Feishu
from tests.parts.httpserver import Answer, HttpServer

LI, WU = "ou_7d8a6e6df7621556ce0d21922b676706", "ou_84983ff6516d731e5b5f68d4ea2e1da5"
SECRET = "a-secret-of-feishus"
RULES = f"""
[[rule]]
name = "down"
match = {{{{}}}}
when = 'outcome == "down"'
severity = "P1"
[[responder]]
name = "li"
role = "oncall"
feishu = "{LI}"
language = "zh"
[channel.feishu]
app_id = "cli_a1"
app_secret = "${{{{FEISHU}}}}"
url = "{{url}}"
"""


@pytest.fixture
def daemon(tmp_path: Path, http_server: HttpServer) -> Iterator[DaemonProcess]:
    http_server.on("/bank", Answer(503))
    rules = RULES.format(url=http_server.url("").rstrip("/"))
    made = DaemonProcess(tmp_path, rules, {"bank.toml": check(http_server.url("/bank"))}, {"FEISHU": SECRET})
    yield made
    made.kill()


async def test_a_press_acknowledges(daemon: DaemonProcess, http_server: HttpServer) -> None:
    async with Feishu(http_server) as feishu:
        await asyncio.to_thread(daemon.start)
        page = (await asyncio.to_thread(http_server.wait_for, API)).json()
        card = json.loads(page["content"])
        value = next(
            one["behaviors"][0]["value"] for one in card["body"]["elements"] if one["tag"] == "button"
        )
        other = await feishu.press("om_1", WU, value)  # a colleague to whom it was forwarded
        assert "you were not asked" in other["toast"]["content"]
        await feishu.hang_up()
        shown = await feishu.press("om_1", LI, value)
        assert shown["toast"]["content"] == "已认领，由您负责处理，不再提醒。"
        assert shown["card"]["data"]["body"]["elements"][0]["text"]["content"] == shown["toast"]["content"]
        got = await asyncio.to_thread(daemon.get, "/api/v1/incidents/INC-1", token=TOKEN)
        [entry] = [one for one in got.json()["timeline"] if one["kind"] == "acknowledged"]
        assert (entry["by"], entry["detail"]) == ("li", "feishu")
        assert await asyncio.to_thread(daemon.stop) == 0
    assert SECRET not in daemon.log.read_text()
