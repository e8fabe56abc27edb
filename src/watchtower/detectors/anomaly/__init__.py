"""Anomalies of any gauge: how far it strays from its level and its time of day, judged by its own rarest strayings."""

from watchtower.detectors.anomaly.detector import Anomaly

__all__ = ["Anomaly"]
