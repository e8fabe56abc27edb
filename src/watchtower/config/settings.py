"""The daemon's own settings: WATCHTOWER_* in the environment, secrets also from the file that *_FILE names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources.utils import parse_env_vars

from watchtower.config.plain_words import in_plain_words
from watchtower.config.problems import did_you_mean
from watchtower.config.secrets import Secrets, lookup
from watchtower.errors import Problem, UsageError
from watchtower.fields import parse_duration

PREFIX = "WATCHTOWER_"
SECRETS = ("api_token", "push_token", "secret")
"""Settings that may also come from a file, by their name and _FILE."""


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
    return value


def _base_url(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError(f'"{value}" is not a URL that begins with https:// or http://')
    return value.rstrip("/")


def _retention(value: str) -> str:
    parse_duration(value)
    return value


class EnvironmentSettings(BaseSettings):
    """What the container's environment says. Read it with `read`, which takes any mapping."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

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
    base_url: Annotated[str, AfterValidator(_base_url)] = Field(
        default="",
        description="How people reach the web server; links in pages begin with it. Empty: no links.",
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: console on a terminal, else json."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level logged."
    )
    api_token: SecretStr | None = Field(
        default=None, min_length=16, description="The bearer token that changes through the API need."
    )
    push_token: SecretStr | None = Field(
        default=None, min_length=16, description="A bearer token that may push counts and nothing else."
    )
    protect_reads: bool = Field(
        default=False, description="Reading the board, the API and the metrics needs the API token too."
    )
    secret: SecretStr | None = Field(
        default=None, min_length=16, description="The key that signs the links by which people acknowledge."
    )
    retention: Annotated[str, AfterValidator(_retention), WithJsonSchema({"type": "string"})] = Field(
        default="400d", description="How long settled incidents are kept."
    )
    threads: int = Field(default=8, ge=1, le=256, description="Threads for probes that are plain functions.")

    @property
    def listen_host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def listen_port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def retention_seconds(self) -> float:
        return parse_duration(self.retention)


class _Mapping(EnvSettingsSource):
    """pydantic-settings' own reader of the environment, over a mapping that is handed in."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return parse_env_vars(
            self._environ, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )


def read(environ: Mapping[str, str], secrets: Secrets | None = None, **given: Any) -> EnvironmentSettings:
    """Settings from this environment; `given` (a command's options, None where not given) go first.

    Raises errors.UsageError with everything that is wrong, a line each.
    """
    keep = secrets if secrets is not None else Secrets()
    wrong: list[str] = []
    prepared = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    for name in SECRETS:
        variable = PREFIX + name.upper()
        if prepared.get(variable) or prepared.get(f"{variable}_FILE"):
            value, what, hint = lookup(variable, prepared, keep)
            if what:
                wrong.append(f"{what}\n  hint: {hint}" if hint else what)
            else:
                keep.add(value)
                prepared[variable] = value

    class FromMapping(EnvironmentSettings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            *_: Any,
            **__: Any,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings, _Mapping(settings_cls, prepared))

    options = {name: value for name, value in given.items() if value is not None}
    try:
        settings = FromMapping(**options)
    except ValidationError as error:
        wrong += [keep.redact(_said(one, options)) for one in error.errors(include_url=False)]
        raise UsageError("\n".join(wrong)) from None
    if wrong:
        raise UsageError("\n".join(wrong))
    return settings


def _said(error: ErrorDetails, options: Mapping[str, Any]) -> str:
    name = str(error["loc"][0])
    what, hint = in_plain_words((name,), error, error["input"], EnvironmentSettings)
    variable = f"--{name.replace('_', '-')}" if name in options else PREFIX + name.upper()
    return f"{variable}: {what}\n  hint: {hint}" if hint else f"{variable}: {what}"


def unknown_variables(environ: Mapping[str, str], referenced: Collection[str] = ()) -> list[Problem]:
    """A warning for each WATCHTOWER_* that nobody reads: neither a setting nor named in a file as `${…}`."""
    known = {PREFIX + name.upper() for name in EnvironmentSettings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    read_by_files = {*referenced, *(f"{name}_FILE" for name in referenced)}
    return [
        Problem("environment", 0, name, "nobody reads this variable", did_you_mean(name, known))
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known and name not in read_by_files
    ]
