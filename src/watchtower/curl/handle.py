"""One request on one easy handle: how it is set up, and what is read from it when it has ended."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import ssl
import time
from typing import Any
from urllib.parse import quote, urlsplit

import pycurl

from watchtower.curl.exchange import FetchError, Phases, Request, Response
from watchtower.values import replace

_HTTP2 = 16
"""CURLE_HTTP2."""
_REASONS = {
    pycurl.E_UNSUPPORTED_PROTOCOL: "protocol",
    pycurl.E_URL_MALFORMAT: "config",
    pycurl.E_COULDNT_RESOLVE_PROXY: "config",
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "refused",
    8: "protocol",  # CURLE_WEIRD_SERVER_REPLY
    _HTTP2: "protocol",
    18: "reset",  # CURLE_PARTIAL_FILE
    pycurl.E_OPERATION_TIMEDOUT: "timeout",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_HTTP_RETURNED_ERROR: "protocol",  # a WebSocket that is refused
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
    95: "protocol",  # CURLE_HTTP3
    96: "tls",  # CURLE_QUIC_CONNECT_ERROR
    100: "protocol",  # CURLE_TOO_LARGE: its headers
}
_FEATURES = pycurl.version_info()[4]
HTTP_VERSIONS: dict[str, int] = {
    "1.1": pycurl.CURL_HTTP_VERSION_1_1,
    **({"2": pycurl.CURL_HTTP_VERSION_2TLS, "2-prior": pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE}
       if _FEATURES & pycurl.VERSION_HTTP2 else {}),
    **({"3": pycurl.CURL_HTTP_VERSION_3ONLY} if _FEATURES & pycurl.VERSION_HTTP3 else {}),
}  # fmt: skip
"""What this libcurl was built with."""
_SPOKEN = {1: "1.0", 2: "1.1", 3: "2", 30: "3"}
"""CURLINFO_HTTP_VERSION."""
_HTTP_ONLY = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
_PROXY_TRIED = (502, 503, 504)
"""A proxy's answers to CONNECT that speak of the target."""
AS_IT_IS = "".join(map(chr, range(33, 127)))
"""Of an address in a far side's answer: what is not ASCII is sent as %XX, as browsers do."""
_CA_CACHE_TIMEOUT = 321
"""CURLOPT_CA_CACHE_TIMEOUT, which pycurl has no name for."""


class Transfer:
    """One request on its way through the thread."""

    __slots__ = ("begun", "chunks", "deadline", "future", "handle", "headers", "request", "result")

    def __init__(self, request: Request, future: asyncio.Future[Response], deadline: float) -> None:
        self.request, self.future, self.deadline = request, future, deadline
        self.begun = 0.0
        self.handle: Any = None
        self.headers: list[bytes] = []
        self.chunks: list[bytes] = []
        self.result: Response | FetchError | None = None

    def head(self, line: bytes) -> int | None:
        """Takes a line of the answer's head. After one that switches protocols libcurl would wait for its end."""
        self.headers.append(line)
        return 0 if line == b"\r\n" and self.switched else None

    @property
    def switched(self) -> bool:
        return self.request.until_switched and self.headers[:1] != [] and b" 101" in self.headers[0]


def prepare(handle: Any, transfer: Transfer, left: float, cafile: str) -> None:
    """Set a fresh or reset easy handle up for this request."""
    request, setopt = transfer.request, handle.setopt
    setopt(pycurl.URL, request.url)
    setopt(pycurl.NOSIGNAL, 1)
    setopt(pycurl.PROXY, request.proxy)  # empty: none, whatever the environment says
    setopt(pycurl.PROTOCOLS, _HTTP_ONLY)
    setopt(pycurl.TIMEOUT_MS, max(1, round(left * 1000)))
    setopt(pycurl.HTTP_VERSION, HTTP_VERSIONS[request.http_version])
    setopt(pycurl.WRITEFUNCTION, transfer.chunks.append if request.keep_body else len)
    setopt(pycurl.HEADERFUNCTION, transfer.head if request.until_switched else transfer.headers.append)
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
    headers = [
        (f"{name}: {value}" if value else f"{name};").encode() for name, value in request.headers.items()
    ]
    if "user-agent" not in names:
        setopt(pycurl.USERAGENT, "watchtower")
    if request.body is not None:
        setopt(pycurl.POSTFIELDS, request.body)
        if "expect" not in names:
            headers.append(b"Expect:")
    if request.method == "HEAD":
        setopt(pycurl.NOBODY, 1)
    elif request.method != ("POST" if request.body is not None else "GET"):
        setopt(pycurl.CUSTOMREQUEST, request.method)
    if headers:
        setopt(pycurl.HTTPHEADER, headers)
    if request.username or request.password:
        setopt(pycurl.USERNAME, request.username.encode())
        setopt(pycurl.PASSWORD, request.password.encode())
    if not request.verify:
        setopt(pycurl.SSL_VERIFYPEER, 0)
        setopt(pycurl.SSL_VERIFYHOST, 0)
    if request.cert_file:
        setopt(pycurl.SSLCERT, request.cert_file)
        setopt(pycurl.SSLKEY, request.key_file or request.cert_file)
    if request.connect_to:
        setopt(pycurl.CONNECT_TO, _connect_to(request))
    if request.ip_version is not None:
        setopt(pycurl.IPRESOLVE, pycurl.IPRESOLVE_V6 if request.ip_version == 6 else pycurl.IPRESOLVE_V4)
    if request.want_certificate:
        setopt(pycurl.OPT_CERTINFO, 1)
    if request.cookies is not None:
        setopt(pycurl.COOKIEFILE, "")  # libcurl knows which host, path and scheme each is for
        for line in request.cookies:
            setopt(pycurl.COOKIELIST, line)


