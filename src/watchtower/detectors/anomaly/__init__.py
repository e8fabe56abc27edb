"""Anomalies of any gauge: its deviation from its average and its time of day, compared with its own rarest
deviations."""

from watchtower.detectors.anomaly.detector import Anomaly

__all__ = ["Anomaly"]
