"""One HTTP exchange by libcurl, in the thread that asks for it; it ends when its time is up, whatever the far side does."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import responses
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import certifi
import pycurl

from watchtower.channels.why import SPENT, Stage, strerror, why
from watchtower.curl.exchange import FetchError, Request, Response
from watchtower.curl.handle import AS_IT_IS, Transfer, answer, failure, prepare, sentence, shaking_hands
from watchtower.resolver import RESOLVER

MOST_BODY = 64 * 1024
"""Bytes of a body that are read; a page's answer is some hundred."""
_MOST_HEAD = 2 * MOST_BODY
"""Bytes of header lines, those of an endless `100 Continue` too."""
_UNREAD = 1.0
"""Seconds for a body that nobody asks for."""
_HANDLES = 8
"""Handles that are kept: each has the public authorities, which take 15 ms to read."""
_KEPT = 3
"""Seconds since its last request for which a connection is used again: enough for a burst. Balancers and firewalls forget
an idle one without a word, and then each attempt over one would wait for its whole time."""
_WEIRD = 8
"""CURLE_WEIRD_SERVER_REPLY, such as of a Content-Length that is none: the status stands all the same."""
_SUPPRESS_CONNECT_HEADERS = 265
"""CURLOPT_SUPPRESS_CONNECT_HEADERS, which pycurl has no name for: what a proxy says to CONNECT is no answer."""


class NoAnswer(Exception):
    """`why` in the system's words. `sent`: the far side may have read some of the request; `spent`: we ran out of files,
    memory or ports; `proxy`: it did not get through ours; `tls`: it is about TLS."""

    def __init__(
        self, stage: Stage, why: str, *, late: bool = False, sent: bool = False, spent: bool = False,
        proxy: bool = False, tls: bool = False,
    ) -> None:  # fmt: skip
        self.stage, self.why, self.late, self.sent = stage, why, late, sent
        self.spent, self.proxy, self.tls = spent, proxy, tls
        super().__init__(why)


class _Exchange(Transfer):
    """What has come so far. `headed`: the head of a final answer has come; `enough`: no more of the body is wanted."""

    __slots__ = ("end", "enough", "headed", "read", "size", "status", "taken")

    def __init__(self, request: Request, end: float, read: bool) -> None:
        super().__init__(request, None, end)  # type: ignore[arg-type]
        self.end, self.read = end, read
        self.headed = self.enough = False
        self.status = self.size = self.taken = 0

    def line(self, line: bytes) -> int | None:
        self.size += len(line)
        if line[:5] == b"HTTP/":
            self.status = int(line.split(None, 2)[1][:3])
        if line in (b"\r\n", b"\n") and self.status >= 200:
            self.headed = True
            if 200 <= self.status < 300 and not self.read:
                self.end = min(self.end, time.monotonic() + _UNREAD)
        self.headers.append(line)
        return None if self.size <= _MOST_HEAD else 0

    def body(self, piece: bytes) -> int | None:
        self.chunks.append(piece)
        self.taken += len(piece)
        self.enough = self.taken >= MOST_BODY
        return 0 if self.enough else None

    def late(self, *_: int) -> bool:
        return time.monotonic() > self.end


