"""Who may do what over HTTP: everything that changes something needs a token."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from starlette.requests import Request

from watchtower.errors import UsageError
from watchtower.fields import Secret
from watchtower.logs import log
from watchtower.web.answers import Refused

TOKEN_FILE = "api-token"  # noqa: S105 - a file's name


@dataclass(frozen=True, slots=True)
class Access:
    """`api_token` may do everything; `push_token`, when there is one, may only push counts.

    `ack_key` signs acknowledge links. With `protect_reads`, reading needs the API token too: as Bearer, or as
    the password that a browser asks for.
    """

    api_token: str = field(repr=False)
    ack_key: bytes = field(repr=False)
    push_token: str = field(default="", repr=False)
    protect_reads: bool = False

    def is_api_token(self, given: str) -> bool:
        return same(given, self.api_token)

    def may_read(self, request: Request) -> None:
        """Raise Refused unless this request may see the board, the API and the metrics."""
        if self.protect_reads:
            scheme, given = credentials(request)
            if not (scheme in ("bearer", "basic") and self.is_api_token(given)):
                raise _refused(request, "Basic" if scheme == "" else "Bearer")

    def may_change(self, request: Request) -> None:
        """Raise Refused unless it carries the API token. Only Bearer: a browser never sends that by itself."""
        scheme, given = credentials(request)
        if not (scheme == "bearer" and self.is_api_token(given)):
            raise _refused(request, "Bearer")

    def may_push(self, request: Request) -> None:
        scheme, given = credentials(request)
        if not (scheme == "bearer" and (same(given, self.push_token) or self.is_api_token(given))):
            raise _refused(request, "Bearer")


def same(given: str, token: str) -> bool:
    """In constant time; an empty token opens nothing."""
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def credentials(request: Request) -> tuple[str, str]:
    """`("bearer", token)`, `("basic", password)` or `("", "")`."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return "basic", base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
    return scheme.lower(), rest.strip()


def _refused(request: Request, scheme: str) -> Refused:
    given = "authorization" in request.headers
    log.warning("access_refused", path=request.url.path, method=request.method, token_given=given)
    return Refused(
        401,
        "the token is not the right one" if given else "this needs a token",
        "send `Authorization: Bearer <token>`; the token is WATCHTOWER_API_TOKEN, "
        f"or in the file {TOKEN_FILE} beside the store",
        headers={"WWW-Authenticate": f'{scheme} realm="watchtower"'},
    )


class TokenSettings(Protocol):
    """What of the settings says which token is in force."""

    @property
    def api_token(self) -> Secret | None: ...

    @property
    def store(self) -> str: ...


class AccessSettings(TokenSettings, Protocol):
    @property
    def push_token(self) -> Secret | None: ...

    @property
    def protect_reads(self) -> bool: ...


def access_for(settings: AccessSettings, ack_key: bytes) -> Access:
    """What the settings allow; makes the file of the API token where there is none. Raises UsageError."""
    push_token = settings.push_token.get_secret_value() if settings.push_token else ""
    return Access(token_for(settings, create=True), ack_key, push_token, settings.protect_reads)


def token_for(settings: TokenSettings, *, create: bool = False) -> str:
    """The API token: the one that was set, else the one in the file beside the store.

    With `create` (the daemon) the file is made when it is missing, readable by its owner only. Raises UsageError
    when there is neither a token nor a place for one.
    """
    given = settings.api_token
    if given is not None:
        return given.get_secret_value()
    file = token_file(settings.store)
    if file is None:
        raise UsageError(
            "no API token: set WATCHTOWER_API_TOKEN (a store that is no file has no place for one)"
        )
    if create:
        _create(file)
    try:
        token = file.read_text().strip()
    except OSError as error:
        raise UsageError(
            f"no API token: set WATCHTOWER_API_TOKEN, or WATCHTOWER_STORE as the daemon has it:"
            f" {file} cannot be read ({error.strerror})"
        ) from None
    if not token:
        raise UsageError(f"the API token in {file} is empty: delete the file, and the daemon makes another")
    return token


def token_file(store: str) -> Path | None:
    """`sqlite:///var/watchtower.db` -> `var/api-token`; None for a store that is no file."""
    scheme, _, path = store.partition("///")
    return Path(path).parent / TOKEN_FILE if scheme == "sqlite:" and path else None


def _create(file: Path) -> None:
    if file.exists():
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(32) + "\n")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}; set WATCHTOWER_API_TOKEN instead") from None
