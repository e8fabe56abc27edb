"""What parts have learnt or spent is there again after a restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.core.pipeline.outside_views import Watch, checkout
from tests.core.pipeline.test_interception import settled, turn
from watchtower.app.kept import KeptInStore
from watchtower.core.plan.checks import Check
from watchtower.probes.budget import Budget
from watchtower.probes.kept import Kept
from watchtower.store.sqlite import SqliteStore
from watchtower.values import replace

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
    kept = Kept()
    budget = Budget({"runs": 3, "orders": 1}, kept.of("buy"), lambda: at[0])
    budget.spend({"runs": 1, "orders": 1})
    kept.changed()
    await KeptInStore(store, kept=kept).save()
    assert not kept.unsaved

    kept = Kept()
    await KeptInStore(store, kept=kept).open()
    budget = Budget({"runs": 3, "orders": 1}, kept.of("buy"), lambda: at[0])
    assert budget.left() == {"runs": 2, "orders": 0}
    assert (budget.lacks({"runs": 1}), budget.lacks({"runs": 1, "orders": 1})) == ("", "orders")
    at[0] += DAY
    assert budget.left() == {"runs": 3, "orders": 1}


@pytest.mark.parametrize("saved", ["{half", "[1]", '{"beijing": 1, "kept": 2}'])
async def test_a_note_that_cannot_be_read_stops_nobody(store: SqliteStore, saved: str) -> None:
    for part in (Kept(), Watch(checkout()).stage):
        await store.put("note", saved)
        await KeptInStore(store, note=part).open()


async def test_another_issuer_is_seen_at_once_after_a_restart(store: SqliteStore) -> None:
    before = settled()
    kept = KeptInStore(store, views=before.stage)
    await kept.save()
    turn(before)
    assert not before.stage.unsaved, "nothing is written while nothing changes"

    after = Watch(checkout())
    await KeptInStore(store, views=after.stage).open()
    forged = ("up", "", {"issuer_name": "Fortinet", "fingerprint": "bb"})
    facts = turn(after, silent=True, beijing=forged, shanghai=forged)
    assert facts["reach.intercepted"] is True
    assert facts["reach.outside_failing"] == 2.0
    assert facts["reach.unreachable"] is True
    assert "beijing: the certificate's issuer changed (Let's Encrypt → Fortinet)" in str(
        facts["reach.evidence"]
    )
    assert after.stage.unsaved


async def test_a_first_start_and_a_view_that_is_asked_of_another_are_no_alarm(store: SqliteStore) -> None:
    forged = ("up", "", {"issuer_name": "Fortinet", "fingerprint": "bb", "final_host": "www.else.example"})
    await KeptInStore(store, views=settled().stage).save()
    moved = checkout()
    checks = {name: Check(**{**vars(check), "probe": "http"}) for name, check in moved.checks.items()}
    for name, plan in (("nothing", checkout()), ("views", replace(moved, checks=checks))):
        watch = Watch(plan)
        await KeptInStore(store, **{name: watch.stage}).open()
        facts = turn(watch, silent=True, beijing=forged, shanghai=forged)
        assert facts["reach.intercepted"] is False
        assert facts["reach.outside_failing"] == 0.0


async def test_how_a_view_was_is_not_known_after_a_restart(store: SqliteStore) -> None:
    before = settled()
    turn(before, beijing=("down", "timeout", {}), shanghai=("down", "timeout", {}))
    await KeptInStore(store, views=before.stage).save()
    after = Watch(checkout())
    await KeptInStore(store, views=after.stage).open()
    after.at = before.at + 1.0
    assert after.see("requests", silent=True)["reach.unreachable"] is None
