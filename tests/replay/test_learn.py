"""`watchtower learn`: from a file, a Prometheus and a database into the store, and never under a running daemon."""

from __future__ import annotations

import asyncio
import json
import math
import random
import re
import shlex
import sqlite3
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.parts.conditions import started
from tests.parts.postgres import Postgres
from tests.parts.prometheus import Prometheus
from tests.replay.shop import Shop, rows
from tests.replay.test_docs import comparable
from tests.replay.test_prometheus import BEGIN, COUNTS, Backfilled
from watchtower.app.learned import known, save
from watchtower.app.lock import only_one
from watchtower.cli.learn import command
from watchtower.detectors import DETECTORS
from watchtower.errors import StoreError
from watchtower.replay.loading import load_for_replay
from watchtower.store import open_store

ROOT = Path(__file__).parents[2]
HOUR, DAY = 3600.0, 86400.0
NOW = time.time() // 60 * 60
TOLD = """
[[check]]
name = "promised"
flow = "refund"
probe = "prometheus"
url = "%s"
query = 'orders_total'
gives = "cumulative"
label = "shop"
headers = { Authorization = "Bearer ${LEARN_TOKEN}" }
"""
PUSHED = """
[[check]]
name = "pushed"
flow = "refund"
probe = "push"
detect = { zone = "Asia/Shanghai" }
"""
KEPT = """
[[check]]
name = "kept"
flow = "refund"
probe = "sql"
dsn = "sqlite://%s"
query = "SELECT count(*) AS requests FROM orders WHERE created_at >= :since AND created_at < :until"
"""


