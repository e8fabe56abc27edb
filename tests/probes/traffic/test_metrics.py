"""The metrics probe against a real HTTP server that serves one exposition after the other."""

from __future__ import annotations

import gzip
import time

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from tests.parts.httpserver import Answer, Fault, HttpServer, Request
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome

ORDERS = 'http_requests_total{route="/checkout"}'


def told(text: str) -> Answer:
    return Answer(200, text, {"Content-Type": "text/plain; version=0.0.4"})


def orders(count: float, extra: str = "") -> Answer:
    return told(
        f'# TYPE http_requests_total counter\nhttp_requests_total{{route="/checkout"}} {count}\n{extra}'
    )


async def test_the_first_poll_measures_nothing_and_the_second_counts(
    http_server: HttpServer, make: Make
) -> None:
    http_server.on("/metrics", orders(100), orders(103), orders(103))
    probe = await make("metrics", url=http_server.url("/metrics"), query=ORDERS)
    first, second, third = [await probe.one() for _ in range(3)]
    assert (first.outcome, first.reason) == (Outcome.UNKNOWN, "first_poll")
    assert (second.outcome, second.measurements) == (Outcome.UP, {"requests": 3.0})
    assert second.covers > 0
    assert third.measurements == {"requests": 0.0}  # zero is measured


async def test_a_slow_answer_is_counted_at_the_middle_of_its_wait(
    http_server: HttpServer, make: Make
) -> None:
    slow = orders(103)
    http_server.on("/metrics", orders(100), Answer(200, slow.body, slow.headers, delay=0.8), orders(103))
    probe = await make("metrics", url=http_server.url("/metrics"), query=ORDERS)
    begun = time.monotonic()
    await probe.one()
    second = await probe.one()
    assert second.measurements == {"requests": 3.0}
    assert 0.0 < second.covers <= time.monotonic() - begun - 0.4
    assert (await probe.one()).covers >= 0.4


BLIND = [
    ("refused", None, "refused"),
    ("status 503", Answer(503), "status"),
    ("not allowed", Answer(403), "credentials"),
    ("no answer", Answer(fault=Fault.HANG), "timeout"),
    ("half an answer", Answer(200, 'http_requests_total{route="/checkout"} 1', fault=Fault.CUT), "reset"),
    ("a login page", Answer(200, "<html>login</html>"), "garbage"),
    ("no such series", told('http_requests_total{route="/other"} 5\n'), "absent"),
    ("nothing at all", told(""), "absent"),
    ("not a number", told('http_requests_total{route="/checkout"} NaN\n'), "absent"),
]


@pytest.mark.parametrize(("name", "answer", "reason"), BLIND, ids=[row[0] for row in BLIND])
async def test_what_cannot_be_measured_is_unknown_never_zero_and_is_made_up_for(
    http_server: HttpServer, make: Make, name: str, answer: Answer | None, reason: str
) -> None:
    url = http_server.url("/metrics")
    http_server.on("/metrics", orders(1), answer or orders(1), orders(8))
    probe = await make("metrics", url=url, query=ORDERS, timeout=0.5)
    await probe.one()
    if answer is None:
        dead = await make("metrics", url="http://127.0.0.1:1/metrics", query=ORDERS)
        reading = await dead.one()
    else:
        reading = await probe.one()
    assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})
    assert reading.detail
    if answer is not None:  # the next scrape counts all that came meanwhile, over all of that time
        assert (await probe.one()).measurements == {"requests": 7.0}


async def test_a_counter_that_appears_at_three_counts_three(http_server: HttpServer, make: Make) -> None:
    http_server.on("/metrics", told("up 1\n"), orders(3))
    probe = await make("metrics", url=http_server.url("/metrics"), query=ORDERS)
    assert (await probe.one()).reason == "absent"
    assert (await probe.one()).measurements == {"requests": 3.0}


async def test_absent_may_be_declared_to_mean_zero(http_server: HttpServer, make: Make) -> None:
    http_server.on("/metrics", told("up 1\n"), told("up 1\n"), orders(2))
    probe = await make("metrics", url=http_server.url("/metrics"), query=ORDERS, absent="zero")
    assert [r.measurements.get("requests") for r in [await probe.one() for _ in range(3)]] == [None, 0.0, 2.0]


def started(at: float) -> str:
    return f"process_start_time_seconds {at}\n"


def plain(body: str | bytes, **headers: str) -> Answer:
    return Answer(200, body, {"Content-Type": "text/plain", **headers})


