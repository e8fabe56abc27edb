"""The frame of probes that ask a vendor by signed requests what an account has left. Each vendor's file is the rest."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from watchtower.bodies import BodyUnreadable
from watchtower.curl import FetchError, Request, Response
from watchtower.fields import Field, Secret, Settings
from watchtower.model import Reading
from watchtower.probes.aside import read_aside
from watchtower.probes.contract import Probe, Target, readings, unknown
from watchtower.probes.fetching import document_of
from watchtower.probes.prepaid import with_overall
from watchtower.probes.redaction import redactor
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl
from watchtower.values import Frozen, replace

_LARGEST_ANSWER = 1 << 20
_PAUSES = (0.5, 1.5)
"""Seconds before each further try, after a failure that may pass."""


class Keys(Settings):
    """An account's key, in the words of most vendors."""

    access_key_id: Secret | None = Field(default=None, description="The key's id.")
    access_key_secret: Secret | None = Field(default=None, description="The key itself.")
    security_token: Secret | None = Field(default=None, description="The token of temporary keys.")


class AccountSettings(Keys):
    """Without keys in the check they come from the environment, under the vendor's own names."""

    accounts: dict[str, Keys] = Field(
        default={},
        max_length=50,
        description="Several accounts by one check: name -> keys. Each is a series.",
    )


class MoneySettings(AccountSettings):
    """Of probes that measure money; a vendor sets the default of `endpoint`."""

    endpoint: HttpUrl = Field(description="The vendor's address for this site.")
    currency: str = Field(
        default="CNY",
        pattern="^[A-Z]{3}$",
        description="The currency that rules count on; another one is unknown.",
    )


class MayPass(CannotTell):
    """A failure that another attempt may cure."""


class Refusals(Frozen):
    """How a vendor's codes begin, by who must act. A code that is in none is the vendor's own word: `vendor`."""

    credentials: tuple[str, ...]
    clock: tuple[str, ...]
    throttled: tuple[str, ...]
    passing: tuple[str, ...]

    def refuse(self, code: object, message: object, status: int) -> CannotTell:
        """The failure that this code is."""
        name, said = str(code or ""), f"{code}: {message}"
        if name.startswith(self.throttled):
            return MayPass("throttled", said)
        if name.startswith(self.passing):
            return MayPass("vendor", said)
        if name.startswith(self.clock):
            return CannotTell("clock", f"this machine's clock is off: {said}")
        if name.startswith(self.credentials):
            return CannotTell("credentials", said)
        return (MayPass if status >= 500 else CannotTell)("vendor", said)


Ask = Callable[..., Awaitable[Mapping[str, Any]]]
"""`await ask(...)` with what the vendor's `request` takes: its answer, tried again while that may help."""


class SignedAccount(Probe):
    """A vendor defines `request`, `answer` and `measure`. What cannot be read is unknown: never fine."""

    environment: ClassVar[tuple[str, str, str]]
    """Where a key comes from that the check does not give, or `<name>_FILE`: id, secret, token."""
    detector = "runway"
    every = "10m"
    timeout = "15s"

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        given = settings.accounts or {"": settings}
        self._accounts = {name: self._keys(keys) for name, keys in given.items()}
        secrets = [secret for keys in self._accounts.values() for secret in keys]
        endpoint = getattr(settings, "endpoint", None)
        self.endpoint: str = endpoint.get_secret_value().rstrip("/") if endpoint else ""
        self._clean = redactor(*secrets, urls=[self.endpoint])

    def request(self, keys: tuple[str, str, str], timeout: float, *question: Any) -> Request:
        """The signed request for a question; `keys` is id, secret and token."""
        raise NotImplementedError

    def answer(self, document: Mapping[str, Any], status: int) -> Mapping[str, Any]:
        """What the answer holds. Raises CannotTell for a refusal, MayPass for one that may pass."""
        raise NotImplementedError

    async def measure(self, ask: Ask) -> Reading | Sequence[Reading]:
        """What one account has left: a reading, or one for each of `parts`. Raises CannotTell."""
        raise NotImplementedError

    async def role_keys(self, within: float) -> tuple[str, str, str]:
        """Temporary keys of the role that this machine has; empty where it has none. Raises CannotTell."""
        return "", "", ""

    @property
    def parts(self) -> Sequence[str]:
        """The series of one account."""
        return ("",)

    async def probe(self) -> Reading | Sequence[Reading]:
        until = time.monotonic() + self.timeout_seconds
        found = await asyncio.gather(*(self._one(*account, until) for account in self._accounts.items()))
        return with_overall([reading for one in found for reading in one])

    async def _one(self, name: str, keys: tuple[str, str, str], until: float) -> Sequence[Reading]:
        try:
            if not any(keys):
                keys = await self.role_keys(max(0.1, until - time.monotonic()))
            for what, key, variable in zip(Keys.declared_fields, keys[:2], self.environment, strict=False):
                if not key:
                    raise CannotTell("credentials", f"there is no {what}: set it, or {variable}")
            found = readings(await self.measure(lambda *asked: self._ask(keys, until, *asked)))
        except CannotTell as why:
            found = [unknown(why.reason, self._clean(why.detail), part) for part in self.parts]
        return [replace(one, series=":".join(filter(None, (name, one.series)))) for one in found]

    async def _ask(self, keys: tuple[str, str, str], until: float, *question: Any) -> Mapping[str, Any]:
        for pause in _PAUSES:
            try:
                return await self._try(keys, until, *question)
            except MayPass:
                if time.monotonic() + pause >= until:
                    raise
                await asyncio.sleep(pause)
        return await self._try(keys, until, *question)

    async def _try(self, keys: tuple[str, str, str], until: float, *question: Any) -> Mapping[str, Any]:
        request = self.request(keys, max(0.1, until - time.monotonic()), *question)
        try:
            response = await self.services.curl.fetch(request)
        except FetchError as error:
            failure = CannotTell if error.reason in ("tls", "too_large") else MayPass
            raise failure(error.reason, f"{urlsplit(request.url).hostname}: {error.detail}") from None
        return await read_aside(response.most_bytes, self._read, response)

    def _read(self, response: Response) -> Mapping[str, Any]:
        status = response.status
        try:
            document = document_of(response, exact=True)
        except BodyUnreadable:
            document = None
        if isinstance(document, dict):
            return self.answer(document, status)
        if status == 200:
            raise CannotTell("garbage", "the answer is no JSON object")
        raise (MayPass if status >= 500 else CannotTell)("status", f"HTTP {status}")

    def _keys(self, given: Any) -> tuple[str, str, str]:
        names = zip(Keys.declared_fields, self.environment, strict=True)
        found = [_key(getattr(given, name), "" if self.settings.accounts else where) for name, where in names]
        return found[0], found[1], found[2]


def request_of(url: str, method: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Request:
    """A signed request as it is sent. A body that is empty would come with a Content-Type, which nothing has signed."""
    if not body and method == "POST":
        headers = {**headers, "Content-Length": "0"}
    return Request(
        url,
        method=method,
        headers=dict(headers),
        body=body or None,
        timeout=timeout,
        max_body_bytes=_LARGEST_ANSWER,
    )


def _key(given: Secret | None, variable: str) -> str:
    if given is not None:
        return given.get_secret_value()
    file = os.environ.get(f"{variable}_FILE") if variable else ""
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return ""
    return os.environ.get(variable, "") if variable else ""
