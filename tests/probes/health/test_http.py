"""What the http probe calls well, what down, and what it cannot tell."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from tests.parts.certificates import Certificates
from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.probes.health.conftest import Ask
from watchtower.probes.http import Http
from watchtower.probes.http_answer import Statuses

QUEUE = Answer.json({"status": "ok", "queues": [{"depth": 7}], "sum": "1,204.50", "live": True, "none": None})

# settings -> "outcome reason", and what of the sentence matters
EXPECTATIONS = [
    ({}, "up", ""),
    ({"status": 200}, "up", ""),
    ({"status": "200-299"}, "up", ""),
    ({"status": [301, "5xx"]}, "down status", "HTTP 200, expected 301, 5xx"),
    ({"header_matches": {"Content-Type": "json$"}}, "up", ""),
    ({"header_matches": {"content-type": "xml"}}, "down header", "content-type does not match xml"),
    ({"header_matches": {"x-none": "."}}, "down header", "has no header x-none"),
    ({"body_matches": '"status": *"ok"'}, "up", ""),
    ({"body_matches": "maintenance"}, "down body", "does not hold maintenance"),
    ({"body_not_matches": "maintenance"}, "up", ""),
    ({"body_not_matches": "o[k]"}, "down body", "holds o[k]"),
    ({"json": [{"path": "status"}]}, "up", ""),
    ({"json": [{"path": "status", "equals": "ok"}]}, "up", ""),
    ({"json": [{"path": "status", "equals": "bad"}]}, "down json", "status is not what it should be"),
    ({"json": [{"path": "live", "equals": True}]}, "up", ""),
    ({"json": [{"path": "live", "equals": 1}]}, "down json", ""),  # JSON's true is not 1
    ({"json": [{"path": "queues[0].depth", "min": 7, "max": 7}]}, "up", ""),
    ({"json": [{"path": "queues[0].depth", "max": 5}]}, "down json", "queues[0].depth is 7, above 5"),
    ({"json": [{"path": "queues[0].depth", "min": 8}]}, "down json", "is 7, below 8"),
    ({"json": [{"path": "length(queues)", "equals": 1}]}, "up", ""),
    ({"json": [{"path": "sum", "min": 1204.5}]}, "up", ""),
    ({"json": [{"path": "status", "min": 1}]}, "down json", "is no number"),
    ({"json": [{"path": "missing"}]}, "down json", "missing is not there"),
    ({"json": [{"path": "none"}]}, "down json", "none is not there"),
    ({"json": [{"path": "missing", "exists": False}]}, "up", ""),
    ({"json": [{"path": "status", "exists": False}]}, "down json", "status is there"),
    ({"json": [{"path": "abs(status)", "min": 1}]}, "down json", "does not fit"),
]


@pytest.mark.parametrize(("settings", "says", "sentence"), EXPECTATIONS)
async def test_judges_an_answer(
    ask: Ask, http_server: HttpServer, settings: dict[str, Any], says: str, sentence: str
) -> None:
    http_server.on("/", QUEUE)
    reading = await ask("http", url=http_server.url("/"), **settings)
    assert f"{reading.outcome} {reading.reason}".strip() == says
    assert sentence in reading.detail
    assert reading.measurements["status"] == 200.0, "an answer that is wrong was measured all the same"
    assert reading.measurements["latency"] > 0  # type: ignore[operator]


async def test_measures_numbers_of_the_answer_and_says_nothing_of_those_that_are_not_there(
    ask: Ask, http_server: HttpServer
) -> None:
    http_server.on("/", QUEUE)
    paths = {
        "depth": "queues[0].depth",
        "total": "sum",
        "gone": "nowhere",
        "text": "status",
        "bad": "abs(status)",
    }
    reading = await ask("http", url=http_server.url("/"), measure=paths)
    found = {name: reading.measurements[name] for name in paths}
    assert found == {"depth": 7.0, "total": 1204.5, "gone": None, "text": None, "bad": None}
    assert reading.outcome == "up"


async def test_an_answer_that_is_no_json_is_garbage_only_where_json_matters(
    ask: Ask, http_server: HttpServer
) -> None:
    http_server.on("/", Answer(200, "<html>"), Answer(200, "<html>"), Answer(200, "[" * 100_000))
    assert (await ask("http", url=http_server.url("/"))).outcome == "up"
    for _ in range(2):
        assert (await ask("http", url=http_server.url("/"), measure={"x": "x"})).reason == "garbage"


async def test_reads_the_charset_that_the_answer_names(ask: Ask, http_server: HttpServer) -> None:
    body = "支付正常".encode("gbk")
    http_server.on("/gbk", Answer(200, body, {"Content-Type": "text/html; charset=GBK"}))
    http_server.on("/odd", Answer(200, b"ok", {"Content-Type": "text/html; charset=no-such"}))
    assert (await ask("http", url=http_server.url("/gbk"), body_matches="支付正常")).outcome == "up"
    assert (await ask("http", url=http_server.url("/odd"), body_matches="ok")).outcome == "up"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "down status"),  # nobody asked us to log in: the target has changed
        ({"username": "watch", "password": "wrong-word"}, "unknown credentials"),
        ({"headers": {"Authorization": "Bearer wrong-word"}}, "unknown credentials"),
        ({"headers": {"X-Api-Key": "wrong-word"}}, "unknown credentials"),
        ({"headers": {"Accept": "text/html"}}, "down status"),
        ({"username": "watch", "password": "wrong-word", "status": 401}, "up"),
    ],
)
async def test_refused_credentials_are_our_own_trouble(
    ask: Ask, http_server: HttpServer, settings: dict[str, Any], says: str
) -> None:
    http_server.on("/", Answer(401))
    reading = await ask("http", url=http_server.url("/"), **settings)
    assert f"{reading.outcome} {reading.reason}".strip() == says
    assert "wrong-word" not in repr(reading)


async def test_a_redirect_that_is_not_followed_is_explained_without_its_query(
    ask: Ask, http_server: HttpServer
) -> None:
    http_server.on("/", Answer.redirect("https://login.example/in?session=abcdef"))
    reading = await ask("http", url=http_server.url("/"))
    assert "redirects to https://login.example/in (follow_redirects is false)" in reading.detail
    assert "abcdef" not in reading.detail


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("http://bank.example:99999999/", "protocol"),
        ("http://[bank/", "protocol"),
        ("http://bank example/", "protocol"),
        ("http://%00/", "protocol"),
        ("http://b\xe4nk.invalid/", "dns"),
        ("file:///etc/passwd", "protocol"),
        ("javascript:alert(1)", "protocol"),
        ("http://no-such-name.invalid/", "dns"),
        ("http://127.0.0.1:1/", "refused"),
    ],
)
async def test_a_redirect_to_nowhere_is_the_targets_fault(
    ask: Ask, http_server: HttpServer, location: str, says: str
) -> None:
    http_server.on("/", Answer.redirect(location))
    reading = await ask("http", url=http_server.url("/"), follow_redirects=True)
    assert (reading.outcome, reading.reason) == ("down", says)
    assert "None" not in (await ask("http", url=http_server.url("/"))).detail
    if says == "dns":
        assert reading.detail.endswith(".invalid: there is no such name")


@pytest.mark.parametrize("path", ["/产品", "/%E4%BA%A7%E5%93%81", "/caf\xe9?q=\xff"])
async def test_a_redirect_to_a_path_beyond_ascii_is_followed(
    ask: Ask, http_server: HttpServer, path: str
) -> None:
    raw = path.encode("latin-1" if path.isascii() or "\xe9" in path else "utf-8")
    http_server.on("/", Answer.redirect(raw.decode("latin-1")))
    http_server.on(quote(raw.partition(b"?")[0], safe="/%"), Answer(200, "there"))
    reading = await ask("http", url=http_server.url("/"), follow_redirects=True, body_matches="there")
    assert reading.outcome == "up", reading.detail


async def test_long_answers_matter_only_where_the_body_does(ask: Ask, http_server: HttpServer) -> None:
    http_server.on("/", Answer(200, "x" * 5000))
    unread = await ask("http", url=http_server.url("/"), max_body_bytes=100)
    assert (unread.outcome, unread.measurements["body_bytes"]) == ("up", 5000.0)
    reading = await ask("http", url=http_server.url("/"), max_body_bytes=100, body_matches="x")
    assert (reading.outcome, reading.reason) == ("down", "too_large")


async def test_phases_that_ended_are_measured_also_when_a_later_one_failed(
    ask: Ask, http_server: HttpServer
) -> None:
    http_server.on("/", Answer(200, fault=Fault.HANG))
    reading = await ask("http", url=http_server.url("/"), timeout=0.3)
    assert reading.reason == "timeout"
    assert reading.detail == "connected, but no answer within 0.3 s"
    assert reading.measurements.keys() == {"dns_seconds", "connect_seconds"}


async def test_a_name_that_is_not_there_is_the_targets_trouble(ask: Ask) -> None:
    reading = await ask("http", url="http://no-such-name.invalid/")
    assert (reading.outcome, reading.reason) == ("down", "dns")


@pytest.mark.parametrize(("label", "days"), [("good", 90), ("expiring", 5)])
async def test_counts_the_days_of_the_certificate(
    ask: Ask, certificates: Certificates, label: str, days: int
) -> None:
    with HttpServer(getattr(certificates, label)) as server:
        server.on("/", Answer(200, "ok"))
        reading = await ask("http", url=server.url("/"), ca_file=str(certificates.authority))
    assert reading.measurements["tls_days_left"] == pytest.approx(days, abs=0.1)
    assert reading.measurements["tls_seconds"] > 0  # type: ignore[operator]


@pytest.mark.parametrize("key", ["ca_file", "cert_file"])
async def test_files_that_cannot_be_read_are_our_own_trouble(
    ask: Ask, certificates: Certificates, key: str
) -> None:
    with HttpServer(certificates.good) as server:
        reading = await ask("http", url=server.url("/"), **{key: "/no/such.pem"})
    assert (reading.outcome, reading.reason) == ("unknown", "config")
    assert "/no/such.pem" in reading.detail


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"url": "bank.example"}, "must be a whole http:// or https:// address"),
        ({"url": "http://bad host/"}, "must be a whole http:// or https:// address"),
        ({"url": "http://a/", "status": "9xx"}, '"9xx" is no HTTP status'),
        ({"url": "http://a/", "status": "299-200"}, "ends before it begins"),
        ({"url": "http://a/", "status": []}, "the list is empty"),
        ({"url": "http://a/", "status": True}, "true is no HTTP status"),
        ({"url": "http://a/", "body_matches": "("}, "is not a regular expression"),
        ({"url": "http://a/", "json": [{"path": "a["}]}, '"a[" is no JMESPath'),
        ({"url": "http://a/", "measure": {"latency": "a"}}, '"latency" is measured already'),
        ({"url": "http://a/", "measure": {"outcome": "a"}}, '"outcome" is measured already'),
        ({"url": "http://a/", "measure": {"Not-A-Name": "a"}}, "match pattern"),
        ({"url": "http://a/", "ip_version": 5}, "4 or 6"),
        ({"url": "http://a/", "connect_to": "http://b/"}, "match pattern"),
    ],
)
def test_wrong_settings_are_refused_at_load(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as error:
        Http.Settings.model_validate_json(json.dumps(settings))
    assert says in str(error.value)


def test_a_checks_own_measurements_are_declared() -> None:
    settings = Http.Settings.model_validate_json('{"url": "http://a/", "measure": {"depth": "q.depth"}}')
    assert Http.facts_for(settings).keys() == {*Http.facts, "depth"}


@pytest.mark.parametrize(
    ("spelled", "inside", "outside"),
    [
        (200, [200], [199, 201]),
        ("2xx", [200, 299], [199, 300]),
        ("200-399", [200, 399], [400]),
        (["2xx", 404], [204, 404], [403]),
    ],
)
def test_statuses_are_written_in_three_ways(spelled: Any, inside: list[int], outside: list[int]) -> None:
    statuses = Statuses(spelled)
    assert all(one in statuses for one in inside)
    assert not any(one in statuses for one in outside)