UP = "# TYPE up gauge\nup 1\n"
NO_ZERO = [
    ("empty", told(""), "garbage"),
    ("empty and plain", plain(""), "garbage"),
    ("a proxy's word", plain("Service temporarily unavailable\n"), "garbage"),
    ("a proxy's number", plain("Error 503\n"), "garbage"),
    ("a page", plain("<html></html>"), "garbage"),
    ("broken off", told("# TYPE up gauge\nup 1\nhttp_requ"), "garbage"),
    ("OpenMetrics without its end", Answer(200, UP, {"Content-Type": "application/openmetrics-text; version=1.0.0"}), "garbage"),
    ("packed by a false name", plain(UP, **{"Content-Encoding": "br"}), "encoding"),
    ("packed and not", plain(UP, **{"Content-Encoding": "gzip"}), "garbage"),
    ("NaN", told(f"{UP}{ORDERS} NaN\n"), "not_a_number"),
    ("infinite", told(f"{UP}{ORDERS} 1e400\n"), "not_a_number"),
    ("a decimal comma", told(f"{UP}{ORDERS} 0,95\n"), "garbage"),
    ("a unit", told(f"{UP}{ORDERS} 12K\n"), "garbage"),
    ("Python's own spelling", told(f"{UP}{ORDERS} 1_000\n"), "garbage"),
    ("a line without its end", told(f'{UP}http_requests_total{{route="/checkout" 5\n'), "garbage"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "reason"), [row[1:] for row in NO_ZERO], ids=[row[0] for row in NO_ZERO])
async def test_only_a_whole_exposition_says_zero(
    http_server: HttpServer, make: Make, answer: Answer, reason: str
) -> None:
    http_server.on("/metrics", orders(1), answer)
    probe = await make("metrics", url=http_server.url("/metrics"), query=ORDERS, absent="zero")
    await probe.one()
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, reason)


@pytest.mark.parametrize(
    "answer",
    [
        told("up 1\n"),
        plain(UP),
        plain("a_total 1\nb_total 2\n"),
        plain(gzip.compress(UP.encode()), **{"Content-Encoding": "gzip"}),
        Answer(200, UP + "# EOF\n", {"Content-Type": "application/openmetrics-text; version=1.0.0"}),
    ],
    ids=["declared by its type", "declared by a line", "bare lines", "packed", "OpenMetrics"],
)
async def test_a_whole_exposition_without_the_series_is_zero(
    http_server: HttpServer, make: Make, answer: Answer
) -> None:
    http_server.on("/metrics", orders(1), answer)
    probe = await make("metrics", url=http_server.url("/metrics"), query=ORDERS, absent="zero")
    await probe.one()
    assert (await probe.one()).measurements == {"requests": 0.0}


async def test_names_beyond_ascii_are_asked_for(http_server: HttpServer, make: Make) -> None:
    """A real client library writes them only to who asks for them."""
    registry = CollectorRegistry()
    Counter("订单.count", "orders", ["支付"], registry=registry).labels("微信").inc(5)

    def metrics(request: Request) -> Answer:
        encoder, kind = choose_encoder(request.headers["accept"])
        return Answer(200, encoder(registry), {"Content-Type": kind})

    http_server.on("/metrics", metrics)
    probe = await make(
        "metrics", url=http_server.url("/metrics"), query='{"订单.count_total", "支付"="微信"}', type="gauge"
    )
    assert (await probe.one()).measurements == {"value": 5.0}


async def test_a_restart_counts_from_zero_even_where_the_new_count_is_higher(
    http_server: HttpServer, make: Make
) -> None:
    http_server.on("/metrics", orders(5, started(1e9)), orders(9, started(2e9)))
    probe = await make("metrics", url=http_server.url("/metrics"), query=ORDERS)
    await probe.one()
    assert (await probe.one()).measurements == {"requests": 9.0}


async def test_two_processes_behind_one_address_are_found_out(http_server: HttpServer, make: Make) -> None:
    http_server.on("/metrics", orders(5, started(2e9)), orders(900, started(1e9)), orders(901, started(1e9)))
    probe = await make("metrics", url=http_server.url("/metrics"), query=ORDERS)
    readings = [await probe.one() for _ in range(3)]
    assert [r.reason for r in readings] == ["first_poll", "another_process", ""]
    assert readings[2].measurements == {"requests": 1.0}


ROUTES = """\
# TYPE http_requests_total counter
http_requests_total{{route="/checkout",code="200"}} {a}
http_requests_total{{route="/checkout",code="500"}} {b}
http_requests_total{{route="/refund",code="200"}} {c}
http_requests_total{{route="/static",code="200"}} {d}
# TYPE money_total counter
money_total{{route="/checkout"}} {e}
"""


def routes(a: int, b: int, c: int, d: int, e: float) -> Answer:
    return told(ROUTES.format(a=a, b=b, c=c, d=d, e=e))


async def test_several_series_are_summed_each_with_its_own_reset(http_server: HttpServer, make: Make) -> None:
    http_server.on("/metrics", routes(10, 10, 10, 10, 0), routes(12, 1, 10, 10, 0))
    probe = await make(
        "metrics", url=http_server.url("/metrics"), query='http_requests_total{route!="/static"}'
    )
    await probe.one()
    assert (await probe.one()).measurements == {"requests": 3.0}


async def test_one_scrape_gives_errors_and_money_too(http_server: HttpServer, make: Make) -> None:
    http_server.on("/metrics", routes(10, 0, 0, 0, 100.5), routes(13, 1, 0, 0, 283.0))
    probe = await make(
        "metrics",
        url=http_server.url("/metrics"),
        query=ORDERS,
        errors='http_requests_total{route="/checkout", code=~"5.."}',
        amount='money_total{route="/checkout"}',
        users="users_total",
    )
    await probe.one()
    reading = await probe.one()
    assert reading.measurements == {"requests": 4.0, "errors": 1.0, "error_ratio": 0.25, "amount": 182.5}


