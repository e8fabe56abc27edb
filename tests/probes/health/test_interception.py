"""Traffic intercepted on the way: real probes look at real servers that are ours and then somebody else's, and the page
says what they saw, in both languages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.parts.certificates import Certificates
from tests.parts.httpserver import Answer, HttpServer
from tests.probes.health.nameserver import NameServer
from tests.scenarios.stage import RECORDERS, Played, written
from watchtower.core.events import Decision, PageQueued
from watchtower.core.plan import Plan
from watchtower.curl import CurlFleet
from watchtower.model import Observation, Reading
from watchtower.probes.contract import Probe, Services, Target
from watchtower.probes.registry import Registry

CHECKS = """
[flow.pay]
title = {{ en = "Pay", zh = "支付" }}
outside = ["pay-name", "pay-certificate", "pay-page"]

[[check]]
name = "pay-requests"
flow = "pay"
probe = "push"
every = "60s"

[[check]]
name = "pay-name"
probe = "dns"
domain = "pay.example"
servers = ["127.0.0.1:{ours}", "127.0.0.1:{theirs}"]
ask = "all"
own = ["203.0.113.0/24", "pay.cdn.example"]
every = "60s"

[[check]]
name = "pay-certificate"
probe = "tls"
address = "localhost:{tls}"
ca_file = "{trust}"
every = "60s"

[[check]]
name = "pay-page"
probe = "http"
url = "http://127.0.0.1:{page}/"
follow_redirects = true
content = "hosts"
every = "60s"
"""
RULES = """
[[rule]]
name = "pay-intercepted"
match = { check = "pay-requests" }
when = "reach.intercepted"
severity = "P0"
summary = { en = "{{ reach.evidence }}", zh = "{{ reach.evidence_zh }}" }
"""
PAGE = '<script src="https://cdn.pay.example/a.js"></script><form action="//pay.example/pay">'
INJECTED = f'{PAGE}<script src="//collect.example.net/card.js"></script>'


class World:
    """What is between us and the users, and the checks that look at it."""

    def __init__(self, plan: Plan, fleet: CurlFleet, page: HttpServer) -> None:
        self.it, self.page = Played(plan, "2026-03-02T00:00"), page
        registry = Registry.load(None)
        self.probes: dict[str, Any] = {
            name: registry.get(check.probe)(check.settings, Target(name, 60.0, 3.0))
            for name, check in plan.checks.items()
            if name != "pay-requests"
        }
        self._services = Services(curl=fleet)
        self.paged: list[str] = []
        """What pages say, in both languages."""

    async def look(self, minutes: int = 1) -> None:
        """Every check looks once a minute; users go on paying."""
        for _ in range(minutes):
            self.it.at += 60.0
            for name, probe in self.probes.items():
                assert isinstance(probe, Probe)
                await probe.open(self._services)
                reading: Reading = await probe.probe()
                self.it.replay.feed(Observation(name, self.it.at, reading))
            self.it.see("pay-requests", {"requests": 100.0}, 60.0)

    def hear(self, decision: Decision) -> None:
        if isinstance(decision, PageQueued):
            self.paged += [f"{why.text.en}\n{why.text.zh}" for why in decision.page.message.because]


@pytest.fixture
async def world(tmp_path: Path, certificates: Certificates) -> AsyncIterator[dict[str, Any]]:
    other = Certificates(_made(tmp_path / "other"), authority="Interceptor Ltd.")
    trust = tmp_path / "trust.pem"
    trust.write_bytes(certificates.authority.read_bytes() + other.authority.read_bytes())
    records = {"pay.example.": ["203.0.113.10"]}
    with (
        NameServer(dict(records)) as ours,
        NameServer(dict(records)) as theirs,
        HttpServer() as page,
    ):
        page.on("/", Answer(200, PAGE))
        tls = HttpServer(certificates.good)
        tls.__enter__()
        fleet = CurlFleet()
        fleet.start(asyncio.get_running_loop())
        text = CHECKS.format(ours=ours.port, theirs=theirs.port, tls=tls.port, page=page.port, trust=trust)
        made = World(written(_made(tmp_path / "plan"), text, RULES), fleet, page)
        RECORDERS.append(made.hear)
        yield {"world": made, "theirs": theirs, "tls": tls, "other": other, "certificates": certificates}
        RECORDERS.remove(made.hear)
        fleet.stop()
        tls.__exit__(None, None, None)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


async def test_a_foreign_dns_answer_pages_with_its_name_in_both_languages(world: dict[str, Any]) -> None:
    made: World = world["world"]
    await made.look(3)
    assert made.paged == []
    world["theirs"].records["pay.example."] = ["198.51.100.7"]
    await made.look(2)
    text = "\n".join(made.paged)
    assert "DNS answers are not ours (198.51.100.7 by 127.0.0.1)" in text
    assert "疑似流量劫持或误操作：pay-name：域名被解析到外部地址（198.51.100.7 by 127.0.0.1）" in text


async def test_another_issuer_and_an_injected_script_page_together(world: dict[str, Any]) -> None:
    made: World = world["world"]
    await made.look(6)
    made.page.on("/", Answer(200, INJECTED))
    await made.look(2)
    assert made.paged == [], "a new script alone may be our own"
    world["tls"].present(world["other"].good)
    await made.look(2)
    text = "\n".join(made.paged)
    assert (
        "pay-certificate: the certificate's issuer changed (Watchtower test authority → Interceptor Ltd.)"
        in text
    )
    assert "collect.example.net" in text
    assert "pay-page：页面内容变化" in text


async def test_a_renewal_another_edge_and_a_language_page_nobody(world: dict[str, Any]) -> None:
    made: World = world["world"]
    await made.look(6)
    world["tls"].present(world["certificates"].issue("renewed", days=90))
    world["theirs"].records["pay.example."] = ["203.0.113.77"]
    made.page.on("/", Answer.redirect("/zh/"))
    made.page.on("/zh/", Answer(200, PAGE))
    await made.look(6)
    assert made.paged == []
