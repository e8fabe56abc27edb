"""Access control over HTTP: every change needs a token."""

from __future__ import annotations

import base64
import hmac
import ipaddress
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from watchtower.api.attempts import Attempts
from watchtower.api.hosts import Hosts
from watchtower.api.proofs import Proofs
from watchtower.config.environment import EnvironmentSettings, listed
from watchtower.errors import UsageError
from watchtower.logs import log

if TYPE_CHECKING:
    from starlette.requests import Request

    from watchtower.api.responses import ApiError

TOKEN_FILE = "api-token"  # noqa: S105 - a file's name


@dataclass(frozen=True, slots=True)
class Access:
    """`api_token` may do everything; `push_token`, when there is one, may only push counts.

    `ack_key` signs the links in pages. With `protect_reads`, reading needs the API token too: as Bearer, or as
    the password that a browser asks for.
    """

    api_token: str = field(repr=False)
    ack_key: bytes = field(repr=False)
    push_token: str = field(default="", repr=False)
    protect_reads: bool = False
    hosts: Hosts = field(default_factory=lambda: Hosts.of("", "", ()))
    root: str = ""
    """The path of WATCHTOWER_BASE_URL: `/watch`, or nothing."""
    attempts: Attempts = field(default_factory=Attempts, repr=False, compare=False)
    proofs: Proofs = field(default_factory=Proofs, repr=False, compare=False)

    def is_api_token(self, given: str) -> bool:
        return same(given, self.api_token)

    def knows(self, request: Request) -> bool:
        """Whether the request carries the API token; raises nothing."""
        return self.opens(request.headers.get("authorization", ""))

    def opens(self, authorization: str) -> bool:
        """Whether this header carries the API token."""
        scheme, given = header_credentials(authorization)
        return scheme in ("bearer", "basic") and self.is_api_token(given)

    def may_act(self, request: Request, given: str) -> None:
        """Raises ApiError unless a form carries the API token."""
        if not self.is_api_token(given):
            if given:
                self.attempts.wrong(request)
            from watchtower.api.responses import ApiError

            hint = "it is WATCHTOWER_API_TOKEN, or in the file api-token beside the store"
            raise ApiError(403, "the token is not the right one", hint)

    def may_read(self, request: Request) -> None:
        """Raises ApiError unless this request may read the board, the API and the metrics."""
        if self.protect_reads:
            if not self.knows(request):
                scheme, _ = credentials(request)
                raise self._refused(request, "Basic" if scheme == "" else "Bearer")

    def may_change(self, request: Request) -> None:
        """Raises ApiError unless it carries the API token as Bearer, which a browser never sends by itself."""
        scheme, given = credentials(request)
        if not (scheme == "bearer" and self.is_api_token(given)):
            raise self._refused(request, "Bearer")

    def may_push(self, request: Request, own: str = "") -> None:
        """Raises ApiError unless the push is permitted. `own` is the check's token; where it is set, the push
        token for all does not count."""
        scheme, given = credentials(request)
        if not (scheme == "bearer" and (same(given, own or self.push_token) or self.is_api_token(given))):
            raise self._refused(request, "Bearer")

    def _refused(self, request: Request, scheme: str) -> ApiError:
        given = "authorization" in request.headers
        if given:
            self.attempts.wrong(request)
        from watchtower.api.responses import ApiError  # with Starlette, which comes with the first visitor

        return ApiError(
            401,
            "the token is not the right one" if given else "this needs a token",
            "send `Authorization: Bearer <token>`; the token is WATCHTOWER_API_TOKEN, "
            f"or in the file {TOKEN_FILE} beside the store",
            headers={"WWW-Authenticate": f'{scheme} realm="watchtower"'},
        )


def same(given: str, token: str) -> bool:
    """Compares in constant time; an empty token matches nothing."""
    return bool(token) and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def credentials(request: Request) -> tuple[str, str]:
    """`("bearer", token)`, `("basic", password)` or `("", "")`."""
    return header_credentials(request.headers.get("authorization", ""))


def header_credentials(authorization: str) -> tuple[str, str]:
    """Returns the same from the header alone."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            return "basic", base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except ValueError:  # no base64, not of ASCII, or no text in it
            return "", ""
    return scheme.lower(), rest.strip()


def access_for(settings: EnvironmentSettings, ack_key: bytes) -> Access:
    """The access rules of the settings; creates the file of the API token where there is none. Raises
    UsageError."""
    push_token = settings.push_token.get_secret_value() if settings.push_token else ""
    hosts = Hosts.of(settings.base_url, settings.listen_host, listed(settings.hosts))
    root = urlsplit(settings.base_url).path.rstrip("/")
    _warn(settings, push_token)
    return Access(token_for(settings, create=True), ack_key, push_token, settings.protect_reads, hosts, root)


def _warn(settings: EnvironmentSettings, push_token: str) -> None:
    """Logs what is open and perhaps should not be."""
    try:
        outside = not ipaddress.ip_address(settings.listen_host).is_loopback
    except ValueError:
        outside = settings.listen_host != "localhost"
    if outside and not settings.protect_reads:
        hint = "whoever reaches this address reads the board, the API and the metrics: WATCHTOWER_PROTECT_READS=true"
        log.warning("reads_open", listen=settings.listen_host, hint=hint)
    if push_token:
        hint = "whoever has it may push to every check without a token of its own: docs/http.md#push"
        log.warning("push_token_for_all", hint=hint)


def token_for(settings: EnvironmentSettings, *, create: bool = False) -> str:
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
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise UsageError(
            f"no API token: set WATCHTOWER_API_TOKEN, or WATCHTOWER_STORE as the daemon has it:"
            f" {file} cannot be read ({why})"
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
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(32) + "\n")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}; set WATCHTOWER_API_TOKEN instead") from None
