"""http with an access token by client credentials: kept until it ends, asked for anew when refused, shown nowhere."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from tests.parts.httpserver import Answer, HttpServer, Request
from watchtower.curl import CurlFleet
from watchtower.model import Reading
from watchtower.probes.contract import Services, Target
from watchtower.probes.http import Http

SECRET, TOKEN = "s3cr3t/with+signs", "tok-2f81b6-never-shown"


class Shop:
    """An API that wants a token, and who gives one out."""

    def __init__(self, server: HttpServer, **oauth: Any) -> None:
        self.server, self.fleet = server, CurlFleet()
        self.token, self.wanted = TOKEN, TOKEN
        server.on("/api", self._api)
        server.on("/token", lambda _: Answer.json({"access_token": self.token, "expires_in": 3600}))
        given = {"token_url": server.url("/token"), "client_id": "watch tower", "client_secret": SECRET}
        table = {"url": server.url("/api"), "body_matches": "well", "oauth": {**given, **oauth}}
        self.probe = Http(Http.Settings.model_validate(table), Target("a-check", 15.0, 5.0))

    def _api(self, request: Request) -> Answer:
        said = request.headers.get("authorization")
        return Answer(200, "well") if said == f"Bearer {self.wanted}" else Answer(401, str(said))

    async def ask(self) -> Reading:
        if self.fleet._loop is None:
            self.fleet.start(asyncio.get_running_loop())
            await self.probe.open(Services(curl=self.fleet))
        reading = await self.probe.probe()
        assert SECRET not in f"{reading}{self.probe.settings!r}"
        assert TOKEN not in f"{reading}"
        return reading

    def asked(self) -> list[Request]:
        return self.server.requests_to("/token")


@pytest.fixture
def shops() -> Any:
    made: list[Shop] = []

    def make(server: HttpServer, **oauth: Any) -> Shop:
        made.append(Shop(server, **oauth))
        return made[-1]

    yield make
    for shop in made:
        shop.fleet.stop()


async def test_a_token_serves_many_runs(shops: Any, http_server: HttpServer) -> None:
    shop = shops(http_server, scope="read write")
    assert [(await shop.ask()).outcome for _ in range(3)] == ["up"] * 3
    [asked] = shop.asked()
    assert asked.form() == {"grant_type": "client_credentials", "scope": "read write"}
    login = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
    assert login == "watch+tower:s3cr3t%2Fwith%2Bsigns", "RFC 6749, 2.3.1"


async def test_the_secret_may_go_into_the_body(shops: Any, http_server: HttpServer) -> None:
    shop = shops(http_server, credentials="body", audience="https://api.example")
    assert (await shop.ask()).outcome == "up"
    [asked] = shop.asked()
    assert "authorization" not in asked.headers
    assert asked.form() == {
        "grant_type": "client_credentials",
        "audience": "https://api.example",
        "client_id": "watch tower",
        "client_secret": SECRET,
    }


async def test_a_token_that_is_refused_is_given_up(shops: Any, http_server: HttpServer) -> None:
    shop = shops(http_server)
    assert (await shop.ask()).outcome == "up"
    shop.token = shop.wanted = "another"
    refused = await shop.ask()
    assert (refused.outcome, refused.reason) == ("unknown", "credentials")
    assert (await shop.ask()).outcome == "up"
    assert len(shop.asked()) == 2


async def test_a_token_without_an_end_is_used_once(shops: Any, http_server: HttpServer) -> None:
    shop = shops(http_server)
    http_server.on("/token", Answer.json({"access_token": TOKEN}))
    assert [(await shop.ask()).outcome for _ in range(2)] == ["up"] * 2
    assert len(shop.asked()) == 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer.json({"error": "invalid_client"}, status=401), "credentials: the token endpoint refuses the client: invalid_client"),
        (Answer(400, "no JSON"), "credentials: the token endpoint refuses the client: HTTP 400"),
        (Answer(503), "token: no access token: HTTP 503"),
        (Answer.json({"token": TOKEN}), "token: the token endpoint's answer holds no access token"),
        (Answer.json({"access_token": f"{TOKEN}\r\nX: y"}), "token: the token endpoint's answer holds no access token"),
        (Answer(200, "<html>"), "token: no access token: the answer is no JSON"),
    ],
)  # fmt: skip
async def test_without_a_token_nothing_is_known(
    shops: Any, http_server: HttpServer, answer: Answer, says: str
) -> None:
    shop = shops(http_server)
    http_server.on("/token", answer)
    reading = await shop.ask()
    assert reading.outcome == "unknown"
    assert f"{reading.reason}: {reading.detail}" == says
    assert http_server.requests_to("/api") == []


def test_a_header_of_ones_own_beside_it_is_refused_at_load() -> None:
    oauth = {"token_url": "https://a/", "client_id": "a", "client_secret": "b"}
    with pytest.raises(ValueError, match="which headers has already"):
        Http.Settings.model_validate({"url": "https://a/", "oauth": oauth, "headers": {"authorization": "x"}})


async def test_checks_of_one_client_share_its_token(http_server: HttpServer) -> None:
    """Also at their first run, all at once; one of another scope has its own."""
    fleet = CurlFleet()
    fleet.start(asyncio.get_running_loop())
    services = Services(curl=fleet)
    http_server.on("/token", lambda _: Answer.json({"access_token": f"tok-{len(http_server.requests_to('/token'))}", "expires_in": 3600}))  # fmt: skip
    http_server.on("/api", Answer(200))
    client = {"token_url": http_server.url("/token"), "client_id": "w", "client_secret": SECRET}
    tables = [
        {"url": http_server.url("/api"), "oauth": {**client, **own}} for own in ({}, {}, {}, {"scope": "pay"})
    ]
    probes = [Http(Http.Settings.model_validate(one), Target("a-check", 15.0, 5.0)) for one in tables]
    for probe in probes:
        await probe.open(services)
    for _ in range(2):
        found = await asyncio.gather(*(probe.probe() for probe in probes))
        assert [one.outcome for one in found] == ["up"] * 4
    fleet.stop()
    assert sorted(one.form().get("scope", "") for one in http_server.requests_to("/token")) == ["", "pay"]
    given = {one.headers["authorization"] for one in http_server.requests_to("/api")}
    assert len(given) == 2
