"""`sql` counts by a query over the product's own tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from watchtower.fields import AfterValidator, Field, Secret, model_validator
from watchtower.probes.contract import Services, Target
from watchtower.probes.mysql_connection import check_address
from watchtower.probes.redaction import redactor
from watchtower.probes.server import need
from watchtower.probes.sql_clickhouse import ClickhouseSource
from watchtower.probes.sql_mysql import MysqlSource
from watchtower.probes.sql_sources import PostgresSource, QueryWindow, Row, SqliteSource, SqlSource, places
from watchtower.probes.traffic import FAN_OUT, CannotTell
from watchtower.probes.urls import lower_scheme
from watchtower.probes.windows import WindowedCounts

_SOURCES: Mapping[str, Callable[[str, str, Any], SqlSource]] = {
    "postgresql": PostgresSource,
    "postgres": PostgresSource,
    "mysql": MysqlSource,
    "clickhouse+http": ClickhouseSource,
    "clickhouse+https": ClickhouseSource,
    "sqlite": SqliteSource,
}
"""By the address' scheme. Each is made of the address, the zone, and the fleet that fetches by HTTP."""


def _dsn(value: Secret) -> Secret:
    dsn = value.get_secret_value()
    try:
        parts = urlsplit(dsn)
        local = parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1
        whole = local or (parts.scheme in _SOURCES and bool(parts.hostname) and parts.port != 0)
        scheme = parts.scheme if whole and (local or parts.scheme != "sqlite") else ""
    except ValueError:
        scheme = ""
    if not scheme:
        raise ValueError(
            "must be an address such as postgresql://watch:${PGPASSWORD}@db:5432/shop, mysql://…, clickhouse+https://…"
            " or sqlite:////srv/shop.db"
        )
    if scheme.startswith("postgres"):
        need("asyncpg", "postgres")
    if scheme == "mysql":
        check_address(dsn)
    return value


class Sql(WindowedCounts):
    """The columns of the query's row are measurements; with `label`, each row is a series."""

    kind = "sql"
    hint = ": write count(*), or coalesce(sum(…), 0)"

    class Settings(WindowedCounts.Settings):
        dsn: Annotated[Secret, AfterValidator(_dsn)] = Field(
            description="Address of the database: postgresql://…, mysql://…, clickhouse+https://…, or sqlite:///… for a file."
        )
        query: str = Field(
            min_length=1,
            description="One query, run read-only, with columns named requests, errors, amount and so on.",
        )

        @model_validator(mode="after")
        def _query_has_its_window(self) -> Self:
            used = places(self.query)
            if self.gives == "count" and used != {"since", "until"}:
                raise ValueError(
                    "query counts a window: write `… WHERE created_at >= :since AND created_at < :until`"
                )
            if self.gives == "cumulative" and used:
                raise ValueError(
                    'gives = "cumulative" takes totals: remove :since and :until, or write gives = "count"'
                )
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._dsn = lower_scheme(settings.dsn.get_secret_value())
        self._clean = redactor(urls=[self._dsn])

    async def open(self, services: Services) -> None:
        self._source = _SOURCES[urlsplit(self._dsn).scheme](self._dsn, self.settings.zone, services.curl)

    async def rows(self, choose: QueryWindow) -> Sequence[Row]:
        try:
            return await self._source.rows(self.settings.query, choose, self.timeout_seconds, FAN_OUT + 1)
        except CannotTell as why:
            raise CannotTell(why.reason, self._clean(why.detail)) from None
