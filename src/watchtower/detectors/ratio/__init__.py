"""Ratio: is this share of failures, or this funnel, worse than usual, or is it chance?"""

from watchtower.detectors.ratio.detector import CountRatio

__all__ = ["CountRatio"]
