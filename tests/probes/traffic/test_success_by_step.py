"""Success by step and client version, as docs/recipes says it, from a log and from a database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.probes.traffic.conftest import Make
from watchtower.model import Reading, Value

PAGE = (Path(__file__).parents[3] / "docs/recipes/success-by-step.md").read_text(encoding="utf-8")


def shown(pattern: str) -> str:
    """What the page writes there."""
    found = re.search(pattern, PAGE)
    assert found is not None
    return found[1]


def counted(found: Mapping[str, Reading]) -> dict[str, tuple[Value, Value]]:
    """Requests and errors of each version."""
    assert all(one.outcome == "up" for one in found.values()), found
    return {
        name: (one.measurements["requests"], one.measurements["errors"])
        for name, one in found.items()
        if name
    }


async def test_versions_in_the_path_of_a_log(make: Make, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.touch()
    probe = await make("access_log", file=str(log), route=shown(r"`route = \"(\S+)\"`"))
    await probe.poll()
    line = '1.1.1.1 - - [30/Nov/2026:10:00:00 +0000] "POST /{}/pay HTTP/1.1" {} 9 "-" "-"\n'
    log.write_text("".join(line.format(*one) for one in [("v5.1", 200), ("v5.2", 500), ("v5.2", 200)]))
    assert counted(await probe.by_series()) == {"v5.1": (1.0, 0.0), "v5.2": (2.0, 1.0)}


async def test_versions_in_a_column_of_a_database(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE payments (at TEXT, app_version TEXT, failed INTEGER)")
        rows = [("v5.1", 0), ("v5.2", 1), ("v5.2", 0)]
        ago = "strftime('%Y-%m-%d %H:%M:%f', 'now', '-4 seconds')"
        database.executemany(f"INSERT INTO payments VALUES ({ago}, ?, ?)", rows)  # noqa: S608
    query = shown(r"`(SELECT app_version.* GROUP BY app_version)`")
    query = query.replace("…", "FROM payments WHERE at >= :since AND at < :until")
    probe = await make("sql", dsn=f"sqlite://{path}", query=query, label=shown(r"`label = \"(\w+)\"`"))
    assert counted(await probe.by_series()) == {"v5.1": (1.0, 0.0), "v5.2": (2.0, 1.0)}
