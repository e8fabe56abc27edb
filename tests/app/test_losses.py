"""What a loss would lead to at this hour, foreseen beside the work of the daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchtower.app.losses import Losses
from watchtower.core.usual_traffic import polled
from watchtower.replay import Replay
from watchtower.replay.loading import load_for_replay
from watchtower.telemetry import Telemetry

MONDAY = 1_772_409_600.0
CHECKS = """
[flow.checkout]
tier = "core"

[flow.refund]
tier = "supporting"

[[check]]
name = "refunds"
flow = "refund"
probe = "push"
every = "10s"

[[check]]
name = "orders"
flow = "checkout"
probe = "push"
every = "10s"
"""
RULES = """
[[rule]]
name = "silent"
match = {}
when = "traffic.silent"
severity = "P1"
summary = "silent"

[[rule]]
name = "low"
match = {}
when = "traffic.low"
severity = "P2"
summary = "too few"

[[responder]]
name = "li"
email = "li@example.com"
"""


def running(folder: Path, orders: float) -> Replay:
    """After six hours of even traffic."""
    (folder / "checks").mkdir()
    (folder / "checks" / "shop.toml").write_text(CHECKS)
    (folder / "rules.toml").write_text(RULES)
    replay = Replay(load_for_replay(folder / "rules.toml", folder / "checks", {}).plan, MONDAY)
    for n in range(1, 2161):
        for check in ("orders", "refunds"):
            replay.feed(polled(MONDAY + 10.0 * n, orders, 10.0, check))
    return replay


async def test_core_flows_come_first_and_the_metric_says_what_was_foreseen(tmp_path: Path) -> None:
    replay, telemetry = running(tmp_path, 50.0), Telemetry("1")
    losses = Losses(replay.engine, telemetry)
    await losses.look(replay.at)
    assert list(losses.known) == [("orders", "")]
    await losses.look(replay.at)
    assert list(losses.known) == [("orders", ""), ("refunds", "")]
    whole, half, quarter = losses.known["orders", ""]
    assert (whole.share, half.share, quarter.share) == (1.0, 0.5, 0.25)
    assert (whole.rule, half.rule) == ("silent", "low")
    assert whole.seconds is not None
    assert half.seconds is not None
    assert whole.seconds <= half.seconds
    assert half.requests == pytest.approx(half.seconds * 2.5)
    text = b"".join((await telemetry.scrape())[0]).decode()
    assert f'watchtower_loss_detect_seconds{{check="orders",missing="1",series=""}} {whole.seconds}' in text
    assert (
        f'watchtower_loss_detect_requests{{check="orders",missing="0.5",series=""}} {half.requests}' in text
    )


async def test_what_is_foreseen_leaves_the_detector_as_it_is(tmp_path: Path) -> None:
    replay = running(tmp_path, 50.0)
    orders = replay.engine.detectors.look(replay.engine.plan.checks["orders"], "")
    before = orders.state()
    await Losses(replay.engine, Telemetry("1")).look(replay.at)
    assert orders.state() == before


async def test_a_loss_that_nobody_sees_is_infinite(tmp_path: Path) -> None:
    replay, telemetry = running(tmp_path, 0.0), Telemetry("1")
    losses = Losses(replay.engine, telemetry)
    await losses.look(replay.at)
    assert all(one.seconds is None for one in losses.known["orders", ""])


async def test_a_loss_that_is_not_seen_yet_has_the_day_from_which_on_it_is(tmp_path: Path) -> None:
    replay = running(tmp_path, 6.0)
    losses = Losses(replay.engine, Telemetry("1"))
    await losses.look(replay.at)
    found = {one.share: one for one in losses.known["orders", ""]}
    assert found[1.0].not_before is None, "a silence is seen now"
    day = found[0.25].not_before
    assert found[0.25].seconds is None
    assert day is not None
    assert day > replay.at
    await losses.look(replay.at + 60.0)
    await losses.look(replay.at + 120.0)
    assert losses.known["orders", ""][-1].not_before == day, "it is looked up a few times a day"


async def test_hours_of_the_day_without_a_zone_are_noticed(tmp_path: Path) -> None:
    replay = running(tmp_path, 50.0)
    orders = replay.engine.detectors.look(replay.engine.plan.checks["orders"], "")
    losses = Losses(replay.engine, Telemetry("1"))
    await losses.look(replay.at)
    assert losses.without_zone == set(), "traffic is even"
    at = replay.at
    for n in range(1, 4 * 288):
        now = at + 300.0 * n
        orders.update(polled(now, 1500.0 if 7 <= now % 86400.0 // 3600 < 20 else 100.0, 300.0))
    await losses.look(replay.at)
    await losses.look(now)
    assert losses.without_zone == {("orders", "")}
