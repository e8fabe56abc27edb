"""ClickHouse as a database of the sql probe, by its HTTP interface."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from watchtower.bodies import body_text
from watchtower.curl import CurlFleet, Response
from watchtower.fields import Secret
from watchtower.probes.fetching import Fetcher, FetchSettings, document_of
from watchtower.probes.sql_sources import QueryWindow, Row, filled
from watchtower.probes.traffic import CannotTell

_MOST = 1 << 20
_CODE = re.compile(r"Code: (\d{1,4})\b")
_NUMERIC = re.compile(r"(?:Nullable\(|LowCardinality\()*(?:U?Int|B?Float|Decimal)\d*")
_REASONS = {
    **dict.fromkeys((192, 193, 194, 195, 497, 516), "credentials"),
    **dict.fromkeys((159, 160, 209), "timeout"),
    **dict.fromkeys((81, 202, 210, 241, 242, 252, 279), "database"),
}
"""By the number of ClickHouse's error; whatever else it says concerns the query."""
_READONLY = "164"


class ClickhouseSource:
    """Times are whole seconds, since DateTime has no others. A GET runs nothing that writes, and the server ends a
    query at the deadline."""

    def __init__(self, dsn: str, _zone: str, curl: CurlFleet) -> None:
        parts = urlsplit(dsn)
        self._curl = curl
        self._login = unquote(parts.username or "default"), unquote(parts.password or "")
        self._options = dict(parse_qsl(parts.query))
        self._options["database"] = unquote(parts.path.lstrip("/")) or "default"
        self._ca_file = self._options.pop("ca_file", "")
        self._where = parts.netloc.rpartition("@")[2]
        self._url = f"{parts.scheme.removeprefix('clickhouse+')}://{self._where}/"

    async def rows(self, query: str, window: QueryWindow, timeout: float, limit: int) -> Sequence[Row]:
        settings = FetchSettings(url=Secret(self._url), ca_file=self._ca_file)
        fetcher = Fetcher(settings, timeout, _MOST, self._login[1])
        try:
            async with asyncio.timeout(timeout):
                (clock,) = await self._ask(fetcher, "SELECT toUnixTimestamp(now()) AS now", timeout)
                asked = window(datetime.fromtimestamp(int(clock["now"]), UTC))
                return (await self._ask(fetcher, filled(query, asked, _literal), timeout))[:limit]
        except TimeoutError:
            raise CannotTell("timeout", f"{self._where}: no answer in time") from None
        except CannotTell as why:
            raise CannotTell(why.reason, f"{self._where}: {why.detail}") from None

    async def _ask(self, fetcher: Fetcher, query: str, timeout: float) -> list[Row]:
        asked = {
            **self._options,
            "query": query,
            "default_format": "JSONCompact",
            "max_execution_time": max(1, math.ceil(timeout)),
            "wait_end_of_query": 1,  # or an error within the answer would come with status 200
        }
        return await fetcher.ask(self._curl, _read, url=f"{self._url}?{urlencode(asked)}", login=self._login)


def _literal(at: datetime) -> str:
    return f"toDateTime({math.floor(at.timestamp())})"


def _read(response: Response) -> list[Row]:
    if response.status != 200:
        said = body_text(response.body, response.headers, _MOST)
        code = _CODE.search(said)
        if code is None:
            raise CannotTell("status", f"HTTP {response.status}")
        hint = (
            "give the user's profile readonly = 2, so that the deadline can be set: "
            if code[1] == _READONLY
            else ""
        )
        raise CannotTell(_REASONS.get(int(code[1]), "query"), hint + said)
    answer = document_of(response, exact=True)
    try:
        columns = [(str(one["name"]), str(one["type"])) for one in answer["meta"]]
        return [
            {name: _value(kind, found) for (name, kind), found in zip(columns, row, strict=True)}
            for row in answer["data"]
        ]
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise CannotTell("garbage", "this is no ClickHouse, or the query has a FORMAT of its own") from None


def _value(kind: str, found: Any) -> Any:
    """Integers of 64 bits are written as text."""
    return Decimal(found) if isinstance(found, str) and _NUMERIC.match(kind) else found
