"""By which names the server may be asked, how many at once, and what is written down."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.web.conftest import Site
from tests.web.fake import TOKEN, FakeDaemon
from tests.web.test_server import Slow
from watchtower.api.auth import Access
from watchtower.api.hosts import Hosts
from watchtower.web.app import application
from watchtower.web.guard import AT_ONCE
from watchtower.web.server import WebServer

HOSTS = Hosts.of("https://Watch.example/wt", "0.0.0.0", ["wt.internal", " More.example. "])
KNOWN = [
    "watch.example", "WATCH.EXAMPLE:443", "watch.example.", "localhost:9464", "127.0.0.1:9464", "[::1]:9464", "10.2.3.4",
    "wt.internal", "more.example", "[fe80::1]", "192.168.0.7:80",
]  # fmt: skip
UNKNOWN = [
    "evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example", "watch.example.evil.example",
    "evil@watch.example", "watch.example/..", "watch.example#x", "", "127.0.0.1:x", "[::1", "0x7f.1.evil", "watch.example:80:80",
    "xn--wtch-0na.example", "watch.example, evil.example",
]  # fmt: skip


@pytest.mark.parametrize("host", KNOWN)
def test_known(host: str) -> None:
    assert HOSTS.known([host])


@pytest.mark.parametrize("host", UNKNOWN)
def test_unknown(host: str) -> None:
    assert not HOSTS.known([host])


def test_several_hosts_are_none_and_none_is_no_browser() -> None:
    assert not HOSTS.known(["watch.example", "evil.example"])
    assert HOSTS.known([])


@pytest.mark.parametrize(
    "path", ["/", "/incidents/INC-12", "/api/v1/incidents", "/metrics", "/ack/x", "/static/board.js"]
)
async def test_a_strangers_name_is_not_answered(site: Site, path: str) -> None:
    answer = await site.get(path, headers={"Host": "evil.example"})
    assert answer.status_code == 421
    assert "WATCHTOWER_HOSTS" in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_ask_by_any_name(site: Site, path: str) -> None:
    assert (await site.get(path, headers={"Host": "whatever.example"})).status_code == 200


async def test_when_too_many_ask_at_once_the_important_is_answered(access: Access) -> None:
    daemon = Slow()
    server = WebServer(application(daemon, access), "127.0.0.1:0")
    await server.start()
    site = Site(server.port)
    try:
        asking = [asyncio.create_task(site.post("/-/reload", token=TOKEN)) for _ in range(AT_ONCE)]
        while daemon.waiting < AT_ONCE:
            await asyncio.sleep(0.01)
        busy = await site.get("/api/v1/incidents")
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await site.get(path)).status_code == 200
        assert (await site.post("/push/business", token=TOKEN, json={"requests": 1})).status_code == 202
        assert (await site.get("/ack/x")).status_code == 404
        daemon.go_on.set()
        assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}
        assert (await site.get("/api/v1/incidents")).status_code == 200
    finally:
        await server.stop()


def said(text: str, event: str) -> list[Mapping[str, Any]]:
    lines = (json.loads(line) for line in text.splitlines() if line.startswith("{"))
    return [line for line in lines if line.get("event") == event]


async def test_changes_are_written_down_with_their_address_and_links_are_not(
    site: Site, json_log: io.StringIO
) -> None:
    await site.post(
        "/api/v1/incidents/INC-12/do/note", token=TOKEN, json={"by": "li", "fields": {"text": "x"}}
    )
    await site.post("/ack/secretsecret/do/note")
    await site.get("/" + "x" * 6000)
    heard = json_log.getvalue()
    first, second = said(heard, "http_change")
    assert (first["by"], first["client"], first["status"]) == ("li", "127.0.0.1", 200)
    assert (second["path"], second["status"]) == ("/ack/…", 404)
    assert "secretsecret" not in heard
    assert max(map(len, heard.splitlines()), default=0) < 1000


async def test_wrong_tokens_are_refused_ten_times_then_later_and_logged_once(
    site: Site, daemon: FakeDaemon, json_log: io.StringIO
) -> None:
    answers = [await site.post("/-/reload", token="wrong-" * 4) for _ in range(12)]
    answers += [
        await site.post("/incidents/INC-12/ack", data={"by": "li", "token": "wrong"}) for _ in range(3)
    ]
    assert [each.status_code for each in answers] == [401] * 10 + [429] * 5
    assert answers[-1].headers["Retry-After"] == "60"
    # Whoever has the right one is not shut out by whoever shares the address.
    assert (await site.post("/-/reload", token=TOKEN)).status_code == 200
    refused = said(json_log.getvalue(), "access_refused")
    assert [(each["count"], each["client"]) for each in refused] == [(1, "127.0.0.1"), (11, "127.0.0.1")]


class TestBehindAProxy:
    async def test_the_address_is_whom_a_trusted_proxy_names(
        self, daemon: FakeDaemon, access: Access, json_log: io.StringIO
    ) -> None:
        for proxies, seen in ((["127.0.0.0/8"], "203.0.113.9"), ([], "127.0.0.1")):
            server = WebServer(application(daemon, access), "127.0.0.1:0", proxies)
            await server.start()
            try:
                headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
                await Site(server.port).post("/-/reload", token=TOKEN, headers=headers)
            finally:
                await server.stop()
            assert said(json_log.getvalue(), "http_change")[-1]["client"] == seen
