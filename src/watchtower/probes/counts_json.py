"""`counts.json` counts by any HTTP API that answers a number, or a list by label, in JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote
from zoneinfo import ZoneInfo

from watchtower.curl import Response
from watchtower.fields import AfterValidator, Duration, Field, Secret, model_validator
from watchtower.numbers import as_number
from watchtower.probes.contract import Target
from watchtower.probes.fetching import Fetcher, FetchSettings, document_of
from watchtower.probes.http_answer import JmesPath, search
from watchtower.probes.sql_sources import QueryWindow, Row, filled, places
from watchtower.probes.traffic import FAN_OUT, CannotTell
from watchtower.probes.windows import ADDED_UP, MEASURED, WindowedCounts

_MAX_BODY = 4 << 20
_WRITTEN: Mapping[str, Callable[[datetime], str]] = {
    "iso": lambda at: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
    "s": lambda at: str(_milliseconds(at) // 1000),
    "ms": lambda at: str(_milliseconds(at)),
    "ns": lambda at: f"{_milliseconds(at)}000000",
}
"""How an instant is written; to milliseconds, and downwards, so that windows join."""
_FORMAT = re.compile(r"[^%]*(%[YmdHMSfz%][^%]*)+")


def _times(text: str) -> str:
    if text not in _WRITTEN and not _FORMAT.fullmatch(text):
        raise ValueError(f"must be {', '.join(_WRITTEN)} or a format such as %Y-%m-%d %H:%M:%S")
    return text


class JsonCounts(WindowedCounts):
    """The members of each row are measurements. The window is made of our own clock: an API tells none."""

    kind = "counts.json"
    timeout = "10s"
    hint = ": `rows` must give an object with a member requests, a number, or a list of such objects"

    class Settings(WindowedCounts.Settings, FetchSettings):
        method: Literal["GET", "POST"] = Field(default="GET", description="The HTTP method.")
        body: Secret | None = Field(default=None, description="The request's body, for POST.")
        username: str = Field(default="", description="User for HTTP basic authentication.")
        password: Secret | None = Field(default=None, description="Password for HTTP basic authentication.")
        rows: JmesPath = Field(
            description="Where the counts are: a JMESPath to a number, an object or a list."
        )
        ok: JmesPath | None = Field(
            default=None,
            description="What must be true in the answer, such as that no part of it is missing.",
        )
        times: Annotated[str, AfterValidator(_times)] = Field(
            default="iso",
            description="How `:since` and `:until` are written: `iso`, `s`, `ms`, `ns`, or as strftime, in `zone`.",
        )
        window: Duration | None = Field(
            default=None, gt=0, description="Of an API that always counts the last so many seconds."
        )

        @model_validator(mode="after")
        def _fits_together(self) -> Self:
            if self.body is not None and self.method == "GET":
                raise ValueError('a body needs method = "POST"')
            body = self.body.get_secret_value() if self.body else ""
            used = places(self.url.get_secret_value()) | places(body)
            if self.gives == "count" and self.window is None and used != {"since", "until"}:
                raise ValueError(
                    "url or body must ask for a window, with :since and :until in it; or write the `window` that is"
                    ' always counted, or gives = "cumulative"'
                )
            if used and (self.window is not None or self.gives == "cumulative"):
                raise ValueError(
                    "with a fixed window or totals, there is no :since and no :until: remove them"
                )
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._body = settings.body.get_secret_value() if settings.body else ""
        password = settings.password.get_secret_value() if settings.password else ""
        self._login = settings.username, password
        self._fetcher = Fetcher(settings, self.timeout_seconds, _MAX_BODY, password)
        self._zone = ZoneInfo(settings.zone)

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        if self.settings.window is None:
            return super().window(now)
        return now - timedelta(seconds=min(self.target.every, self.settings.window)), now

    async def rows(self, choose: QueryWindow) -> Sequence[Row]:
        since, until = asked = choose(datetime.now(UTC))
        found = await self._fetcher.ask(
            self.services.curl,
            self._read,
            url=filled(self._fetcher.url, asked, lambda at: quote(self._written(at), safe=":")),
            method=self.settings.method,
            headers={"Accept": "application/json"}
            | ({"Content-Type": "application/json"} if self._body else {}),
            body=filled(self._body, asked, self._written).encode() if self._body else None,
            login=self._login,
        )
        if self.settings.window is None:
            return found
        part = (until - since).total_seconds() / self.settings.window
        return [{name: _scaled(name, value, part) for name, value in row.items()} for row in found]

    def _written(self, at: datetime) -> str:
        write = _WRITTEN.get(self.settings.times)
        return write(at) if write else f"{at.astimezone(self._zone):{self.settings.times}}"

    def _read(self, response: Response) -> list[Row]:
        if response.status != 200:
            raise CannotTell("status", f"HTTP {response.status}")
        document = document_of(response)
        try:
            if self.settings.ok and search(self.settings.ok, document) is not True:
                raise CannotTell("partial", f"{self.settings.ok} is not true in the answer")
            found = search(self.settings.rows, document)
        except ValueError as error:
            raise CannotTell("garbage", str(error)) from None
        label = self.settings.label
        if isinstance(found, dict) and label and label not in found:
            found = [
                {label: name, **(one if isinstance(one, dict) else {"requests": one})}
                for name, one in found.items()
            ]
        rows = (
            found if isinstance(found, list) else [found if isinstance(found, dict) else {"requests": found}]
        )
        if not all(isinstance(row, dict) for row in rows):
            raise CannotTell("garbage", f"{self.settings.rows} gives a list of something else than objects")
        return [{name: _number(name, value) for name, value in row.items()} for row in rows[: FAN_OUT + 1]]


def _number(name: str, value: Any) -> Any:
    """Many APIs write numbers as text. What is no number stays as it is, and is said to be none."""
    if name not in MEASURED or not isinstance(value, str):
        return value
    number = as_number(value, exponent=True)
    return value if number is None else number


def _scaled(name: str, value: Any, part: float) -> Any:
    number = as_number(value) if name in ADDED_UP else None
    return value if number is None else number * part


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) // 1000
