"""Traffic: expected rate with its uncertainty, bursts, and the tail of past silences, a module each."""

from watchtower.detectors.traffic.detector import Traffic

__all__ = ["Traffic"]
