"""Access control over HTTP: who asks, and what they may do."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from watchtower.access import form_tokens
from watchtower.access.accounts import Accounts
from watchtower.access.audit import Audit
from watchtower.access.cookies import Cookies
from watchtower.access.kept_answers import KeptAnswers
from watchtower.access.records import key_of
from watchtower.access.roles import EVERY_CHECK, Principal, SignInMethod, granted
from watchtower.access.sign_in import SignIn
from watchtower.access.status_subscribers import StatusSubscribers
from watchtower.api.attempts import Attempts
from watchtower.api.hosts import Hosts, is_loopback
from watchtower.api.proofs import Proofs
from watchtower.api.shared_token import TOKEN_FILE, token_for
from watchtower.config.environment import EnvironmentSettings, listed
from watchtower.config.named_tokens import named_tokens
from watchtower.errors import UsageError, install
from watchtower.logs import log
from watchtower.model import AccessRole
from watchtower.store.store import Store

if TYPE_CHECKING:
    from starlette.requests import Request

    from watchtower.api.responses import ApiError
    from watchtower.fields import Secret

_FORWARDED = (b"x-forwarded-for", b"x-forwarded-host", b"forwarded", b"x-real-ip", b"via")
"""A request with one of these came through a proxy, from wherever."""


@dataclass(frozen=True, slots=True)
class Access:
    """`api_token` may do everything, in any name; `push_token`, when there is one, may only push counts. `ack_key` signs the
    links in pages. `accounts`, `sign_in`, `audit` and `subscribers` are there where this daemon leads.

    `protect_reads`: whether reading needs a right too. None: unless it is asked on this machine, by a daemon that is
    reached from nowhere else (`local`).
    """

    api_token: str = field(repr=False)
    ack_key: bytes = field(repr=False)
    push_token: str = field(default="", repr=False)
    protect_reads: bool | None = None
    local: bool = True
    address: str = ""
    """Where it listens, as a URL: for links, where no WATCHTOWER_BASE_URL is set."""
    hosts: Hosts = field(default_factory=lambda: Hosts.of("", "", ()))
    cookies: Cookies = field(default_factory=lambda: Cookies("", "", ""))
    attempts: Attempts = field(default_factory=Attempts, repr=False, compare=False)
    proofs: Proofs = field(default_factory=Proofs, repr=False, compare=False)
    status_page: bool = False
    """Whether the public status page is there."""
    mcp: bool = False
    """Whether assistants are served."""
    accounts: Accounts | None = field(default=None, repr=False, compare=False)
    sign_in: SignIn | None = field(default=None, repr=False, compare=False)
    audit: Audit | None = field(default=None, repr=False, compare=False)
    subscribers: StatusSubscribers | None = field(default=None, repr=False, compare=False)
    kept: KeptAnswers | None = field(default=None, repr=False, compare=False)
    named: dict[str, Principal] = field(default_factory=dict, repr=False, compare=False)
    """Callers of WATCHTOWER_TOKENS, by the hash of their token."""
    probes: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False, compare=False)
    """The location and the token of each worker that hands over by HTTPS, by the token's hash."""

    # ---- who asks ------------------------------------------------------------------------------------------

    def caller(self, request: Request) -> Principal:
        """Who asks: by the header, which goes first, or by the session's cookie."""
        state = request.scope.setdefault("state", {})
        if "caller" not in state:
            scheme, given = credentials(request)
            found = self.by_token(given)
            # A proxy's own password may come along (Basic). Whoever sends a Bearer token means that one.
            by_cookie = found.way is SignInMethod.NOBODY and scheme != "bearer"
            cookie = self.cookies.read(request) if by_cookie else ""
            session = self.accounts.caller_of_session(cookie) if cookie and self.accounts else None
            self._is(request, session or found)
        caller: Principal = state["caller"]
        return caller

    def by_header(self, authorization: str) -> Principal:
        """The same, of a visitor without cookies."""
        return self.by_token(header_credentials(authorization)[1])

    def by_token(self, given: str) -> Principal:
        """The caller of the API token, of the push token, of one of WATCHTOWER_TOKENS, or of a personal one."""
        if same(given, self.api_token):
            return Principal(SignInMethod.SHARED, role=AccessRole.ADMIN)
        if same(given, self.push_token):
            return Principal(SignInMethod.SHARED, checks=frozenset({EVERY_CHECK}))
        if given and (named := self.named.get(key_of(given))):
            return named
        return (self.accounts.caller_of_token(given) if self.accounts and given else None) or Principal()

    def _is(self, request: Request, caller: Principal) -> None:
        request.scope["state"] |= {"caller": caller, "by": caller.name}

    async def save(self) -> None:
        """Writes what waits: the audit log, and when sessions and tokens were last used. Raises StoreError."""
        if self.audit and self.accounts:
            await self.audit.save()
            await self.accounts.save()

    def take_tokens(self, given: Secret | None) -> None:
        """From now on these of WATCHTOWER_TOKENS are known, and no others."""
        self.named.clear()
        self.probes.clear()
        for one in named_tokens(given.get_secret_value()) if given else ():
            may = granted(one.scopes, AccessRole.ADMIN)
            if place := [scope.partition(":")[2] for scope in one.scopes if scope.startswith("probe:")]:
                self.probes[key_of(one.secret)] = place[0], one.secret
            else:
                self.named[key_of(one.secret)] = Principal(SignInMethod.TOKEN, one.name, *may)

    # ---- what they may -------------------------------------------------------------------------------------

    def open_to(self, scope: Mapping[str, Any]) -> bool:
        """Whether reading needs no right for this request."""
        if self.protect_reads is not None:
            return not self.protect_reads
        headers = dict(scope["headers"])
        client = scope.get("client") or ("",)
        host = urlsplit(f"//{headers.get(b'host', b'localhost').decode('latin-1')}").hostname or ""
        asked_here = is_loopback(client[0]) and is_loopback(host)
        return self.local and asked_here and not any(name in headers for name in _FORWARDED)

    def may_read(self, request: Request, role: AccessRole = AccessRole.VIEW) -> None:
        """Raises ApiError unless this request may read: the board, the API and the metrics, or what needs a higher role."""
        caller = self.caller(request)
        if caller.may(role) or (role is AccessRole.VIEW and self.open_to(request.scope)):
            return
        if caller.may(AccessRole.VIEW):
            raise _too_little(caller, role)
        raise self._refused(request, "" if credentials(request)[0] == "bearer" else "Basic")

    def may_change(
        self, request: Request, role: AccessRole = AccessRole.RESPOND, *, basic: bool = False
    ) -> None:
        """Raises ApiError unless it carries a token for that as Bearer, which a browser never sends by itself; with `basic`,
        where no other page can make it ask, as the password too."""
        caller, scheme = self.caller(request), credentials(request)[0]
        bearer = scheme == "bearer" or (basic and scheme == "basic")
        if bearer and caller.way is SignInMethod.TOKEN and not caller.may(role):
            raise _too_little(caller, role)
        if not (bearer and caller.may(role)):
            raise self._refused(request, "Bearer")

    def may_act(
        self, request: Request, fields: Mapping[str, str], role: AccessRole = AccessRole.RESPOND
    ) -> None:
        """Raises ApiError unless a form may do that: of a session, by our own page; else by the token in the form."""
        from watchtower.api.responses import ApiError

        caller, given = self.caller(request), fields.get("token", "")
        if caller.way is SignInMethod.SESSION and not given:
            self.must_be_own_form(request, fields, caller.session)
            if not caller.may(role):
                raise _too_little(caller, role)
            return
        by_form = self.by_token(given)
        if not by_form.may(role):
            if given:
                self.attempts.wrong(request)
            hint = "sign in, or send a token: WATCHTOWER_API_TOKEN, or what is in the file api-token beside the store"
            raise ApiError(403, "the token is not the right one" if given else "sign in first", hint)
        self._is(request, by_form)

    def must_be_own_form(self, request: Request, fields: Mapping[str, str], session: str) -> None:
        """Raises ApiError for a form that another site sent, or that is not of this session."""
        from watchtower.api.responses import ApiError

        token = fields.get(form_tokens.FIELD, "")
        if (
            not session
            or not self.cookies.own_page(request)
            or not form_tokens.right(self.ack_key, session, token)
        ):
            hint = "open the page anew, and send it once more; behind a proxy see WATCHTOWER_BASE_URL"
            raise ApiError(403, "this form is not from a page of this session", hint)

    def may_push(self, request: Request, check: str, own: str = "", *, basic: bool = False) -> None:
        """Raises ApiError unless the push is permitted. `own` is the check's token; where it is set, the push token for all
        does not count. `basic`: the token may be the password, too."""
        scheme, given = credentials(request)
        scheme = "bearer" if basic and scheme == "basic" else scheme
        caller = self.by_token(given) if scheme == "bearer" else Principal()
        counts = caller.may(AccessRole.ADMIN) or caller.way is SignInMethod.TOKEN or not own
        if not ((counts and caller.pushes(check)) or (scheme == "bearer" and same(given, own))):
            raise self._refused(request, "Bearer")

    def check_to_push(self, request: Request, checks: Sequence[str]) -> str:
        """Returns the first of these checks that it may raise alerts for, by Bearer or Basic: people may for all. Empty where
        there are none. Raises ApiError where it may not."""
        caller = self.by_token(credentials(request)[1])
        person = caller.may(AccessRole.RESPOND)
        found = next((check for check in checks if person or caller.pushes(check)), "")
        if not found and (checks or not (person or caller.checks)):
            raise self._refused(request, "Bearer")
        return found

    def may_report(self, request: Request) -> None:
        """Raises ApiError unless it may report what changes in the product: people, and whatever pushes counts."""
        caller = self.caller(request)
        if not (credentials(request)[0] == "bearer" and (caller.may(AccessRole.RESPOND) or caller.checks)):
            raise self._refused(request, "Bearer")

    def _refused(self, request: Request, scheme: str) -> ApiError:
        given = "authorization" in request.headers
        if given:
            self.attempts.wrong(request)
        from watchtower.api.responses import ApiError  # with Starlette, which comes with the first visitor

        return ApiError(
            401,
            "the token is not the right one" if given else "this needs a token",
            "send `Authorization: Bearer <token>`; the token is a personal one, WATCHTOWER_API_TOKEN, "
            f"or in the file {TOKEN_FILE} beside the store",
            headers={"WWW-Authenticate": f'{scheme or "Bearer"} realm="watchtower"'},
            kind="token-wrong" if given else "token-needed",
        )


