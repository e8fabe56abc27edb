"""One HTTP call to a gateway or a webhook: warm connections, threads of its own, bounded in time and size.

The threads are not the event loop's default ones: a slow probe must never stand between a page and the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache, partial
from typing import Any
from urllib.parse import quote, urlsplit

import certifi

from watchtower.channels.sentences import clean
from watchtower.channels.why import causes, tls_trouble, why
from watchtower.errors import DeliveryError
from watchtower.imports import without

# They guess the encoding of a text that does not say it, which we never ask for: 3.5 MB of a sidecar's memory.
with without("chardet", "charset_normalizer"):
    import requests
    from requests.adapters import HTTPAdapter

THREADS = 8
"""Calls under way at once, as many as delivery asks for on one channel; further ones wait their turn."""

_MOST_BYTES = 64 * 1024
_MOST_QUOTED, _QUOTED = 4096, 200
_TRY_LATER = (408, 425, 429)
_LONGEST_WAIT = 3600.0
_REUSE_ERRORS = (ConnectionResetError, BrokenPipeError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is cut at 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def retry_after(self) -> float | None:
        """Seconds that the far side asks us to wait (a number or an HTTP date), at most an hour."""
        value = self.headers.get("Retry-After", "").strip()
        if not value or self.status not in (429, 503):
            return None
        if value.isascii() and value.isdigit():
            return min(float(value), _LONGEST_WAIT)
        try:
            return min(max(0.0, parsedate_to_datetime(value).timestamp() - time.time()), _LONGEST_WAIT)
        except (TypeError, ValueError, OverflowError):
            return None


class Caller:
    """Makes calls over kept connections. `redact` takes secrets out of whatever the far side echoes back."""

    def __init__(
        self, name: str, timeout: float, ca_file: str = "", redact: Callable[[str], str] = str
    ) -> None:
        self._timeout = timeout
        self._redact = redact
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=name)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = "watchtower"
        self._session.mount("http://", HTTPAdapter(pool_connections=16, pool_maxsize=THREADS))
        self._session.mount("https://", _Trusting(ca_file))

    async def call(self, method: str, url: str, **how: Any) -> Answer:
        """The answer, whatever its status. Raises DeliveryError (transient) when there is none in time."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pool, partial(self._call, method, url, **how))
        try:
            # The thread has its own limits; this one also counts the wait for a thread.
            return await asyncio.wait_for(work, self._timeout * 2)
        except TimeoutError:
            raise DeliveryError(
                "timeout", f"no answer of {host_of(url)} within {self._timeout * 2:g} s"
            ) from None

    def refusal(self, answer: Answer) -> DeliveryError:
        """The error for an answer that is not a success, by its HTTP status alone."""
        permanent = 400 <= answer.status < 500 and answer.status not in _TRY_LATER
        if 300 <= answer.status < 400:
            detail = "answers with a redirect, which is not followed: configure the final URL"
        else:
            detail = self.excerpt(answer) or "no explanation"
        return DeliveryError(
            f"http {answer.status}", detail, permanent=permanent, retry_after=answer.retry_after()
        )

    def excerpt(self, answer: Answer) -> str:
        """The beginning of the body as one line, without any secret that we sent."""
        line = clean(self._redact(answer.body[:_MOST_QUOTED].decode("utf-8", "replace")))
        return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"

    async def close(self) -> None:
        """Let go of connections and threads; calls under way end by their own time limit."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def _call(self, method: str, url: str, **how: Any) -> Answer:
        end = time.monotonic() + self._timeout
        try:
            try:
                return self._once(method, url, end, **how)
            except requests.ConnectionError as error:
                # The far side closed a kept connection just as we took it: the only failure worth a second
                # attempt at once. It has the same idempotency key.
                if not any(isinstance(cause, _REUSE_ERRORS) for cause in causes(error)):
                    raise
                return self._once(method, url, end, **how)
        except requests.Timeout:
            raise DeliveryError(
                "timeout", f"no answer of {host_of(url)} within {self._timeout:g} s"
            ) from None
        except requests.exceptions.SSLError as error:
            raise DeliveryError("tls", f"{host_of(url)}: {tls_trouble(error) or why(error)}") from None
        except (requests.RequestException, OSError, ValueError) as error:
            # Never the exception's own text: it quotes the URL, which may hold a key.
            raise DeliveryError("connect", f"cannot reach {host_of(url)}: {why(error)}") from None

    def _once(self, method: str, url: str, end: float, **how: Any) -> Answer:
        left = max(0.001, end - time.monotonic())
        with contextlib.closing(
            self._session.request(method, url, timeout=left, allow_redirects=False, stream=True, **how)
        ) as response:
            self._session.cookies.clear()
            body = bytearray()
            for chunk in response.iter_content(8192):
                body += chunk
                if len(body) >= _MOST_BYTES:
                    break
                if time.monotonic() > end:
                    raise requests.Timeout
            return Answer(response.status_code, response.headers, bytes(body[:_MOST_BYTES]))


@cache
def _public() -> ssl.SSLContext:
    """The public authorities: 1.5 MB, so all channels share them, and only once something is sent by https."""
    return ssl.create_default_context(cafile=certifi.where())


class _Trusting(HTTPAdapter):
    """Reads the authorities once. As requests comes, it reads them again for every new connection."""

    def __init__(self, ca_file: str) -> None:
        self._context = ssl.create_default_context(cafile=ca_file) if ca_file else None
        self._first = threading.Lock()
        super().__init__(pool_connections=16, pool_maxsize=THREADS)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        with self._first:
            if self._context is None:
                self._context = _public()
                self.init_poolmanager(16, THREADS)
        return super().send(*args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to set: the context verifies."""


def idempotency_key(id: str) -> str:
    """A letter's id as it may stand in a header: names of people need not be ASCII."""
    return quote(id, safe="")


def host_of(url: str) -> str:
    """The host alone: paths and queries of gateways hold keys."""
    try:
        return urlsplit(url).hostname or "the far side"
    except ValueError:
        return "the far side"


def problem_of_url(url: str) -> str | None:
    """Why this cannot be called, or None."""
    try:
        parts = urlsplit(url)
        port_is_good = parts.port is None or parts.port > 0
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https"):
        return "is not an http:// or https:// URL"
    if not parts.hostname or not port_is_good or any(c.isspace() or not c.isprintable() for c in url):
        return "is not a complete URL"
    return None
