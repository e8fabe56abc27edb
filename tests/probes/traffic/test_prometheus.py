"""The prometheus probe against a real Prometheus; what a server can answer wrongly, against one that does."""

from __future__ import annotations

import asyncio
import threading

import pytest
from pydantic import ValidationError

from tests.parts.httpserver import Answer, Fault, HttpServer
from tests.parts.prometheus import Prometheus as Server
from tests.probes.traffic.conftest import Make, Running
from watchtower.model import Outcome, Reading
from watchtower.probes.prometheus import Prometheus


class App:
    """An application with counters, scraped by the real Prometheus."""

    def __init__(self, http: HttpServer) -> None:
        self.http, self.lock = http, threading.Lock()
        self.counts: dict[str, float] = {"/checkout": 10.0, "/refund": 1.0}
        http.on("/metrics", lambda _: Answer(200, self.text(), {"Content-Type": "text/plain; version=0.0.4"}))

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.http.port}"

    def text(self) -> str:
        with self.lock:
            lines = [f'app_orders_total{{route="{route}"}} {n}\n' for route, n in self.counts.items()]
        return "# TYPE app_orders_total counter\n" + "".join(lines)

    def add(self, route: str, count: float) -> None:
        with self.lock:
            self.counts[route] = self.counts.get(route, 0.0) + count


@pytest.fixture
def app(http_server: HttpServer, prometheus: Server) -> App:
    app = App(http_server)
    prometheus.scrape(app.target)
    return app


def orders(app: App, route: str = "/checkout") -> str:
    return f'app_orders_total{{instance="{app.target}",route="{route}"}}'


async def until(probe: Running, wanted: float) -> list[Reading]:
    """Poll until the counts add up to `wanted`: how often Prometheus scrapes meanwhile is not ours to say."""
    seen: list[Reading] = []
    for _ in range(100):
        seen.append(await probe.one())
        if sum(float(r.measurements.get("requests", 0.0) or 0.0) for r in seen) >= wanted:
            return seen
        await asyncio.sleep(0.1)
    pytest.fail(f"never counted {wanted}: {seen}")


async def test_a_cumulative_counter_is_counted_by_the_time_of_its_samples(
    app: App, prometheus: Server, make: Make
) -> None:
    probe = await make("prometheus", url=prometheus.url(), query=orders(app), gives="cumulative")
    assert (await probe.one()).reason == "first_poll"
    app.add("/checkout", 7)
    seen = await until(probe, 7)
    assert sum(float(r.measurements.get("requests", 0.0) or 0.0) for r in seen) == 7.0
    # Asked again before the next scrape there is no new sample: no zero is made up.
    assert {r.reason for r in seen} <= {"", "stale"}
    assert all(r.covers > 0 for r in seen if r.outcome is Outcome.UP)


@pytest.mark.parametrize(
    ("errors", "gives", "empty", "none"),
    [
        ("app_orders_total{code='5xx'}", "cumulative", "unknown", 0.0),
        ("app_failures_total", "cumulative", "unknown", None),
        ("app_failures_total", "cumulative", "zero", 0.0),
        ("sum(app_failures_total)", "rate", "unknown", None),
        ("sum(app_failures_total)", "rate", "zero", 0.0),
    ],
)
async def test_a_counter_of_failures_that_is_not_born_yet(
    app: App, prometheus: Server, make: Make, errors: str, gives: str, empty: str, none: float | None
) -> None:
    """After a restart there is no series of failures: an alert on them must end, and a wrong name says nothing."""
    probe = await make(
        "prometheus", url=prometheus.url(), query=orders(app), gives=gives, errors=errors, empty=empty
    )
    await probe.one()
    app.add("/checkout", 7)
    assert (await until(probe, 7))[-1].measurements.get("errors") == none


async def test_a_rate_becomes_requests_a_poll(app: App, prometheus: Server, make: Make) -> None:
    query = f"100 * ({orders(app)} > bool 0)"  # a rate that is known: 100 a second
    probe = await make(
        "prometheus", url=prometheus.url(), query=query, gives="rate", errors=f"25 * ({orders(app)} > bool 0)"
    )
    reading = await probe.one()
    assert reading.measurements == {"requests": 1000.0, "errors": 250.0, "error_ratio": 0.25}
    assert reading.covers == 10.0


async def test_an_increase_over_a_longer_window_counts_only_what_is_new(
    app: App, prometheus: Server, make: Make
) -> None:
    query = f"60 * ({orders(app)} > bool 0)"  # an increase that is known: 60 in its window
    probe = await make("prometheus", url=prometheus.url(), query=query, gives="count", window="1m")
    reading = await probe.one()
    assert (reading.measurements["requests"], reading.covers) == (pytest.approx(10.0), 10.0)
    probe = await make("prometheus", url=prometheus.url(), query=query, gives="count", window="5s")
    reading = await probe.one()
    assert (reading.measurements["requests"], reading.covers) == (60.0, 5.0)


async def test_series_fan_out_by_label(app: App, prometheus: Server, make: Make) -> None:
    query = f'sum by (route) (app_orders_total{{instance="{app.target}"}})'
    probe = await make(
        "prometheus",
        url=prometheus.url(),
        query=query,
        gives="gauge",
        label="route",
        series=("/checkout", "/topup"),
    )
    found = await probe.by_series()
    assert found["/checkout"].measurements == {"value": 10.0}
    assert (found["/topup"].outcome, found["/topup"].reason) == (Outcome.UNKNOWN, "absent")
    assert found[""].outcome is Outcome.UP


