"""HTTP requests of probes that measure by an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from watchtower.bodies import BodyUnreadable, body_text, json_of
from watchtower.curl import CurlFleet, FetchError, Request, Response
from watchtower.fields import Field, FileName, Settings
from watchtower.probes.aside import read_aside
from watchtower.probes.network import CA_FILE
from watchtower.probes.redaction import redactor
from watchtower.probes.traffic import CannotTell
from watchtower.probes.urls import Headers, HttpUrl

T = TypeVar("T")


class FetchSettings(Settings):
    """The settings of such a request."""

    url: HttpUrl = Field(description="The address to ask.")
    headers: Headers = Field(default={}, description="Further request headers.")
    verify: bool = Field(default=True, description="Check the server's certificate and its name.")
    ca_file: FileName = CA_FILE


class Fetcher:
    """Requests one address, and removes its secrets from every sentence."""

    def __init__(self, settings: Any, timeout: float, max_body_bytes: int, *further_secrets: str) -> None:
        self.url: str = settings.url.get_secret_value()
        self._settings = settings
        self._timeout = timeout
        self._max_body_bytes = max_body_bytes
        self._headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
        self._own = {name.lower() for name in self._headers}
        tokens = [value.split()[-1] for value in self._headers.values() if value.split()]
        self.clean = redactor(*self._headers.values(), *tokens, *further_secrets, urls=[self.url])
        """Takes the secrets out of a text, and keeps it to one line."""

    async def ask(
        self,
        fleet: CurlFleet,
        read: Callable[[Response], T],
        *,
        url: str = "",
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        login: tuple[str, str] = ("", ""),
    ) -> T:
        """Returns the result of `read` on the answer. Raises CannotTell when there is none."""
        request = Request(
            url or self.url,
            method=method,
            headers={n: v for n, v in (headers or {}).items() if n.lower() not in self._own} | self._headers,
            body=body,
            username=login[0],
            password=login[1],
            timeout=self._timeout,
            verify=self._settings.verify,
            ca_file=self._settings.ca_file,
            max_body_bytes=self._max_body_bytes,
        )
        try:
            response = await fleet.fetch(request)
            if response.status in (401, 403):
                raise CannotTell("credentials", f"HTTP {response.status}")
            return await read_aside(response.most_bytes, read, response)
        except BodyUnreadable as why:
            raise CannotTell(why.reason, self.clean(why.detail)) from None
        except FetchError as error:
            raise CannotTell(error.reason, self.clean(error.detail)) from None
        except CannotTell as why:
            raise CannotTell(why.reason, self.clean(why.detail)) from None


def text_of(response: Response, most: int) -> str:
    """The body of a 200 answer, of at most so many bytes. Raises CannotTell for any other status, BodyUnreadable."""
    if response.status != 200:
        raise CannotTell("status", f"HTTP {response.status}")
    return body_text(response.body, response.headers, most)


def document_of(response: Response, *, exact: bool = False) -> Any:
    """The JSON of an answer, whatever its status. Raises BodyUnreadable."""
    return json_of(body_text(response.body, response.headers), exact=exact)
