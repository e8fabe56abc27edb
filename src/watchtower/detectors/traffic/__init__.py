"""Traffic: level x season with their doubt, bursts, and the tail of past silences, a room each."""

from watchtower.detectors.traffic.detector import Traffic

__all__ = ["Traffic"]
