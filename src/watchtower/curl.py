"""HTTP for probes at the least CPU: one libcurl multi handle in a thread of its own.

Requests are handed to the thread in batches (one wake-up for all that start in the same turn of the event
loop) and come back in batches (one `call_soon_threadsafe` for all that ended together), because wake-ups cost
more than the work. The thread sleeps in the kernel while nothing happens.

A probe asks whether a *new* client would be served, so by default every request resolves the name, connects
and shakes hands anew. Nothing is taken from the environment: no proxy, no netrc, no cookies.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import math
import os
import select
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import certifi
import pycurl

_IDLE_HANDLES = 32
"""Easy handles kept for reuse: about what one slot of 100 ms needs; each idle one costs some 8 KiB."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `timeout` in seconds covers everything, from the call of `fetch` to the last byte.

    `connect_to` is an address (`10.0.0.5` or `10.0.0.5:8443`, IPv6 in brackets) dialled in place of the URL's
    host, while Host, SNI and the certificate check stay the URL's. `ca_file` replaces the public authorities.
    A body longer than `max_body_bytes` is the error `too_large`, or with `truncate` ends the transfer with
    the answer so far (perhaps no body at all). `keep_body=False` reads the body and forgets it.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 5.0
    follow_redirects: bool = False
    max_redirects: int = 10
    username: str = ""
    password: str = field(default="", repr=False)
    verify: bool = True
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    connect_to: str = ""
    proxy: str = field(default="", repr=False)
    ip_version: int | None = None
    http2: bool = False
    keep_alive: bool = False
    max_body_bytes: int = 1 << 20
    truncate: bool = False
    keep_body: bool = True
    want_certificate: bool = False


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds that each phase took; 0.0 for a phase that was not needed or not reached."""

    dns: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    """From the connection being ready to the first byte of the answer."""
    total: float = 0.0
    stuck: str = ""
    """In an error: the phase that did not end (`dns`, `connect`, `tls`, `first_byte`, `body`)."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status.

    `body_bytes` is what was read, or of a `truncated` answer the length that it announced. `cert_not_after`
    is the server certificate's end (UTC epoch seconds).
    """

    status: int
    body: bytes
    body_bytes: int
    phases: Phases
    remote_ip: str
    http_version: str
    redirects: int
    cert_not_after: float | None
    truncated: bool
    raw_headers: tuple[bytes, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the last answer by lower-case name; repeated ones joined by a comma."""
        out: dict[str, str] = {}
        for line in self.raw_headers:
            if line[:5] == b"HTTP/":
                out.clear()  # a new answer begins: a redirect's, or the one after 100 Continue
                continue
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                key, text = name.strip().lower(), value.strip()
                out[key] = f"{out[key]}, {text}" if key in out else text
        return out


class FetchError(Exception):
    """No answer. `reason` is one word, `detail` libcurl's sentence, `phases` how far it came.

    The far side: `refused`, `unreachable`, `timeout`, `dns`, `tls`, `reset`, `protocol`, `too_large`,
    `redirects`. Ourselves (see `own_fault`): `config` (URL, CA file, client certificate, proxy), `no_route`,
    `busy` (too many requests in flight for too long, or no file descriptors), `stopped`, `internal`.
    """

    def __init__(self, reason: str, detail: str, phases: Phases | None = None) -> None:
        self.reason, self.detail, self.phases = reason, detail, phases or Phases()
        super().__init__(f"{reason}: {detail}")

    @property
    def own_fault(self) -> bool:
        return self.reason in ("config", "no_route", "busy", "stopped", "internal")


