"""One step of a transaction: a request with what was carried so far in it, and what is carried on from its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import urljoin, urlsplit

from watchtower.core.plan.checks import MeasureName
from watchtower.curl import Request, Response
from watchtower.fields import Duration, Field, Secret, Words
from watchtower.model import Reading, Text
from watchtower.probes import carried
from watchtower.probes.carried import CannotCarry, Carry
from watchtower.probes.contract import Target, down
from watchtower.probes.http import Http
from watchtower.probes.http_answer import Fault
from watchtower.probes.http_settings import AskingSettings, ReachingSettings
from watchtower.probes.urls import Headers, http_url
from watchtower.values import replace

_AS_WHOM: Mapping[str, Any] = {
    "headers": {}, "username": "", "password": None, "oauth": None, "connect_to": "", "cert_file": "", "key_file": "",
}  # fmt: skip
"""Of the check's settings these are for its own origin alone."""
_WORDS = re.compile(r"[^\s\"'{}\[\]:,&=]{8,}")
"""What of a body may be a secret by itself."""


class StepSettings(AskingSettings):
    """One request of the transaction, and what is carried on from its answer."""

    name: Annotated[MeasureName, Field(max_length=40)] = Field(
        description="What rules call it, such as pay: lower-case letters, digits and _."
    )
    title: Words | None = Field(default=None, description="What people call it.")
    url: Secret = Field(
        description="A path at the check's `url`, a whole address, or one carried value that is either."
    )
    headers: Headers = Field(default={}, description="Request headers beside those of the check.")
    timeout: Duration | None = Field(
        default=None,
        gt=0,
        description="Longest that it may take; never more than is left of the transaction.",
    )
    retry_for: Duration = Field(
        default=0.0,
        description="Ask again each second for so long until the answer is as expected: for what ends later.",
    )
    carry: dict[MeasureName, Carry] = Field(
        default={}, description="Values for later steps: name = where it stands in the answer."
    )
    spends: dict[MeasureName, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="What it spends of the check's budget: name = amount."
    )

    @property
    def places(self) -> set[str]:
        """The names of the values that its request needs."""
        texts = [
            self.url.get_secret_value(),
            self.body,
            *(v.get_secret_value() for v in self.headers.values()),
        ]
        return {name for text in texts for name in carried.named_in(text)}

    @property
    def words(self) -> Text:
        return self.title or Text(self.name, self.name)


class AskedStep(Http):
    """Asks with the values that it is given. `carried` is what its last answer gave."""

    def __init__(self, shared: Any, own: StepSettings, target: Target) -> None:
        self._base = base = shared.url.get_secret_value()
        self._template = template_of(base, own)
        self._is_whole = carried.is_one_place(self._template)
        self.own, self.places, self.carried = own, own.places, dict[str, str]()
        reaching = {name: getattr(shared, name) for name in ReachingSettings.declared_fields}
        if not self._is_whole and origin(self._template) != origin(base):
            reaching |= _AS_WHOM
        settings = SimpleNamespace(
            **reaching, **{name: getattr(own, name) for name in AskingSettings.declared_fields}
        )
        theirs = {name.lower() for name in own.headers}
        if "authorization" in theirs:
            settings.oauth = None
        settings.headers = {n: v for n, v in reaching["headers"].items() if n.lower() not in theirs}
        settings.headers |= own.headers
        settings.url = Secret(base if self._is_whole else self._template)
        super().__init__(settings, Target(target.check, target.every, own.timeout or target.timeout))
        self.clean = str  # of a transaction's secrets all are struck out at its end
        self.secrets = (*self.secrets, *_WORDS.findall(own.body))
        if any(carried.named_in(value) for value in self.request.headers.values()):
            self.has_credentials = False  # they are not ours: the product gave them a moment ago
        self.wants_json = self.wants_json or any(one.json_ for one in own.carry.values())
        self.wants_body = self.wants_body or self.wants_json or any(one.of_body for one in own.carry.values())
        self.request = replace(self.request, keep_body=self.wants_body, truncate=not self.wants_body)

    async def ask_with(
        self, values: Mapping[str, str], cookies: tuple[bytes, ...], within: float
    ) -> tuple[Reading, Response | None]:
        """The reading, and the answer if one came, in at most so many seconds."""
        try:
            request = self._filled(values)
        except CannotCarry as why:
            return down("carry", str(why)), None
        self.carried = {}
        within = max(0.001, round(min(within, self.timeout_seconds), 2))
        return await self.ask(replace(request, timeout=within, cookies=cookies))

    def _filled(self, values: Mapping[str, str]) -> Request:
        own = self.request
        headers = {n: carried.filled(v, values, carried.in_header) for n, v in own.headers.items()}
        kind = next((v for n, v in headers.items() if n.lower() == "content-type"), "").lower()
        body = carried.filled((own.body or b"").decode(), values, carried.in_body(kind)).encode()
        url = carried.filled(self._template, values, str if self._is_whole else carried.in_url)
        return replace(own, url=self._led(url) if self._is_whole else url, headers=headers, body=body or None)

    def _led(self, url: str) -> str:
        """Where an answer points. Another origin than the check's own is not asked: our credentials would go there."""
        try:
            found = http_url(Secret(urljoin(self._base, url))).get_secret_value()
        except ValueError:
            raise CannotCarry("the address that was carried is none") from None
        if origin(found) != origin(self._base):
            raise CannotCarry("the address that was carried leads to another host than the check's url")
        return found

    def fault(self, response: Response, text: str, document: Any, unreadable: Fault | None) -> Fault | None:
        """Also of an answer that is not as expected all is carried that is there: what cleans up may need it."""
        found, missing = dict[str, str](), None
        for name, carry in self.own.carry.items():
            try:
                found[name] = carry.taken(response, text, document)
            except CannotCarry as why:
                missing = missing or ("carry", f"in the answer, {why}")
        self.carried = found
        return super().fault(response, text, document, unreadable) or missing


def template_of(base: str, step: StepSettings) -> str:
    """Its whole address, still with places in it; or one place alone. Raises ValueError for one that can never be sent."""
    template = carried.tidy(step.url.get_secret_value())
    if carried.is_one_place(template):
        return template
    if "://" not in template.partition("{{")[0]:
        template = urljoin(base, template)
    if "{{" in urlsplit(template).netloc or template.startswith("{{"):
        raise ValueError("a carried value cannot stand in the host: what an answer says would choose it")
    return http_url(Secret(template)).get_secret_value()


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises ValueError."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
