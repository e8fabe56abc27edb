"""`derive`: the counts of other checks, over the same time."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from watchtower.model import Observation, Outcome, Reading
from watchtower.probes.contract import Services, Target, unknown
from watchtower.probes.counts import MeasuredCounts
from watchtower.probes.derive import Derive


class Derived:
    """A derived check beside those that it is derived from."""

    def __init__(self, part: Any, whole: Any) -> None:
        settings = Derive.Settings.model_validate({"part": part, "whole": whole})
        self.counts = MeasuredCounts()
        self.probe = Derive(settings, Target("ratio", 60.0, 5.0))

    async def opened(self) -> Derived:
        await self.probe.open(Services(counts=self.counts))
        return self

    def measure(self, check: str, seconds: float = 15.0, series: str = "", **counts: float) -> None:
        reading = Reading(Outcome.UP, counts, series=series, covers=seconds)
        self.counts.add(Observation(check, 0.0, reading), 15.0)

    async def poll(self) -> tuple[float, float] | str:
        found = await self.probe.probe()
        if found.outcome is Outcome.UNKNOWN:
            return found.reason
        return found.measurements["part"], found.measurements["whole"]  # type: ignore[return-value]


async def test_paid_of_attempted_since_the_poll_before() -> None:
    derived = await Derived("paid.requests", "attempts.requests").opened()
    assert await derived.poll() == "absent"
    for _ in range(4):
        derived.measure("paid", requests=9.0)
        derived.measure("attempts", requests=10.0)
    assert await derived.poll() == (36.0, 40.0)
    derived.measure("paid", requests=0.0)
    derived.measure("attempts", requests=10.0)
    assert await derived.poll() == (0.0, 10.0)
    assert await derived.poll() == "absent"


async def test_a_reload_begins_with_what_comes_from_then_on() -> None:
    before = await Derived("paid.requests", "attempts.requests").opened()
    for _ in range(400):
        before.measure("paid", requests=9.0)
        before.measure("attempts", requests=10.0)
    changed = Derived("paid.requests", "attempts.requests")
    changed.counts = before.counts
    await changed.opened()
    assert await changed.poll() == "absent", "hours of before would hide that all fail now"
    changed.measure("paid", requests=0.0)
    changed.measure("attempts", requests=10.0)
    assert await changed.poll() == (0.0, 10.0)


async def test_what_could_not_be_measured_is_not_zero() -> None:
    derived = await Derived("paid.requests", "attempts.requests").opened()
    derived.measure("attempts", 60.0, requests=40.0)
    derived.counts.add(Observation("paid", 0.0, unknown("refused")), 15.0)
    found = await derived.probe.probe()
    assert (found.reason, found.detail) == ("absent", "nothing was counted by paid.requests")


async def test_a_poll_that_was_missed_is_taken_at_the_pace_of_the_others() -> None:
    derived = await Derived("paid.requests", "attempts.requests").opened()
    for _ in range(4):
        derived.measure("attempts", requests=10.0)
    for _ in range(3):
        derived.measure("paid", requests=9.0)
    assert await derived.poll() == (36.0, 40.0)
    derived.measure("attempts", 60.0, requests=40.0)
    derived.measure("paid", requests=9.0)
    assert await derived.poll() == "uneven"


async def test_one_region_of_all() -> None:
    derived = await Derived("orders[eu].requests", "orders.requests").opened()
    for region, count in (("eu", 10.0), ("cn", 25.0), ("us", 15.0)):
        derived.measure("orders", series=region, requests=count)
    assert await derived.poll() == (10.0, 50.0)


async def test_several_counts_are_added_up() -> None:
    derived = await Derived(["web.errors", "app.errors"], ["web.requests", "app.requests"]).opened()
    derived.measure("web", requests=100.0, errors=3.0)
    derived.measure("app", requests=50.0, errors=1.0)
    assert await derived.poll() == (4.0, 150.0)


@pytest.mark.parametrize("wrong", ["orders", "orders.", ".requests", 5, [], ["orders.requests", 5]])
def test_what_is_no_count(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"requests"):
        Derive.Settings.model_validate({"part": wrong, "whole": "orders.requests"})
