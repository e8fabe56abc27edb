"""The programmable server does to a client what it was told to, and remembers what the client said."""

from __future__ import annotations

import time

import pytest
import requests

from tests.parts.certificates import Certificates
from tests.parts.httpserver import Answer, Fault, HttpServer, Request


def test_it_remembers_requests(http_server: HttpServer) -> None:
    http_server.on("/sms", Answer.json({"code": "OK"}), method="POST")
    answer = requests.post(
        http_server.url("/sms?to=li"), json={"text": "你好"}, headers={"X-Key": "k"}, timeout=5
    )
    assert answer.json() == {"code": "OK"}
    request = http_server.wait_for("/sms")
    assert (request.method, request.query, request.json()) == ("POST", {"to": ["li"]}, {"text": "你好"})
    assert request.headers["x-key"] == "k"
    assert requests.get(http_server.url("/sms"), timeout=5).status_code == 404


def test_answers_come_in_order_and_the_last_one_stays(http_server: HttpServer) -> None:
    http_server.on("/health", Answer(503), Answer(500), Answer(200, "ok"))
    assert [requests.get(http_server.url("/health"), timeout=5).status_code for _ in range(4)] == [
        503,
        500,
        200,
        200,
    ]


def test_an_answer_may_be_computed(http_server: HttpServer) -> None:
    def echo(request: Request) -> Answer:
        return Answer(200, request.body[::-1])

    http_server.on("/echo", echo)
    body = (piece for piece in (b"ab", b"cd"))  # sent in chunks
    assert requests.post(http_server.url("/echo"), data=body, timeout=5).content == b"dcba"


def test_redirects_and_delays(http_server: HttpServer) -> None:
    http_server.on("/old", Answer.redirect("/new"))
    http_server.on("/new", Answer(200, "here", delay=0.2))
    start = time.monotonic()
    assert requests.get(http_server.url("/old"), timeout=5).text == "here"
    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.HANG, requests.exceptions.ReadTimeout),
        (Fault.RESET, requests.exceptions.ConnectionError),
        (Fault.CLOSE, requests.exceptions.ConnectionError),
        (Fault.GARBAGE, requests.exceptions.ConnectionError),
        (Fault.CUT, requests.exceptions.ChunkedEncodingError),
    ],
)
def test_faults(http_server: HttpServer, fault: Fault, error: type[Exception]) -> None:
    http_server.on("/bad", Answer(200, "half", fault=fault))
    with pytest.raises(error):
        requests.get(http_server.url("/bad"), timeout=0.3)


def test_a_body_that_drips(http_server: HttpServer) -> None:
    http_server.on("/drip", Answer(200, "slowly", delay=0.03, fault=Fault.DRIP))
    start = time.monotonic()
    assert requests.get(http_server.url("/drip"), timeout=5).text == "slowly"
    assert time.monotonic() - start >= 0.15


def test_tls(certificates: Certificates) -> None:
    with HttpServer(certificates.good) as server:
        server.on("/", Answer(200, "safe"))
        assert requests.get(server.url(), timeout=5, verify=str(certificates.authority)).text == "safe"
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.url(), timeout=5)
