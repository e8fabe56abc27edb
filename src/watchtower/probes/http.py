"""`http` requests an address and checks the answer, its speed and its certificate."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from watchtower.bodies import MOST_JSON, BodyUnreadable, body_text, json_of
from watchtower.core.plan.checks import MeasureName, free
from watchtower.curl import FetchError, Phases, Request, Response
from watchtower.fields import Field, FileName, Secret, model_validator
from watchtower.model import Fact, Facts, Reading, Unit, Value
from watchtower.patterns import Regex, utf8
from watchtower.probes.aside import read_aside
from watchtower.probes.contract import Probe, Target, down, unknown, up
from watchtower.probes.http_answer import (
    Fault,
    JmesPath,
    JsonExpectation,
    StatusSet,
    measured,
)
from watchtower.probes.network import CA_FILE, IP_VERSION, failed, resolved
from watchtower.probes.redaction import redactor, spoken_url
from watchtower.probes.urls import Headers, HttpUrl

_DAY = 86400.0


_AS_SET = (
    "method", "follow_redirects", "max_redirects", "username", "verify", "ca_file", "cert_file", "key_file", "connect_to",
    "ip_version", "http2", "keep_alive", "max_body_bytes",
)  # fmt: skip
"""Settings that the request takes as they are."""


class Http(Probe):
    """One request, on a new connection; status, headers, body and JSON of the answer are checked."""

    kind = "http"
    facts: ClassVar[Facts] = {
        "latency": Fact.number("from the start to the last byte of the answer", Unit.SECONDS),
        "status": Fact.number("the HTTP status of the answer"),
        "dns_seconds": Fact.number("time to resolve the name", Unit.SECONDS),
        "connect_seconds": Fact.number("time to connect by TCP", Unit.SECONDS),
        "tls_seconds": Fact.number("time for the TLS handshake", Unit.SECONDS),
        "first_byte_seconds": Fact.number(
            "from the connection being ready to the first byte of the answer", Unit.SECONDS
        ),
        "tls_days_left": Fact.number("until the server's certificate ends", Unit.DAYS),
        "body_bytes": Fact.number("length of the answer's body", Unit.BYTES),
        "redirects": Fact.number("redirects that were followed"),
        "remote_ip": Fact.string("the address that was connected to"),
    }

    class Settings(Probe.Settings):
        url: HttpUrl = Field(description="The address to ask.")
        method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
            default="GET", description="The HTTP method."
        )
        headers: Headers = Field(default={}, description="Request headers; `Host` may be one.")
        body: str = Field(default="", repr=False, description="The request's body.")
        username: str = Field(default="", description="User for HTTP basic authentication.")
        password: Secret | None = Field(default=None, description="Password for HTTP basic authentication.")
        status: StatusSet = Field(
            default="2xx",
            validate_default=True,
            description='Statuses that are well: 301, "2xx", "200-399", or a list.',
        )
        header_matches: dict[str, Regex] = Field(
            default={}, description="Regular expressions that headers of the answer must match."
        )
        body_matches: Regex | None = Field(
            default=None, description="A regular expression that the answer's body must hold."
        )
        body_not_matches: Regex | None = Field(
            default=None, description="A regular expression that the answer's body must not hold."
        )
        json_: list[JsonExpectation] = Field(
            default=[], alias="json", description="What the answer's JSON must hold."
        )
        measure: dict[MeasureName, JmesPath] = Field(
            default={}, description="Numbers to take from the answer's JSON: name = JMESPath."
        )
        max_body_bytes: int = Field(
            default=1 << 20, ge=1, le=64 << 20, description="A longer answer is not read to its end."
        )
        follow_redirects: bool = Field(
            default=False, description="Follow redirects, and check the last answer."
        )
        max_redirects: int = Field(default=10, ge=1, le=50, description="Redirects to follow at most.")
        verify: bool = Field(default=True, description="Check the server's certificate and its name.")
        ca_file: FileName = CA_FILE
        cert_file: FileName = Field(default="", description="PEM file of a client certificate.")
        key_file: FileName = Field(
            default="", description="PEM file of its key, when that is not in the certificate's file."
        )
        connect_to: str = Field(
            default="",
            pattern=r"^$|^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]{1,253})(:[1-9][0-9]{0,4})?$",
            description="Host, or host:port, to connect to in place of the URL's; name and certificate stay the URL's.",
        )
        ip_version: Literal[4, 6] | None = IP_VERSION
        http2: bool = Field(default=False, description="Offer HTTP/2 over TLS.")
        keep_alive: bool = Field(
            default=False, description="Keep the connection for the next run, which then tries no new one."
        )
        proxy: HttpUrl | None = Field(
            default=None, description="HTTP proxy to go through; none is taken from the environment."
        )

        @model_validator(mode="after")
        def _names_are_free(self) -> Http.Settings:
            free(self.measure, Http.facts)
            if (self.json_ or self.measure) and self.max_body_bytes > MOST_JSON:
                raise ValueError(
                    f"max_body_bytes: JSON longer than {MOST_JSON} bytes is not read, since it would hold up all"
                    " other checks: write at most that, or leave json and measure out"
                )
            return self

    @classmethod
    def facts_for(cls, settings: Settings) -> Facts:
        """The measurements of every check of this kind, and those that this one takes from the answer."""
        own = {name: Fact.number(f"`{path}` in the answer's JSON") for name, path in settings.measure.items()}
        return {**cls.facts, **own}

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        url = settings.url.get_secret_value()
        secret_headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        password = settings.password.get_secret_value() if settings.password else ""
        proxy = settings.proxy.get_secret_value() if settings.proxy else ""
        self._clean = redactor(
            *secret_headers.values(),
            *(value.split()[-1] for value in secret_headers.values() if value.split()),
            settings.body,
            password,
            urls=(url, proxy),
        )
        self._host = urlsplit(url).hostname or ""
        self._has_credentials = bool(
            password
            or settings.username
            or settings.cert_file
            or urlsplit(url).username
            or any(re.search("auth|key|token|cookie", name, re.IGNORECASE) for name in secret_headers)
        )
        self._wants_json = bool(settings.json_ or settings.measure)
        self._wants_body = self._wants_json or bool(settings.body_matches or settings.body_not_matches)
        self._request = Request(
            url,
            **{name: getattr(settings, name) for name in _AS_SET},
            headers=secret_headers,
            body=settings.body.encode() if settings.body else None,
            timeout=self.timeout_seconds,
            password=password,
            proxy=proxy,
            truncate=not self._wants_body,
            keep_body=self._wants_body,
            want_certificate=urlsplit(url).scheme == "https",
        )

    async def probe(self) -> Reading:
        started = time.monotonic()
        try:
            response = await self.services.curl.fetch(self._request)
        except FetchError as error:
            return await self._no_answer(error, self.timeout_seconds - (time.monotonic() - started))
        measurements = _measurements(response)
        if response.status in (401, 403) and self._has_credentials:
            if response.status not in self.settings.status:
                return unknown(
                    "credentials", f"HTTP {response.status}: our credentials were refused", **measurements
                )
        if response.status == 407 and self._request.proxy:
            return unknown("proxy", "the proxy asks for other credentials: HTTP 407", **measurements)
        size = response.most_bytes if self._wants_body else 0
        fault, more = await read_aside(size, self._judge, response)
        measurements.update(more)
        if fault is None:
            return up(**measurements)
        if fault[0] in ("encoding", "charset"):
            return unknown(fault[0], self._clean(fault[1]), **measurements)
        return down(fault[0], self._clean(fault[1]), **measurements)

    def _judge(self, response: Response) -> tuple[Fault | None, Mapping[str, Value]]:
        """The first expectation that the answer does not meet, and the measurements of its body."""
        settings = self.settings
        text, document, unreadable = "", None, None
        if self._wants_body:
            try:
                text = body_text(response.body, response.headers, settings.max_body_bytes)
                document = json_of(text) if self._wants_json else None
            except BodyUnreadable as why:
                unreadable = why.reason, why.detail
        more = measured(document, settings.measure)
        if response.status not in settings.status:
            return ("status", _status_sentence(response, settings)), more
        headers = response.headers if settings.header_matches else {}
        for name, pattern in settings.header_matches.items():
            if name.lower() not in headers:
                return ("header", f"the answer has no header {name}"), more
            if not pattern.search(headers[name.lower()]):
                return ("header", f"the answer's header {name} does not match {pattern.pattern}"), more
        if unreadable and not text:
            return unreadable, more
        content = utf8(text) if settings.body_matches or settings.body_not_matches else b""
        if settings.body_matches and not settings.body_matches.search(content):
            return ("body", f"the answer does not hold {settings.body_matches.pattern}"), more
        if settings.body_not_matches and settings.body_not_matches.search(content):
            return ("body", f"the answer holds {settings.body_not_matches.pattern}"), more
        if unreadable:
            return unreadable, more
        for expectation in settings.json_:
            if fault := expectation.fault(document):
                return fault, more
        return None, more

    async def _no_answer(self, error: FetchError, left: float) -> Reading:
        phases = error.phases
        came = _phase_measurements(phases, failed=True)
        if error.own_fault:
            return unknown(error.reason, self._clean(f"could not ask: {error.detail}"), **came)
        if error.reason == "dns" or (error.reason == "timeout" and phases.stuck == "dns"):
            return await self._no_name(left, error.host or self._host)
        if error.reason == "timeout":
            return down("timeout", _STUCK[phases.stuck].format(self.timeout_seconds), **came)
        if error.reason == "too_large":
            most = self.settings.max_body_bytes
            return down("too_large", f"the answer is longer than max_body_bytes ({most})", **came)
        return down(error.reason, self._clean(error.detail), **came)

    async def _no_name(self, left: float, host: str) -> Reading:
        """Resolves once more, because libcurl does not say whether the name or the resolver is at fault."""
        try:
            await resolved(host, 0, max(0.2, left), self.settings.ip_version)
        except socket.gaierror as error:
            return failed(error, host)
        return unknown("resolver", f"{host}: the resolver failed, and answered when asked again")


_PHASES = ("dns", "connect", "tls", "first_byte")
_PHASE_FACTS = tuple(f"{phase}_seconds" for phase in _PHASES)
_STUCK = {
    "": "no answer within {:g} s",
    "dns": "the name was not resolved within {:g} s",
    "connect": "no connection within {:g} s",
    "tls": "connected, but the TLS handshake did not end within {:g} s",
    "first_byte": "connected, but no answer within {:g} s",
    "body": "the answer began, but did not end within {:g} s",
}


def _status_sentence(response: Response, settings: Any) -> str:
    said = f"HTTP {response.status}, expected {settings.status}"
    location = response.headers.get("location", "")
    if 300 <= response.status < 400 and location and not settings.follow_redirects:
        where = spoken_url(location) if "://" in location else "another path"
        return f"{said}: it redirects to {where} (follow_redirects is false)"
    return said


def _measurements(response: Response) -> dict[str, Any]:
    out: dict[str, Any] = {
        "latency": response.phases.total,
        "status": response.status,
        "body_bytes": response.body_bytes,
        "redirects": response.redirects,
        "remote_ip": response.remote_ip,
        **_phase_measurements(response.phases, failed=False),
    }
    length = response.headers.get("content-length", "") if response.truncated else ""
    if length.isdecimal():
        out["body_bytes"] = int(length)
    if response.cert_not_after is not None:
        out["tls_days_left"] = (response.cert_not_after - time.time()) / _DAY
    return out


def _phase_measurements(phases: Phases, *, failed: bool) -> dict[str, Any]:
    """Seconds of the phases that ended. Phases that were not reached are left out."""
    if failed and not phases.stuck:
        return {}
    ended = _PHASES.index(phases.stuck) if phases.stuck in _PHASES else len(_PHASES)
    seconds = zip(
        _PHASE_FACTS[:ended], (phases.dns, phases.connect, phases.tls, phases.first_byte), strict=False
    )
    return {name: value for name, value in seconds if value > 0 or name != "tls_seconds"}
