"""History out of a real Prometheus, filled in advance; and one that says wrong things."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from itertools import accumulate, pairwise
from pathlib import Path

import pytest

from tests.parts.child import find_program
from tests.parts.conditions import started
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.prometheus import Prometheus
from tests.replay.shop import T0, Shop, rows, told
from watchtower.replay.prometheus import POINTS, chunks

BEGIN = T0 - T0 % 60
COUNTS: list[int | None] = [50] * 60 + [0] * 12 + [50] * 60 + [None] * 12 + [50] * 30
"""Orders in each ten seconds; None: nothing was scraped."""


def exposition() -> str:
    """A counter every ten seconds, its gap included, one a minute, and many points of another, as OpenMetrics."""
    lines = ["# TYPE orders counter"]
    sums = accumulate(count or 0 for count in COUNTS)
    lines += [
        f'orders_total{{shop="a"}} {total} {BEGIN + 10 * n:.0f}'
        for n, (count, total) in enumerate(zip(COUNTS, sums, strict=True))
        if count is not None
    ]
    lines.append(f'orders_total{{shop="b"}} 1 {BEGIN:.0f}')
    # Scraped once a minute, as Prometheus does by default; the process starts again after a quarter of an hour.
    lines.append("# TYPE slow_orders counter")
    lines += [f'slow_orders_total{{shop="a"}} {120 * (n % 15 + 1)} {BEGIN + 60 * n:.0f}' for n in range(29)]
    return "\n".join([*lines, "# EOF\n"])


class Backfilled(Prometheus):
    """A Prometheus that remembers what it never scraped."""

    def directory(self) -> Path:
        home = super().directory()
        (home / "history.om").write_text(exposition())
        program = find_program("promtool", self.package)
        command = [program, "tsdb", "create-blocks-from", "openmetrics", home / "history.om", home / "data"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return home


@pytest.fixture(scope="module")
def backfilled() -> Iterator[Prometheus]:
    with started(Backfilled()) as server:
        yield server


def arguments(url: str, query: str = 'sum(increase(orders_total{shop="a"}[20s])) / 2') -> list[str]:
    window = ["--from", f"{BEGIN + 30:.0f}", "--until", f"{BEGIN + 10 * len(COUNTS) - 10:.0f}"]
    return ["--prometheus", url, "--query", f"orders={query}", *window]


def test_the_same_as_from_a_file(backfilled: Prometheus, shop: Shop) -> None:
    query = 'orders_total{shop="a"} - orders_total{shop="a"} offset 10s'
    # Prometheus looks five minutes back for a point: what is older than a step is no answer to it.
    query = f'({query}) and (time() - timestamp(orders_total{{shop="a"}}) < 10)'
    found = shop.records(*arguments(backfilled.url(), query))
    fired = [(r["event"], r["at"] - BEGIN) for r in found if r["event"].startswith("alert")]
    # The last order is in the poll of +590, so 60 s and `for` end at +670; seen again at +720, and a minute on.
    assert ("alert_firing", 670.0) in fired
    values = [float(c) if c is not None else None for c in COUNTS][3:]
    file = shop.file(rows(values, start=BEGIN + 30))
    window = ["--from", f"{BEGIN + 30:.0f}", "--until", f"{BEGIN + 10 * len(COUNTS) - 10:.0f}"]
    assert told(found) == told(shop.records("--samples", f"orders={file}", *window))


def test_what_is_not_there_is_no_data_and_never_zero(backfilled: Prometheus, shop: Shop) -> None:
    found = shop.records(*arguments(backfilled.url()))
    gap = [r for r in found if r["at"] - BEGIN > 1320]
    assert {r["rule"] for r in gap if r["event"] == "alert_firing"} <= {"watchtower-no-data"}
    assert any(r["rule"] == "watchtower-no-data" for r in gap)


def test_more_points_than_prometheus_gives_at_once(backfilled: Prometheus, shop: Shop) -> None:
    seconds = 25_000
    base = ["--prometheus", backfilled.url(), "--query", "orders=vector(5)", "--step", "1s"]
    result = shop.run(*base, "--from", f"{BEGIN:.0f}", "--until", f"{BEGIN + seconds:.0f}")
    assert result.exit_code == 0, result.stderr
    assert f"{seconds + 1:,} polls" in result.stdout


def test_several_series_are_refused(backfilled: Prometheus, shop: Shop) -> None:
    result = shop.run(*arguments(backfilled.url(), "orders_total"))
    assert result.exit_code == 2
    assert (
        'gives 2 series: __name__="orders_total", shop="a"; __name__="orders_total", shop="b"'
        in result.stderr
    )


def test_a_query_that_prometheus_refuses(backfilled: Prometheus, shop: Shop) -> None:
    result = shop.run(*arguments(backfilled.url(), "sum(increase("))
    assert result.exit_code == 2
    assert "--prometheus: bad_data: " in result.stderr


def test_a_query_without_an_answer(backfilled: Prometheus, shop: Shop) -> None:
    result = shop.run(*arguments(backfilled.url(), "no_such_metric"))
    assert result.exit_code == 2
    assert "the query has no answer in all that time: no_such_metric" in result.stderr


def test_a_counter_itself_is_refused(backfilled: Prometheus, shop: Shop) -> None:
    result = shop.run(*arguments(backfilled.url(), 'orders_total{shop="a"}'))
    assert result.exit_code == 2
    assert "its answer only ever rises, as a counter does" in result.stderr
    assert 'sum(increase(orders_total{shop="a"}[10s]))' in result.stderr


def test_headers_and_secrets(http_server: HttpServer, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {
        "status": "success",
        "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[BEGIN + 30, "5"]]}]},
    }
    http_server.on("/api/v1/query_range", Answer.json(answer))
    monkeypatch.setenv("TOKEN", "abc")
    result = shop.run(*arguments(http_server.url("/")), "--header", "Authorization: Bearer ${TOKEN}")
    assert result.exit_code == 0, result.stderr
    (request,) = http_server.requests
    assert request.headers["authorization"] == "Bearer abc"
    assert "abc" not in result.output
    missing = shop.run(*arguments(http_server.url("/")), "--header", "Authorization: Bearer ${NO_TOKEN}")
    assert "--header Authorization: NO_TOKEN is not set in the environment" in missing.stderr


@pytest.mark.parametrize(
    ("values", "warnings", "said"),
    [
        ([[BEGIN + 30, "-3"]], [], ""),
        ([[BEGIN + 30, "5"]], ["store 10.0.0.1 is away"], "this may be a part only: store 10.0.0.1 is away"),
    ],
)
def test_an_answer_that_is_no_count_or_no_whole(
    http_server: HttpServer, shop: Shop, values: list[object], warnings: list[str], said: str
) -> None:
    data = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
    http_server.on(
        "/api/v1/query_range", Answer.json({"status": "success", "data": data, "warnings": warnings})
    )
    result = shop.run(*arguments(http_server.url("/")))
    assert (result.exit_code, said in result.stderr) == (2 if said else 0, True)
    assert "no data" in result.stdout or said, "minus three orders are none that were counted"


def test_nobody_is_there(shop: Shop) -> None:
    result = shop.run(*arguments("http://user:hush@127.0.0.1:1"))
    assert (result.exit_code, "hush" in result.output) == (2, False)
    assert "--prometheus: no answer (ConnectionError); is it there?" in result.stderr


def test_something_else_answers(http_server: HttpServer, shop: Shop) -> None:
    http_server.on("/api/v1/query_range", Answer(status=502, body=b"<html>"))
    result = shop.run(*arguments(http_server.url("/")))
    assert "--prometheus: HTTP 502, and nothing that Prometheus says" in result.stderr


BAD = [
    ([], "no samples\n  hint: write --samples CHECK=FILE, or --prometheus URL --query CHECK=PROMQL"),
    (["--query", "orders=up"], "--prometheus URL and --query CHECK=PROMQL belong together"),
    (["--prometheus", "http://127.0.0.1:1"], "no samples"),
    (["--prometheus", "http://127.0.0.1:1", "--query", "orders=up"], "--prometheus: write --from and --until"),
    (["--prometheus", "prom", "--query", "orders=up", "--from", "1", "--until", "2"], "--prometheus prom: write its URL"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=[" ".join(b[0]) or "nothing" for b in BAD])
def test_bad_usage(shop: Shop, arguments: list[str], said: str) -> None:
    result = shop.run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("points", [1, POINTS - 1, POINTS, POINTS + 1, 3 * POINTS + 7])
def test_pieces_are_all_points_once(points: int) -> None:
    pieces = list(chunks((0.0, (points - 1) * 10.0), 10.0))
    counts = [round((end - begin) / 10.0) + 1 for begin, end in pieces]
    assert (sum(counts), max(counts)) == (points, min(points, POINTS))
    assert all(after[0] - before[1] == 10.0 for before, after in pairwise(pieces))
