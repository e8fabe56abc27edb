"""From the outbox to people: every owed page is tried until the far side took it, or until it is given up."""

from watchtower.delivery.delivery import Backlog, Delivery
from watchtower.delivery.retry import Policy

__all__ = ["Backlog", "Delivery", "Policy"]
