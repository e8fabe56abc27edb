"""A proxy is our own means: when it is dead, or refuses us, nobody knows how the target is."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.parts.child import free_port
from tests.parts.nginx import Nginx
from tests.probes.health.conftest import Ask


@contextmanager
def proxy(answer: bytes, *, hang: bool = False) -> Iterator[str]:
    """Answers every request, CONNECT too, with these bytes."""
    stopping = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            if hang:
                stopping.wait(5)
            self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        stopping.set()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("url", ["http://bank.example/", "https://bank.example/", "HTTPS://bank.example/"])
async def test_a_dead_proxy_says_nothing_of_the_target(ask: Ask, url: str) -> None:
    reading = await ask("http", url=url, proxy=f"http://127.0.0.1:{free_port()}")
    assert (reading.outcome, reading.reason) == ("unknown", "proxy")


@pytest.mark.parametrize(
    ("scheme", "answer", "says"),
    [
        ("http", b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "unknown proxy"),
        ("https", b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "unknown proxy"),
        ("https", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "unknown proxy"),
        ("https", b"", "unknown proxy"),
        ("http", b"", "unknown proxy"),
        ("https", b"HTTP/1.1 503 Cannot connect\r\nContent-Length: 0\r\n\r\n", "down unreachable"),
        ("http", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "down status"),
        ("https", b"HTTP/1.1 200 Connected\r\n\r\nthis is no TLS at all, I fear", "down tls"),
    ],
)
async def test_what_a_proxy_answers(ask: Ask, scheme: str, answer: bytes, says: str) -> None:
    with proxy(answer) as through:
        reading = await ask("http", url=f"{scheme}://bank.example/", proxy=through)
    assert f"{reading.outcome} {reading.reason}" == says, reading


async def test_a_proxy_that_hangs_before_the_tunnel_is_there(ask: Ask) -> None:
    with proxy(b"", hang=True) as through:
        reading = await ask("http", url="https://bank.example/", proxy=through, timeout=0.5)
    assert (reading.outcome, reading.reason) == ("unknown", "proxy")


async def test_through_a_proxy_that_works(ask: Ask) -> None:
    with Nginx("location / { proxy_pass http://127.0.0.1:$server_port/ok; }") as nginx:
        reading = await ask("http", url="http://bank.example/ok", proxy=nginx.url(""))
    assert reading.outcome == "up", reading