def _too_little(caller: Principal, needed: AccessRole) -> ApiError:
    from watchtower.api.responses import ApiError

    what = f"{caller.name} may not do that: it needs the role {needed}"
    return ApiError(403, what, "ask an admin for the role, or use a token with this scope")


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
    return (scheme.lower(), rest.strip()) if scheme.lower() == "bearer" else ("", "")


async def access_for(settings: EnvironmentSettings, ack_key: bytes, store: Store | None = None) -> Access:
    """The access rules of the settings; with a store also its accounts. Creates the file of the API token where there is
    none. Raises UsageError and StoreError."""
    if settings.mcp and find_spec("mcp") is None:
        raise UsageError(f"WATCHTOWER_MCP needs a package that is not installed: {install('mcp')}")
    push_token = settings.push_token.get_secret_value() if settings.push_token else ""
    public = urlsplit(settings.status_url).hostname or ""
    hosts = Hosts.of(settings.base_url, settings.listen_host, [*listed(settings.hosts), public])
    base = urlsplit(settings.base_url).hostname or "localhost"
    if push_token:
        hint = "whoever has it may push to every check without a token of its own: docs/http.md#push"
        log.warning("push_token_for_all", hint=hint)
    if settings.protect_reads is False and not is_loopback(settings.listen_host):
        hint = (
            "whoever reaches this address reads the board, the API and the metrics: WATCHTOWER_PROTECT_READS"
        )
        log.warning("reads_open", listen=settings.listen_host, hint=hint)
    accounts = Accounts(store) if store else None
    audit = Audit(store) if store else None
    subscribers = StatusSubscribers(store) if store else None
    kept = KeptAnswers(store) if store else None
    if accounts:
        await accounts.load()
    if subscribers:
        await subscribers.load()
    if kept:
        await kept.load()
    made = Access(
        token_for(settings, create=True), ack_key, push_token, settings.protect_reads,
        is_loopback(settings.listen_host) and is_loopback(base),
        f"http{'s' if settings.tls_certificate else ''}://{settings.listen}", hosts, Cookies.of(settings.base_url, ack_key),
        status_page=settings.status_page, mcp=settings.mcp,
        accounts=accounts, audit=audit, subscribers=subscribers, kept=kept,
        proofs=Proofs(key=ack_key if store and store.shared else b""),
        sign_in=SignIn(accounts, audit, settings) if accounts and audit else None,
    )  # fmt: skip
    made.take_tokens(settings.tokens)
    return made
