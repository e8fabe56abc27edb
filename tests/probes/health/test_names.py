"""Names and addresses are compared as their standards say, and what could never be sent is refused at load."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.parts.certificates import Certificates
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.nginx import Nginx
from tests.parts.redis import RedisServer
from tests.probes.health.conftest import Ask
from tests.probes.health.nameserver import NameServer

SPF = "v=spf1 ip4:192.0.2.0/24 " + "include:Mail.example " * 20 + "-all"


def joined(text: str) -> str:
    """As it is sent: in strings of at most 255 bytes."""
    return " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))


@pytest.mark.parametrize(
    ("type", "records", "expect", "says"),
    [
        ("TXT", [joined(SPF)], [SPF], "up"),
        ("TXT", [joined(SPF)], [joined(SPF)], "up"),
        ("TXT", [joined(SPF)], [SPF.lower()], "down mismatch"),
        ("TXT", ['"token=AbC"'], ["token=abc"], "down mismatch"),
        ("TXT", ['"a \\"b\\""'], ['a "b"'], "up"),
        ("AAAA", ["2001:db8::1"], ["2001:0DB8:0:0:0:0:0:1"], "up"),
        ("AAAA", ["::ffff:192.0.2.1"], ["::ffff:c000:201"], "up"),
        ("MX", ["10 Mail.Example."], ["10  mail.example"], "up"),
        ("CNAME", ["Shop.CDN.example."], ["shop.cdn.example"], "up"),
    ],
)  # fmt: skip
async def test_records_are_compared_by_their_meaning(
    ask: Ask, type: str, records: list[str], expect: list[str], says: str
) -> None:
    with NameServer({"shop.example.": records}, type=type) as server:
        reading = await ask(
            "dns", servers=[f"127.0.0.1:{server.port}"], domain="shop.example", type=type, expect=expect
        )
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading


NEVER = [
    ("dns", {"domain": "a.example", "servers": ["ns.example"]}, "no IP address"),
    ("dns", {"domain": "a.example", "servers": ["ns.example:53"]}, "no IP address"),
    ("dns", {"domain": "a.example", "type": "AAAA", "expect": ["192.0.2.1"]}, "no AAAA record"),
    ("http", {"url": "http://a.example/", "headers": {"X Key": "1"}}, "no header's name"),
    ("http", {"url": "http://a.example/", "headers": {"X-名": "1"}}, "no header's name"),
    ("http", {"url": "http://a.example/", "headers": {"X:": "1"}}, "no header's name"),
    ("http", {"url": "http://a.example/", "headers": {"X-A": "1", "x-a": "2"}}, "there twice"),
    ("http", {"url": "http://a.example/", "headers": {"X-A": "1\r\nX-B: 2"}}, "a line's end"),
    ("http", {"url": "http://银行..example/"}, "must be a whole"),
    ("http", {"url": "http://a.example/", "connect_to": "银行.example"}, "match pattern"),
    ("http", {"url": "bank.example/health"}, "must be a whole"),
    ("metrics", {"url": "http://a.example/", "query": "a", "headers": {"X Key": "1"}}, "no header's name"),
    ("http", {"url": "http://a/", "json": [{"path": "a"}], "max_body_bytes": 64 << 20}, "max_body_bytes"),
]


@pytest.mark.parametrize(("kind", "settings", "says"), NEVER)
async def test_what_can_never_work_is_refused_at_load(
    ask: Ask, kind: str, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        await ask(kind, **settings)


async def test_a_chinese_path_header_and_password_are_sent_as_utf_8(
    ask: Ask, http_server: HttpServer
) -> None:
    http_server.on("/%E5%81%A5%E5%BA%B7", Answer(200))
    reading = await ask(
        "http", url=http_server.url("/健康?状态=a b".replace(" ", "%20")), headers={"X-Name": "张三"}, username="李", password="密码"
    )  # fmt: skip
    assert reading.outcome == "up", reading
    (request,) = http_server.requests
    assert request.headers["x-name"].encode("latin-1").decode() == "张三"
    assert list(request.query.values()) == [["a b"]]


async def test_a_chinese_host_is_looked_up_in_punycode(ask: Ask, http_server: HttpServer) -> None:
    http_server.on("/", Answer(200))
    reading = await ask("http", url="http://银行.example/", connect_to=f"127.0.0.1:{http_server.port}")
    assert reading.outcome == "up", reading
    assert http_server.requests[0].headers["host"] == "xn--jn2a72x.example"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


async def test_schemes_have_no_case(ask: Ask, certificates: Certificates, redis_server: RedisServer) -> None:
    with Nginx(certificates=certificates) as nginx:
        url = nginx.url(tls=True).replace("https://localhost", "HTTPS://LOCALHOST")
        reading = await ask("http", url=url, ca_file=str(certificates.authority))
    assert reading.outcome == "up", reading
    assert 88 < reading.measurements["tls_days_left"] < 91  # type: ignore[operator]
    assert (await ask("redis", url=f"REDIS://127.0.0.1:{redis_server.port}/0")).outcome == "up"


async def test_connect_to_is_for_the_first_host_only(ask: Ask, http_server: HttpServer) -> None:
    http_server.on("/", Answer.redirect(f"http://127.0.0.1:{http_server.port}/there"))
    http_server.on("/there", Answer(200))
    reading = await ask(
        "http", url="http://shop.invalid/", connect_to=f"127.0.0.1:{http_server.port}", follow_redirects=True
    )
    assert reading.outcome == "up", reading
    http_server.on("/", Answer.redirect("http://other.invalid/there"))
    reading = await ask(
        "http", url="http://shop.invalid/", connect_to=f"127.0.0.1:{http_server.port}", follow_redirects=True
    )
    assert reading.outcome == "down", reading
    assert reading.reason == "dns"


async def test_an_intermediate_that_ends_soon_is_seen_by_both(ask: Ask, certificates: Certificates) -> None:
    pair = certificates.issue("short", days=90, below=2)
    with Nginx(certificates=certificates, pair=pair) as nginx:
        ca = {"ca_file": str(certificates.authority)}
        by_http = await ask("http", url=nginx.url(tls=True), **ca)
        by_tls = await ask("tls", address=f"localhost:{nginx.tls_port}", **ca)
    for reading in (by_http, by_tls):
        assert reading.outcome == "up", reading
        assert 1.9 < reading.measurements["tls_days_left"] < 2.1  # type: ignore[operator]
    assert by_tls.measurements["subject"] == "CN=localhost"


async def test_only_an_intermediate_and_a_final_dot_mean_the_same_to_both(
    ask: Ask, certificates: Certificates
) -> None:
    pair = certificates.issue("mid", days=90, below=40)
    with Nginx(certificates=certificates, pair=pair) as nginx:
        ca = {"ca_file": str(certificates.directory / "mid-intermediate.pem")}
        by_http = await ask("http", url=nginx.url(tls=True).replace("localhost", "localhost."), **ca)
        by_tls = await ask("tls", address=f"127.0.0.1:{nginx.tls_port}", server_name="localhost.", **ca)
    assert (by_http.outcome, by_tls.outcome) == ("up", "up"), (by_http, by_tls)


async def test_redis_trusts_as_the_others_do_and_its_scheme_has_no_case(
    ask: Ask, certificates: Certificates
) -> None:
    pair = certificates.issue("redis", days=90, below=40)
    with RedisServer(pair=pair) as server:
        for file in (certificates.directory / "redis-intermediate.pem", certificates.authority):
            reading = await ask("redis", url=f"REDISS://localhost:{server.port}/0", ca_file=str(file))
            assert reading.outcome == "up", reading
        reading = await ask("redis", url=f"rediss://localhost:{server.port}/0")
    assert (reading.outcome, reading.reason) == ("down", "tls")
