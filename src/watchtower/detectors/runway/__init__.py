"""Forecasts how long a prepaid balance or a validity lasts."""

from watchtower.detectors.runway.detector import Runway

__all__ = ["Runway"]
