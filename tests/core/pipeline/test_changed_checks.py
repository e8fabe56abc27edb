"""A check that is changed keeps what its detector has learnt, unless it measures something else now."""

from __future__ import annotations

import pytest

from tests.core.builders import Story, plan, traffic_check
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan.checks import Check
from watchtower.detectors import DETECTORS
from watchtower.probes.sql import Sql

COUNT = "SELECT count(*) AS requests FROM orders WHERE at >= :since AND at < :until"
TAUGHT = 120


def asking(**settings: str) -> Check:
    given = {"dsn": "postgresql://watch:first-password@db-1:5432/shop", "query": COUNT, **settings}
    return traffic_check().model_copy(update={"probe": "sql", "settings": Sql.Settings.model_validate(given)})


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        (asking(), True),
        (asking(dsn="postgresql://watch:next-password@db-1:5432/shop"), True),
        (asking(dsn="postgresql://watch:first-password@db-2:5432/shop"), True),
        (asking().model_copy(update={"every": 20.0}), True),
        (asking(query=COUNT.replace("orders", "carts")), False),
        (asking().model_copy(update={"probe": "push", "settings": None}), False),
    ],
    ids=["nothing", "a password", "a host", "every", "the query", "the probe"],
)
def test_what_was_learnt(changed: Check, kept: bool) -> None:
    story = Story(plan([asking()], []))
    for _ in range(TAUGHT):
        story.wait(10).up("orders", requests=20.0)
    story.engine.replace_plan(plan([changed], []), story.at)
    learnt = story.engine.detectors.look(changed, "").view(story.at)["expected_per_second"]
    assert (learnt is not None) is kept


def test_users_that_a_probe_counts_are_known_after_a_restart() -> None:
    """Of how many users a request stands for; nobody has declared it."""
    story = Story(plan([traffic_check(flow="orders")], []))
    for _ in range(TAUGHT):
        story.wait(10).up("orders", requests=20.0, users=8.0)
    meters = story.engine.state.meters
    kept = meters.keep(story.plan, story.engine.detectors.changed())
    later = Engine(story.plan, DETECTORS, story.at)
    later.restore((), (), (), kept, 0, story.at)
    assert later.state.meters.per_request == {"orders": pytest.approx(0.4)}
