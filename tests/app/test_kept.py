"""What probes have spent is there again after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from watchtower.app.kept import KeptInStore
from watchtower.probes.budget import Budget
from watchtower.store.sqlite import SqliteStore

NOON = 1_790_000_000.0
DAY = 86400.0


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "w.db")
    await made.open()
    yield made
    await made.close()


async def test_a_budget_goes_on_after_a_restart_and_begins_anew_the_next_day(store: SqliteStore) -> None:
    at = [NOON]
    kept = await KeptInStore.opened(store)
    budget = Budget({"runs": 3, "orders": 1}, kept.of("buy"), lambda: at[0])
    budget.spend({"runs": 1, "orders": 1})
    kept.changed()
    await kept.save()
    assert not kept.unsaved

    kept = await KeptInStore.opened(store)
    budget = Budget({"runs": 3, "orders": 1}, kept.of("buy"), lambda: at[0])
    assert budget.left() == {"runs": 2, "orders": 0}
    assert (budget.lacks({"runs": 1}), budget.lacks({"runs": 1, "orders": 1})) == ("", "orders")
    at[0] += DAY
    assert budget.left() == {"runs": 3, "orders": 1}


async def test_a_note_that_cannot_be_read_stops_nobody(store: SqliteStore) -> None:
    await store.put("kept", "{half")
    assert (await KeptInStore.opened(store)).notes == {}
