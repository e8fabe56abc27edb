"""http by its three versions, against a real Caddy; and the handshake of a WebSocket."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from tests.parts.caddy import Caddy
from tests.parts.certificates import Certificates
from tests.parts.conditions import started
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.websocket import FarSide, WebSocketServer
from tests.probes.contract.places import PLACES
from tests.probes.health.conftest import Ask
from watchtower.probes.http import Http


@pytest.fixture(scope="module")
def caddy(certificates: Certificates) -> Iterator[Caddy]:
    with started(Caddy(certificates.good)) as part:
        yield part


@pytest.mark.parametrize("version", ["1.1", "2", "3"])
async def test_it_says_which_version_was_spoken(
    ask: Ask, certificates: Certificates, caddy: Caddy, version: str
) -> None:
    reading = await ask(
        "http", url=caddy.url, ca_file=str(certificates.authority), http_version=version, body_matches="^ok$"
    )
    assert reading.outcome == "up", reading.detail
    assert reading.measurements["http_version"] == version
    assert reading.measurements["tls_days_left"] == pytest.approx(90, abs=0.1)
    assert float(reading.measurements["tls_seconds"] or 0) > 0


async def test_http_2_gives_way_and_http_3_does_not(ask: Ask, certificates: Certificates) -> None:
    trust = str(certificates.authority)
    with HttpServer(certificates.good) as old:
        old.on("/", Answer(200, "ok"))
        offered = await ask("http", url=old.url(), ca_file=trust, http_version="2")
        alone = await ask("http", url=old.url(), ca_file=trust, http_version="3", timeout=1.0)
    assert (offered.outcome, offered.measurements["http_version"]) == ("up", "1.1")
    assert alone.outcome == "down", "TCP is open there, UDP is not"
    assert alone.reason in ("refused", "reset", "timeout")


async def test_http_3_looks_at_the_certificate_too(ask: Ask, caddy: Caddy) -> None:
    reading = await ask("http", url=caddy.url, http_version="3")
    assert (reading.outcome, reading.reason) == ("down", "tls")


@pytest.mark.parametrize(
    ("url", "more", "says"),
    [
        ("http://a/", {"http_version": "3"}, "3 goes by QUIC, to https://"),
        ("https://a/", {"http_version": "3", "proxy": "http://p:1"}, "without a proxy"),
        ("wss://a/", {"http_version": "2"}, "only the handshake is checked"),
        ("ws://a/", {"body_matches": "x"}, "only the handshake is checked"),
        ("ws://a/", {"follow_redirects": True}, "only the handshake is checked"),
        ("ftp://a/", {}, "must be a whole http:// or https:// address"),
    ],
)
def test_what_cannot_go_together_is_refused_at_load(url: str, more: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Http.Settings.model_validate({"url": url, **more})


async def _silently(far: FarSide) -> None:
    await far.reader.read()


async def test_a_websocket_is_well_when_its_server_accepts_the_handshake(
    ask: Ask, certificates: Certificates
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.good.certificate, certificates.good.key)
    async with WebSocketServer(_silently) as server:
        plain = await ask("http", url=server.url, headers={"Origin": "https://shop.example"})
    async with WebSocketServer(_silently, tls=context) as server:
        over_tls = await ask("http", url=server.url, ca_file=str(certificates.authority))
    assert (plain.outcome, plain.measurements["status"]) == ("up", 101.0), plain.detail
    assert (over_tls.outcome, over_tls.measurements["status"]) == ("up", 101.0), over_tls.detail
    assert over_tls.measurements["tls_days_left"] == pytest.approx(90, abs=0.1)


async def test_a_websocket_that_is_refused_or_no_websocket_is_down(ask: Ask, http_server: HttpServer) -> None:
    http_server.on("/closed", Answer(503))
    http_server.on("/page", Answer(200, "<html>"))
    http_server.on("/key", Answer(401))
    wrong = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": "of another"}
    http_server.on("/other", Answer(101, "", wrong))
    url = http_server.url().replace("http:", "ws:")
    found = {path: await ask("http", url=url + path) for path in ("closed", "page", "other")}
    assert {path: f"{one.outcome} {one.reason}" for path, one in found.items()} == {
        "closed": "down status",
        "page": "down status",
        "other": "down handshake",
    }
    assert found["page"].detail == "HTTP 200, expected 101"
    asked = await ask("http", url=url + "key", headers={"Authorization": "Bearer tok-1"})
    assert (asked.outcome, asked.reason) == ("unknown", "credentials")
    with PLACES["hang"](None) as address:
        hangs = await ask("http", url=f"ws://{address}/", timeout=0.5)
    assert (hangs.outcome, hangs.reason) == ("down", "timeout")
