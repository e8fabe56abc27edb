"""Shares are of all that the product expected since the onset, over the same time for every flow."""

from __future__ import annotations

import pytest

from watchtower.core.impact.measure import Around, Forecast, measure
from watchtower.core.impact.meter import Meter
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow


def test_a_flow_that_joins_late_was_well_until_then() -> None:
    """A tenth of the users for two hours, and all of the others for a minute: a ninth of them, not everybody."""
    plan = Plan(flows={name: Flow(name=name, users_per_request=1.0) for name in ("small", "great")})
    small = Meter("small", 0.0, 7200.0, counted=True, point=7200.0, expected=7200.0)
    great = Meter("great", 7140.0, 7200.0, counted=True, point=540.0, expected=540.0)
    rates = {"small": Forecast(1.0, 86400.0), "great": Forecast(9.0, 9 * 86400.0)}
    found = measure(plan, [small, great], Around(rates, {}), {}, 7200.0, 0.0)
    assert found.affected_users_share is not None
    assert found.affected_users_share.point == pytest.approx((7200.0 + 540.0) / 72_000.0)
