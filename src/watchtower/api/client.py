"""The client of the API for commands: finds the daemon and its token, and turns errors into sentences."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from watchtower.api.hosts import is_loopback
from watchtower.api.saved_tokens import load
from watchtower.api.shared_token import token_for
from watchtower.config.environment import EnvironmentSettings
from watchtower.config.settings import read
from watchtower.errors import Problem, UsageError, WatchtowerError
from watchtower.outside_text import clean_json
from watchtower.trust import tls_context

_TIMEOUT = 10.0
_UNWRITTEN = "done, and not written yet: the database does not answer, and no other daemon can write it\n"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to be replaced


class Unreachable(WatchtowerError):
    """No daemon answers."""


class Answered(WatchtowerError):
    """The daemon refused. `status` is HTTP's, `hint` how to fix it; `problems` are those of a configuration."""

    def __init__(self, status: int, what: str, hint: str = "", problems: Sequence[str] = ()) -> None:
        self.status, self.hint, self.problems = status, hint, tuple(problems)
        super().__init__(f"{what}\n  hint: {hint}" if hint else what)


class Client:
    """A client of the daemon at `url`; without one, of the last `watchtower login`, or that listens at WATCHTOWER_LISTEN."""

    def __init__(self, url: str = "", environ: Mapping[str, str] = os.environ, *, token: str = "") -> None:
        """`token` goes before what the environment and the file of logins say."""
        self.settings, saved = read(environ), load(environ)
        mine = address(self.settings)
        self.url = checked(url) or (saved.default if "WATCHTOWER_LISTEN" not in environ else "") or mine
        here = is_loopback(urlsplit(self.url).hostname or "")
        self._own = self.settings.tls_certificate if self.url == mine else None
        given = self.settings.api_token.get_secret_value() if self.settings.api_token else ""
        self._token = token or given or saved.tokens.get(self.url, "")
        # The token beside the store may do everything: it goes to no other machine.
        self._beside = here or self.url == mine
        self._seen: dict[str, tuple[str, Any]] = {}

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of an answer. Raises Unreachable or Answered."""
        try:
            token = self._token_for()
        except UsageError:
            token = ""  # reading needs one only where reads are protected, and then the daemon says so
        return self._ask("GET", path, token, params=query)

    def parts(self, path: str, name: str, **query: Any) -> Iterator[Any]:
        """The entries of a list that is answered in parts. Raises Unreachable or Answered."""
        while True:
            part = self.get(path, **query)
            yield from part[name]
            if not part.get("next"):  # an older daemon gives it whole
                return
            query["cursor"] = part["next"]

    def all(self, path: str, name: str, **query: Any) -> list[Any]:
        return list(self.parts(path, name, limit="1000", **query))

    def say(self, path: str, by: str, **more: Any) -> Any:
        """POST `{"by": …}` and more; says so where it counts and is not written. Raises UsageError when there is no token,
        Unreachable or Answered."""
        answer = self._ask("POST", path, self._token_for(), json={"by": by, **more})
        if isinstance(answer, dict) and answer.get("written") is False:
            sys.stderr.write(_UNWRITTEN)
        return answer

    def _token_for(self) -> str:
        if not self._token and not self._beside:
            raise UsageError(
                f"no token for {self.url}: watchtower login {self.url}, or set WATCHTOWER_API_TOKEN"
            )
        return self._token or token_for(self.settings)

    def _ask(self, method: str, path: str, token: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        seen = self._seen.get(asked := f"{method} {path} {more.get('params')}")
        if seen:
            headers["If-None-Match"] = seen[0]
        try:
            # Not by the environment's proxies, and not where a redirect leads: the token is for the daemon only.
            with requests.Session() as session:
                session.trust_env = False
                if self._own is not None:
                    session.mount("https://", _Own(self._own))
                answer = session.request(
                    method, self.url + path, headers=headers, timeout=_TIMEOUT, allow_redirects=False, **more
                )
        except requests.RequestException as error:
            raise Unreachable(
                f"no daemon answers at {self.url} ({_why(error)})\n"
                "  hint: is it running? set WATCHTOWER_LISTEN as for the daemon, give --url, or log in: watchtower login URL"
            ) from None
        if seen and answer.status_code == 304:
            return seen[1]
        try:
            body = clean_json(answer.json())
        except requests.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            raise Unreachable(f"what answers at {self.url} is not watchtower (HTTP {answer.status_code})")
        if answer.status_code != 200:
            wrong = [Problem(**problem) for problem in body.get("problems", ())]
            raise Answered(
                answer.status_code,
                str(
                    body.get("detail") or body.get("error") or f"HTTP {answer.status_code}"
                ),  # `error`: before 0.2
                str(body.get("hint", "")),
                [str(one) for one in wrong],
            )
        if method == "GET" and (tag := answer.headers.get("ETag")):
            self._seen[asked] = tag, body
        return body


def checked(url: str) -> str:
    """The address without a slash at its end. Raises UsageError for what is none."""
    if url and not url.startswith(("http://", "https://")):
        raise UsageError(f'"{url}" is not a URL: write http://HOST:PORT')
    return url.rstrip("/")


class _Own(HTTPAdapter):
    """For the daemon of this machine: its own certificate is the one that is trusted, whatever names stand in it."""

    def __init__(self, certificate: Path) -> None:
        self._certificate = certificate
        super().__init__()

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        context = tls_context(str(self._certificate))
        context.check_hostname = False
        super().init_poolmanager(*given, ssl_context=context, assert_hostname=False, **named)


def address(settings: EnvironmentSettings) -> str:
    """The daemon's address by these settings: one that listens everywhere is found on this machine."""
    host = _EVERYWHERE.get(settings.listen_host, settings.listen_host)
    return f"http{'s' if settings.tls_certificate else ''}://{f'[{host}]' if ':' in host else host}:{settings.listen_port}"


def incident_path(id: str, action: str = "") -> str:
    return f"/api/v1/incidents/{quote(id, safe='')}{f'/{action}' if action else ''}"


def _why(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return f"no answer within {_TIMEOUT:.0f} s"
    return (
        "the connection is refused or broken" if isinstance(error, requests.ConnectionError) else str(error)
    )
