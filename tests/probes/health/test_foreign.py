"""What is not ours: foreign DNS answers, certificates of others, pages that lead elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parts.certificates import Certificates
from tests.parts.httpserver import Answer, HttpServer
from tests.probes.health.conftest import Ask
from tests.probes.health.nameserver import NameServer
from watchtower.probes.dns import Dns
from watchtower.probes.dns_own import ServerAnswer, _own, foreign, named
from watchtower.probes.page_hosts import content_of, hosts_of

PAGE = """<script src='https://cdn.shop.example/a.js'></script> <FORM action="//pay.shop.example:8443/go">
<a href="https://partner.example.net/">a link is no content</a> <img src=https://img.example.net/x.png>"""
INJECTED = PAGE + "<script\n async src = 'https://collect.example.net/card.js'>"


@pytest.mark.parametrize(
    ("own", "answers", "found"),
    [
        ([], [("NOERROR", ["203.0.113.1"]), ("NOERROR", ["203.0.113.9"])], []),  # a CDN
        (["203.0.113.0/24"], [("NOERROR", ["203.0.113.1"]), ("NOERROR", ["203.0.113.9"])], []),
        (["203.0.113.0/24"], [("NOERROR", ["203.0.113.1", "198.51.100.7"])], ["198.51.100.7 by s0"]),
        (["203.0.113.0/24"], [("NOERROR", ["2001:db8::1"])], ["2001:db8::1 by s0"]),
        (["shop.cdn.example"], [("NOERROR", ["198.51.100.7"])], ["198.51.100.7 by s0"]),
        ([], [("NOERROR", ["8.8.8.8"]), ("NOERROR", ["127.0.0.1"])], ["127.0.0.1 by s1"]),  # as blockers do
        ([], [("NOERROR", ["10.0.0.1"]), ("NOERROR", ["10.0.0.2"])], []),  # a name inside
        ([], [("NOERROR", ["8.8.8.8"]), ("NXDOMAIN", [])], ["no such name by s1"]),
        ([], [("NXDOMAIN", []), ("NXDOMAIN", [])], []),
        ([], [("NOERROR", ["8.8.8.8"]), ("SERVFAIL", [])], []),
    ],
)
def test_whose_an_answer_is(own: list[str], answers: list[Any], found: list[str]) -> None:
    said = [ServerAnswer(f"s{at}", rcode, records, []) for at, (rcode, records) in enumerate(answers)]
    assert foreign(said, [_own(one) for one in own]) == found


def test_an_alias_of_ours_may_lead_anywhere_and_many_are_not_all_named() -> None:
    aliased = ServerAnswer("s", "NOERROR", ["198.51.100.7"], ["shop.cdn.example"])
    assert foreign([aliased], [_own("*.cdn.example")]) == []
    assert foreign([aliased], [_own("dn.example")]) == ["198.51.100.7 by s"]
    assert named([f"{n} by s" for n in range(7)]) == "0 by s, 1 by s, 2 by s, 3 by s, 4 by s, 2 more"


