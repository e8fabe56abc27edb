"""However much comes in or is answered, the loop turns: the bounds are those of test_stalls."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.parts.child import free_port
from tests.parts.httpserver import Answer, HttpServer
from tests.parts.mongo import MongoStandIn
from tests.probes.traffic.conftest import Make, Running
from tests.probes.traffic.test_stalls import BOUND, MIB, longest_stall


async def test_exports_as_large_as_they_are_taken(make: Make) -> None:
    probe = await make("otlp", query="orders")
    one = {"asDouble": 1.5, "attributes": [{"key": "a", "value": {"stringValue": "b"}}]}
    count = (MIB // 4 - 300) // len(json.dumps(one) + ", ")
    data = {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": [one] * count}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "orders", "sum": data}]}]}]}
    body = json.dumps(metrics).encode()
    stall, _ = await longest_stall(
        probe.probe.receive_export(body, {"content-type": "application/json"}, time.time())
    )
    assert stall < BOUND
    assert (await probe.one()).measurements["requests"] == 1.5 * count

    small = ExportMetricsServiceRequest()
    points = small.resource_metrics.add().scope_metrics.add().metrics.add(name="orders").sum
    points.aggregation_temporality, points.is_monotonic = 1, True
    for _ in range(80_000):
        points.data_points.add(as_int=1)
    stall, _ = await longest_stall(probe.probe.receive_export(small.SerializeToString(), {}, time.time()))
    assert stall < BOUND
    assert (await probe.one()).measurements["requests"] == 80_000.0


async def test_rows_by_the_hundred_thousand(make: Make, http_server: HttpServer) -> None:
    http_server.on("/", Answer.json({"rows": [{"flow": str(n), "requests": n} for n in range(20_000)]}))
    url = http_server.url("/?from=:since&to=:until")
    probe = await make("counts.json", url=url, rows="rows", label="flow", timeout=20.0)
    stall, readings = await longest_stall(probe.poll())
    assert {one.reason for one in readings} == {"too_many_series"}
    assert stall < BOUND


async def test_datagrams_as_fast_as_they_can_be_sent(make: Make) -> None:
    port = free_port()
    probe: Running = await make("statsd", listen=f"127.0.0.1:{port}", query="orders")
    lines = b"\n".join([b"orders:1|c|#flow:buy"] * 300)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for _ in range(20):  # fewer than the kernel keeps
            out.sendto(lines, ("127.0.0.1", port))

    async def all_of_it() -> float:
        counted = 0.0
        while counted < 20 * 300:
            await asyncio.sleep(0)
            counted += float((await probe.one()).measurements.get("requests") or 0.0)
        return counted

    stall, counted = await longest_stall(all_of_it())
    assert counted == 20 * 300
    assert stall < BOUND


async def test_a_document_of_ten_mebibytes(make: Make) -> None:
    huge: dict[str, Any] = {"ok": 1.0, "connections": {}, "more": {str(n): n for n in range(500_000)}}
    with MongoStandIn({"serverStatus": huge}) as server:
        probe = await make("mongodb", url=f"mongodb://{server.host}:{server.port}/", stats=True, timeout=20.0)
        stall, reading = await longest_stall(probe.one())
    assert (reading.outcome, reading.reason) == ("down", "garbage"), reading
    assert stall < BOUND
