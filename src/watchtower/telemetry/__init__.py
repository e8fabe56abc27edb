"""Turns decisions into log events and metrics. The core knows neither library."""

from watchtower.telemetry.metrics import METRICS, Metric
from watchtower.telemetry.seam import Attempt, Telemetry

__all__ = ["METRICS", "Attempt", "Metric", "Telemetry"]
