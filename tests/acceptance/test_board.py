"""docs/grafana.md and the board of flows: each query, as Grafana sends it, gives data of a running daemon."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acceptance.plans import rules
from tests.acceptance.process import DaemonProcess
from tests.parts.child import free_port, wait_until
from tests.parts.conditions import started
from tests.parts.httpserver import HttpServer
from tests.parts.prometheus import Prometheus, check_metrics

ROOT = Path(__file__).parents[2]
BOARD = json.loads((ROOT / "deploy/grafana/dashboards/flows.json").read_text("utf-8"))
CHECKS = """
[flow.checkout]
tier = "core"

[[check]]
name = "orders"
flow = "checkout"
probe = "push"
every = "500ms"
detect = {{ expect_at_least = "300 per 1m", zone = "UTC" }}

[[check]]
name = "paid"
probe = "push"
every = "500ms"
detect = {{ kind = "none" }}

[[check]]
name = "paid-of-ordered"
flow = "checkout"
probe = "derive"
part = "paid.requests"
whole = "orders.requests"
every = "1s"
detect = {{ usual = 0.9 }}

[[check]]
name = "licence"
probe = "push"
every = "500ms"
detect = {{ kind = "runway", measurement = "amount", mode = "expiry" }}

[[check]]
name = "never-pushed"
flow = "checkout"
probe = "push"

[[check]]
name = "page"
flow = "checkout"
probe = "http"
url = "{page}"
every = "500ms"
timeout = "450ms"

[[check]]
name = "bank"
flow = "checkout"
probe = "http"
url = "http://127.0.0.1:{closed}"
every = "500ms"
timeout = "450ms"
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DaemonProcess, Prometheus]]:
    """A daemon with a flow that is counted, and a Prometheus that scrapes it and has our rules."""
    recorded = (ROOT / "deploy/prometheus/rules.yml").read_text("utf-8")
    with HttpServer() as page, started(Prometheus(recorded)) as prometheus:
        checks = CHECKS.format(page=page.url("/"), closed=free_port())
        daemon = DaemonProcess(
            tmp_path_factory.mktemp("board"), rules(page.url("/hook")), {"all.toml": checks}
        )
        history = [f"{at},50" for at in range(int(time.time()) - 7200, int(time.time()), 10)]
        (daemon.home / "orders.csv").write_text("\n".join(["time,value", *history]), encoding="utf-8")
        # What came of the usual is known at once, and not at the end of the first five minutes.
        daemon.command("learn", "orders", "--from", "csv", "--file", "orders.csv")
        daemon.start()
        try:
            prometheus.scrape(f"127.0.0.1:{daemon.port}")
            yield daemon, prometheus
        finally:
            daemon.kill()


def push(daemon: DaemonProcess) -> None:
    for check, counts in (
        ("orders", {"requests": 3}),
        ("paid", {"requests": 2}),
        ("licence", {"requests": 1, "amount": 12}),
    ):
        daemon.post(f"/push/{check}", counts)


def asked(prometheus: Prometheus, expression: str) -> list[Any]:
    """What Grafana gets for a panel: it posts the range as a form."""
    now = time.time()
    form = {"query": expression.replace("$flow", "checkout"), "start": now - 60, "end": now, "step": 1}
    answer = requests.post(prometheus.url("/api/v1/query_range"), data=form, timeout=10)
    assert answer.status_code == 200, f"{expression}: {answer.text}"
    found: list[Any] = answer.json()["data"]["result"]
    return found


def expressions() -> Mapping[str, str]:
    """Every query, by where it stands."""
    panels = [
        (f"{one['title']} {target['refId']}", target["expr"])
        for one in BOARD["panels"]
        for target in one["targets"]
    ]
    page = re.findall(r"```promql\n(.*?)```", (ROOT / "docs/grafana.md").read_text("utf-8"), re.DOTALL)
    also = [(one["name"], one["expr"]) for one in BOARD["annotations"]["list"]]
    return dict([*panels, *also, *((f"docs {number}", text) for number, text in enumerate(page))])


def test_each_query_gives_data(watched: tuple[DaemonProcess, Prometheus]) -> None:
    daemon, prometheus = watched
    left = dict(expressions())
    assert len(left) > 18

    def all_there() -> bool:
        push(daemon)
        for name, expression in list(left.items()):
            if asked(prometheus, expression):
                del left[name]
        return not left

    wait_until(all_there, "data of each query", 60)
    flow = next(one for one in BOARD["templating"]["list"] if one["name"] == "flow")
    [(metric, label)] = re.findall(r"label_values\((\w+), (\w+)\)", flow["query"]["query"])
    values = requests.get(
        prometheus.url(f"/api/v1/label/{label}/values"), params={"match[]": metric}, timeout=10
    )
    assert values.json()["data"] == ["checkout"]


def test_the_whole_page_is_clean_and_an_unknown_is_no_series(
    watched: tuple[DaemonProcess, Prometheus],
) -> None:
    daemon, prometheus = watched
    push(daemon)
    expected = 'watchtower_traffic_expected_requests_per_second{check="orders"}'
    prometheus.wait_for(expected)
    assert check_metrics(daemon.get("/metrics").text) == ""
    # Nobody pushes: unknown. Prometheus forgets the series at the next scrape, without the five minutes of what it misses.
    wait_until(lambda: not prometheus.query(expected), "the end of the series")
    assert prometheus.query('watchtower_check_unknown{check="orders"} == 1')