_REASONS = {
    pycurl.E_UNSUPPORTED_PROTOCOL: "protocol",
    pycurl.E_URL_MALFORMAT: "config",
    pycurl.E_COULDNT_RESOLVE_PROXY: "config",
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "refused",
    8: "protocol",  # CURLE_WEIRD_SERVER_REPLY
    16: "protocol",  # CURLE_HTTP2
    18: "reset",  # CURLE_PARTIAL_FILE
    pycurl.E_OPERATION_TIMEDOUT: "timeout",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_TOO_MANY_REDIRECTS: "redirects",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_RECV_ERROR: "reset",
    pycurl.E_SSL_CERTPROBLEM: "config",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
    pycurl.E_BAD_CONTENT_ENCODING: "protocol",
    pycurl.E_FILESIZE_EXCEEDED: "too_large",
    pycurl.E_SSL_CACERT_BADFILE: "config",
    pycurl.E_SSL_SHUTDOWN_FAILED: "tls",
    pycurl.E_SSL_ISSUER_ERROR: "tls",
    91: "tls",  # CURLE_SSL_INVALIDCERTSTATUS
    92: "protocol",  # CURLE_HTTP2_STREAM
    97: "config",  # CURLE_PROXY
}
_HTTP_VERSIONS = {1: "1.0", 2: "1.1", 3: "2", 30: "3"}
_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR
_EVENTS = {
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: select.POLLIN,
    pycurl.POLL_OUT: select.POLLOUT,
    pycurl.POLL_INOUT: select.POLLIN | select.POLLOUT,
}
_HTTP_ONLY = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
_CA_CACHE_TIMEOUT = 321
"""CURLOPT_CA_CACHE_TIMEOUT, which pycurl has no name for."""


class _Transfer:
    """One request on its way through the thread."""

    __slots__ = ("chunks", "deadline", "future", "handle", "headers", "request", "result")

    def __init__(self, request: Request, future: asyncio.Future[Response], deadline: float) -> None:
        self.request, self.future, self.deadline = request, future, deadline
        self.handle: Any = None
        self.headers: list[bytes] = []
        self.chunks: list[bytes] = []
        self.result: Response | FetchError | None = None


class CurlFleet:
    """Fetches for one event loop. `start` once, `fetch` as often as liked, `stop` at the end.

    At most `max_in_flight` requests run at once; others wait, their timeout running. `on_death` is called in
    the event loop when the thread dies of an error (never at `stop`); all waiting `fetch` calls fail then.
    """

    def __init__(
        self, *, max_in_flight: int = 2000, on_death: Callable[[BaseException], None] | None = None
    ) -> None:
        self._max_in_flight = max_in_flight
        self._on_death = on_death
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._inbox: deque[_Transfer] = deque()
        self._cancelled: deque[_Transfer] = deque()
        self._wake_due = False
        self._stopping = False
        self._refuse = "the fleet is not started"

    # ---- in the event loop -------------------------------------------------------------------------------

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the thread; answers are delivered in `loop`."""
        if self._thread is not None:
            raise RuntimeError("a CurlFleet starts once")
        self._loop = loop
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._refuse = ""
        self._thread = threading.Thread(target=self._run, args=(loop,), name="curl-fleet", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; requests in flight fail with `stopped`. Safe to call twice."""
        thread, self._stopping = self._thread, True
        if thread is None or not thread.is_alive():
            return
        self._refuse = self._refuse or "the fleet has stopped"
        self._wake()
        thread.join()

    async def fetch(self, request: Request) -> Response:
        """The answer to this request, or FetchError. Cancelling the caller ends the transfer."""
        if self._refuse or self._loop is None:
            raise FetchError("stopped", self._refuse)
        transfer = _Transfer(request, self._loop.create_future(), time.monotonic() + request.timeout)
        self._inbox.append(transfer)
        if not self._wake_due:
            # Not at once: the other checks of this slot are about to submit theirs.
            self._wake_due = True
            self._loop.call_soon(self._wake)
        try:
            return await transfer.future
        except asyncio.CancelledError:
            self._cancelled.append(transfer)
            self._wake()
            raise

    def _wake(self) -> None:
        self._wake_due = False
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            pass  # the pipe is full of wake-ups: one of them will do
        except OSError:
            if not self._refuse:
                raise

    @staticmethod
    def _deliver(ended: list[_Transfer]) -> None:
        for transfer in ended:
            if transfer.future.done():
                continue
            if isinstance(transfer.result, Response):
                transfer.future.set_result(transfer.result)
            else:
                transfer.future.set_exception(transfer.result or FetchError("internal", "no result"))

    def _buried(self, cause: BaseException | None, lost: list[_Transfer]) -> None:
        """The thread has ended: say so to everyone who waits."""
        lost += self._inbox
        self._inbox.clear()
        for transfer in lost:
            transfer.result = FetchError("stopped", self._refuse)
        self._deliver(lost)
        if cause is not None and self._on_death is not None:
            self._on_death(cause)

    # ---- in the thread -----------------------------------------------------------------------------------

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        engine = _Engine(self._max_in_flight)
        cause: BaseException | None = None
        try:
            self._serve(engine, loop)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the loop must hear of it
            cause = error
            self._refuse = f"the curl thread has died: {type(error).__name__}: {error}"
        lost = engine.close()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._buried, cause, lost)
        os.close(self._wake_read)
        write, self._wake_write = self._wake_write, -1
        os.close(write)

    def _serve(self, engine: _Engine, loop: asyncio.AbstractEventLoop) -> None:
        engine.watch(self._wake_read)
        while not self._stopping:
            if engine.wait(self._wake_read):
                # Drain before looking, so that a later wake-up is never lost.
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)
            while self._inbox:
                engine.waiting.append(self._inbox.popleft())
            while self._cancelled:
                engine.cancel(self._cancelled.popleft())
            engine.turn()
            if engine.ended:
                ended, engine.ended = engine.ended, []
                loop.call_soon_threadsafe(self._deliver, ended)


