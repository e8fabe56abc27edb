"""`otlp` counts by metrics that an OpenTelemetry SDK or collector sends to `POST /push/CHECK`."""

from __future__ import annotations

import asyncio
import importlib
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from watchtower.bodies import BodyUnreadable, body_bytes
from watchtower.collector import resting
from watchtower.fields import Field, Token, model_validator
from watchtower.model import Instant
from watchtower.probes.aside import read_aside
from watchtower.probes.contract import Services, Target
from watchtower.probes.pushed_metrics import PushedMetrics
from watchtower.probes.server import need

_MOST = 1 << 20
"""Bytes of an export, unpacked."""
_MOST_JSON = 1 << 18
"""The same of JSON, whose parser holds the interpreter: 8 ms for the worst document of this length."""
_MOST_SERIES = 20_000
_AT_ONCE = 1000
"""Points in one turn of the loop: some 5 ms."""
_MESSAGES = "opentelemetry.proto.collector.metrics.v1.metrics_service_pb2"
_DELTA, _CUMULATIVE = 1, 2
_NOT_RECORDED = 1
"""A point's flag: it says only that its series has ended."""


class DataPoint(NamedTuple):
    """A value of one series: `growing` for a total since `age` seconds before it, else a growth, or a gauge."""

    name: str
    labels: Mapping[str, str]
    value: float
    growing: bool
    began: int
    age: float


class Otlp(PushedMetrics):
    """Sums that only grow and histograms, of either temporality, count; gauges are for `users`."""

    kind = "otlp"

    class Settings(PushedMetrics.Settings):
        token: Token | None = Field(
            default=None,
            min_length=16,
            description="Opens this check, and then the push token for all does not: `${PUSH_ORDERS}`.",
        )

        @model_validator(mode="after")
        def _library_is_there(self) -> Otlp.Settings:
            need("opentelemetry.proto", "otlp")
            return self

    def __init__(self, settings: Any, target: Target) -> None:
        super().__init__(settings, target)
        self._began = time.monotonic()
        self._totals: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[int, float]] = {}

    async def open(self, services: Services) -> None:
        await super().open(services)
        await asyncio.to_thread(
            importlib.import_module, _MESSAGES
        )  # some 50 ms, which no push should wait for

    async def receive_export(self, body: bytes, headers: Mapping[str, str], at: Instant) -> None:
        """Takes an ExportMetricsServiceRequest, in protobuf or JSON. Raises ValueError, in words for the sender."""
        try:
            as_json = headers.get("content-type", "").startswith("application/json")
            plain = body_bytes(body, headers, _MOST_JSON if as_json else _MOST)
        except BodyUnreadable as why:
            raise ValueError(why.detail) from None
        points = await read_aside(len(plain), lambda: list(points_of(plain, as_json, self.names)))
        for taken, point in enumerate(points, 1):
            if taken % _AT_ONCE == 0:
                await asyncio.sleep(0)
            number = self._growth(point) if point.growing else point.value
            if number is not None:
                self.take(point.name, point.labels, number, at)

    def _growth(self, point: DataPoint) -> float | None:
        """Of a total, since it came last. The first one says what it grew by only when it is younger than we are, by its
        sender's own clock."""
        key = (point.name, tuple(sorted(point.labels.items())))
        began, last = self._totals.pop(key, (None, 0.0))
        if math.isfinite(point.value):
            self._totals[key] = (point.began, point.value)  # at the end, so that the oldest is the first
        while len(self._totals) > _MOST_SERIES:
            del self._totals[next(iter(self._totals))]
        if began is None:
            return point.value if 0.0 < point.age < time.monotonic() - self._began else None
        return point.value if began != point.began or point.value < last else point.value - last


def points_of(body: bytes, as_json: bool, names: set[str]) -> Iterator[DataPoint]:
    """The points of these metrics. Raises ValueError."""
    from google.protobuf.json_format import ParseDict, ParseError
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    request = ExportMetricsServiceRequest()
    try:
        if as_json:
            with resting():
                ParseDict(msgspec.json.decode(body, type=dict), request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, ParseError, RecursionError, ValueError):
        raise ValueError(
            "the body is no ExportMetricsServiceRequest: send metrics by OTLP over HTTP"
        ) from None
    for resource in request.resource_metrics:
        shared = _labels(resource.resource.attributes)
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if metric.name in names:
                    yield from _points(metric, shared)


def _points(metric: Any, shared: Mapping[str, str]) -> Iterator[DataPoint]:
    kind = metric.WhichOneof("data")
    data: Any = getattr(metric, kind or "sum")
    if kind is None or kind == "summary" or (kind == "sum" and not data.is_monotonic):
        return
    temporality = _DELTA if kind == "gauge" else data.aggregation_temporality
    for point in data.data_points if temporality in (_DELTA, _CUMULATIVE) else ():
        if not point.flags & _NOT_RECORDED:
            value = (
                getattr(point, point.WhichOneof("value") or "as_int")
                if kind in ("sum", "gauge")
                else point.count
            )
            began = point.start_time_unix_nano
            age = (point.time_unix_nano - began) / 1e9 if began else 0.0
            labels = {**shared, **_labels(point.attributes)}
            yield DataPoint(metric.name, labels, float(value), temporality == _CUMULATIVE, began, age)


def _labels(attributes: Any) -> dict[str, str]:
    out = {}
    for one in attributes:
        which = one.value.WhichOneof("value")
        value = getattr(one.value, which) if which else ""
        out[one.key] = str(value).lower() if isinstance(value, bool) else str(value)
    return out
