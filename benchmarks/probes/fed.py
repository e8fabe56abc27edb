"""What comes in for the kinds that ask nobody, once before each of their runs."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

from watchtower.model import Observation, Outcome, Reading
from watchtower.probes.contract import Services

Feed = Callable[[], Awaitable[None]]
SETTINGS: dict[str, dict[str, Any]] = {
    "push": {"absent": "zero", "stale_after": "5m"},
    "statsd": {"query": "orders"},
    "otlp": {"query": "orders"},
    "derive": {"part": "paid.requests", "whole": "attempts.requests"},
    "reconcile": {"left": "orders.value", "right": "ledger.value"},
    "alertmanager": {},
    "webhook": {},
}


def feed_of(kind: str, probe: Any, services: Services, listen: str) -> Feed:
    """One push, datagram or export, or a reading of each check that is compared; nothing for alerts that others hold."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    host, _, port = listen.rpartition(":")
    export = _export() if kind == "otlp" else b""

    async def feed() -> None:
        if kind == "push":
            probe.receive(json.loads('{"requests": 12, "errors": 1}'), time.time())
        elif kind == "statsd":
            link.sendto(b"orders:1|c", (host, int(port)))
        elif kind == "otlp":
            await probe.receive_export(export, {"content-type": "application/x-protobuf"}, time.time())
        elif kind in ("derive", "reconcile"):
            for check in ("paid", "attempts", "orders", "ledger"):
                reading = Reading(Outcome.UP, {"requests": 12.0, "value": 12.0}, covers=10.0)
                services.counts.add(Observation(check, time.time(), reading), 10.0)

    return feed


def to_itself() -> Callable[[], object]:
    """The yardstick of those that ask nobody: a datagram on loopback, sent and taken."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind(("127.0.0.1", 0))

    def exchange() -> None:
        link.sendto(b"orders:1|c", link.getsockname())
        link.recv(100)

    return exchange


def _export() -> bytes:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="orders")
    metric.sum.aggregation_temporality, metric.sum.is_monotonic = 1, True
    metric.sum.data_points.add(as_int=12, time_unix_nano=2, start_time_unix_nano=1)
    return request.SerializeToString()
