"""Detectors compute measurements for rules from a check's history. Pure; one kind, one file."""

from collections.abc import Mapping

from watchtower.detectors.anomaly import Anomaly
from watchtower.detectors.contract import Detector, DetectorSettings
from watchtower.detectors.ratio import CountRatio
from watchtower.detectors.runway import Runway
from watchtower.detectors.traffic import Traffic

DETECTORS: Mapping[str, type[Detector]] = {
    "traffic": Traffic,
    "runway": Runway,
    "anomaly": Anomaly,
    "ratio": CountRatio,
}
"""Every detector kind by its name. A file without an entry here fails a test."""

__all__ = ["DETECTORS", "Detector", "DetectorSettings"]
