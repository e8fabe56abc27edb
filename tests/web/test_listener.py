"""The listener under attack, on real sockets and with the product's own bounds."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.parts.child import wait_until
from tests.web.conftest import Site
from tests.web.fake import TOKEN
from watchtower.web.listener import BODY, CONNECTIONS, HEAD, IDLE, UNREAD

SLACK = 30.0
"""Seconds on a busy machine."""
GET = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
POST = b"POST /push/business HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n"


class Served:
    def __init__(self, descriptors: int = 0) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tests.web.serving", str(descriptors)],
            stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert self.child.stdout is not None
        self.port = int(self.child.stdout.readline())

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, sent: bytes) -> bytes:
        with self.connect() as own:
            own.sendall(sent)
            return everything(own)

    def healthy(self) -> float:
        """Seconds that `/healthz` took; raises when it did not answer."""
        began = time.monotonic()
        assert b"200 OK" in self.ask(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        return time.monotonic() - began

    def memory(self) -> float:
        """Resident megabytes."""
        status = Path(f"/proc/{self.child.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def end(self) -> None:
        self.child.kill()
        self.child.wait()
        assert self.child.stdout is not None
        self.child.stdout.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.end()


def everything(own: socket.socket) -> bytes:
    """Until the other side has ended."""
    heard = b""
    with contextlib.suppress(ConnectionError):
        while more := own.recv(65536):
            heard += more
    return heard


def keep_sending(own: socket.socket, what: bytes, times: int, every: float = 0.0) -> bytes:
    """Until it is refused, or all is sent; then what was answered."""
    with contextlib.suppress(ConnectionError):
        for _ in range(times):
            own.sendall(what)
            time.sleep(every)
    return everything(own)


def ended_within(seconds: float, attack: Callable[[], object]) -> None:
    began = time.monotonic()
    attack()
    took = time.monotonic() - began
    assert took < seconds + SLACK, f"held for {took:.1f} s"


class TestHolding:
    """Nobody holds a connection without a word, an end, or reading; all at once, while others are served."""

    def test_all_at_once(self, served: Served) -> None:
        before = served.memory()
        with ThreadPoolExecutor(32) as pool:
            running = [
                pool.submit(ended_within, HEAD, lambda: self.silent(served, 500)),
                pool.submit(ended_within, HEAD, lambda: self.dripping_heads(served, 200)),
                pool.submit(ended_within, IDLE, lambda: self.idle(served)),
                pool.submit(ended_within, IDLE + HEAD, lambda: self.one_byte_after_an_answer(served)),
                pool.submit(ended_within, HEAD, lambda: self.silent_body(served)),
                pool.submit(ended_within, BODY, lambda: self.dripping_body(served)),
                pool.submit(ended_within, UNREAD, lambda: self.unread(served, 20)),
            ]
            slowest = 0.0
            while not all(one.done() for one in running):
                slowest = max(slowest, served.healthy())
                time.sleep(0.1)
            for one in running:
                one.result()
        assert slowest < 10.0
        # A page that was given up goes as soon as its connection has ended.
        wait_until(lambda: served.memory() - before < 40, "the memory of unread pages")

    def silent(self, served: Served, count: int) -> None:
        with contextlib.ExitStack() as stack:
            for own in [stack.enter_context(served.connect()) for _ in range(count)]:
                assert everything(own) == b""

    def dripping_heads(self, served: Served, count: int) -> None:
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(served.connect()) for _ in range(count)]
            for letter in b"GET /healthz HTTP/1.1":
                for own in held:
                    with contextlib.suppress(ConnectionError):
                        own.sendall(bytes([letter]))
                time.sleep(0.4)
            for own in held:
                assert everything(own) == b""

    def idle(self, served: Served) -> None:
        with served.connect() as own:
            own.sendall(GET)
            assert everything(own).startswith(b"HTTP/1.1 200")

    def one_byte_after_an_answer(self, served: Served) -> None:
        with served.connect() as own:
            own.sendall(GET)
            heard = b""
            while not heard.endswith(b"ok\n"):
                heard += own.recv(65536)
            own.sendall(b"G")
            assert everything(own) == b""

    def silent_body(self, served: Served) -> None:
        assert served.ask(POST + b"Content-Length: 9\r\n\r\n") == b""

    def dripping_body(self, served: Served) -> None:
        with served.connect() as own:
            own.sendall(POST + b"Content-Length: 900\r\n\r\n")
            keep_sending(own, b" ", 200, every=0.2)

    def unread(self, served: Served, count: int) -> None:
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(served.connect()) for _ in range(count)]
            for own in held:
                own.sendall(GET.replace(b"/healthz", b"/metrics"))
            time.sleep(UNREAD + 2.0)
            # What the kernel has by then is read; the rest is given up.
            assert all(len(everything(own)) < 20 * 1024 * 1024 for own in held)


FLOODS = {
    "a header of 100 MB": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", b"x" * 1_000_000, 100, b"400"),
    "a million headers": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"X: y\r\n" * 10_000, 100, b"400"),
    "an address of 30 MB": (b"GET /", b"x" * 1_000_000, 30, b"400"),
    "a method without an end": (b"", b"G" * 100_000, 30, b"400"),
    "empty lines before": (b"", b"\r\n" * 100_000, 30, b"400"),
    "chunk extensions": (POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 1_000_000, 30, b"400"),
    "extensions of many chunks": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n", (b"1;" + b"x" * 200 + b"\r\n \r\n") * 1000, 100, b"400"
    ),
    "trailers": (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * 1_000_000, 30, b"400"),
    "a body without an end": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"2710\r\n" + b" " * 10000 + b"\r\n", 5000, b"413"),
    "a body that nobody reads": (
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"2710\r\n" + b" " * 10000 + b"\r\n", 5000, b"200"
    ),
    "requests in a row": (b"", GET * 1000, 100, b"400"),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_cut_off(served: Served, name: str) -> None:
    before = served.memory()
    begin, more, times, status = FLOODS[name]
    with served.connect() as own:
        own.sendall(begin)
        answer = keep_sending(own, more, times)
    # The answer may be lost where the sender goes on sending; then the connection is gone.
    assert answer == b"" or b"HTTP/1.1 " + status in answer
    assert served.memory() - before < 15
    assert served.healthy() < 3.0


SMUGGLED = {
    "both lengths": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both lengths, turned round": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 44\r\n\r\n",
    "a signed length": b"Content-Length: +0\r\n\r\n",
    "a hexadecimal length": b"Content-Length: 0x0\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice over": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a blank before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a folded header": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a bare line feed": b"Content-Length: 0\n\n",
    "a bare carriage return": b"X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a size too large": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff0\r\n\r\n",
    "a size with a sign": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a NUL in a header": b"X: a\x00b\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_no_second_request_is_smuggled(served: Served, name: str) -> None:
    """What two servers might read differently is refused, or read as one request whose connection then ends."""
    heard = served.ask(
        POST + SMUGGLED[name] + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    assert heard.count(b"HTTP/1.1 ") <= 1
    assert b"\r\nok" not in heard


def test_requests_in_a_row_are_answered_in_order(served: Served) -> None:
    last = GET.replace(b"/healthz", b"/nope").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    heard = served.ask(GET + GET + last)
    assert re.findall(rb"HTTP/1.1 (\d+)", heard) == [b"200", b"200", b"404"]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET \xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"GET * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"\x00" * 64,
    ],
    ids=["tls", "http2", "connect", "bytes", "url", "star", "nul"],
)  # fmt: skip
def test_what_is_no_request_ends_the_connection(served: Served, sent: bytes) -> None:
    assert b"200 OK" not in served.ask(sent)
    assert served.healthy() < 3.0


def test_few_descriptors_leave_a_reserve() -> None:
    """1,110 silent connections at 256 descriptors: probes are answered, and pages find descriptors."""
    served = Served(descriptors=256)
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(1110):
                stack.enter_context(served.connect())
            assert served.healthy() < 3.0
            taken = len(list(Path(f"/proc/{served.child.pid}/fd").iterdir()))
            assert taken <= min(CONNECTIONS, 256 // 4) + 32
    finally:
        served.end()


async def test_malformed_requests_do_not_fill_the_log(site: Site, json_log: io.StringIO) -> None:
    def malformed() -> None:
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", site.port), timeout=10) as own:
                own.sendall(b"nonsense\r\n\r\n")
                assert everything(own).startswith(b"HTTP/1.1 400")

    await asyncio.to_thread(malformed)
    assert json_log.getvalue() == ""
