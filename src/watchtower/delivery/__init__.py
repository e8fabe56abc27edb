"""Delivers pages from the outbox: every queued page is tried until the receiver accepts it or the last
attempt failed."""

from watchtower.delivery.delivery import Delivery
from watchtower.delivery.retry import Policy

__all__ = ["Delivery", "Policy"]
