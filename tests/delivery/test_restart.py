"""Killed again and again in the middle of its work, the daemon loses no page of any family and says nothing twice unmarked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.delivery.kills import killed
from watchtower.core.incident.incidents import PageState
from watchtower.store.sqlite import SqliteStore

KILLS, INCIDENTS = 6, 6


@pytest.mark.timeout(300)
async def test_every_page_arrives_though_the_daemon_is_killed_again_and_again(tmp_path: Path) -> None:
    """`make soak` kills 200 times."""
    sides, at_work = await asyncio.to_thread(killed, tmp_path, KILLS, INCIDENTS, seed=20)
    assert at_work >= KILLS // 2, "or the kills came too early to prove anything"
    for side in sides:
        lost, out_of_order, twice, unmarked = side.row(INCIDENTS)
        assert (side.family.name, lost, out_of_order) == (side.family.name, 0, 0)
        assert unmarked <= twice // 2, (
            "a store that is busy for a second delays no page, and then nobody knows"
        )
    store = SqliteStore(tmp_path / "w.db")
    await store.open()
    for number in range(1, INCIDENTS + 1):
        assert {page.state for page, _, _ in await store.pages(f"INC-{number}")} == {PageState.DELIVERED}
    await store.close()
