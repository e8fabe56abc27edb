"""One HTTP exchange by requests that ends when its time is up, whatever the far side does.

A time-out of requests is one for each read: who sends a byte a second is never late. Here every socket asks the
exchange that it belongs to how much time is left, before each read, write and handshake; and how many bytes may
still come. So the thread that makes the exchange comes back by itself, and its connection is closed.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPMessage, HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError

from watchtower.channels.why import Stage
from watchtower.imports import without
from watchtower.resolver import RESOLVER
from watchtower.trust import tls_context

# They guess the encoding of a text that does not say it, which we never ask for: 3.5 MB of a sidecar's memory.
with without("chardet", "charset_normalizer"):
    import requests
    from requests.adapters import HTTPAdapter

MOST_BODY = 64 * 1024
"""Bytes of a body that are read; a page's answer is some hundred."""
_MOST_BYTES = 3 * MOST_BODY
"""Bytes of everything that comes: header lines, endless `100 Continue`, the frames of chunks."""
_UNREAD = 1.0
"""Seconds for a body that nobody asks for; read all the same, so that the connection can be used again."""
_NEXT_ADDRESS = 1.5
"""Seconds after which the host's next address is tried: behind the first there may be no IPv6."""
_KEPT_HOSTS, _KEPT_EACH = 16, 8
_KEPT = 3.0
"""Seconds since its last request for which a connection is used again: enough for a burst. Balancers and firewalls forget
an idle one without a word, and then each attempt over one would wait for its whole time."""


class _Exchange(threading.local):
    """The exchange that this thread makes. `stage` is what it waits for; `fresh`: over no kept connection; `sent`: the far
    side may have read some of the request."""

    end = 0.0
    bytes_left = 0
    stage = Stage.AUTHORITIES
    fresh = sent = tls = False

    def begin(self, seconds: float, *, fresh: bool) -> None:
        self.end, self.bytes_left = time.monotonic() + seconds, _MOST_BYTES
        self.stage, self.fresh, self.sent = Stage.AUTHORITIES, fresh, False

    def left(self) -> float:
        """Seconds. Raises TimeoutError when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def came(self, count: int) -> int:
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise OSError("more than an answer may hold")
        return count


NOW = _Exchange()


class _Bounded(socket.socket):
    """A socket whose every operation ends with the exchange; what it receives is counted."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(NOW.left())
        return NOW.came(super().recv_into(*args, **kwargs))

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(NOW.left())
        return super().send(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(NOW.left())
        NOW.sent = not NOW.tls or isinstance(self, ssl.SSLSocket)  # what goes before TLS is for the proxy
        super().sendall(*args, **kwargs)


class _BoundedTls(_Bounded, ssl.SSLSocket):
    """The same under TLS; a handshake's time-out holds for all of it."""

    def do_handshake(self, block: bool = False) -> None:
        NOW.stage = Stage.HANDSHAKE
        self.settimeout(NOW.left())
        super().do_handshake(block)
        NOW.stage = Stage.ANSWER


def _connected(host: str, port: int) -> socket.socket:
    """Each of the host's addresses in turn; only the last may take all the time that is left."""
    NOW.stage = Stage.ADDRESS
    places = RESOLVER.places(host, port, NOW.left())
    NOW.stage = Stage.CONNECTION
    for number, place in enumerate(places, 1):
        last = number == len(places)
        link = _Bounded(place.family, socket.SOCK_STREAM)
        try:
            link.settimeout(NOW.left() if last else min(NOW.left(), _NEXT_ADDRESS))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.connect(place.address)
        except OSError:
            link.close()
            if last:
                raise
        else:
            NOW.stage = Stage.ANSWER
            return link
    raise OSError("the name has no address")


class _Final(HTTPResponse):
    """`102 Processing` and `103 Early Hints` are no answer yet; http.client skips `100 Continue` only.

    A head of more than a hundred headers, which it refuses, is passed over up to its end: the status is an answer.
    """

    def begin(self) -> None:
        try:
            super().begin()
        except HTTPException:
            if self.version not in (10, 11):  # it was not the headers
                raise
            self._pass_over()
            self.headers = self.msg = HTTPMessage()
            self.chunked, self.length, self.will_close = False, 0, True
        lengths = {each.strip() for each in ",".join(self.headers.get_all("Content-Length", [])).split(",")}
        if len(lengths) > 1:  # urllib3 would take the whole answer for none
            del self.headers["Content-Length"]
            self.chunked, self.length, self.will_close = False, 0, True

    def _read_status(self) -> Any:
        while True:
            said = super()._read_status()  # type: ignore[misc]
            if said[1] not in (102, 103):
                return said
            self._pass_over()

    def _pass_over(self) -> None:
        """What is left of a head; whoever never ends it runs out of bytes or of time."""
        while self.fp.readline(65537) not in (b"\r\n", b"\n", b""):
            pass


class _Connecting(HTTPConnection):
    """A connection of urllib3 over a socket of ours."""

    response_class = _Final
    _used_at = 0.0

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        self._used_at = time.monotonic()
        super().putrequest(*args, **kwargs)

    @property
    def is_connected(self) -> bool:
        """What the pool asks before it uses a connection again."""
        return not NOW.fresh and time.monotonic() - self._used_at < _KEPT and super().is_connected

    def _new_conn(self) -> socket.socket:
        try:
            return _connected(self._dns_host, self.port or self.default_port)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, "not connected") from error