async def test_all_name_servers_are_asked_and_the_foreign_one_is_named(ask: Ask) -> None:
    with (
        NameServer({"shop.example.": ["203.0.113.1"]}) as good,
        NameServer({"shop.example.": ["198.51.100.7"]}) as bad,
        NameServer({}, silent=True) as silent,
    ):
        servers = [f"127.0.0.1:{one.port}" for one in (good, bad, silent)]
        given: dict[str, Any] = {"domain": "shop.example", "ask": "all", "timeout": 0.5}
        reading = await ask("dns", servers=servers, own=["203.0.113.0/24"], **given)
        well = await ask("dns", servers=[servers[0], servers[2]], own=["203.0.113.0/24"], **given)
        none = await ask("dns", servers=[servers[2]], **given)
        first = await ask("dns", domain="shop.example", servers=servers[1:2], own=["203.0.113.0/24"])
    assert (reading.outcome, reading.reason) == ("down", "foreign")
    assert reading.detail == "A of shop.example: not ours are 198.51.100.7 by 127.0.0.1"
    assert reading.measurements["foreign_answers"] == "198.51.100.7 by 127.0.0.1"
    assert (well.outcome, well.measurements["foreign"], well.measurements["silent_servers"]) == (
        "up",
        0.0,
        1.0,
    )
    assert (none.outcome, none.reason) == ("down", "timeout")
    assert (first.outcome, first.reason) == ("down", "foreign")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"own": ["203.0.113.0/33"]}, "is neither a network nor a name"),
        ({"own": ["1.2.3"]}, "is neither a network nor a name"),
        ({"own": ["a.example"], "type": "MX"}, "it is for the types A and AAAA"),
    ],
)
def test_wrong_settings_are_refused_at_load(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Dns.Settings.model_validate({"domain": "a.example", **settings})


async def test_a_trusted_certificate_of_another_issuer_or_key_is_down(
    ask: Ask, certificates: Certificates
) -> None:
    with HttpServer(certificates.good) as server:
        given = {"address": f"localhost:{server.port}", "ca_file": str(certificates.authority)}
        seen = (await ask("tls", **given)).measurements
        ours = await ask(
            "tls", **given, issuers=["watchtower TEST authority"], keys=[str(seen["key_fingerprint"])]
        )
        issuer = await ask("tls", **given, issuers=["Let's Encrypt"])
        key = await ask("tls", **given, keys=["0" * 64])
    assert seen["issuer_name"] == "Watchtower test authority"
    assert ours.outcome == "up"
    assert (issuer.outcome, issuer.reason) == ("down", "issuer")
    assert "its issuer_name is Watchtower test authority, which is not among" in issuer.detail
    assert (key.outcome, key.reason, key.measurements["protocol"]) == ("down", "key", "TLSv1.3")


async def test_a_redirect_to_a_host_that_is_not_ours_is_down_followed_or_not(ask: Ask) -> None:
    with HttpServer() as shop, HttpServer() as other:
        other.on("/", Answer(200, "an advertisement"))
        away = f"http://127.0.0.1:{other.port}/"
        shop.on("/away", Answer.redirect(away))
        shop.on("/zh", Answer.redirect("/zh/"))
        shop.on("/zh/", Answer(200, "你好"))
        base = f"http://localhost:{shop.port}"
        followed = await ask("http", url=f"{base}/away", follow_redirects=True, own_hosts=["shop.example"])
        pointed = await ask("http", url=f"{base}/away", own_hosts=["shop.example"], status=302)
        own = await ask("http", url=f"{base}/away", follow_redirects=True, own_hosts=["127.0.0.1"])
        language = await ask("http", url=f"{base}/zh", follow_redirects=True, own_hosts=["shop.example"])
        unasked = await ask("http", url=f"{base}/away", follow_redirects=True)
    for reading in (followed, pointed):
        assert (reading.outcome, reading.reason) == ("down", "foreign_redirect")
        assert reading.detail == "it redirects to 127.0.0.1, which is not ours"
        assert reading.measurements["final_host"] == "127.0.0.1"
    assert own.outcome == language.outcome == unasked.outcome == "up"
    assert (unasked.measurements["final_host"], language.measurements["final_host"]) == (
        "127.0.0.1",
        "localhost",
    )


async def test_a_page_that_loads_from_others_is_named(ask: Ask, http_server: HttpServer) -> None:
    url = http_server.url()
    http_server.on("/", Answer(200, PAGE))
    well = await ask("http", url=url, own_hosts=["shop.example"], content="hosts")
    http_server.on("/", Answer(200, INJECTED))
    injected = await ask("http", url=url, own_hosts=["shop.example"], content="hosts")
    unasked = await ask("http", url=url, content="exact")
    assert (well.outcome, well.measurements["content"]) == ("up", "cdn.shop.example pay.shop.example")
    assert (injected.outcome, injected.reason) == ("down", "foreign_content")
    assert injected.detail == "the page loads from collect.example.net, which is not ours"
    assert injected.measurements["content"] == "cdn.shop.example collect.example.net pay.shop.example"
    assert unasked.outcome == "up"
    assert len(str(unasked.measurements["content"])) == 64


def test_a_page_is_read_in_linear_time_and_its_hosts_are_bounded() -> None:
    assert hosts_of('<meta http-equiv=refresh content="0; url=http://a.example/">') == ["a.example"]
    assert hosts_of("<script src=" * 80_000) == []
    many = [f"host-{number}.example" for number in range(100)]
    assert len(content_of("", many, "hosts")) == 64
