"""However much alerts quote, no chat refuses a page for its length."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.channels.letters import P0, SILENT, letter
from tests.delivery.families import FAMILIES, Family
from tests.parts.httpserver import Answer, HttpServer
from watchtower.core.notify.messages import Also
from watchtower.model import Language, Text
from watchtower.page_kinds import PageKind

MOST = {
    "feishu-robot": 20_000,
    "feishu-app": 30_000,
    "dingtalk-app": 20_000,
    "dingtalk-robot": 20_000,
    "wecom-app": 2_300,
    "wecom-robot": 2_300,
    "slack": 40_000,
    "telegram": 16_000,
    "teams": 28_000,
    "pagerduty": 512_000,
}
"""Bytes of a request that each takes."""
QUOTED = Text("Traceback in checkout: timeout " * 300, "下单服务异常：超时 " * 300)


@pytest.mark.parametrize("family", [one for one in FAMILIES if one.slug in MOST], ids=lambda one: one.slug)
@pytest.mark.parametrize("language", Language)
async def test_a_page_that_quotes_much_is_cut_and_keeps_its_links(
    http_server: HttpServer, family: Family, language: Language
) -> None:
    alerts = tuple(replace(SILENT, text=QUOTED, now=QUOTED, check=f"c{n}") for n in range(20))
    also = tuple(Also(f"INC-{n}", PageKind.NEW, P0, QUOTED, QUOTED) for n in range(8, 16))
    one = letter(severity=P0, because=alerts, note=QUOTED, why=QUOTED, sop_steps=(QUOTED,) * 20, also=also)
    http_server.on(family.path, Answer.json(family.taken, status=family.status))
    family.answers(http_server)
    url = http_server.url("").rstrip("/")
    channel = family.channel(url, {"timeout": "10s"})
    await channel.send(replace(one, address=family.at(url), language=language))
    await channel.close()
    [sent] = [request for request in http_server.requests if family.is_message(request)]
    assert len(sent.body) <= MOST[family.slug]
    assert one.brief_url.encode() in sent.body