class _ConnectingTls(HTTPSConnection, _Connecting):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Connecting


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _ConnectingTls


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(HTTPAdapter):
    """Connections of ours, and the authorities read once: as requests comes, it reads them for every connection."""

    def __init__(self, ca_file: str) -> None:
        self._ca_file = ca_file
        self._context: ssl.SSLContext | None = None
        self._first = threading.Lock()
        super().__init__(pool_connections=_KEPT_HOSTS, pool_maxsize=_KEPT_EACH)

    def trust(self) -> None:
        """Before the first https. Raises OSError when `ca_file` cannot be read; the next attempt reads it again."""
        with self._first:
            if self._context is None:
                self._context = _trusting(self._ca_file) if self._ca_file else _public()
                self.proxy_manager.clear()
                self.init_poolmanager(_KEPT_HOSTS, _KEPT_EACH)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to set: the context verifies."""


def _trusting(ca_file: str) -> ssl.SSLContext:
    context = tls_context(ca_file)
    context.sslsocket_class = _BoundedTls
    return context


_PUBLIC: list[ssl.SSLContext] = []


def _public() -> ssl.SSLContext:
    """The public authorities: 1.5 MB, so all channels share them, and only once something is sent by https."""
    if not _PUBLIC:
        _PUBLIC.append(_trusting(certifi.where()))
    return _PUBLIC[0]


class Session(requests.Session):
    """Follows nothing, remembers nothing, takes nothing from the environment. May be used by many threads."""

    def __init__(self, ca_file: str, proxy: str) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.proxies = {"http": proxy, "https": proxy} if proxy else {}
        self.headers.update({"User-Agent": "watchtower", "Accept-Encoding": "identity"})
        self._adapter = _Adapter(ca_file)
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def get_redirect_target(self, resp: Any) -> None:
        """None, ever: requests would read all of a redirect's body, although it is not to follow it."""

    def exchange(
        self, method: str, url: str, *, read: bool, **how: Any
    ) -> tuple[int, Mapping[str, str], bytes, str]:
        """Status, headers, body as it came, and why the body ends early (empty when it does not).

        Within the time of `NOW`. `read`: the answer's body is wanted; a refusal's always is. Raises
        requests.RequestException, HTTPError of urllib3, OSError or ValueError when there is no answer.
        """
        NOW.tls = url[:6].lower() == "https:"
        if NOW.tls:
            self._adapter.trust()
        NOW.stage = Stage.ANSWER
        if NOW.fresh:
            how["headers"] = {**how.get("headers", {}), "Connection": "close"}
        response = self.request(method, url, timeout=NOW.left(), allow_redirects=False, stream=True, **how)
        with contextlib.closing(response):
            if 200 <= response.status_code < 300 and not read:
                NOW.end = min(NOW.end, time.monotonic() + _UNREAD)
            body, cut = bytearray(), ""
            try:
                while len(body) < MOST_BODY and (piece := response.raw.read1(8192, decode_content=False)):
                    body += piece
            except (HTTPError, OSError, ValueError) as error:
                cut = "takes too long" if NOW.end <= time.monotonic() else type(error).__name__
            return response.status_code, response.headers, bytes(body[:MOST_BODY]), cut
