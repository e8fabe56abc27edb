"""`domain` asks the registry until when a domain is registered (RDAP, RFC 9083), and what is held against it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from watchtower.bodies import BodyUnreadable
from watchtower.curl import FetchError, Request, Response
from watchtower.fields import Field, FileName, HostName, Secret
from watchtower.model import Fact, Facts, Reading, Unit
from watchtower.probes.aside import read_aside
from watchtower.probes.contract import Probe, Target, down, unknown, up
from watchtower.probes.fetching import document_of
from watchtower.probes.network import CA_FILE
from watchtower.probes.redaction import redactor
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl

T = TypeVar("T")

_DAY = 86400.0
_BOOTSTRAP_KEPT = 7 * _DAY
_LONGEST = 500
"""Characters of a measurement; a registry may send more."""
_LOST = {
    "client hold": ("on_hold", "it is on hold, and so does not resolve"),
    "server hold": ("on_hold", "it is on hold, and so does not resolve"),
    "redemption period": ("redemption", "it was deleted, and can be restored for some days"),
    "pending delete": ("redemption", "it is about to be deleted, and then anybody may register it"),
}
"""States (RFC 8056) in which it does not resolve, or is about to be anybody's."""
_NO_TRANSFER = {"client transfer prohibited", "server transfer prohibited", "transfer prohibited"}
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Domain(Probe):
    """Reads a registration. What has ended, is on hold or about to be deleted is down; what the registry does not say is
    unknown."""

    kind = "domain"
    every = "12h"
    timeout = "20s"
    facts: ClassVar[Facts] = {
        "domain_days_left": Fact.number("until the registration ends; negative once it has", Unit.DAYS),
        "states": Fact.string(
            "its states as the registry names them, such as `client hold`, joined by commas"
        ),
        "locked": Fact.bool("whether it may not be transferred to another registrar"),
        "registrar": Fact.string("through whom it is registered"),
        "name_servers": Fact.string("its name servers in order of the alphabet, joined by commas"),
    }

    class Settings(Probe.Settings):
        domain: HostName = Field(min_length=1, description="The registered domain, such as `shop.example`.")
        server_url: HttpUrl | None = Field(
            default=None,
            description="Base address of the registry's RDAP server; else the one that `bootstrap_url` names.",
        )
        bootstrap_url: HttpUrl = Field(
            default=Secret("https://data.iana.org/rdap/dns.json"),
            description="The list of RDAP servers (RFC 9224); it is asked for once a week.",
        )
        proxy: HttpUrl | None = Field(default=None, description="HTTP proxy to go through.")
        ca_file: FileName = CA_FILE

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._domain = settings.domain.lower().removesuffix(".")
        given = (settings.server_url, settings.bootstrap_url, settings.proxy)
        self._given, self._bootstrap, self._proxy = (one.get_secret_value() if one else "" for one in given)
        self._clean = redactor(urls=(self._given, self._bootstrap, self._proxy))
        self._server, self._known_until = self._given, 0.0

    async def probe(self) -> Reading:
        until = time.monotonic() + self.timeout_seconds
        try:
            if not self._given and time.monotonic() >= self._known_until:
                self._server = await self._ask(self._bootstrap, until, self._server_of)
                self._known_until = time.monotonic() + _BOOTSTRAP_KEPT
            url = f"{self._server.rstrip('/')}/domain/{self._domain}"
            reading = await self._ask(url, until, self._read)
        except CannotTell as why:
            return unknown(why.reason, self._clean(why.detail))
        return Reading(reading.outcome, reading.measurements, reading.reason, self._clean(reading.detail))

    async def _ask(self, url: str, until: float, read: Callable[[Response], T]) -> T:
        request = Request(
            url, headers={"Accept": "application/rdap+json, application/json"}, follow_redirects=True,
            timeout=max(0.1, until - time.monotonic()), ca_file=self.settings.ca_file, proxy=self._proxy,
        )  # fmt: skip
        try:
            response = await self.services.curl.fetch(request)
            return await read_aside(response.most_bytes, read, response)
        except FetchError as error:
            raise CannotTell(error.reason, error.detail) from None
        except BodyUnreadable as why:
            raise CannotTell(why.reason, why.detail) from None

    def _server_of(self, response: Response) -> str:
        """The server of the longest suffix that is listed (RFC 9224, 3)."""
        if response.status != 200:
            raise CannotTell("status", f"the list of RDAP servers: HTTP {response.status}")
        labels = self._domain.split(".")
        suffixes = [".".join(labels[start:]) for start in range(len(labels))]
        servers = {
            str(suffix).lower(): [url for url in urls if str(url).startswith(("https://", "http://"))]
            for suffixes_of, urls in _pairs(document_of(response))
            for suffix in suffixes_of
        }
        found = next((servers[one] for one in suffixes if servers.get(one)), None)
        if found is None:
            raise CannotTell(
                "no_rdap",
                f"no RDAP server is listed for .{labels[-1]}: name one by `server_url`, or ask whois by a command",
            )
        return str(min(found, key=lambda url: not url.startswith("https://")))

    def _read(self, response: Response) -> Reading:
        if response.status == 404:
            return down("not_registered", f"{self._domain} is not registered")
        if response.status == 429:
            raise CannotTell("limited", "the registry answers too many requests: HTTP 429")
        if response.status != 200:
            raise CannotTell("status", f"HTTP {response.status}")
        document = document_of(response)
        name = document.get("ldhName") if isinstance(document, dict) else None
        if str(name).lower().removesuffix(".") != self._domain:
            raise CannotTell("garbage", f"the answer is no registration of {self._domain}")
        states = [_CAPITAL.sub(" ", str(one)).lower() for one in _list(document, "status")]
        servers = (
            str(one.get("ldhName")).lower().removesuffix(".") for one in _tables(document, "nameservers")
        )
        measured: dict[str, Any] = {
            "states": _joined(states) or None,
            "locked": not _NO_TRANSFER.isdisjoint(states),
            "registrar": _registrar(document),
            "name_servers": _joined(sorted(servers)) or None,
        }
        ends = _ends(document)
        measured["domain_days_left"] = days = None if ends is None else (ends - time.time()) / _DAY
        for state in states:
            if state in _LOST:
                reason, said = _LOST[state]
                return down(reason, f"{self._domain}: {said} ({state})", **measured)
        if days is None:
            return unknown("no_expiration", f"the registry does not say when {self._domain} ends", **measured)
        if days <= 0:
            return down("expired", f"the registration of {self._domain} has ended", **measured)
        return up(**measured)


