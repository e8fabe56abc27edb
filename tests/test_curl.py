"""The curl fleet: what it fetches, how it fails, and that nobody waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.parts.certificates import Certificates
from tests.parts.child import free_port
from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.parts.rude import Rude
from watchtower.curl import CurlFleet, FetchError, Request


@pytest.fixture
async def fleet() -> AsyncIterator[CurlFleet]:
    fleet = CurlFleet()
    fleet.start(asyncio.get_running_loop())
    yield fleet
    fleet.stop()


class Doorkeeper:
    """A bare server that counts connections, answers each request after `hold` is set, and sees them close."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") -> None:
        self.answer, self.hold = answer, threading.Event()
        self.taken, self.closed = 0, threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=300)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.taken += 1
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError):
            while line.recv(65536):
                if not self.hold.wait(20):
                    return
                line.sendall(self.answer)
        self.closed.set()

    def close(self) -> None:
        self.hold.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # close() alone would leave accept() waiting
        self._listener.close()


@contextmanager
def door(open_: bool = True) -> Iterator[Doorkeeper]:
    keeper = Doorkeeper()
    if open_:
        keeper.hold.set()
    yield keeper
    keeper.close()


async def reason_of(fleet: CurlFleet, request: Request) -> str:
    with pytest.raises(FetchError) as failure:
        await fleet.fetch(request)
    return failure.value.reason


async def test_gives_status_headers_body_phases_and_address(
    fleet: CurlFleet, http_server: HttpServer
) -> None:
    http_server.on("/", Answer(203, "hello", {"X-Say": "one"}))
    response = await fleet.fetch(Request(http_server.url("/"), headers={"X-Ask": "two"}))
    assert (response.status, response.body, response.body_bytes) == (203, b"hello", 5)
    assert response.headers["x-say"] == "one"
    assert response.remote_ip == "127.0.0.1"
    assert 0 < response.phases.first_byte <= response.phases.total
    assert http_server.requests[0].headers["x-ask"] == "two"
    assert http_server.requests[0].headers["user-agent"] == "watchtower"


@pytest.mark.parametrize(("keep_alive", "connections"), [(False, 3), (True, 1)])
async def test_connects_anew_for_each_request_unless_told_to_keep_alive(
    fleet: CurlFleet, keep_alive: bool, connections: int
) -> None:
    with door() as keeper:
        for _ in range(3):
            assert (await fleet.fetch(Request(keeper.url, keep_alive=keep_alive))).body == b"ok"
        assert keeper.taken == connections


async def test_a_handle_that_is_used_again_forgets_the_last_request(
    fleet: CurlFleet, http_server: HttpServer
) -> None:
    http_server.on("/", Answer(200, "ok"))
    first = Request(http_server.url("/"), "POST", {"X-Once": "1"}, b"body", username="u", password="p")
    await fleet.fetch(first)
    await fleet.fetch(Request(http_server.url("/")))
    again = http_server.requests[1]
    assert (again.method, again.body) == ("GET", b"")
    assert not {"x-once", "authorization", "content-type"} & again.headers.keys()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_sends_any_method_with_and_without_a_body(
    fleet: CurlFleet, http_server: HttpServer, method: str
) -> None:
    http_server.on("/", Answer(200, "ok"))
    await fleet.fetch(Request(http_server.url("/"), method))
    if method != "HEAD":
        await fleet.fetch(Request(http_server.url("/"), method, body=b"a\0b"))
    assert [(one.method, one.body) for one in http_server.requests] == [(method, b""), (method, b"a\0b")][
        : len(http_server.requests)
    ]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.HANG, "timeout"),
        (Fault.RESET, "reset"),
        (Fault.CLOSE, "reset"),
        (Fault.CUT, "reset"),
        (Fault.GARBAGE, "protocol"),
    ],
)
async def test_says_in_one_word_how_a_far_side_failed(
    fleet: CurlFleet, http_server: HttpServer, fault: Fault, reason: str
) -> None:
    http_server.on("/", Answer(200, "hello", fault=fault))
    assert await reason_of(fleet, Request(http_server.url("/"), timeout=0.5)) == reason


