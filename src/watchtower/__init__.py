"""Watchtower: monitoring and alerting for internet-finance products."""

__version__ = "0.2.0.dev0"