def _ends(document: Mapping[str, Any]) -> float | None:
    """When the registry's own registration ends; a registrar's date (`registrar expiration`) is another."""
    for event in _tables(document, "events"):
        if event.get("eventAction") == "expiration":
            try:
                at = datetime.fromisoformat(str(event.get("eventDate")))
            except ValueError:
                return None
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return None


def _registrar(document: Mapping[str, Any]) -> str | None:
    """Its name as the card (jCard, RFC 7095) says, else its handle."""
    for entity in _tables(document, "entities"):
        if "registrar" not in _list(entity, "roles"):
            continue
        card = _list(entity, "vcardArray")
        for entry in card[1] if len(card) > 1 and isinstance(card[1], list) else ():
            if isinstance(entry, list) and len(entry) > 3 and entry[0] == "fn":
                return str(entry[3])[:_LONGEST]
        return str(entity["handle"])[:_LONGEST] if "handle" in entity else None
    return None


def _pairs(document: Any) -> Iterator[tuple[list[Any], list[Any]]]:
    for one in _list(document, "services"):
        if isinstance(one, list) and len(one) == 2 and all(isinstance(part, list) for part in one):
            yield one[0], one[1]


def _list(table: Any, key: str) -> list[Any]:
    found = table.get(key) if isinstance(table, dict) else None
    return found if isinstance(found, list) else []


def _tables(table: Any, key: str) -> list[dict[str, Any]]:
    return [one for one in _list(table, key) if isinstance(one, dict)]


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names)[:_LONGEST]
