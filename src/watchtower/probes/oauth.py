"""Access tokens by OAuth 2.0 client credentials (RFC 6749, 4.4). A token is kept until shortly before it ends."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any, Literal
from urllib.parse import quote_plus, urlencode

from watchtower.bodies import BodyUnreadable
from watchtower.curl import CurlFleet, FetchError, Request, Response
from watchtower.fields import Field, Secret, Settings
from watchtower.numbers import as_number
from watchtower.probes.aside import read_aside
from watchtower.probes.fetching import document_of
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import HttpUrl
from watchtower.values import replace

_EARLY = 30.0
"""Seconds before its end from which on a token is not used any more."""


class OAuthSettings(Settings):
    """Who asks for tokens, and where."""

    token_url: HttpUrl = Field(description="The token endpoint.")
    client_id: str = Field(min_length=1, description="The client's identifier.")
    client_secret: Secret = Field(min_length=1, description="The client's secret: `${SHOP_CLIENT_SECRET}`.")
    scope: str = Field(default="", description="Scopes to ask for, with spaces between.")
    audience: str = Field(
        default="", description="The API that the token is for, where the vendor asks for it."
    )
    credentials: Literal["header", "body"] = Field(
        default="header", description="Where the client's secret goes: `header` (HTTP basic) or `body`."
    )


class Tokens:
    """One client's token, which checks share by `Services.tokens`. `like` is a request whose ways (trust, proxy, client
    certificate) it goes."""

    def __init__(self, settings: OAuthSettings, like: Request) -> None:
        secret = settings.client_secret.get_secret_value()
        asked = {"grant_type": "client_credentials", "scope": settings.scope, "audience": settings.audience}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if settings.credentials == "header":
            pair = f"{quote_plus(settings.client_id)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        else:
            asked |= {"client_id": settings.client_id, "client_secret": secret}
        self._request = Request(
            settings.token_url.get_secret_value(),
            method="POST",
            headers=headers,
            body=urlencode({name: value for name, value in asked.items() if value}).encode(),
            verify=like.verify,
            ca_file=like.ca_file,
            cert_file=like.cert_file,
            key_file=like.key_file,
            proxy=like.proxy,
        )
        ways = like.verify, like.ca_file, like.cert_file, like.proxy
        self.whose = repr((self._request.url, self._request.headers, self._request.body, ways))
        """Equal for checks that may share their token: the same endpoint, client, secret, scope and way there."""
        self._token, self._until = "", 0.0
        self._asking = asyncio.Lock()

    async def token(self, fleet: CurlFleet, within: float) -> str:
        """The kept token, or a new one within so many seconds. Raises CannotTell."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(within):
                await self._asking.acquire()
        except TimeoutError:
            raise CannotTell("token", "no access token: another check still waits for it") from None
        try:
            if time.monotonic() >= self._until:
                await self._renew(fleet, max(0.001, within - (time.monotonic() - began)))
            return self._token
        finally:
            self._asking.release()

    async def _renew(self, fleet: CurlFleet, within: float) -> None:
        asked_at = time.monotonic()
        try:
            response = await fleet.fetch(replace(self._request, timeout=within))
            self._token, lasts = await read_aside(response.most_bytes, _read, response)
        except FetchError as error:
            raise CannotTell("token", f"no access token: {error.detail}") from None
        except BodyUnreadable as why:
            raise CannotTell("token", f"no access token: {why.detail}") from None
        self._until = asked_at + lasts - _EARLY

    def forget(self, token: str) -> None:
        """It was refused: the next one is asked for, unless another check has done so already."""
        if token == self._token:
            self._until = 0.0


def _read(response: Response) -> tuple[str, float]:
    """The token, and the seconds that it lasts; 0 where the answer does not say."""
    if response.status in (400, 401, 403):
        raise CannotTell("credentials", f"the token endpoint refuses the client{_error(response)}")
    if response.status != 200:
        raise CannotTell("token", f"no access token: HTTP {response.status}")
    document = document_of(response)
    found: Any = document.get("access_token") if isinstance(document, dict) else None
    if not isinstance(found, str) or not found.isprintable() or not found:
        raise CannotTell("token", "the token endpoint's answer holds no access token")
    return found, as_number(document.get("expires_in")) or 0.0


def _error(response: Response) -> str:
    """Its code for it (RFC 6749, 5.2), such as `invalid_client`."""
    try:
        document = document_of(response)
    except BodyUnreadable:
        return f": HTTP {response.status}"
    code = document.get("error") if isinstance(document, dict) else None
    return f": {code}"[:60] if isinstance(code, str) else f": HTTP {response.status}"