class School:
    """The shop with a store beside it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.store = f"sqlite:///{shop.folder / 'watchtower.db'}"

    def learn(self, *arguments: str, store: str = "") -> Result:
        base = ["--rules", str(self.shop.folder / "rules.toml"), "--checks", str(self.shop.folder / "checks")]
        env = {"WATCHTOWER_STORE": store or self.store, "COLUMNS": "80"}
        return CliRunner().invoke(command, [*arguments, *base], env=env, catch_exceptions=False)

    def add(self, check: str) -> None:
        (self.shop.folder / "checks" / "more.toml").write_text(check)

    def states(self, store: str = "") -> Mapping[tuple[str, str], Mapping[str, Any]]:
        async def load() -> Mapping[tuple[str, str], Mapping[str, Any]]:
            there = open_store(store or self.store)
            await there.open()
            try:
                return (await there.load()).detectors
            finally:
                await there.close()

        return asyncio.run(load())

    def view(self, check: str, series: str = "") -> Mapping[str, Any]:
        """What a daemon believes that starts now."""
        folder = self.shop.folder
        plan = load_for_replay(folder / "rules.toml", folder / "checks", {}).plan
        detector = DETECTORS["traffic"](plan.checks[check].detect, plan.checks[check].every)
        detector.restore(self.states()[check, series])
        return detector.view(NOW)


@pytest.fixture
def school(shop: Shop) -> School:
    return School(shop)


def history(days: float, per_minute: float = 60.0, gap: tuple[float, float] = (0.0, 0.0)) -> str:
    """A row a minute up to now; a day with a shape; the `gap` (seconds before now) has no rows."""
    chance = random.Random(1)

    def count(at: float) -> float | None:
        if gap[0] > NOW - at >= gap[1]:
            return None
        rate = per_minute * (1.0 + 0.5 * math.sin(2 * math.pi * at / DAY))
        return max(0, round(chance.gauss(rate, math.sqrt(rate))))

    start = NOW - days * DAY
    return rows([count(start + 60.0 * n) for n in range(int(days * 1440) + 1)], 60.0, start)


def test_a_daemon_starts_with_what_a_file_has_taught(school: School) -> None:
    result = school.learn("orders", "--from", "csv", "--file", str(school.shop.file(history(2))))
    assert result.exit_code == 0, result.output
    assert "orders: learnt from 2,881 polls, " in result.stdout
    assert re.search(r"Silence pages +after ", result.stdout)
    assert "watchtower.db: the daemon starts with it" in result.stdout
    view = school.view("orders")
    usual = 1.0 + 0.5 * math.sin(2 * math.pi * NOW / DAY)
    assert view["known"] is True
    assert view["expected_per_second"] == pytest.approx(usual, rel=0.2)


def test_missing_rows_are_unknown_and_never_zero(school: School) -> None:
    file = school.shop.file(history(1, gap=(3 * HOUR, 0.0)) + f"{NOW:.0f},60\n")
    result = school.learn("orders", "--from", "csv", "--file", str(file))
    assert "2h59m without data" in result.stdout
    view = school.view("orders")
    assert (view["silent_since_at"], view["silent_seconds"]) == (None, 0.0)
    assert view["expected_per_second"] > 0.3


def test_a_row_of_zero_was_measured(school: School) -> None:
    text = history(1, gap=(HOUR, 0.0)) + "".join(f"{NOW - HOUR + 60 * n:.0f},0\n" for n in range(1, 61))
    school.learn("orders", "--from", "csv", "--file", str(school.shop.file(text)))
    assert school.view("orders")["silent_seconds"] == pytest.approx(HOUR, rel=0.05)


def test_zeros_before_anything_was_counted_teach_nothing(school: School) -> None:
    text = rows([0.0] * 7200 + [60.0] * 1440, 60.0, NOW - 6 * DAY)
    result = school.learn("orders", "--from", "csv", "--file", str(school.shop.file(text)))
    assert "learnt from 1,440 polls" in result.stdout
    assert school.view("orders")["expected_per_second"] == pytest.approx(1.0, rel=0.1)


def test_all_wrong_rows_are_told_and_nothing_is_saved(school: School) -> None:
    text = "time,value\n10,five\n20,-1\n20,3\n2026-01-01 09:00,3\n"
    result = school.learn("orders", "--from", "csv", "--file", str(school.shop.file(text)))
    assert result.exit_code == 2
    assert [line for line in (2, 3, 4, 5) if f"samples.csv:{line}: " not in result.stderr] == []
    assert not school.states()


def test_times_may_be_written_with_their_offset(school: School) -> None:
    text = "time,value\n2026-11-01T09:00:00+08:00,5\n2026-11-01T01:01:00Z,6\n"
    result = school.learn(
        "orders", "--from", "csv", "--file", str(school.shop.file(text)), "--json", "--dry-run"
    )
    learnt = json.loads(result.stdout)["learnt"]
    assert (learnt["end"] - learnt["begin"], learnt["polls"]) == (60.0, 2)


def test_times_without_an_offset_are_those_of_the_flows_zone(school: School) -> None:
    text = '"Time","value"\n2026-11-01 09:00:00,5\n2026-11-01 09:01:00,6\n'
    file = str(school.shop.file(text))
    assert (
        "neither epoch seconds nor a time" in school.learn("orders", "--from", "csv", "--file", file).stderr
    )
    school.add(PUSHED)
    result = school.learn("pushed", "--from", "csv", "--file", file, "--json", "--dry-run")
    assert (
        json.loads(result.stdout)["learnt"]["begin"]
        == datetime.fromisoformat("2026-11-01T09:00:00+08:00").timestamp()
    )


def test_history_of_long_ago_says_so(school: School) -> None:
    file = school.shop.file(rows([60.0] * 1440, 60.0, NOW - 90 * DAY))
    assert (
        "; it ends 89d before"
        in school.learn("orders", "--from", "csv", "--file", str(file), "--dry-run").stdout
    )


def test_local_times_are_refused_where_they_show(school: School) -> None:
    file = school.shop.file(rows([5.0] * 600, 60.0, NOW - HOUR))
    result = school.learn("orders", "--from", "csv", "--file", str(file))
    assert result.exit_code == 2
    assert "ahead of this machine's clock" in result.stderr


def test_a_running_daemon_is_not_harmed(school: School) -> None:
    arguments = ["orders", "--from", "csv", "--file", str(school.shop.file(history(0.1)))]
    with only_one(school.store):
        result = school.learn(*arguments)
        assert result.exit_code == 1
        assert "another watchtower is running" in result.stderr
        assert "hint: stop it" in result.stderr
        assert school.learn(*arguments, "--dry-run").exit_code == 0
    assert not school.states()


def test_what_was_learnt_is_replaced_only_on_request(school: School) -> None:
    arguments = ["orders", "--from", "csv", "--file", str(school.shop.file(history(0.1)))]
    assert school.learn(*arguments).exit_code == 0
    again = school.learn(*arguments)
    assert (again.exit_code, "--replace puts the history in its place" in again.stderr) == (2, True)
    assert school.learn(*arguments, "--replace", "--since", "1h").exit_code == 0


def test_on_postgresql_who_leads_is_asked(postgres: Postgres) -> None:
    url = postgres.create_database()

    async def play() -> None:
        await save(url, {("orders", ""): {"version": 1}})
        assert await known(url) == {("orders", "")}
        store = open_store(url)
        await store.open()
        lease = store.lease("daemon-1", "")
        assert lease is not None
        try:
            await asyncio.wait_for(lease.take(), 10.0)
            with pytest.raises(
                StoreError, match=r"another watchtower is running on this store \(daemon-1 leads\)"
            ):
                await known(url)
        finally:
            await lease.end()
            await store.close()

    asyncio.run(play())


@pytest.fixture(scope="module")
def backfilled() -> Iterator[Prometheus]:
    with started(Backfilled()) as server:
        yield server


def test_the_own_query_of_a_check_of_prometheus(
    backfilled: Prometheus, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.add(TOLD % backfilled.url())
    unset = school.learn("promised[a]", "--from", "prometheus", "--dry-run")
    assert (unset.exit_code, "variable LEARN_TOKEN is not set" in unset.stderr) == (2, True)
    monkeypatch.setenv("LEARN_TOKEN", "0123456789abcdef")
    span = ["--since", f"{BEGIN + 60:.0f}", "--until", f"{BEGIN + 10 * len(COUNTS):.0f}"]
    result = school.learn("promised[a]", "--from", "prometheus", *span, "--json")
    assert result.exit_code == 0, result.stderr
    body = json.loads(result.stdout)
    assert body["series"] == "a"
    assert body["view"]["expected_per_second"] == pytest.approx(5.0, rel=0.2)
    wrong = school.learn("promised[z]", "--from", "prometheus", *span, "--dry-run")
    assert (wrong.exit_code, 'no history of series "z"' in wrong.stderr) == (2, True)


def test_scrapes_a_minute_apart_are_counted(
    backfilled: Prometheus, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`increase(…[1m])` finds one sample in a minute there, and has no answer."""
    monkeypatch.setenv("LEARN_TOKEN", "0123456789abcdef")
    school.add(TOLD.replace("orders_total", "slow_orders_total") % backfilled.url())
    span = ["--since", f"{BEGIN + 30:.0f}", "--until", f"{BEGIN + 28 * 60:.0f}"]
    result = school.learn("promised[a]", "--from", "prometheus", *span, "--json")
    assert result.exit_code == 0, result.stderr
    body = json.loads(result.stdout)
    assert body["learnt"]["polls"] == 27
    assert body["view"]["expected_per_second"] == pytest.approx(2.0, rel=0.05)