async def test_errors_that_never_came_are_none_where_their_counter_is_there(
    http_server: HttpServer, make: Make
) -> None:
    http_server.on("/metrics", orders(1), orders(3))
    probe = await make(
        "metrics", url=http_server.url("/metrics"), query=ORDERS, errors='http_requests_total{code=~"5.."}'
    )
    await probe.one()
    assert (await probe.one()).measurements == {"requests": 2.0, "errors": 0.0, "error_ratio": 0.0}


async def test_one_check_fans_out_to_flows_and_reports_the_missing_one(
    http_server: HttpServer, make: Make
) -> None:
    http_server.on("/metrics", routes(1, 0, 1, 1, 0), routes(3, 1, 1, 9, 5))
    probe = await make(
        "metrics",
        url=http_server.url("/metrics"),
        query="http_requests_total",
        amount="money_total",
        label="route",
        series=("/checkout", "/refund", "/topup"),
    )
    await probe.poll()
    found = await probe.by_series()
    assert set(found) == {"", "/checkout", "/refund", "/topup"}  # "": the check itself
    assert found[""].outcome is Outcome.UP
    assert found["/checkout"].measurements == {"requests": 3.0, "amount": 5.0}
    assert found["/refund"].measurements == {"requests": 0.0, "amount": 0.0}
    assert (found["/topup"].outcome, found["/topup"].reason) == (Outcome.UNKNOWN, "absent")


async def test_without_declared_flows_every_value_is_a_series_and_none_is_forgotten(
    http_server: HttpServer, make: Make
) -> None:
    http_server.on("/metrics", routes(1, 0, 1, 1, 0), orders(5), Answer(503))
    probe = await make("metrics", url=http_server.url("/metrics"), query="http_requests_total", label="route")
    reasons = [{name: r.reason for name, r in (await probe.by_series()).items()} for _ in range(3)]
    assert reasons == [
        {"": "", "/checkout": "first_poll", "/refund": "first_poll", "/static": "first_poll"},
        {"": "", "/checkout": "", "/refund": "absent", "/static": "absent"},
        {"": "status", "/checkout": "status", "/refund": "status", "/static": "status"},
    ]


async def test_a_label_with_too_many_values_is_refused(http_server: HttpServer, make: Make) -> None:
    text = "".join(f'http_requests_total{{user="{n}"}} 1\n' for n in range(501))
    http_server.on("/metrics", told(text))
    probe = await make("metrics", url=http_server.url("/metrics"), query="http_requests_total", label="user")
    assert (await probe.one()).reason == "too_many_series"


async def test_a_gauge_is_a_value_at_once(http_server: HttpServer, make: Make) -> None:
    http_server.on("/metrics", told('# TYPE depth gauge\ndepth{q="a"} 3\ndepth{q="b"} 4\n'))
    probe = await make("metrics", url=http_server.url("/metrics"), query="depth")
    assert (await probe.one()).measurements == {"value": 7.0}


async def test_a_type_said_by_the_check_overrules_the_name(http_server: HttpServer, make: Make) -> None:
    http_server.on("/metrics", told("jobs 3\n"), told("jobs 5\n"))
    probe = await make("metrics", url=http_server.url("/metrics"), query="jobs", type="counter")
    await probe.one()
    assert (await probe.one()).measurements == {"requests": 2.0}


async def test_headers_carry_a_secret_that_no_reading_shows(http_server: HttpServer, make: Make) -> None:
    http_server.on("/metrics", Answer(401, "who are you, s3cret?"))
    probe = await make(
        "metrics", url=http_server.url("/metrics"), query=ORDERS, headers={"Authorization": "Bearer s3cret"}
    )
    reading = await probe.one()
    assert http_server.requests[0].headers["authorization"] == "Bearer s3cret"
    assert reading.reason == "credentials"
    assert "s3cret" not in f"{reading!r}{probe.probe.settings!r}"


@pytest.mark.parametrize("openmetrics", [False, True], ids=["text", "openmetrics"])
async def test_the_official_client_library_is_counted_over_its_own_restart(
    http_server: HttpServer, make: Make, openmetrics: bool
) -> None:
    """With its `_created` series a reset is seen even where the new process has overtaken the old one."""
    generate = generate_openmetrics if openmetrics else generate_latest

    def process(count: int) -> Answer:
        registry = CollectorRegistry()
        counter = Counter("orders", "Orders.", ["route"], registry=registry)
        counter.labels("/checkout").inc(count, {"trace_id": "ab} 7"} if openmetrics else None)
        counter.labels("/refund").inc(50)
        return Answer(200, generate(registry))

    http_server.on("/metrics", process(4), process(6))
    probe = await make("metrics", url=http_server.url("/metrics"), query='orders_total{route="/checkout"}')
    await probe.one()
    assert (await probe.one()).measurements == {"requests": 6.0}
