"""`http` requests an address and checks the answer, its speed and its certificate."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from watchtower.bodies import BodyUnreadable, body_text, json_of
from watchtower.core.plan.checks import free
from watchtower.curl import FetchError, Request, Response
from watchtower.fields import Field, HostName, model_validator
from watchtower.model import Fact, Facts, Outcome, Reading, Unit, Value
from watchtower.patterns import utf8
from watchtower.probes.aside import read_aside
from watchtower.probes.contract import Probe, Services, Target, down, unknown, up
from watchtower.probes.http_answer import Fault, Statuses, measured
from watchtower.probes.http_settings import AskingSettings, ReachingSettings, readable
from watchtower.probes.no_answer import WAY_FACTS, no_answer, way_there
from watchtower.probes.oauth import Tokens
from watchtower.probes.page_hosts import content_of, final_host, foreign_host, hosts_of
from watchtower.probes.redaction import redactor, spoken_url
from watchtower.probes.traffic import CannotTell
from watchtower.probes.upgrade import SWITCHED, not_accepted, upgrading
from watchtower.probes.urls import HttpOrWebSocketUrl
from watchtower.values import replace

_AS_SET = (
    "method", "follow_redirects", "max_redirects", "username", "verify", "ca_file", "cert_file", "key_file", "connect_to",
    "ip_version", "http_version", "keep_alive", "max_body_bytes",
)  # fmt: skip
"""Settings that the request takes as they are."""
_NOT_OF_A_HANDSHAKE = (
    "body", "body_matches", "body_not_matches", "json_", "measure", "follow_redirects", "content", "own_hosts",
)  # fmt: skip


class Http(Probe):
    """One request, on a new connection; status, headers, body and JSON of the answer are checked."""

    kind = "http"
    facts: ClassVar[Facts] = {
        **WAY_FACTS,
        "status": Fact.number("the HTTP status of the answer"),
        "http_version": Fact.string("the version of HTTP that was spoken: `1.1`, `2` or `3`"),
        "body_bytes": Fact.number("length of the answer's body", Unit.BYTES),
        "redirects": Fact.number("redirects that were followed"),
        "final_host": Fact.string("the host that answered in the end, or that a redirect leads to"),
        "content": Fact.string(
            "of the page, as `content` says: the hosts that it loads from, or its SHA-256"
        ),
    }

    class Settings(Probe.Settings, ReachingSettings, AskingSettings):
        url: HttpOrWebSocketUrl = Field(
            description="The address to ask; of a WebSocket (`wss://`) the opening handshake alone is made."
        )
        own_hosts: list[Annotated[HostName, Field(min_length=1)]] = Field(
            default=[],
            description="Hosts of ours beside the URL's: a redirect to another, or a page that loads from another, is down.",
        )
        content: Literal["", "hosts", "exact"] = Field(
            default="",
            description="What of the page to measure: the `hosts` that it loads from, or its text as it is, `exact`.",
        )

        @model_validator(mode="after")
        def _names_are_free(self) -> Http.Settings:
            if self.url.get_secret_value().startswith("ws"):
                given = any(getattr(self, name) for name in _NOT_OF_A_HANDSHAKE)
                if given or self.method != "GET" or self.http_version != "1.1":
                    raise ValueError(
                        "of a WebSocket only the handshake is checked: a GET by HTTP/1.1, answered 101;"
                        " header_matches alone may be said of it"
                    )
            free(self.measure, Http.facts)
            readable(self.wants_json, self.max_body_bytes)
            return self

    @classmethod
    def facts_for(cls, settings: Settings) -> Facts:
        """The measurements of every check of this kind, and those that this one takes from the answer."""
        own = {name: Fact.number(f"`{path}` in the answer's JSON") for name, path in settings.measure.items()}
        return {**cls.facts, **own}

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self.status: Statuses = settings.status
        url = settings.url.get_secret_value()
        self._upgrades = url.startswith("ws")
        if self._upgrades:
            url, self.status = f"http{url[2:]}", SWITCHED
        secret_headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        password = settings.password.get_secret_value() if settings.password else ""
        proxy = settings.proxy.get_secret_value() if settings.proxy else ""
        tokens = [value.split()[-1] for value in secret_headers.values() if value.split()]
        oauth = settings.oauth
        client_secret = oauth.client_secret.get_secret_value() if oauth else ""
        self.secrets = ("", client_secret, *secret_headers.values(), *tokens, settings.body, password)
        """The first is the access token, once there is one."""
        self.clean = redactor(*self.secrets, urls=(url, proxy))
        """Takes the secrets out of a text, and keeps it to one line."""
        self._host = urlsplit(url).hostname or ""
        self.has_credentials = bool(
            password
            or oauth
            or settings.username
            or settings.cert_file
            or urlsplit(url).username
            or any(re.search("auth|key|token|cookie", name, re.IGNORECASE) for name in secret_headers)
        )
        self.wants_json = bool(settings.json_ or settings.measure)
        self._own_hosts = [one.lower() for one in getattr(settings, "own_hosts", ())]
        self._content: str = getattr(settings, "content", "")
        patterns = settings.body_matches or settings.body_not_matches
        self.wants_body = self.wants_json or bool(patterns or self._own_hosts or self._content)
        self.request = Request(
            url,
            **{name: getattr(settings, name) for name in _AS_SET},
            headers=secret_headers,
            body=settings.body.encode() if settings.body else None,
            timeout=self.timeout_seconds,
            password=password,
            proxy=proxy,
            truncate=not self.wants_body,
            keep_body=self.wants_body,
            want_certificate=urlsplit(url).scheme == "https",
        )
        self._tokens = Tokens(oauth, self.request) if oauth else None

    async def open(self, services: Services) -> None:
        await super().open(services)
        if self._tokens:
            self._tokens = services.tokens.setdefault(self._tokens.whose, self._tokens)

    async def probe(self) -> Reading:
        if not self._upgrades:
            return (await self.ask(self.request))[0]
        request, key = upgrading(self.request)
        reading, response = await self.ask(request)
        if reading.outcome is Outcome.UP and response and (fault := not_accepted(response, key)):
            return Reading(Outcome.DOWN, reading.measurements, *fault)
        return reading

    async def ask(self, request: Request) -> tuple[Reading, Response | None]:
        """What this request's answer says, and the answer; None where there is none."""
        started = time.monotonic()
        try:
            if self._tokens:
                request = await self._signed(request, self._tokens)
            response = await self.services.curl.fetch(request)
        except CannotTell as why:
            return unknown(why.reason, self.clean(why.detail)), None
        except FetchError as error:
            if error.reason == "too_large":
                most = self.settings.max_body_bytes
                error = FetchError(
                    "too_large", f"the answer is longer than max_body_bytes ({most})", error.phases
                )
            host, ip_version = self._host, self.settings.ip_version
            return await no_answer(error, host, started, request.timeout, self.clean, ip_version), None
        return await self._read(response), response

    async def _signed(self, request: Request, tokens: Tokens) -> Request:
        """With an access token. Raises CannotTell."""
        started = time.monotonic()
        token = await tokens.token(self.services.curl, request.timeout)
        self.secrets = (token, *self.secrets[1:])
        self.clean = redactor(*self.secrets, urls=(self.request.url, self.request.proxy))
        left = request.timeout - (time.monotonic() - started)
        signed = {**request.headers, "Authorization": f"Bearer {token}"}
        return replace(request, headers=signed, timeout=max(0.001, left))

    async def _read(self, response: Response) -> Reading:
        measurements = _measurements(response)
        if response.status in (401, 403) and self.has_credentials:
            if response.status not in self.status:
                if self._tokens:
                    self._tokens.forget(self.secrets[0])
                return unknown(
                    "credentials", f"HTTP {response.status}: our credentials were refused", **measurements
                )
        if response.status == 407 and self.request.proxy:
            return unknown("proxy", "the proxy asks for other credentials: HTTP 407", **measurements)
        size = response.most_bytes if self.wants_body else 0
        fault, more = await read_aside(size, self._judge, response)
        measurements.update(more)
        if fault is None:
            return up(**measurements)
        if fault[0] in ("encoding", "charset"):
            return unknown(fault[0], self.clean(fault[1]), **measurements)
        return down(fault[0], self.clean(fault[1]), **measurements)

    def _judge(self, response: Response) -> tuple[Fault | None, Mapping[str, Value]]:
        """The first expectation that the answer does not meet, and the measurements of its body."""
        text, document, unreadable = "", None, None
        if self.wants_body:
            try:
                text = body_text(response.body, response.headers, self.settings.max_body_bytes)
                document = json_of(text) if self.wants_json else None
            except BodyUnreadable as why:
                unreadable = why.reason, why.detail
        more = dict(measured(document, self.settings.measure))
        fault = self._foreign(response, text, more) or self.fault(response, text, document, unreadable)
        return fault, more

    def _foreign(self, response: Response, text: str, more: dict[str, Value]) -> Fault | None:
        """Whether it leads away from us, where that is asked for."""
        own, mode, leads_to = self._own_hosts, self._content, final_host(response)
        more["final_host"] = leads_to
        hosts = hosts_of(text) if own or mode else []
        if mode and text and response.status in self.status:
            more["content"] = content_of(text, hosts, mode)
        return foreign_host(self.request.url, own, leads_to, hosts) if own else None

    def fault(self, response: Response, text: str, document: Any, unreadable: Fault | None) -> Fault | None:
        """The first expectation that is not met; `document` is the JSON of the body's `text`, as far as it could be read."""
        settings = self.settings
        if response.status not in self.status:
            return "status", _status_sentence(response, self.status, settings.follow_redirects)
        headers = response.headers if settings.header_matches else {}
        for name, pattern in settings.header_matches.items():
            if name.lower() not in headers:
                return "header", f"the answer has no header {name}"
            if not pattern.search(headers[name.lower()]):
                return "header", f"the answer's header {name} does not match {pattern.pattern}"
        if unreadable and not text:
            return unreadable
        content = utf8(text) if settings.body_matches or settings.body_not_matches else b""
        if settings.body_matches and not settings.body_matches.search(content):
            return "body", f"the answer does not hold {settings.body_matches.pattern}"
        if settings.body_not_matches and settings.body_not_matches.search(content):
            return "body", f"the answer holds {settings.body_not_matches.pattern}"
        if unreadable:
            return unreadable
        faults = (expectation.fault(document) for expectation in settings.json_)
        return next(filter(None, faults), None)


def _status_sentence(response: Response, wanted: Statuses, follow_redirects: bool) -> str:
    said = f"HTTP {response.status}, expected {wanted}"
    location = response.headers.get("location", "")
    if 300 <= response.status < 400 and location and not follow_redirects:
        where = spoken_url(location) if "://" in location else "another path"
        return f"{said}: it redirects to {where} (follow_redirects is false)"
    return said


def _measurements(response: Response) -> dict[str, Any]:
    out: dict[str, Any] = {
        **way_there(response),
        "status": response.status,
        "http_version": response.http_version,
        "body_bytes": response.body_bytes,
        "redirects": response.redirects,
    }
    length = response.headers.get("content-length", "") if response.truncated else ""
    if length.isdecimal():
        out["body_bytes"] = int(length)
    return out