@pytest.mark.parametrize(
    ("url", "reason", "ours"),
    [
        ("http://no-such-name.invalid/", "dns", False),
        ("http://127.0.0.1:1/", "refused", False),
        ("http://bad host/", "config", True),
        ("ftp://127.0.0.1/", "protocol", False),
    ],
)
async def test_says_in_one_word_why_there_was_no_connection(
    fleet: CurlFleet, url: str, reason: str, ours: bool
) -> None:
    with pytest.raises(FetchError) as failure:
        await fleet.fetch(Request(url))
    assert (failure.value.reason, failure.value.own_fault) == (reason, ours)


async def test_says_in_which_phase_time_ran_out(fleet: CurlFleet, http_server: HttpServer) -> None:
    http_server.on("/first", Answer(200, fault=Fault.HANG))
    http_server.on("/body", Answer(200, "drop by drop", fault=Fault.DRIP, delay=5.0))
    with Rude() as rude:
        urls = http_server.url("/first"), http_server.url("/body"), f"https://127.0.0.1:{rude.port}/"
        for url, stuck in zip(urls, ("first_byte", "body", "tls"), strict=True):
            with pytest.raises(FetchError) as failure:
                await fleet.fetch(Request(url, timeout=0.3))
            assert failure.value.phases.stuck == stuck


@pytest.mark.parametrize(
    ("label", "trusted", "reason"),
    [
        ("good", True, ""),
        ("good", False, "tls"),
        ("expired", True, "tls"),
        ("wrong_name", True, "tls"),
        ("self_signed", True, "tls"),
    ],
)
async def test_checks_certificates(
    fleet: CurlFleet, certificates: Certificates, label: str, trusted: bool, reason: str
) -> None:
    pair = getattr(certificates, label)
    ca_file = str(certificates.authority) if trusted else ""
    with HttpServer(pair) as server:
        server.on("/", Answer(200, "ok"))
        request = Request(server.url("/"), ca_file=ca_file, want_certificate=True)
        if reason:
            assert await reason_of(fleet, request) == reason
        else:
            response = await fleet.fetch(request)
            assert response.phases.tls > 0
            assert response.cert_not_after == pytest.approx(pair.expires.timestamp(), abs=1)


