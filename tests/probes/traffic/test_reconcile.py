"""`reconcile`: two sums that must agree."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from watchtower.model import Observation, Outcome, Reading
from watchtower.probes.contract import Services, Target, unknown
from watchtower.probes.reconcile import Reconcile


class Books:
    """Orders, and the ledger that must say the same."""

    def __init__(self, services: Services | None = None, **settings: Any) -> None:
        self.services = services or Services()
        table = {"left": "orders.value", "right": "ledger.value", "lateness": "10m", **settings}
        self.probe = Reconcile(Reconcile.Settings.model_validate(table), Target("books", 60.0, 5.0))
        self.at = 0.0

    async def opened(self) -> Books:
        await self.probe.open(self.services)
        return self

    def measure(self, check: str, value: float | None, series: str = "") -> None:
        reading = unknown("timeout", "no answer", series)
        if value is not None:
            reading = Reading(Outcome.UP, {"value": value}, series=series)
        self.services.counts.add(Observation(check, self.at, reading), 60.0)

    def says(self, orders: float | None, ledger: float | None, minutes: float = 1.0) -> tuple[Any, Any] | str:
        """The difference that is unexplained and for how many seconds they differ, so many minutes later."""
        self.at += minutes * 60.0
        self.measure("orders", orders)
        self.measure("ledger", ledger)
        found = self.probe.compare(self.at)
        if found.outcome is Outcome.UNKNOWN:
            return found.reason
        return found.measurements["unexplained"], found.measurements["differs_seconds"]


async def test_a_difference_counts_once_it_has_lasted() -> None:
    books = await Books().opened()
    assert books.says(1000.0, 1000.0) == (0.0, 0.0)
    for minute in range(10):
        assert books.says(1500.0 + minute, 1200.0 + minute) == (0.0, minute * 60.0)
    assert books.says(1500.0, 1200.0) == (300.0, 600.0)
    assert books.says(1500.0, 1450.0) == (50.0, 660.0), "no more than what is left of it"
    assert books.says(1500.0, 1500.0) == (0.0, 0.0)


async def test_what_is_under_way_differs_at_every_moment_and_is_none() -> None:
    books = await Books(tolerance=20.0).opened()
    for minute in range(60):
        booked = 1000.0 * minute
        late = 400.0 if minute % 7 else 0.0  # each batch is booked within ten minutes
        unexplained, _ = books.says(booked + late, booked)
        assert unexplained == 0.0


async def test_more_in_the_ledger_is_a_difference_too_and_another_one() -> None:
    books = await Books().opened()
    books.says(1000.0, 900.0)
    books.says(1000.0, 900.0, minutes=9)
    assert books.says(1000.0, 1100.0) == (0.0, 0.0), "the other direction begins anew"
    assert books.says(1000.0, 1100.0, minutes=10) == (100.0, 600.0)


async def test_a_tolerance_as_a_share() -> None:
    books = await Books(tolerance=5.0, tolerance_ratio=0.01, lateness="0s").opened()
    assert books.says(1000.0, 985.0) == (0.0, 0.0)
    assert books.says(1000.0, 984.0) == (16.0, 0.0)


async def test_what_nobody_knows_is_neither_right_nor_wrong() -> None:
    books = await Books(lateness="0s").opened()
    assert books.says(None, 1000.0) == "absent"
    assert books.says(1000.0, None) == "absent"
    assert books.says(1000.0, 900.0) == (100.0, 0.0)
    assert books.says(1000.0, None) == "absent"
    assert books.says(1000.0, 900.0) == (100.0, 120.0), "it went on meanwhile"


async def test_since_when_is_known_after_a_restart() -> None:
    before = await Books().opened()
    before.says(1000.0, 900.0)
    restarted = Services()
    restarted.kept.notes.update(before.services.kept.notes)
    after = await Books(restarted).opened()
    after.at = before.at
    assert before.services.kept.unsaved
    assert after.says(1000.0, 900.0, minutes=10) == (100.0, 600.0)


async def test_several_sources_and_series_are_added_up() -> None:
    books = await Books(left=["shop.value", "app[cn].value"], right="ledger.value", lateness="0s").opened()
    books.measure("shop", 600.0, "web")
    books.measure("shop", 200.0, "mini")
    books.services.counts.add(Observation("shop", 0.0, Reading(Outcome.UP, {})), 60.0)
    books.measure("app", 150.0, "cn")
    books.measure("app", 9999.0, "hk")
    assert books.says(0.0, 950.0) == (0.0, 0.0)
    books.measure("shop", None, "mini")
    assert books.says(0.0, 950.0) == "absent"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"left": "orders"}, "is no count of a check"),
        ({"tolerance": -1}, "greater than or equal to 0"),
        ({"tolerance_ratio": 2}, "less than 1"),
    ],
)
def test_wrong_settings_are_explained(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Books(**settings)