class _Engine:
    """The multi handle, its sockets and its timer. Lives in the thread only."""

    def __init__(self, max_in_flight: int) -> None:
        self.max_in_flight = max_in_flight
        self.waiting: deque[_Transfer] = deque()
        self.ended: list[_Transfer] = []
        self.running: dict[Any, _Transfer] = {}
        self.idle: list[Any] = []
        self.timer: float | None = None
        self.ready: list[tuple[int, int]] = []
        self.cafile = certifi.where()
        # Not epoll: most sockets live for one question, and telling poll of them costs no system call.
        self.poller = select.poll()
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def watch(self, fd: int) -> None:
        self.poller.register(fd, select.POLLIN)

    def wait(self, wake: int) -> bool:
        """Sleep until a socket, the timer, a deadline of a waiting request or the wake-up; was it the wake-up?"""
        until = self.timer
        if self.waiting:
            first = min(t.deadline for t in self.waiting)
            until = first if until is None else min(until, first)
        woken = False
        for fd, events in self.poller.poll(
            None if until is None else _milliseconds(until - time.monotonic())
        ):
            if fd == wake:
                woken = True
            else:
                flags = pycurl.CSELECT_IN if events & _READABLE else 0
                self.ready.append((fd, flags | pycurl.CSELECT_OUT if events & select.POLLOUT else flags))
        return woken

    def turn(self) -> None:
        """Start what waits, move what moved, collect what ended."""
        for fd, flags in self.ready:
            self.multi.socket_action(fd, flags)
        self.ready.clear()
        if self.waiting:
            self._start_waiting()
        if self.timer is not None and self.timer <= time.monotonic():
            self.timer = None
            self.multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        left = 1
        while left:
            left, well, failed = self.multi.info_read()
            for handle in well:
                self._end(handle, 0, "")
            for handle, code, text in failed:
                self._end(handle, code, text)

    def cancel(self, transfer: _Transfer) -> None:
        if transfer.handle is not None:
            self._release(transfer)
        elif transfer in self.waiting:
            self.waiting.remove(transfer)

    def close(self) -> list[_Transfer]:
        """Free everything; the transfers that have no answer."""
        lost = [*self.running.values(), *self.waiting, *self.ended]
        for transfer in list(self.running.values()):
            self._release(transfer)
        for handle in self.idle:
            handle.close()
        self.multi.close()
        return lost

    def _start_waiting(self) -> None:
        now = time.monotonic()
        while self.waiting and len(self.running) < self.max_in_flight:
            transfer = self.waiting.popleft()
            left = transfer.deadline - now
            if left <= 0:
                self._busy(transfer)
                continue
            transfer.handle = handle = self.idle.pop() if self.idle else pycurl.Curl()
            try:
                _prepare(handle, transfer, left, self.cafile)
                self.running[handle] = transfer
                self.multi.add_handle(handle)
            except (pycurl.error, ValueError, TypeError) as error:
                transfer.result = FetchError("config", f"libcurl refuses the request: {_sentence(error)}")
                self.ended.append(transfer)
                self._release(transfer)
        for transfer in [t for t in self.waiting if t.deadline <= now]:
            self.waiting.remove(transfer)
            self._busy(transfer)

    def _busy(self, transfer: _Transfer) -> None:
        transfer.result = FetchError("busy", f"{self.max_in_flight} requests are in flight already")
        self.ended.append(transfer)

    def _end(self, handle: Any, code: int, text: str) -> None:
        transfer = self.running[handle]
        if code == 0 or (code == pycurl.E_FILESIZE_EXCEEDED and transfer.request.truncate):
            transfer.result = _response(handle, transfer, truncated=code != 0)
        else:
            transfer.result = _error(handle, code, text)
        self.ended.append(transfer)
        self._release(transfer)

    def _release(self, transfer: _Transfer) -> None:
        handle, transfer.handle = transfer.handle, None
        if self.running.pop(handle, None) is not None:
            try:
                self.multi.remove_handle(handle)
            except pycurl.error:
                handle.close()
                return
        if len(self.idle) < _IDLE_HANDLES:
            handle.reset()
            self.idle.append(handle)
        else:
            handle.close()

    def _on_socket(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            self.poller.unregister(fd)
        else:
            self.poller.register(fd, _EVENTS[what])

    def _on_timer(self, milliseconds: int) -> None:
        self.timer = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


def _prepare(handle: Any, transfer: _Transfer, left: float, cafile: str) -> None:
    """Set a fresh or reset easy handle up for this request."""
    request, setopt = transfer.request, handle.setopt
    setopt(pycurl.URL, request.url)
    setopt(pycurl.NOSIGNAL, 1)
    setopt(pycurl.PROXY, request.proxy)  # empty: none, whatever the environment says
    setopt(pycurl.PROTOCOLS, _HTTP_ONLY)
    setopt(pycurl.TIMEOUT_MS, max(1, round(left * 1000)))
    setopt(
        pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS if request.http2 else pycurl.CURL_HTTP_VERSION_1_1
    )
    setopt(pycurl.WRITEFUNCTION, transfer.chunks.append if request.keep_body else len)
    setopt(pycurl.HEADERFUNCTION, transfer.headers.append)
    setopt(pycurl.MAXFILESIZE_LARGE, request.max_body_bytes)
    setopt(pycurl.CAINFO, request.ca_file or cafile)
    if request.ca_file:
        # libcurl keeps one parsed bundle: a private one must not push the public one (15 ms to parse) out.
        setopt(_CA_CACHE_TIMEOUT, 0)
    if not request.keep_alive:
        setopt(pycurl.FRESH_CONNECT, 1)
        setopt(pycurl.FORBID_REUSE, 1)
        setopt(pycurl.DNS_CACHE_TIMEOUT, 0)
        setopt(pycurl.SSL_SESSIONID_CACHE, 0)  # a resumed session shows no certificate
    names = {name.lower() for name in request.headers}
    headers = [f"{name}: {value}" if value else f"{name};" for name, value in request.headers.items()]
    if "user-agent" not in names:
        setopt(pycurl.USERAGENT, "watchtower")
    if request.body is not None:
        setopt(pycurl.POSTFIELDS, request.body)
        if "expect" not in names:
            headers.append("Expect:")
    if request.method == "HEAD":
        setopt(pycurl.NOBODY, 1)
    elif request.method != ("POST" if request.body is not None else "GET"):
        setopt(pycurl.CUSTOMREQUEST, request.method)
    if headers:
        setopt(pycurl.HTTPHEADER, headers)
    if request.follow_redirects:
        setopt(pycurl.FOLLOWLOCATION, 1)
        setopt(pycurl.MAXREDIRS, request.max_redirects)
        setopt(pycurl.REDIR_PROTOCOLS, _HTTP_ONLY)
    if request.username or request.password:
        setopt(pycurl.USERNAME, request.username)
        setopt(pycurl.PASSWORD, request.password)
    if not request.verify:
        setopt(pycurl.SSL_VERIFYPEER, 0)
        setopt(pycurl.SSL_VERIFYHOST, 0)
    if request.cert_file:
        setopt(pycurl.SSLCERT, request.cert_file)
        setopt(pycurl.SSLKEY, request.key_file or request.cert_file)
    if request.connect_to:
        setopt(pycurl.CONNECT_TO, [f"::{request.connect_to}"])
    if request.ip_version is not None:
        setopt(pycurl.IPRESOLVE, pycurl.IPRESOLVE_V6 if request.ip_version == 6 else pycurl.IPRESOLVE_V4)
    if request.want_certificate:
        setopt(pycurl.OPT_CERTINFO, 1)


def _milliseconds(seconds: float) -> int:
    """Rounded up: waking a little early would mean to turn in circles until it is time."""
    return max(0, math.ceil(seconds * 1000))


def _phases(handle: Any, *, failed: bool) -> Phases:
    getinfo = handle.getinfo
    dns, connect = getinfo(pycurl.NAMELOOKUP_TIME), getinfo(pycurl.CONNECT_TIME)
    tls, first = getinfo(pycurl.APPCONNECT_TIME), getinfo(pycurl.STARTTRANSFER_TIME)
    stuck = ""
    if failed:
        pretransfer = getinfo(pycurl.PRETRANSFER_TIME)
        stuck = (
            "dns" if dns == 0 and connect == 0 else
            "connect" if connect == 0 else
            "tls" if pretransfer == 0 else
            "first_byte" if first == 0 else
            "body"
        )  # fmt: skip
    return Phases(
        dns=dns,
        connect=round(max(0.0, connect - dns), 6),
        tls=round(max(0.0, tls - connect), 6),
        first_byte=round(max(0.0, first - max(connect, tls)), 6),
        total=getinfo(pycurl.TOTAL_TIME),
        stuck=stuck,
    )


def _response(handle: Any, transfer: _Transfer, *, truncated: bool) -> Response:
    getinfo = handle.getinfo
    chunks = transfer.chunks
    length = getinfo(pycurl.SIZE_DOWNLOAD)
    if truncated:
        length = max(length, getinfo(pycurl.CONTENT_LENGTH_DOWNLOAD))
    return Response(
        status=getinfo(pycurl.RESPONSE_CODE),
        body=chunks[0] if len(chunks) == 1 else b"".join(chunks),
        body_bytes=int(length),
        phases=_phases(handle, failed=False),
        remote_ip=getinfo(pycurl.PRIMARY_IP) or "",
        http_version=_HTTP_VERSIONS.get(getinfo(pycurl.INFO_HTTP_VERSION), ""),
        redirects=getinfo(pycurl.REDIRECT_COUNT),
        cert_not_after=_not_after(handle) if transfer.request.want_certificate else None,
        truncated=truncated,
        raw_headers=tuple(transfer.headers),
    )


def _not_after(handle: Any) -> float | None:
    """When the server's own certificate ends; what else the server sends along may be long out of use."""
    chain = handle.getinfo(pycurl.INFO_CERTINFO)
    for name, value in chain[0] if chain else ():
        if name == "Expire date":
            return float(ssl.cert_time_to_seconds(value))
    return None


def _error(handle: Any, code: int, text: str) -> FetchError:
    reason = _REASONS.get(code, "internal")
    if code == pycurl.E_COULDNT_CONNECT:
        number = handle.getinfo(pycurl.OS_ERRNO)
        if number == errno.EHOSTUNREACH:
            reason = "unreachable"
        elif number in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            reason = "no_route"
        elif number in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS):
            reason, text = "busy", f"this machine cannot open a connection: {os.strerror(number)}"
    phases = _phases(handle, failed=True)
    if reason == "tls":
        # libcurl counts the alert it received as a first byte.
        phases = replace(phases, tls=0.0, first_byte=0.0, stuck="tls")
    return FetchError(reason, text or f"libcurl error {code}", phases)


def _sentence(error: Exception) -> str:
    return str(error.args[1]) if isinstance(error, pycurl.error) and len(error.args) > 1 else str(error)
