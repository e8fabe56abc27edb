"""How long something prepaid, or something that ends on a day, still lasts."""

from watchtower.detectors.runway.detector import Runway

__all__ = ["Runway"]
