"""`[canary]`: when a test page goes to everybody by each of their channels."""

from __future__ import annotations

from watchtower.core.plan.drills import Recurring


class CanaryPolicy(Recurring):
    """When everybody is sent a test page by each of their channels; without `at` only by hand."""
