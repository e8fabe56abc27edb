"""Reading the daemon's own settings: WATCHTOWER_*, secrets also from the file that *_FILE names."""

from __future__ import annotations

import contextlib
import ipaddress
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.sources.utils import parse_env_vars

from watchtower.config.environment import PREFIX, SECRETS, EnvironmentSettings
from watchtower.config.loaded import Loaded
from watchtower.config.plain_words import in_plain_words
from watchtower.config.problems import did_you_mean
from watchtower.config.secrets import HALF, Secrets, lookup
from watchtower.errors import Problem, UsageError
from watchtower.validation import made, model_of


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
            if name == "store" and prepared.get(f"{variable}_FILE"):
                prepared.pop(variable, None)  # the container image sets one
            value, what, hint = lookup(variable, prepared, keep)
            if what:
                wrong.append(f"{what}\n  hint: {hint}" if hint else what)
                prepared.pop(variable, None)
            else:
                for secret in secrets_of(name, value):
                    keep.add(secret)
                prepared[variable] = value
    for variable, value in prepared.items():
        if HALF.search(value):
            wrong.append(f"{variable}: is not UTF-8 text")
            prepared[variable] = ""

    options = {name: value for name, value in given.items() if value is not None}
    try:
        settings = _validated(prepared, options)
    except ValidationError as error:
        wrong += [keep.redact(_said(one, options)) for one in error.errors(include_url=False)]
        raise UsageError("\n".join(wrong)) from None
    if wrong := [*wrong, *_incomplete(settings)]:
        raise UsageError("\n".join(wrong))
    return settings


class _Variables(EnvSettingsSource):
    """pydantic-settings' reader of the environment, over the variables that are handed in."""

    def __init__(self, settings: type[BaseSettings], variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return parse_env_vars(
            self._variables, self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )


def _validated(variables: Mapping[str, str], options: Mapping[str, Any]) -> EnvironmentSettings:
    """`options` go before the variables. Raises ValidationError."""

    class FromVariables(model_of(EnvironmentSettings), BaseSettings):  # type: ignore[misc]
        model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True)

        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *sources: Any, **named: Any
        ) -> Any:
            return (named["init_settings"], _Variables(settings_cls, variables))

    settings: EnvironmentSettings = made(EnvironmentSettings, FromVariables(**options))
    return settings


def _incomplete(settings: EnvironmentSettings) -> Iterator[str]:
    """Settings that say nothing without another."""
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        yield f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY: set both, or neither"
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.base_url):
        yield f"{PREFIX}OIDC_ISSUER: needs {PREFIX}OIDC_CLIENT_ID, and {PREFIX}BASE_URL, to which the provider sends people back"


def secrets_of(name: str, value: str) -> list[str]:
    """Returns the secrets of a setting. Of the store it is only what stands between the user and the host: its path is in many
    texts."""
    if name == "tokens":
        return [words[-1] for line in value.splitlines() if len(words := line.split()) == 3]
    if name != "store":
        return [value]
    user, at, _ = value.partition("://")[2].rpartition("@")
    password = user.partition(":")[2] if at else ""
    return [password, unquote(password)] if password else []


def _said(error: ErrorDetails, options: Mapping[str, Any]) -> str:
    name = str(error["loc"][0])
    what, hint = in_plain_words((name,), error, error["input"], EnvironmentSettings)
    variable = f"--{name.replace('_', '-')}" if name in options else PREFIX + name.upper()
    return f"{variable}: {what}\n  hint: {hint}" if hint else f"{variable}: {what}"


def doubts(settings: EnvironmentSettings, environ: Mapping[str, str], loaded: Loaded) -> list[Problem]:
    """Warns about the environment, with these files."""
    found = unknown_variables(environ, loaded.secrets.names)
    if loaded.plan.responders and loaded.plan.channels and not settings.base_url:
        what = "is not set: pages carry no link to the incident, and nobody can acknowledge from the phone"
        hint = "set it to how people reach the web server, such as https://watch.example"
        found.append(Problem("environment", 0, f"{PREFIX}BASE_URL", what, hint))
    called_back = [
        name for name, one in loaded.plan.channels.items() if getattr(one, "callback_secret", None)
    ]
    if called_back and (why := _out_of_reach(settings.base_url)):
        what = f"{why}: no receipt, key or reply comes to the callback_secret of {', '.join(called_back)}"
        hint = "set it to what the vendor can reach by HTTPS, or remove callback_secret"
        found.append(Problem("environment", 0, f"{PREFIX}BASE_URL", what, hint))
    if settings.location and loaded.plan.locations and settings.location not in loaded.plan.locations:
        hint = did_you_mean(settings.location, loaded.plan.locations, "locations")
        found.append(Problem("environment", 0, f"{PREFIX}LOCATION", "no check names this location", hint))
    elsewhere = sorted(set(loaded.plan.locations) - {settings.location})
    if elsewhere and settings.store.startswith("sqlite"):
        what = f"nobody can look from {', '.join(elsewhere)}: workers need a store in PostgreSQL"
        hint = f"set it to postgresql://..., or {PREFIX}LOCATION to where this daemon is"
        found.append(Problem("environment", 0, f"{PREFIX}STORE", what, hint))
    return [*found, *_open_to_others(loaded.files)]


def _out_of_reach(base_url: str) -> str:
    """Why a vendor on the internet cannot call this URL; "" where it perhaps can."""
    if not base_url:
        return "is not set"
    host = urlsplit(base_url).hostname or ""
    with contextlib.suppress(ValueError):
        return "" if ipaddress.ip_address(host).is_global else f"{host} is an address of this network only"
    return f"{host} is this machine only" if host == "localhost" else ""


def _open_to_others(files: Iterable[Path]) -> Iterator[Problem]:
    """Warns of files that others may write: whoever may write what is watched and who is told may silence it."""
    for file in files:
        with contextlib.suppress(OSError):
            if file.stat().st_mode & stat.S_IWOTH:
                yield Problem(str(file), 0, "", "everybody on this machine may write it", f"chmod o-w {file}")


def unknown_variables(environ: Mapping[str, str], referenced: Collection[str] = ()) -> list[Problem]:
    """Warns of each WATCHTOWER_* that nobody reads: it is no setting, and no file names it as `${…}`."""
    known = {PREFIX + name.upper() for name in EnvironmentSettings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    read_by_files = {*referenced, *(f"{name}_FILE" for name in referenced)}
    return [
        Problem("environment", 0, name, "nobody reads this variable", did_you_mean(name, known))
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known and name not in read_by_files
    ]
