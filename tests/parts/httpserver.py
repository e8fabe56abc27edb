"""A small HTTP server on loopback that answers, fails and remembers as a test tells it to.

server.on("/health", Answer(503), Answer(200, "ok"))      # first 503, then 200 for ever
server.on("/sms", Answer.json({"code": "isv.BUSINESS_LIMIT_CONTROL"}, status=200))
server.on("/slow", Answer(200, delay=2.0))
server.on("/dead", Answer(fault=Fault.RESET))
server.on("/echo", lambda request: Answer(200, request.body))
assert server.wait_for("/sms").json()["phone"] == "+8613800000000"
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.parts.certificates import Pair
from tests.parts.child import Part, wait_until


class Fault(StrEnum):
    """How a connection can go wrong."""

    HANG = "hang"
    """Read the request and never answer."""
    RESET = "reset"
    """Reset the connection instead of answering."""
    CLOSE = "close"
    """Close it without a word."""
    GARBAGE = "garbage"
    """Answer with bytes that are not HTTP."""
    CUT = "cut"
    """Promise twice the body that is then sent."""
    DRIP = "drip"
    """Send the body a byte at a time, `delay` apart."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send back; the headers Content-Length and Date are added."""

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    fault: Fault | None = None

    @classmethod
    def json(cls, content: object, status: int = 200, **headers: str) -> Self:
        """An answer of JSON."""
        body = json.dumps(content, ensure_ascii=False).encode()
        return cls(status, body, {"Content-Type": "application/json", **headers})

    @classmethod
    def redirect(cls, to: str, status: int = 302) -> Self:
        """An answer that points elsewhere."""
        return cls(status, b"", {"Location": to})

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return self.body.encode() if isinstance(self.body, str) else self.body


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; header names are in lower case, `at` is the time of the monotonic clock."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    at: float

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The body, read as a form; the last of several values wins."""
        fields = parse_qs(self.body.decode(), keep_blank_values=True)
        return {name: values[-1] for name, values in fields.items()}


Script = Callable[[Request], Answer]


class HttpServer(Part):
    """Listens on `port`; with a certificate it speaks TLS."""

    def __init__(self, pair: Pair | None = None) -> None:
        super().__init__()
        self.host = "127.0.0.1"
        self.requests: list[Request] = []
        self._pair = pair
        self._scripts: dict[tuple[str, str], Script] = {}
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def start(self) -> None:
        """Listen, in a thread of its own and one more for each connection."""
        outer = self

        class Handler(_Handler):
            server_of_test = outer

        self._server = server = _Server((self.host, 0), Handler)
        if self._pair is not None:
            self.present(self._pair)
        self.port: int = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="httpserver", daemon=True)
        thread.start()
        self.cleanup.callback(thread.join, 5)
        self.cleanup.callback(server.server_close)
        self.cleanup.callback(server.shutdown)
        self.cleanup.callback(self.stopping.set)

    def present(self, pair: Pair) -> None:
        """Shows this certificate to whoever connects from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        self._server.tls = context

    def url(self, path: str = "/") -> str:
        """The address of a path; by name with TLS, since the certificates are for `localhost`."""
        return (
            f"https://localhost:{self.port}{path}" if self._pair else f"http://{self.host}:{self.port}{path}"
        )

    def on(self, path: str, *answers: Answer | Script, method: str = "*") -> None:
        """Answer this path so: one after the other, and the last one for ever."""
        if not answers:
            raise ValueError("an answer is needed")
        left = list(answers)

        def script(request: Request) -> Answer:
            with self._lock:
                now = left.pop(0) if len(left) > 1 else left[0]
            return now if isinstance(now, Answer) else now(request)

        self._scripts[method, path] = script

    def answer(self, request: Request) -> Answer:
        """Remember the request and find its answer; 404 where nothing was said."""
        with self._lock:
            self.requests.append(request)
        script = self._scripts.get((request.method, request.path)) or self._scripts.get(("*", request.path))
        return script(request) if script else Answer(404, f"nothing is said about {request.path}\n")

    def requests_to(self, path: str) -> list[Request]:
        """The requests to this path so far."""
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def wait_for(self, path: str, count: int = 1) -> Request:
        """The count-th request to this path, once it is there."""
        wait_until(lambda: len(self.requests_to(path)) >= count, f"request {count} to {path}")
        return self.requests_to(path)[count - 1]


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    # Closing must not wait for connections that hang on purpose.
    block_on_close = False
    request_queue_size = 256
    tls: ssl.SSLContext | None = None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The TLS handshake belongs to the connection's thread: a slow client must not hold up the others."""
        if self.tls is not None:
            try:
                request = self.tls.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_test: HttpServer

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        address = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=address.path,
            query=parse_qs(address.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            at=time.monotonic(),
        )
        answer = self.server_of_test.answer(request)
        if answer.fault is not None:
            self.close_connection = True
        if answer.delay and answer.fault is not Fault.DRIP:
            self.server_of_test.stopping.wait(answer.delay)
        match answer.fault:
            case Fault.HANG:
                self.server_of_test.stopping.wait()
            case Fault.RESET:
                # A linger time of zero makes close() send RST.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case Fault.CLOSE:
                pass
            case Fault.GARBAGE:
                self.wfile.write(answer.content or b"\x00\xff\x13\x37 this is not HTTP\r\n\r\n")
            case Fault.DRIP:
                self._head(answer, len(answer.content))
                for byte in answer.content:
                    self.wfile.write(bytes([byte]))
                    if self.server_of_test.stopping.wait(answer.delay or 0.05):
                        break
            case Fault.CUT:
                self._head(answer, 2 * len(answer.content) + 1)
                self.wfile.write(answer.content)
            case None:
                self._head(answer, len(answer.content))
                if self.command != "HEAD":
                    self.wfile.write(answer.content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _head(self, answer: Answer, length: int) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are remembered, not printed."""