RATIO = """
[[check]]
name = "share-of-a"
flow = "refund"
probe = "derive"
part = "%s"
whole = "%s"
"""


def test_a_ratio_of_checks_of_prometheus_learns_by_their_queries(
    backfilled: Prometheus, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARN_TOKEN", "0123456789abcdef")
    school.add(TOLD % backfilled.url() + RATIO % ("promised[a].requests", "promised.requests"))
    span = ["--since", f"{BEGIN + 60:.0f}", "--until", f"{BEGIN + 10 * len(COUNTS):.0f}", "--step", "20s"]
    result = school.learn("share-of-a", "--from", "prometheus", *span, "--json")
    assert result.exit_code == 0, result.stderr
    body = json.loads(result.stdout)
    assert body["learnt"]["polls"] > 10
    assert body["view"]["value"] == pytest.approx(1.0)
    assert body["view"]["whole_per_second"] == pytest.approx(5.0, rel=0.2)


def test_a_ratio_of_other_checks_is_told_the_file_to_write(school: School) -> None:
    school.add(RATIO % ("orders.errors", "orders.requests"))
    result = school.learn("share-of-a", "--from", "prometheus", "--dry-run")
    assert result.exit_code == 2
    assert 'is counted by "orders", which asks no Prometheus' in result.stderr
    assert "--from csv --file FILE, with the columns time, part, whole" in result.stderr


def test_a_check_that_asks_no_prometheus_is_told_what_to_write(school: School) -> None:
    result = school.learn("orders", "--from", "prometheus", "--dry-run")
    assert result.exit_code == 2
    assert "write --prometheus URL and --query PROMQL" in result.stderr


def orders(path: Path, hours: float) -> Path:
    """A table with five orders a minute up to now."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (created_at TEXT)")
        times = (NOW - hours * HOUR + 12.0 * n for n in range(int(hours * 300)))
        connection.executemany(
            "INSERT INTO orders VALUES (strftime('%Y-%m-%d %H:%M:%f', ?, 'unixepoch'))",
            ((at,) for at in times),
        )
    connection.close()
    return path


def test_the_own_query_of_a_check_of_sql(school: School, tmp_path: Path) -> None:
    school.add(KEPT % orders(tmp_path / "shop.db", 4))
    result = school.learn("kept", "--from", "sql", "--since", "3h")
    assert result.exit_code == 0, result.stderr
    assert "learnt from 180 polls" in result.stdout
    assert school.view("kept")["expected_per_second"] == pytest.approx(1 / 12, rel=0.1)


def test_a_time_that_ends_before_it_begins(school: School) -> None:
    for span in (["--since", "2099-01-01"], ["--since", "1d", "--until", "3d"]):
        result = school.learn("orders", "--from", "csv", "--file", "none.csv", *span)
        assert (result.exit_code, "--since is not before --until" in result.stderr) == (2, True)


def test_a_check_of_another_probe_learns_from_a_database(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DB", str(orders(tmp_path / "shop.db", 2)))
    query = "SELECT count(*) AS requests FROM orders WHERE created_at >= :since AND created_at < :until"
    arguments = ["orders", "--from", "sql", "--since", "1h", "--dsn", "sqlite://${SHOP_DB}", "--query"]
    assert "learnt from 60 polls" in school.learn(*arguments, query, "--dry-run").stdout
    wrong = school.learn(*arguments, query.replace("orders", "ordres"), "--dry-run")
    assert (wrong.exit_code, "no such table: ordres" in wrong.stderr) == (2, True)
    assert "write `… WHERE created_at" in school.learn(*arguments, "SELECT 1", "--dry-run").stderr
    monkeypatch.delenv("SHOP_DB")
    assert "SHOP_DB is not set" in school.learn(*arguments, query, "--dry-run").stderr


def test_the_example() -> None:
    page = (ROOT / "docs" / "commands" / "learn.md").read_text(encoding="utf-8")
    found = re.search(r"```console\n\$ watchtower learn (.*)\n((?:.*\n)*?)```", page)
    assert found is not None
    arguments = [str(ROOT / a) if a.startswith("src/") else a for a in shlex.split(found[1])]
    result = CliRunner().invoke(command, arguments, env={"COLUMNS": "80"}, catch_exceptions=False)
    assert comparable(result.stdout) == comparable(found[2])


def test_a_history_of_zeros_alone_is_refused(school: School) -> None:
    """A column of seconds that is compared with a text matches no row, and would teach a week of silence."""
    result = school.learn("orders", "--from", "csv", "--file", str(school.shop.file(rows([0.0] * 60, 60.0))))
    assert result.exit_code == 2
    assert "all counts are zero" in result.stderr
    assert not school.states()
