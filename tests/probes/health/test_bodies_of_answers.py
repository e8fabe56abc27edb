"""What a real nginx sends, packed and in the character sets of this world, is read before it is judged."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from tests.parts.httpserver import Answer, HttpServer
from tests.parts.nginx import Nginx
from tests.probes.health.conftest import Ask

_LOCATIONS = """
    gzip_types *;
    location = /packed.json { gzip on; gzip_min_length 1; gzip_http_version 1.0; default_type application/json; }
    location = /gbk.html { types { } default_type "text/html; charset=gb2312"; }
    location = /meta.html { types { } default_type "text/html"; }
    location = /bom.json { types { } default_type application/json; }
"""
_ZH = "系统运行正常"
_ALWAYS = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def nginx() -> Iterator[Nginx]:
    with Nginx(_LOCATIONS) as server:
        pages = {
            "packed.json": ('{"state": "%s", "depth": "1,204.50"}' % (_ZH * 100)).encode(),
            "gbk.html": f"<html>{_ZH}</html>".encode("gbk"),
            "meta.html": f'<html><meta charset="gbk">{_ZH}</html>'.encode("gbk"),
            "bom.json": b"\xef\xbb\xbf" + b'{"state": "ok", "depth": 7}',
        }
        for name, content in pages.items():
            (server.www / name).write_bytes(content)
        yield server


@pytest.mark.parametrize(
    ("path", "settings"),
    [
        ("/packed.json", {"headers": _ALWAYS, "body_matches": _ZH}),
        ("/packed.json", {"headers": _ALWAYS, "json": [{"path": "depth", "min": 1204, "max": 1205}]}),
        ("/gbk.html", {"body_matches": f"{_ZH}</html>$"}),
        ("/meta.html", {"body_matches": _ZH}),
        ("/bom.json", {"json": [{"path": "state", "equals": "ok"}], "measure": {"depth": "depth"}}),
    ],
)
async def test_it_is_well(ask: Ask, nginx: Nginx, path: str, settings: dict[str, Any]) -> None:
    reading = await ask("http", url=nginx.url(path), **settings)
    assert (reading.outcome, reading.detail) == ("up", "")


PACKED = gzip.compress(b'{"a": "1"}')


@pytest.mark.parametrize(
    ("answer", "settings", "says"),
    [
        (Answer(200, PACKED, {"Content-Encoding": "br"}), {"body_matches": "a"}, "unknown encoding"),
        (Answer(200, PACKED[:-8], {"Content-Encoding": "gzip"}), {"body_matches": "a"}, "down garbage"),
        (Answer(503, b"sorry", {"Content-Encoding": "gzip"}), {"body_matches": "a"}, "down status"),
        (
            Answer(200, gzip.compress(b"\0" * (64 << 20), 1), {"Content-Encoding": "gzip"}),
            {"body_matches": "a"},
            "down too_large",
        ),
        (
            Answer(200, b"\xd5\xfd", {"Content-Type": "text/html; charset=x-unheard-of"}),
            {"body_matches": "a"},
            "unknown charset",
        ),
        (
            Answer(200, "a-" + "9" * 500_000, {"Content-Type": "text/html; charset=punycode"}),
            {"body_matches": "a"},
            "up",
        ),
        (Answer(200, "[" * 100_000), {"json": [{"path": "a"}]}, "down garbage"),
        (Answer(200, '{"a": ' + "9" * 100_000 + "}"), {"json": [{"path": "a"}]}, "down garbage"),
        (Answer(200, '{"a": 1e400}'), {"json": [{"path": "floor(a)", "min": 1}]}, "down json"),
        (Answer(200, '{"a": "0,95"}'), {"json": [{"path": "a", "max": 100}]}, "down json"),
    ],
)
async def test_what_cannot_be_read_is_told_from_what_is_wrong(
    ask: Ask, http_server: HttpServer, answer: Answer, settings: dict[str, Any], says: str
) -> None:
    http_server.on("/", answer)
    reading = await ask("http", url=http_server.url("/"), **settings)
    assert f"{reading.outcome} {reading.reason}".strip() == says, reading


async def test_numbers_that_are_not_wholly_understood_are_not_known(
    ask: Ask, http_server: HttpServer
) -> None:
    texts = ["0,95", "1.828,72", "1,204", "2K", "1e5", "NaN", "", True, [1], "1_000", "１２"]
    http_server.on("/", Answer.json({"values": texts}))
    paths = {f"m{n}": f"values[{n}]" for n in range(len(texts))}
    reading = await ask("http", url=http_server.url("/"), measure=paths)
    assert reading.outcome == "up"
    assert [reading.measurements[name] for name in paths] == [None] * len(texts)


@pytest.mark.parametrize(
    ("pattern", "body"),
    [
        (r"<body>(.|\s)*OK(.|\s)*</body>", "<html><body>" + " " * 25 + "maintenance</body></html>"),
        ("status.*ok", "status " * 140_000),
    ],
)
async def test_no_page_holds_the_loop(ask: Ask, http_server: HttpServer, pattern: str, body: str) -> None:
    http_server.on("/", Answer(200, body))
    reading = await ask("http", url=http_server.url("/"), body_matches=pattern)
    assert (reading.outcome, reading.reason) == ("down", "body")


async def test_more_headers_than_anybody_sends_are_no_fault_of_ours(
    ask: Ask, http_server: HttpServer
) -> None:
    http_server.on("/", Answer(200, b"", {f"X-{n}": "a" for n in range(6000)}))
    reading = await ask("http", url=http_server.url("/"))
    assert (reading.outcome, reading.reason) == ("down", "protocol")
