"""Watchtower: monitoring and alerting for internet-finance products."""

__version__ = "0.1.0"