# query, gives, further settings -> reason ("" and the measurements when it is up)
REAL = [
    ("nothing_of_this_name", "gauge", {}, "absent", {}),
    ("nothing_of_this_name", "rate", {"empty": "zero"}, "", {"requests": 0.0}),
    ("vector(0) / 0", "gauge", {}, "not_a_number", {}),
    ("1 +", "gauge", {}, "query", {}),
    ('label_replace(vector(1), "a", "b", "c", "(")', "gauge", {}, "query", {}),
    ('"text"', "gauge", {}, "query", {}),
    ("42", "gauge", {}, "", {"value": 42.0}),
    ("vector(0)", "rate", {}, "", {"requests": 0.0}),
]


@pytest.mark.parametrize(("query", "gives", "more", "reason", "measured"), REAL)
async def test_what_the_server_answers_is_told_apart(
    prometheus: Server,
    make: Make,
    query: str,
    gives: str,
    more: dict[str, str],
    reason: str,
    measured: dict[str, float],
) -> None:
    probe = await make("prometheus", url=prometheus.url(), query=query, gives=gives, **more)
    reading = await probe.one()
    assert (reading.reason, reading.measurements) == (reason, measured)
    assert reading.outcome is (Outcome.UNKNOWN if reason else Outcome.UP)


GOOD = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "5"]}]}}
WRONG = [
    ("refused", None, "refused"),
    ("no answer", Answer(fault=Fault.HANG), "timeout"),
    ("a gateway's page", Answer(502, "<html>"), "status"),
    ("not allowed", Answer(401), "credentials"),
    ("a login page", Answer(200, "<html>"), "garbage"),
    ("another API", Answer.json([1, 2]), "garbage"),
    ("half an answer", Answer.json({"status": "success"}), "garbage"),
    (
        "overloaded",
        Answer.json({"status": "error", "errorType": "timeout", "error": "too slow"}, 503),
        "status",
    ),
    ("a part only", Answer.json(GOOD | {"warnings": ["store unreachable"]}), "partial"),
]


HISTOGRAM = {"metric": {}, "histogram": [1, {"count": "5", "sum": "7"}]}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ([HISTOGRAM], "query"),
        ({}, "garbage"),
        (None, "garbage"),
        ([{"metric": {}}], "garbage"),
        ([{"metric": {}, "value": [1, "0,95"]}], "not_a_number"),
        ([{"metric": {}, "value": [1, "1_000"]}], "not_a_number"),
        ([{"metric": {}, "value": [1, "1e400"]}], "not_a_number"),
        ([], ""),
    ],
)
async def test_only_an_empty_list_means_that_nothing_came(
    http_server: HttpServer, make: Make, result: object, reason: str
) -> None:
    answer = Answer.json({"status": "success", "data": {"resultType": "vector", "result": result}})
    http_server.on("/api/v1/query", answer)
    probe = await make("prometheus", url=http_server.url(""), query="up", gives="rate", empty="zero")
    reading = await probe.one()
    assert (reading.reason, reading.measurements) == (reason, {} if reason else {"requests": 0.0})


@pytest.mark.parametrize(("name", "answer", "reason"), WRONG, ids=[row[0] for row in WRONG])
async def test_a_server_that_cannot_answer_leaves_the_traffic_unknown(
    http_server: HttpServer, make: Make, name: str, answer: Answer | None, reason: str
) -> None:
    if answer is not None:
        http_server.on("/api/v1/query", answer)
    url = http_server.url("") if answer else "http://127.0.0.1:1"
    probe = await make("prometheus", url=url, query="up", gives="gauge", timeout=0.5)
    reading = await probe.one()
    assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})


async def test_warnings_may_be_ignored(http_server: HttpServer, make: Make) -> None:
    http_server.on("/api/v1/query", Answer.json(GOOD | {"warnings": ["store unreachable"]}))
    probe = await make("prometheus", url=http_server.url("/"), query="up", gives="gauge", warnings="ignore")
    assert (await probe.one()).measurements == {"value": 5.0}


async def test_the_header_is_sent_and_hidden(http_server: HttpServer, make: Make) -> None:
    http_server.on("/api/v1/query", Answer.json(GOOD))
    probe = await make(
        "prometheus",
        url=http_server.url(""),
        query="up",
        gives="gauge",
        headers={"Authorization": "Bearer s3cret"},
    )
    await probe.one()
    (request,) = http_server.requests
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.form()["query"] == "up"
    assert "s3cret" not in repr(probe.probe.settings)


SETTINGS = [
    ({"query": "up", "gives": "count"}, "needs the window"),
    ({"query": "up", "gives": "rate", "window": "1m"}, "has no window"),
    ({"query": "sum(up)", "gives": "cumulative"}, "takes a plain series selector"),
    ({"query": "up"}, "Field required"),
]


@pytest.mark.parametrize(("settings", "said"), SETTINGS)
def test_settings_that_do_not_fit_together_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Prometheus.Settings.model_validate({"url": "http://127.0.0.1:9090", **settings})


async def test_loki_answers_the_same_api(http_server: HttpServer, make: Make) -> None:
    """As Loki documents it: /loki/api/v1/query, with statistics beside the result."""
    vector = [{"metric": {"flow": "buy"}, "value": [1588889221, "1267"]}]
    data = {"resultType": "vector", "result": vector, "stats": {"summary": {"execTime": 0.009}}}
    http_server.on("/loki/api/v1/query", Answer.json({"status": "success", "data": data}))
    url, query = (
        f"http://127.0.0.1:{http_server.port}/loki",
        'sum by (flow) (count_over_time({app="pay"}[10s]))',
    )
    probe = await make(
        "prometheus", url=url, query=query, gives="count", window="10s", label="flow", series=("buy",)
    )
    assert (await probe.by_series())["buy"].measurements == {"requests": 1267.0}