async def test_takes_no_proxy_from_the_environment(
    fleet: CurlFleet, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    http_server.on("/", Answer(200, "ok"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert (await fleet.fetch(Request(http_server.url("/")))).status == 200


async def test_goes_through_the_proxy_that_it_is_given(fleet: CurlFleet, http_server: HttpServer) -> None:
    http_server.on("/elsewhere", Answer(200, "by proxy"))
    response = await fleet.fetch(Request("http://nowhere.invalid/elsewhere", proxy=http_server.url("")))
    assert response.body == b"by proxy"


async def test_dials_another_address_but_asks_for_the_same_host(
    fleet: CurlFleet, http_server: HttpServer
) -> None:
    http_server.on("/", Answer(200, "ok"))
    request = Request("http://shop.invalid/", connect_to=f"127.0.0.1:{http_server.port}")
    assert (await fleet.fetch(request)).status == 200
    assert http_server.requests[0].headers["host"] == "shop.invalid"


async def test_follows_redirects_only_when_told_and_only_to_http(
    fleet: CurlFleet, http_server: HttpServer
) -> None:
    http_server.on("/", Answer.redirect("/there"))
    http_server.on("/there", Answer(200, "here", {"X-Last": "yes"}))
    http_server.on("/file", Answer.redirect("file:///etc/hostname"))
    http_server.on("/round", Answer.redirect("/round"))
    assert (await fleet.fetch(Request(http_server.url("/")))).status == 302
    response = await fleet.fetch(Request(http_server.url("/"), follow_redirects=True))
    assert (response.status, response.redirects, response.headers["x-last"]) == (200, 1, "yes")
    assert "location" not in response.headers
    assert await reason_of(fleet, Request(http_server.url("/file"), follow_redirects=True)) == "protocol"
    assert await reason_of(fleet, Request(http_server.url("/round"), follow_redirects=True)) == "redirects"


async def test_what_is_secret_stays_with_the_host_that_it_is_for(
    fleet: CurlFleet, http_server: HttpServer
) -> None:
    """libcurl itself keeps only Authorization and Cookie back."""
    with HttpServer() as other:
        other.on("/in", Answer(200, "elsewhere"))
        secret = {
            "X-Api-Key": "k-123456",
            "Host": "shop.example",
            "Accept": "text/plain",
            "X-Token": "t-123456",
        }
        for where, kept in ((other.url("/in"), False), ("/same", True)):
            http_server.on("/", Answer.redirect(where))
            http_server.on("/same", Answer(200, "same"))
            request = Request(
                http_server.url("/"),
                "POST",
                secret,
                b"q=1",
                follow_redirects=True,
                username="u",
                password="p-123456",
            )
            response = await fleet.fetch(request)
            assert response.status == 200, where
            there = (http_server if kept else other).requests[-1]
            assert there.method == "GET", "what was posted is not posted again"
            assert there.body == b""
            assert there.headers["accept"] == "text/plain"
            for name in ("x-api-key", "x-token", "authorization"):
                assert (name in there.headers) is kept, (where, name)
            assert ("shop.example" in there.headers["host"]) is kept
        other.on("/in", Answer.redirect(http_server.url("/same")))
        http_server.on("/", Answer.redirect(other.url("/in"), 307))
        await fleet.fetch(Request(http_server.url("/"), "PUT", secret, b"q=1", follow_redirects=True))
        assert (http_server.requests[-1].method, http_server.requests[-1].body) == ("PUT", b"q=1")
        assert "x-api-key" not in http_server.requests[-1].headers, "what was there in between is not trusted"


async def test_redirects_share_one_timeout(fleet: CurlFleet, http_server: HttpServer) -> None:
    http_server.on("/", Answer.redirect("/slow"))
    http_server.on("/slow", Answer(200, "late", delay=30.0))
    began = time.monotonic()
    assert (
        await reason_of(fleet, Request(http_server.url("/"), follow_redirects=True, timeout=0.5)) == "timeout"
    )
    assert time.monotonic() - began < 25


async def test_reads_no_more_than_it_may(fleet: CurlFleet, http_server: HttpServer) -> None:
    http_server.on("/", Answer(200, "x" * 5000))
    url = http_server.url("/")
    assert await reason_of(fleet, Request(url, max_body_bytes=4999)) == "too_large"
    cut = await fleet.fetch(Request(url, max_body_bytes=4999, truncate=True))
    assert (cut.status, cut.truncated) == (200, True)
    assert len((await fleet.fetch(Request(url, max_body_bytes=5000))).body) == 5000
    unread = await fleet.fetch(Request(url, keep_body=False))
    assert (unread.body, unread.body_bytes) == (b"", 5000)


async def test_a_burst_is_answered_one_and_all(fleet: CurlFleet) -> None:
    with door() as keeper:
        answers = await asyncio.gather(*(fleet.fetch(Request(keeper.url)) for _ in range(150)))
        assert {answer.body for answer in answers} == {b"ok"}
        assert keeper.taken == 150


async def test_more_than_may_be_in_flight_wait_and_are_ours_to_answer_for() -> None:
    fleet = CurlFleet(max_in_flight=1)
    fleet.start(asyncio.get_running_loop())
    with door(open_=False) as keeper:
        first = asyncio.create_task(fleet.fetch(Request(keeper.url, timeout=10)))
        await asyncio.sleep(0.1)
        assert await reason_of(fleet, Request(keeper.url, timeout=0.2)) == "busy"
        given_up = [asyncio.create_task(fleet.fetch(Request(keeper.url, timeout=10))) for _ in range(9)]
        waiting = asyncio.create_task(fleet.fetch(Request(keeper.url, timeout=10)))
        await asyncio.sleep(0.1)
        for task in given_up:
            task.cancel()
        keeper.hold.set()
        assert (await first).body == (await waiting).body == b"ok"
        assert keeper.taken == 2, "who waits for nothing any more is not asked for"
    fleet.stop()


async def test_cancelling_the_caller_ends_the_transfer(fleet: CurlFleet) -> None:
    with door(open_=False) as keeper:
        task = asyncio.create_task(fleet.fetch(Request(keeper.url, timeout=30)))
        while not keeper.taken:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        keeper.hold.set()
        assert await asyncio.to_thread(keeper.closed.wait, 5)
        assert (await fleet.fetch(Request(keeper.url))).body == b"ok"


async def test_stopping_fails_what_is_in_flight_and_what_comes_later() -> None:
    fleet = CurlFleet()
    fleet.start(asyncio.get_running_loop())
    with door(open_=False) as keeper:
        task = asyncio.create_task(fleet.fetch(Request(keeper.url, timeout=30)))
        await asyncio.sleep(0.05)
        fleet.stop()
        fleet.stop()
        with pytest.raises(FetchError) as failure:
            await task
        assert failure.value.reason == "stopped"
        assert await reason_of(fleet, Request(keeper.url)) == "stopped"


async def test_a_request_that_libcurl_refuses_hurts_nobody_else(fleet: CurlFleet) -> None:
    with door() as keeper:
        bad = fleet.fetch(Request(keeper.url, body="text, not bytes é\ud800"))  # type: ignore[arg-type]
        good = fleet.fetch(Request(keeper.url))
        outcome, answer = await asyncio.gather(bad, good, return_exceptions=True)
        assert isinstance(outcome, FetchError)
        assert outcome.reason == "config"
        assert not isinstance(answer, BaseException)
        assert answer.body == b"ok"


async def test_the_threads_death_is_loud_and_nobody_waits_for_ever() -> None:
    class Deadly(Mapping[str, str]):
        """Stands for an error of our own in the thread."""

        def __getitem__(self, key: str) -> str:
            raise RuntimeError("deadly")

        def __iter__(self) -> Iterator[str]:
            raise RuntimeError("deadly")

        def __len__(self) -> int:
            return 1

    deaths: list[BaseException] = []
    fleet = CurlFleet(on_death=deaths.append)
    fleet.start(asyncio.get_running_loop())
    with door(open_=False) as keeper:
        waiting = asyncio.create_task(fleet.fetch(Request(keeper.url, timeout=30)))
        await asyncio.sleep(0.05)
        results: list[Any] = await asyncio.gather(
            waiting, fleet.fetch(Request(keeper.url, headers=Deadly())), return_exceptions=True
        )
    assert [one.reason for one in results] == ["stopped", "stopped"]
    assert "died" in results[0].detail
    assert [str(one) for one in deaths] == ["deadly"]
    assert await reason_of(fleet, Request("http://127.0.0.1:1/")) == "stopped"
    fleet.stop()


async def test_sleeps_while_nothing_happens(fleet: CurlFleet) -> None:
    with door() as keeper:
        await fleet.fetch(Request(keeper.url))
    before = time.process_time()
    await asyncio.sleep(0.5)
    # A thread that turned in circles would have taken most of the half second.
    assert time.process_time() - before < 0.2


def test_a_request_shows_no_password() -> None:
    assert "hidden" not in repr(Request("http://a/", password="hidden", proxy="http://u:hidden@p/"))
