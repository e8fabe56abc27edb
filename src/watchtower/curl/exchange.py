"""What is asked and what comes back: requests, answers, phases, and why there is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    http_version: str = "1.1"
    """One of `HTTP_VERSIONS`: `2` is offered over TLS, `2-prior` is spoken at once, `3` alone is tried."""
    keep_alive: bool = False
    max_body_bytes: int = 1 << 20
    truncate: bool = False
    keep_body: bool = True
    want_certificate: bool = False
    cookies: tuple[bytes, ...] | None = None
    """What an answer before this one left, as `Response.cookies` has it; None: cookies are neither sent nor kept."""
    until_switched: bool = False
    """The transfer ends with the head of an answer 101 (Switching Protocols)."""


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

    `body_bytes` is what was read. `cert_not_after` is the end of the first certificate of its chain to end (UTC epoch seconds).
    """

    status: int
    body: bytes
    body_bytes: int
    phases: Phases
    remote_ip: str
    redirects: int
    cert_not_after: float | None
    truncated: bool
    raw_headers: tuple[bytes, ...] = ()
    http_version: str = ""
    url: str = field(default="", repr=False)
    """Where this answer is from, after redirects."""
    cookies: tuple[bytes, ...] = ()
    """Those that were sent and those that came, each a line of a Netscape cookie file (fields between tabs; the last two
    are name and value). Empty unless the request asks for them."""
    redirect_url: str = ""
    """Where the answer points, as a whole URL; empty when it does not."""
    told_at: float = 0.0
    """Of a monotonic clock: half way between the request being sent and the first byte of the answer. What the answer counts
    was counted then, give or take half of `first_byte`."""

    @property
    def most_bytes(self) -> int:
        """How much there may be to read: what is packed can be a thousand times as long."""
        packed = any(line[:17].lower() == b"content-encoding:" for line in self.raw_headers)
        return len(self.body) * 1032 if packed else len(self.body)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the last answer by lower-case name; repeated ones joined by a comma."""
        out: dict[str, list[str]] = {}
        for line in self.raw_headers:
            if line[:5] == b"HTTP/":
                out.clear()  # a new answer begins: a redirect's, or the one after 100 Continue
                continue
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                out.setdefault(name.strip().lower(), []).append(value.strip())
        return {name: ", ".join(values) for name, values in out.items()}


class FetchError(Exception):
    """No answer. `reason` is one word, `detail` libcurl's sentence, `phases` how far it came; `host` is where a redirect
    had led, empty where none had.

    The far side: `refused`, `unreachable`, `timeout`, `dns`, `tls`, `reset`, `protocol`, `too_large`,
    `redirects`. Ourselves (see `own_fault`): `proxy` (dead, or it refuses us), `config` (URL, CA file, client
    certificate, proxy), `no_route`,
    `busy` (too many requests in flight for too long, or no file descriptors), `stopped`, `internal`.
    """

    def __init__(self, reason: str, detail: str, phases: Phases | None = None) -> None:
        self.reason, self.detail, self.phases, self.host = reason, detail, phases or Phases(), ""
        super().__init__(f"{reason}: {detail}")

    @property
    def own_fault(self) -> bool:
        return self.reason in ("config", "proxy", "no_route", "busy", "stopped", "internal")
