"""The daemon's own settings, WATCHTOWER_* in the environment. `settings.read` reads them."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from watchtower.config.named_tokens import usable
from watchtower.fields import AfterValidator, Field, Secret, Settings, Token, WithJsonSchema, parse_duration
from watchtower.model import AccessRole
from watchtower.names import NAME_PATTERN

PREFIX = "WATCHTOWER_"
SECRETS = ("api_token", "push_token", "tokens", "work_token", "secret", "store", "oidc_client_secret")
"""These settings may also come from a file, which NAME_FILE names."""


def _listen(value: str) -> str:
    host, separator, port = value.rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f'"{value}" is not an address and a port, such as 127.0.0.1:9464 or [::]:9464')
    return value


def _store(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if not separator or scheme not in ("sqlite", "postgresql", "postgres"):
        raise ValueError(
            "is not a store: write sqlite:///var/watchtower.db or postgresql://user@host/database"
        )
    try:
        for host in urlsplit(value).netloc.rpartition("@")[2].split(","):
            _ = urlsplit(f"//{host}").port
    except ValueError:
        hint = "an IPv6 address stands in [ ], a port is a number up to 65535"
        raise ValueError(f"has a host or a port that is none: {hint}") from None
    return value


def _location(value: str) -> str:
    if value and not re.fullmatch(NAME_PATTERN, value):
        raise ValueError(f'"{value}" is no name: write lower-case letters, digits, - and _, such as "inside"')
    return value


def _base_url(value: str) -> str:
    if not value:
        return value
    address = urlsplit(value)
    if not value.lower().startswith(("http://", "https://")):
        raise ValueError(f'"{value}" is not a URL that begins with https:// or http://')
    if not address.hostname or address.query or address.fragment or "@" in address.netloc:
        raise ValueError(
            f'"{value}" is no address that links can begin with: write https://HOST, or https://HOST/PATH'
        )
    if not re.fullmatch(r"[!-~]+", value):
        raise ValueError(f'"{value}" has letters that no URL has: write an international name as xn--…')
    _ = address.port
    return value.rstrip("/")


def _peers(value: str) -> str:
    for one in listed(value):
        _base_url(one)
    return value


def _retention(value: str) -> str:
    parse_duration(value)
    return value


def _kept(value: str) -> str:
    if parse_duration(value) < 8 * 86400.0:
        raise ValueError(f'"{value}" is less than 8d: a week is kept in steps of a minute anyway')
    return value


def _networks(value: str) -> str:
    for one in listed(value):
        ipaddress.ip_network(one, strict=False)
    return value


def listed(value: str) -> list[str]:
    """Splits a list: `a, b c` is three."""
    return value.replace(",", " ").split()


def roles_of(value: str) -> dict[str, AccessRole]:
    """Roles by group: `sre=respond, boss=admin, *=view`. Raises ValueError."""
    pairs = (one.rpartition("=") for one in value.split(",") if one.strip())
    try:
        return {group.strip(): AccessRole(role.strip()) for group, _, role in pairs}
    except ValueError:
        raise ValueError(
            f'"{value}" names a role that there is not: write GROUP=ROLE, of the roles {", ".join(AccessRole)}; "*" is everybody'
        ) from None


def _roles(value: str) -> str:
    roles_of(value)
    return value


def _slot(value: str) -> str:
    if value != "auto" and not 0.01 <= parse_duration(value) <= 5.0:
        raise ValueError(f'"{value}" is neither auto nor a duration between 10ms and 5s')
    return value


class EnvironmentSettings(Settings):
    """The settings of the environment. `read` accepts any mapping."""

    model_config: ClassVar[Any] = {"strict": False}  # an environment holds nothing but texts

    rules: Path = Field(default=Path("rules.toml"), description="The rules file.")
    checks: Path = Field(default=Path("checks"), description="The folder of checks.")
    store: Annotated[str, AfterValidator(_store)] = Field(
        default="sqlite:///var/watchtower.db",
        repr=False,
        description="Where state is kept: sqlite:///… or postgresql://…",
    )
    listen: Annotated[str, AfterValidator(_listen)] = Field(
        default="127.0.0.1:9464", description="Address and port of the web server."
    )
    location: Annotated[str, AfterValidator(_location)] = Field(
        default="",
        description="Where this daemon is, by the name in the `locations` of checks. Empty: no name.",
    )
    base_url: Annotated[str, AfterValidator(_base_url)] = Field(
        default="",
        description="How people reach the web server; links in pages begin with it. Empty: no links.",
    )
    peer_url: Annotated[str, AfterValidator(_base_url)] = Field(
        default="",
        description="How other daemons on the same store reach this one. Empty: by the address on which it listens.",
    )
    peers: Annotated[str, AfterValidator(_peers), WithJsonSchema({"type": "string"})] = Field(
        default="",
        description="URLs of the other daemons on the same store, with commas between them, for while the store is away.",
    )
    hosts: str = Field(
        default="",
        description="Further names, with commas between them, by which the web server may be asked.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks), WithJsonSchema({"type": "string"})] = Field(
        default="",
        description="Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: console on a terminal, else json."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level logged."
    )
    api_token: Token | None = Field(
        default=None, min_length=16, description="The bearer token that changes through the API need."
    )
    push_token: Token | None = Field(
        default=None, min_length=16, description="A bearer token that may push counts and nothing else."
    )
    tokens: Annotated[Secret, AfterValidator(usable)] | None = Field(
        default=None, description="Tokens of programs, a line each: NAME SCOPES TOKEN."
    )
    work_token: Token | None = Field(
        default=None, min_length=16, description="The token of a worker that hands over by HTTPS."
    )
    protect_reads: bool | None = Field(
        default=None,
        description="Reading needs a right too. Unset: unless it is asked on this machine alone.",
    )
    jobs: bool = Field(
        default=False,
        description="Makes jobs of commands with --spread that wait in the store, in a process of its own.",
    )
    mcp: bool = Field(default=False, description="Assistants may ask by MCP: /api/v1/mcp.")
    status_page: bool = Field(
        default=False, description="The public status page is there: /status, without sign-in."
    )
    status_url: Annotated[str, AfterValidator(_base_url)] = Field(
        default="",
        description="How the public reaches the status page, for the links in its mails. Empty: below the base URL.",
    )
    secret: Secret | None = Field(
        default=None, min_length=16, description="The key that signs the links by which people acknowledge."
    )
    tls_certificate: Path | None = Field(
        default=None, description="The certificate of the web server, with its chain: a PEM file."
    )
    tls_key: Path | None = Field(default=None, description="The key of the certificate: a PEM file.")
    oidc_issuer: Annotated[str, AfterValidator(_base_url)] = Field(
        default="", description="The OpenID Connect provider by which people sign in."
    )
    oidc_client_id: str = Field(default="", description="The name by which the provider knows watchtower.")
    oidc_client_secret: Secret | None = Field(
        default=None, description="The secret that the provider gave; none for a public client."
    )
    oidc_scope: str = Field(default="openid profile email", description="What the provider is asked for.")
    oidc_name: str = Field(
        default="email",
        description="The claim that names a person; it is looked for among names and mails of responders.",
    )
    oidc_groups: str = Field(
        default="groups", description="Where the person's groups are in the claims: a JMESPath expression."
    )
    oidc_roles: Annotated[str, AfterValidator(_roles), WithJsonSchema({"type": "string"})] = Field(
        default="*=view", description="Roles by group: sre=respond, boss=admin, *=view."
    )
    retention: Annotated[str, AfterValidator(_retention), WithJsonSchema({"type": "string"})] = Field(
        default="400d", description="How long settled incidents are kept."
    )
    history: Annotated[str, Field(min_length=1)] = Field(
        default="auto",
        description="Where the history of what checks measured is kept: auto (beside the store), off, or a file.",
    )
    history_flows: Annotated[str, AfterValidator(_kept), WithJsonSchema({"type": "string"})] = Field(
        default="365d",
        description="How long the history of checks with a flow is kept, in steps of ten minutes.",
    )
    history_others: Annotated[str, AfterValidator(_kept), WithJsonSchema({"type": "string"})] = Field(
        default="30d", description="How long that of other checks is kept."
    )
    probe_slot: Annotated[str, AfterValidator(_slot), WithJsonSchema({"type": "string"})] = Field(
        default="auto",
        description="Checks that are due within such a time start together; auto: 100 ms to 1 s.",
    )
    reload_hold: Annotated[str, AfterValidator(_retention), WithJsonSchema({"type": "string"})] = Field(
        default="10m",
        description="How long files that would drop much must stand unchanged before they are taken unconfirmed.",
    )
    threads: int = Field(default=8, ge=1, le=256, description="Threads for probes that are plain functions.")

    @property
    def listen_host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def probe_slot_seconds(self) -> float | None:
        """Returns the seconds of a slot; None: as the plan needs it."""
        return None if self.probe_slot == "auto" else parse_duration(self.probe_slot)

    @property
    def public_url(self) -> str:
        """Where the public status page is, for the links in its mails; empty where nobody can tell, or it is off."""
        url = self.status_url or (f"{self.base_url}/status" if self.base_url else "")
        return url if self.status_page else ""

    @property
    def retention_seconds(self) -> float:
        return parse_duration(self.retention)

    @property
    def reload_hold_seconds(self) -> float:
        return parse_duration(self.reload_hold)
