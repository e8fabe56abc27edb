"""domain, by documented RDAP answers: RFC 9083 (5.3), RFC 9224 (4), and the shape of ICANN's response profile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.health.conftest import Ask


def registration(days: float | None = 200, **changed: Any) -> dict[str, Any]:
    """As registries answer by ICANN's profile."""
    events = [{"eventAction": "registration", "eventDate": "2000-01-01T00:00:00Z"}]
    if days is not None:
        ends = datetime.now(UTC) + timedelta(days=days)
        events += [
            {"eventAction": "registrar expiration", "eventDate": "2001-01-01T00:00:00Z"},
            {"eventAction": "expiration", "eventDate": ends.strftime("%Y-%m-%dT%H:%M:%SZ")},
        ]
    registrar = {
        "objectClassName": "entity",
        "handle": "292",
        "roles": ["registrar"],
        "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "A Registrar Ltd."]]],
    }
    return {
        "rdapConformance": ["rdap_level_0", "icann_rdap_response_profile_1"],
        "objectClassName": "domain",
        "ldhName": "SHOP.EXAMPLE",
        "status": ["client delete prohibited", "client transfer prohibited"],
        "events": events,
        "entities": [registrar],
        "nameservers": [
            {"objectClassName": "nameserver", "ldhName": "NS2.SHOP.EXAMPLE"},
            {"objectClassName": "nameserver", "ldhName": "ns1.shop.example"},
        ],
        **changed,
    }


RFC_9083 = {
    "objectClassName": "domain",
    "handle": "XXXX",
    "ldhName": "xn--fo-5ja.example",
    "unicodeName": "fóo.example",
    "status": ["locked", "transfer prohibited"],
    "publicIds": [{"type": "ENS_Auth ID", "identifier": "1234567890"}],
    "nameservers": [
        {
            "objectClassName": "nameserver",
            "handle": "XXXX",
            "ldhName": "ns1.example.com",
            "status": ["active"],
        },
        {
            "objectClassName": "nameserver",
            "handle": "XXXX",
            "ldhName": "ns2.example.com",
            "status": ["active"],
        },
    ],
    "events": [
        {"eventAction": "registration", "eventDate": "1990-12-31T23:59:59Z"},
        {"eventAction": "last changed", "eventDate": "1991-12-31T23:59:59Z", "eventActor": "joe@example.com"},
        {"eventAction": "transfer", "eventDate": "1991-12-31T23:59:59Z", "eventActor": "joe@example.com"},
        {"eventAction": "expiration", "eventDate": "2016-12-31T23:59:59Z", "eventActor": "joe@example.com"},
    ],
    "entities": [{"objectClassName": "entity", "handle": "XXXX", "roles": ["registrant"]}],
}


async def test_the_rfcs_own_example_is_read_as_one_that_has_ended(ask: Ask, http_server: HttpServer) -> None:
    http_server.on("/rdap/domain/xn--fo-5ja.example", Answer.json(RFC_9083))
    reading = await ask("domain", domain="fóo.example", server_url=http_server.url("/rdap/"))
    assert (reading.outcome, reading.reason) == ("down", "expired")
    assert float(reading.measurements.pop("domain_days_left")) < -3000
    assert reading.measurements == {
        "states": "locked, transfer prohibited",
        "locked": True,
        "registrar": None,
        "name_servers": "ns1.example.com, ns2.example.com",
    }


async def test_the_server_is_found_by_the_longest_suffix_that_is_listed(
    ask: Ask, http_server: HttpServer
) -> None:
    services = [
        [["net", "com"], ["http://127.0.0.1:1/"]],
        [["example"], ["ftp://nowhere/", http_server.url("/wrong/")]],
        [["shop.example"], [http_server.url("/of-shop/")]],
    ]
    http_server.on("/dns.json", Answer.json({"version": "1.0", "services": services}))
    http_server.on("/of-shop/domain/shop.example", Answer.redirect(http_server.url("/there")))
    http_server.on("/there", Answer.json(registration()))
    reading = await ask("domain", domain="Shop.Example", bootstrap_url=http_server.url("/dns.json"))
    assert reading.outcome == "up", reading.detail
    assert reading.measurements.pop("domain_days_left") == pytest.approx(200, abs=0.1)
    assert reading.measurements == {
        "states": "client delete prohibited, client transfer prohibited",
        "locked": True,
        "registrar": "A Registrar Ltd.",
        "name_servers": "ns1.shop.example, ns2.shop.example",
    }
    none = await ask("domain", domain="shop.cn", bootstrap_url=http_server.url("/dns.json"))
    assert (none.outcome, none.reason) == ("unknown", "no_rdap")
    assert "no RDAP server is listed for .cn: name one by `server_url`" in none.detail


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer.json(registration(status=["clientHold"])), "down on_hold"),
        (Answer.json(registration(status=["server hold", "client transfer prohibited"])), "down on_hold"),
        (Answer.json(registration(status=["redemption period", "pending delete"])), "down redemption"),
        (Answer.json(registration(status=["pending delete"])), "down redemption"),
        (Answer.json(registration(status=["auto renew period"])), "up"),
        (Answer.json(registration(status="active")), "up"),
        (Answer.json(registration(-1)), "down expired"),
        (Answer.json(registration(None)), "unknown no_expiration"),
        (
            Answer.json(registration(events=[{"eventAction": "expiration", "eventDate": "soon"}])),
            "unknown no_expiration",
        ),
        (Answer.json(registration(ldhName="other.example")), "unknown garbage"),
        (Answer.json([1]), "unknown garbage"),
        (Answer(200, "<html>"), "unknown garbage"),
        (Answer(200, b"x" * (2 << 20)), "unknown too_large"),
        (Answer.json({"errorCode": 404}, status=404), "down not_registered"),
        (Answer(429), "unknown limited"),
        (Answer(503), "unknown status"),
    ],
)
async def test_every_answer_has_its_own_word(
    ask: Ask, http_server: HttpServer, answer: Answer, says: str
) -> None:
    http_server.on("/domain/shop.example", answer)
    reading = await ask("domain", domain="shop.example", server_url=http_server.url())
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading.detail
    assert reading.outcome == "up" or reading.detail


async def test_a_domain_that_may_be_carried_off_is_measured(ask: Ask, http_server: HttpServer) -> None:
    http_server.on("/domain/shop.example", Answer.json(registration(status=["active"])))
    reading = await ask("domain", domain="shop.example", server_url=http_server.url())
    assert reading.measurements["locked"] is False


async def test_the_list_of_servers_is_asked_for_once(http_server: HttpServer) -> None:
    import asyncio

    from watchtower.curl import CurlFleet
    from watchtower.probes.contract import Services, Target
    from watchtower.probes.domain import Domain

    http_server.on("/dns.json", Answer.json({"services": [[["example"], [http_server.url("/r")]]]}))
    http_server.on("/r/domain/shop.example", Answer.json(registration()))
    fleet = CurlFleet()
    fleet.start(asyncio.get_running_loop())
    settings = Domain.Settings.model_validate(
        {"domain": "shop.example", "bootstrap_url": http_server.url("/dns.json")}
    )
    probe = Domain(settings, Target("a-check", 60.0, 5.0))
    await probe.open(Services(curl=fleet))
    assert [(await probe.probe()).outcome for _ in range(3)] == ["up"] * 3
    fleet.stop()
    assert len(http_server.requests_to("/dns.json")) == 1