class Session:
    """Follows nothing, remembers nothing, takes nothing from the environment. May be used by many threads. `fresh`: each
    exchange goes over a connection of its own."""

    def __init__(self, ca_file: str, proxy: str, *, fresh: bool) -> None:
        self._ca_file, self._proxy, self._fresh = ca_file, proxy, fresh
        self._idle: list[Any] = []

    def exchange(
        self, method: str, url: str, within: float, *, read: bool, **how: Any
    ) -> tuple[int, Mapping[str, str], bytes, str]:
        """Status, headers by lower-case name, body as it came, and why the body ends early (empty when it does not).

        `read`: the answer's body is wanted; a refusal's always is. `how`: `headers`, `params`, `json`, `data` (bytes, text or
        a form's fields), `auth` (user and password). Raises NoAnswer, and ValueError for what cannot be asked.
        """
        end = time.monotonic() + within
        request = self._request(method, url, within, **how)
        places = self._places(request, within)
        exchange = _Exchange(request, end, read)
        try:
            handle = self._idle.pop()
        except IndexError:
            handle = pycurl.Curl()
        try:
            try:
                self._prepare(handle, exchange, places)
                handle.perform()
            except pycurl.error as error:
                code, said = int(error.args[0]), sentence(error)
                found = failure(handle, request, code, said)
                if not (exchange.headed or (code == _WEIRD and exchange.status >= 200)):
                    raise self._unanswered(handle, code, found, request) from None
                cut = "" if exchange.enough else "takes too long" if exchange.late() else found.reason
                return _read(answer(handle, exchange, truncated=True), cut)
            return _read(answer(handle, exchange, truncated=False), "")
        finally:
            handle.reset()
            if len(self._idle) < _HANDLES:
                self._idle.append(handle)
            else:
                handle.close()

    def close(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _request(
        self, method: str, url: str, within: float, *, headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None, json: Any = None, data: Any = None, auth: tuple[str, str] = ("", ""),
    ) -> Request:  # fmt: skip
        if params:
            url += f"{'&' if '?' in url else '?'}{urlencode(params)}"
        named, body = _body(json, data)
        if body is None and method != "GET":
            named["Content-Length"] = "0"
        return Request(
            _plain(url), method=method, body=body, timeout=within, ca_file=self._ca_file, proxy=self._proxy,
            headers=named | {"Accept-Encoding": "identity"} | dict(headers or {}),
            username=auth[0], password=auth[1], max_body_bytes=1 << 40, keep_alive=not self._fresh,
        )  # fmt: skip

    def _places(self, request: Request, within: float) -> list[str]:
        """The addresses to connect to, for libcurl; by our own resolver, which remembers them."""
        parts = urlsplit(self._proxy or request.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme.lower() == "https" else 80)
        try:
            found = RESOLVER.places(host, port, within)
        except (OSError, UnicodeError) as error:
            raise NoAnswer(Stage.ADDRESS, why(error), proxy=bool(self._proxy)) from None
        addresses = dict.fromkeys(str(place.address[0]).partition("%")[0] for place in found)
        named = (f"[{one}]" if ":" in one else one for one in addresses if one != host)
        return [f"{host}:{port}:{known}"] if (known := ",".join(named)) else []

    def _prepare(self, handle: Any, exchange: _Exchange, places: list[str]) -> None:
        if self._ca_file and exchange.request.url[:6].lower() == "https:":
            try:
                open(self._ca_file, "rb").close()
            except OSError as error:
                raise NoAnswer(Stage.AUTHORITIES, why(error)) from None
        prepare(handle, exchange, exchange.end - time.monotonic(), certifi.where())
        handle.setopt(pycurl.HEADERFUNCTION, exchange.line)
        handle.setopt(pycurl.WRITEFUNCTION, exchange.body)
        handle.setopt(pycurl.NOPROGRESS, 0)
        handle.setopt(pycurl.XFERINFOFUNCTION, exchange.late)
        handle.setopt(_SUPPRESS_CONNECT_HEADERS, 1)
        handle.setopt(pycurl.RESOLVE, places)
        handle.setopt(pycurl.MAXAGE_CONN, _KEPT)

    def _unanswered(self, handle: Any, code: int, found: FetchError, request: Request) -> NoAnswer:
        number, shaking = handle.getinfo(pycurl.OS_ERRNO), shaking_hands(handle, request)
        sent = bool(handle.getinfo(pycurl.REQUEST_SIZE)) and not shaking
        stage = Stage.HANDSHAKE if shaking else Stage.ANSWER
        if not (sent or handle.getinfo(pycurl.CONNECT_TIME)):
            stage = Stage.CONNECTION
        if code in (pycurl.E_SSL_CACERT_BADFILE, pycurl.E_SSL_CERTPROBLEM):
            return NoAnswer(Stage.AUTHORITIES, found.detail)
        spent = code in (pycurl.E_FAILED_INIT, pycurl.E_OUT_OF_MEMORY) or number in SPENT
        said = strerror(number) if stage is Stage.CONNECTION and number else found.detail
        tls = found.reason == "tls"
        if code == pycurl.E_PEER_FAILED_VERIFICATION:
            said = f"certificate refused: {found.detail.rpartition(': ')[2]}"
        answered = handle.getinfo(pycurl.HTTP_CONNECTCODE)
        refused = bool(self._proxy) and answered not in (0, 200)
        if refused:
            said = f"it answers {answered} {responses.get(answered, '')}".strip()
        proxy = refused or (bool(self._proxy) and stage is Stage.CONNECTION)
        late = code in (pycurl.E_OPERATION_TIMEDOUT, pycurl.E_ABORTED_BY_CALLBACK)
        return NoAnswer(stage, said, late=late, sent=sent, spent=spent, proxy=proxy, tls=tls)


def _body(json_: Any, data: Any) -> tuple[dict[str, str], bytes | None]:
    """The headers about it, where the caller names none, and the body."""
    if json_ is not None:
        return {"Content-Type": "application/json"}, json.dumps(json_, ensure_ascii=False).encode()
    if isinstance(data, Mapping | list):
        return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(data, doseq=True).encode()
    return {}, data.encode() if isinstance(data, str) else data


def _plain(url: str) -> str:
    """The address as it is sent: a name beyond ASCII by IDNA, other signs as %XX."""
    host = urlsplit(url).hostname or ""
    if not host.isascii():
        url = url.replace(host, host.encode("idna").decode(), 1)
    return quote(url, safe=AS_IT_IS)


def _read(response: Response, cut: str) -> tuple[int, Mapping[str, str], bytes, str]:
    return response.status, response.headers, response.body[:MOST_BODY], cut
