"""A transaction that fails is what users meet: beside it, a health check that answers makes it no smaller."""

from __future__ import annotations

import pytest

from tests.core.builders import Story, http_check, plan, rule
from watchtower.model import Value


def impact(**measured: dict[str, Value]) -> float:
    """The share of the flow's users that fail, while /health is well and these checks fail or not."""
    checks = [http_check(name, "checkout") for name in ("health", *measured)]
    story = Story(plan(checks, [rule("down", "outcome == 'down'", *checks)]))
    story.up("health")
    for name, measurements in measured.items():
        story.see(name, "down" if measurements.get("failed_step", "?") else "up", **measurements)
    for name, measurements in measured.items():
        story.wait(1).see(name, "down" if measurements.get("failed_step", "?") else "up", **measurements)
    (meter,) = story.engine.state.meters.by_incident["INC-1"].values()
    return meter.impact


@pytest.mark.parametrize(
    ("measured", "share"),
    [
        ({"page": {}}, 0.5),
        ({"buy": {"failed_step": "pay"}}, 1.0),
        ({"buy": {"failed_step": "pay"}, "refund": {"failed_step": ""}}, 0.5),
        ({"page": {}, "buy": {"failed_step": ""}}, 1 / 3),
    ],
)
def test_the_share_of_users_who_fail(measured: dict[str, dict[str, Value]], share: float) -> None:
    assert impact(**measured) == pytest.approx(share)
