"""otlp with messages of the protocol's own package."""

from __future__ import annotations

import gzip
import time
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.probes.traffic.conftest import Make, Running

PROTOBUF = {"content-type": "application/x-protobuf"}
NOW = 1_790_000_000
DELTA, CUMULATIVE = 1, 2


def export(
    value: float, *, kind: str = "sum", temporality: int = DELTA, age: float = 60.0, pod: str = "a",
    name: str = "orders", monotonic: bool = True, flags: int = 0, **attributes: Any,
) -> ExportMetricsServiceRequest:  # fmt: skip
    """One point, whose series began `age` seconds before it."""
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    resource.resource.attributes.add(key="pod").value.string_value = pod
    metric = resource.scope_metrics.add().metrics.add(name=name)
    data = getattr(metric, kind)
    point = data.data_points.add(time_unix_nano=NOW * 10**9, flags=flags)
    point.start_time_unix_nano = int((NOW - age) * 1e9) if age else 0
    if kind == "sum":
        data.is_monotonic = monotonic
    if kind not in ("gauge", "summary"):
        data.aggregation_temporality = temporality
    if kind in ("sum", "gauge"):
        point.as_double = value
    else:
        point.count = int(value)
    for key, text in attributes.items():
        point.attributes.add(key=key).value.string_value = str(text)
    return request


async def told(probe: Running, request: ExportMetricsServiceRequest) -> None:
    await probe.probe.receive_export(request.SerializeToString(), PROTOBUF, time.time())


async def measured(probe: Running) -> Any:
    reading = await probe.one()
    return dict(reading.measurements) or reading.reason


@pytest.mark.parametrize("kind", ["sum", "histogram", "exponential_histogram"])
async def test_deltas_are_added_up(make: Make, kind: str) -> None:
    probe = await make("otlp", query="orders", errors='orders{state="failed"}')
    await told(probe, export(3, kind=kind))
    await told(probe, export(2, kind=kind, state="failed", pod="b"))
    await told(probe, export(9, kind=kind, name="another"))
    assert await measured(probe) == {"requests": 5.0, "errors": 2.0, "error_ratio": 0.4}
    assert await measured(probe) == "absent"


async def test_totals_count_from_where_they_were(make: Make) -> None:
    probe = await make("otlp", query="orders", absent="zero")
    await told(probe, export(1000, temporality=CUMULATIVE, age=3600.0))
    assert await measured(probe) == "never_seen", "what came before we listened is no zero and no count"
    await told(probe, export(1007, temporality=CUMULATIVE, age=3600.0))
    await told(probe, export(5000, temporality=CUMULATIVE, age=3600.0, pod="b"))
    assert await measured(probe) == {"requests": 7.0}
    await told(probe, export(1004, temporality=CUMULATIVE, age=3600.0))  # shrunk: it began anew
    assert await measured(probe) == {"requests": 1004.0}
    await told(probe, export(1010, temporality=CUMULATIVE, age=30.0))  # a new start, and more already
    assert await measured(probe) == {"requests": 1010.0}


async def test_a_series_that_is_younger_than_we_are_counts_from_zero(make: Make) -> None:
    probe = await make("otlp", query="orders")
    probe.probe._began -= 100.0
    await told(probe, export(12, temporality=CUMULATIVE, age=60.0))
    await told(probe, export(13, temporality=CUMULATIVE, age=0.0, pod="says no start"))
    assert await measured(probe) == {"requests": 12.0}


async def test_what_counts_nothing(make: Make) -> None:
    probe = await make("otlp", query="orders", users="people")
    for request in (
        export(3, monotonic=False), export(3, temporality=0), export(3, flags=1), export(3, kind="summary"),
    ):  # fmt: skip
        await told(probe, request)
    assert await measured(probe) == "never_seen"
    await told(probe, export(4, kind="gauge", name="people"))
    await told(probe, export(-3))
    await told(probe, export(float("nan")))
    assert await measured(probe) == {"requests": 0.0, "users": 4.0, "unreadable": 2.0}


async def test_flows_by_an_attribute(make: Make) -> None:
    probe = await make("otlp", query="orders", label="flow", series=("buy", "refund"), absent="zero")
    await told(probe, export(3, flow="buy"))
    for n in range(50):
        await told(probe, export(1, flow=f"other-{n}"))
    found = await probe.by_series()
    assert set(found) == {"", "buy", "refund"}
    assert found["buy"].measurements == {"requests": 3.0}


async def test_json_and_gzip(make: Make) -> None:
    probe = await make("otlp", query="orders")
    text = MessageToJson(export(3)).encode()
    await probe.probe.receive_export(text, {"content-type": "application/json; charset=utf-8"}, time.time())
    packed = gzip.compress(export(4).SerializeToString())
    await probe.probe.receive_export(packed, {**PROTOBUF, "content-encoding": "gzip"}, time.time())
    assert await measured(probe) == {"requests": 7.0}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"\xff" * 100, PROTOBUF),
        (b"[" * 60_000, {"content-type": "application/json"}),
        (b'{"resourceMetrics": 3}', {"content-type": "application/json"}),
        (b'"a string"', {"content-type": "application/json"}),
        (b"[1, NaN]", {"content-type": "application/json"}),
        (b'{"resourceMetrics": []}' + b" " * (1 << 18), {"content-type": "application/json"}),
        (gzip.compress(b"\0" * (2 << 20)), {**PROTOBUF, "content-encoding": "gzip"}),
        (b"not packed", {**PROTOBUF, "content-encoding": "gzip"}),
        (b"x", {**PROTOBUF, "content-encoding": "br"}),
    ],
    ids=["protobuf", "deep", "json", "text", "numbers", "long", "bomb", "gzip", "encoding"],
)
async def test_what_cannot_be_read_is_refused(make: Make, body: bytes, headers: dict[str, str]) -> None:
    probe = await make("otlp", query="orders")
    with pytest.raises(ValueError, match=r"send metrics by OTLP|longer|gzip|not supported"):
        await probe.probe.receive_export(body, headers, time.time())
    assert await measured(probe) == "never_seen"


async def test_so_many_series_and_no_more_are_remembered(make: Make) -> None:
    probe = await make("otlp", query="orders")
    request = export(1, temporality=CUMULATIVE)
    points = request.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points
    for n in range(21_000):
        points.add(as_int=1).attributes.add(key="id").value.string_value = str(n)
    await told(probe, request)
    assert len(probe.probe._totals) == 20_000
