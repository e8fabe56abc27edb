"""counts.json against answers as Elasticsearch, OpenSearch and others document them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.parts.httpserver import Answer, HttpServer
from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome
from watchtower.probes.counts_json import JsonCounts

SEARCH = json.dumps(
    {
        "size": 0,
        "query": {"range": {"@timestamp": {"gte": ":since", "lt": ":until"}}},
        "aggs": {"flow": {"terms": {"field": "flow", "size": 500}, "aggs": {"failed": {"filter": {"term": {"state": "failed"}}}}}},
    }
)  # fmt: skip
ROWS = "aggregations.flow.buckets[].{flow: key, requests: doc_count, errors: failed.doc_count}"
WHOLE = "!timed_out && _shards.failed == `0` && aggregations.flow.sum_other_doc_count == `0`"


def found(*buckets: dict[str, Any], timed_out: bool = False, failed: int = 0) -> Answer:
    return Answer.json(
        {
            "took": 3, "timed_out": timed_out, "_shards": {"total": 5, "successful": 5 - failed, "failed": failed},
            "hits": {"total": {"value": 15, "relation": "eq"}, "hits": []},
            "aggregations": {"flow": {"doc_count_error_upper_bound": 0, "sum_other_doc_count": 0, "buckets": list(buckets)}},
        }
    )  # fmt: skip


def elastic(server: HttpServer, **changed: Any) -> dict[str, Any]:
    url = f"http://127.0.0.1:{server.port}/pay-*/_search"
    return {
        "url": url,
        "method": "POST",
        "body": SEARCH,
        "rows": ROWS,
        "ok": WHOLE,
        "label": "flow",
        **changed,
    }


async def test_flows_of_one_answer(http_server: HttpServer, make: Make) -> None:
    bucket = {"key": "buy", "doc_count": 12, "failed": {"doc_count": 3}}
    http_server.on("/pay-*/_search", found(bucket), found())
    probe = await make("counts.json", **elastic(http_server, lag="30s"), series=("buy", "refund"))
    first = await probe.by_series()
    assert first["buy"].measurements == {"requests": 12.0, "errors": 3.0, "error_ratio": 0.25}
    assert first["buy"].covers == pytest.approx(10.0)
    assert first["refund"].measurements == {"requests": 0.0}
    assert (await probe.by_series())["buy"].measurements == {"requests": 0.0}
    one, two = (request.json()["query"]["range"]["@timestamp"] for request in http_server.requests)
    assert one["lt"] == two["gte"], "windows join"
    assert one["lt"].endswith("Z")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (found(timed_out=True), "partial"),
        (found(failed=1), "partial"),
        (
            Answer.json({"timed_out": False, "_shards": {"failed": 0}, "hits": {}}),
            "partial",
        ),  # no index matches
        (Answer(200, "<html>"), "garbage"),
        (Answer(200, '{"aggregations"'), "garbage"),
        (Answer(429, "busy"), "status"),
        (Answer(401, "no"), "credentials"),
        (found({"key": "buy", "doc_count": "many"}), "not_a_number"),
        (found({"key": "buy", "doc_count": True}), "not_a_number"),
        (found({"key": "buy", "doc_count": 1}, {"key": "buy", "doc_count": 2}), "query"),
        (found(*({"key": str(n), "doc_count": 1} for n in range(600))), "too_many_series"),
        (Answer(200, "[" * 100_000), "garbage"),
        (Answer(200, " " * (5 << 20)), "too_large"),
    ],
)
async def test_what_is_not_whole_is_unknown(
    http_server: HttpServer, make: Make, answer: Answer, reason: str
) -> None:
    http_server.on("/pay-*/_search", answer)
    probe = await make("counts.json", **elastic(http_server), series=("buy", "refund"))
    for reading in await probe.poll():
        assert (reading.outcome, reading.reason, reading.measurements) == (Outcome.UNKNOWN, reason, {})


SHAPES = [
    ({"n": 12}, {"rows": "n"}, {"": 12.0}),
    ({"n": "12"}, {"rows": "n"}, {"": 12.0}),
    ({"n": None}, {"rows": "n"}, {"": "absent"}),
    ({}, {"rows": "n"}, {"": "absent"}),
    ({"n": "1,2"}, {"rows": "n"}, {"": "not_a_number"}),
    ({"n": [1, 2]}, {"rows": "n"}, {"": "garbage"}),
    ({"n": {"requests": 7, "amount": "9.50"}}, {"rows": "n"}, {"": 7.0}),
    ({"buy": 12, "refund": 3}, {"rows": "@", "label": "flow"}, {"": None, "buy": 12.0, "refund": 3.0}),
    ({"buy": {"requests": 4}}, {"rows": "@", "label": "flow"}, {"": None, "buy": 4.0}),
    ({"n": 60}, {"rows": "n", "window": "60s", "url": ""}, {"": 10.0}),
]


@pytest.mark.parametrize(("document", "settings", "expected"), SHAPES)
async def test_a_number_an_object_or_a_list(
    http_server: HttpServer, make: Make, document: Any, settings: dict[str, Any], expected: dict[str, Any]
) -> None:
    http_server.on("/count", Answer.json(document))
    query = settings.pop("url", "?from=:since&to=:until")
    probe = await make("counts.json", url=f"http://127.0.0.1:{http_server.port}/count{query}", **settings)
    readings = await probe.by_series()
    assert {n: r.measurements.get("requests", r.reason or None) for n, r in readings.items()} == expected


async def test_totals_that_grow_and_start_anew(http_server: HttpServer, make: Make) -> None:
    http_server.on("/", *(Answer.json({"total": n}) for n in (100, 130, 5)))
    probe = await make(
        "counts.json", url=f"http://127.0.0.1:{http_server.port}/", rows="total", gives="cumulative"
    )
    assert (await probe.one()).reason == "first_poll"
    assert (await probe.one()).measurements == {"requests": 30.0}
    assert (await probe.one()).measurements == {"requests": 5.0}


@pytest.mark.parametrize(
    ("times", "zone", "length"),
    [("s", "UTC", 10), ("ms", "UTC", 13), ("ns", "UTC", 19), ("%Y-%m-%d %H:%M:%S", "Asia/Shanghai", 19)],
)
async def test_times_as_the_api_wants_them(
    http_server: HttpServer, make: Make, times: str, zone: str, length: int
) -> None:
    http_server.on("/", Answer.json(1))
    url = f"http://127.0.0.1:{http_server.port}/?from=:since&to=:until"
    assert (
        await (await make("counts.json", url=url, rows="@", times=times, zone=zone)).one()
    ).outcome is Outcome.UP
    (request,) = http_server.requests
    since, until = request.query["from"][0], request.query["to"][0]
    assert len(since) == length
    assert since < until


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "must ask for a window"),
        ({"window": "60s", "url": "http://a.example/:since"}, "remove them"),
        ({"gives": "cumulative", "body": "x"}, "a body needs"),
        ({"gives": "cumulative", "times": "yesterday"}, "or a format such as"),
        ({"gives": "cumulative", "rows": "a["}, "is no JMESPath"),
    ],
)
def test_wrong_settings_are_explained(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        JsonCounts.Settings.model_validate({"url": "http://a.example/", "rows": "n", **settings})