def answer(handle: Any, transfer: Transfer, *, truncated: bool) -> Response:
    getinfo = handle.getinfo
    chunks = transfer.chunks
    phases = _phases(handle)
    sent = time.monotonic() - phases.total + phases.dns + phases.connect + phases.tls
    return Response(
        status=getinfo(pycurl.RESPONSE_CODE),
        body=chunks[0] if len(chunks) == 1 else b"".join(chunks),
        body_bytes=getinfo(pycurl.SIZE_DOWNLOAD_T),
        phases=phases,
        remote_ip=getinfo(pycurl.PRIMARY_IP) or "",
        redirects=0,
        cert_not_after=_not_after(handle, transfer.request.verify)
        if transfer.request.want_certificate
        else None,
        truncated=truncated,
        raw_headers=tuple(transfer.headers),
        url=transfer.request.url,
        http_version=_SPOKEN.get(getinfo(pycurl.INFO_HTTP_VERSION), ""),
        cookies=() if transfer.request.cookies is None else tuple(handle.getinfo_raw(pycurl.INFO_COOKIELIST)),
        redirect_url=quote(points, safe=AS_IT_IS)
        if (points := handle.getinfo_raw(pycurl.REDIRECT_URL))
        else "",
        told_at=sent + phases.first_byte / 2.0,
    )


def failure(handle: Any, request: Request, code: int, text: str) -> FetchError:
    reason = _REASONS.get(code, "internal")
    if code == pycurl.E_COULDNT_CONNECT:
        number = handle.getinfo(pycurl.OS_ERRNO)
        if number == errno.EHOSTUNREACH:
            reason = "unreachable"
        elif number in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            reason = "no_route"
        elif number in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS):
            reason, text = "busy", f"this machine cannot open a connection: {os.strerror(number)}"
    if code == _HTTP2 and (not text or text.startswith(("Send failure", "Recv failure"))):
        reason, text = "reset", text or "the connection was closed"  # while the first frames were being sent
    if request.proxy and code != pycurl.E_URL_MALFORMAT and (said := _at_the_proxy(handle, request, reason)):
        reason, text = said, f"at the proxy: {text}"
    phases = _phases(handle, request)
    if reason == "tls":
        # libcurl counts the alert it received as a first byte.
        phases = replace(phases, tls=0.0, first_byte=0.0, stuck="tls")
    return FetchError(reason, text or f"libcurl error {code}", phases)


def _at_the_proxy(handle: Any, request: Request, reason: str) -> str:
    """The reason when it did not get through the proxy: that says nothing of the target. Empty when it did."""
    if handle.getinfo(pycurl.CONNECT_TIME) == 0:
        return "proxy"
    if urlsplit(request.url).scheme == "http":
        return "proxy" if reason in ("reset", "protocol") else ""
    answered = handle.getinfo(pycurl.HTTP_CONNECTCODE)
    if answered in _PROXY_TRIED:
        return "unreachable"
    return "" if answered == 200 else "proxy"


def _connect_to(request: Request) -> list[str]:
    parts = urlsplit(request.url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if ":" not in request.connect_to or request.connect_to.endswith("]"):
        return [f"{host}::{request.connect_to}:"]
    return [f"{host}:{port}:{request.connect_to}"]


def shaking_hands(handle: Any, request: Request) -> bool:
    """Whether the TLS handshake had not ended. libcurl sets the times of what follows also where that was never begun; of a
    connection that is used again it has no time of a handshake."""
    if request.url[:6].lower() != "https:" or handle.getinfo(pycurl.APPCONNECT_TIME):
        return False
    return bool(request.proxy) or not handle.getinfo(pycurl.REQUEST_SIZE)


def _phases(handle: Any, failed: Request | None = None) -> Phases:
    getinfo = handle.getinfo
    dns, connect = getinfo(pycurl.NAMELOOKUP_TIME), getinfo(pycurl.CONNECT_TIME)
    tls, first = getinfo(pycurl.APPCONNECT_TIME), getinfo(pycurl.STARTTRANSFER_TIME)
    stuck = ""
    if failed is not None:
        stuck = (
            "dns" if dns == 0 and connect == 0 else
            "connect" if connect == 0 else
            "tls" if shaking_hands(handle, failed) else
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


def _not_after(handle: Any, verified: bool) -> float | None:
    """When the first certificate of the chain that the server sends ends.

    What has ended already, while the chain was found good, is out of use; where nothing was verified, only the
    server's own counts.
    """
    ends = []
    for certificate in handle.getinfo(pycurl.INFO_CERTINFO)[: None if verified else 1]:
        for name, value in certificate:
            if name == "Expire date":
                with contextlib.suppress(ValueError):
                    ends.append(float(ssl.cert_time_to_seconds(value)))
    return min([*ends[:1], *(end for end in ends[1:] if end > time.time())], default=None)


def sentence(error: Exception) -> str:
    return str(error.args[1]) if isinstance(error, pycurl.error) and len(error.args) > 1 else str(error)
