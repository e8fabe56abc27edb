"""What tests build is what the product would: no default of its own hides one of the product's."""

from __future__ import annotations

import pytest

from tests.core.builders import CHANNELS, http_check, plan
from watchtower.config.paging import policy
from watchtower.core.plan import Plan
from watchtower.core.plan.paging import PagingPolicy
from watchtower.model import Severity

OWN = {"flows", "checks", "rules", "responders", "paging", "kinds", "below", "stood_on"}
"""What a plan without checks has none of, or finds from its flows; the kinds of channels are the product's."""


def test_a_plan_has_the_products_defaults() -> None:
    made, product = plan([http_check()], []), Plan()
    for name in set(Plan.__dataclass_fields__) - OWN:
        assert getattr(made, name) == getattr(product, name), name


@pytest.mark.parametrize("level", Severity)
def test_a_level_is_paged_as_the_product_pages_it(level: Severity) -> None:
    channels = CHANNELS[level]
    chosen = PagingPolicy(roles=("oncall",), channels=channels)
    assert plan([http_check()], []).paging[level] == policy(level, chosen, channels, ())
