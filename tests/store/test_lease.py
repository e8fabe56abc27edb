"""One leader at a time, whatever is done to it, its line and its database: nothing of a former one is written."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator

import pytest

from tests.parts.postgres import Postgres
from tests.store.claimants import TRIES, suffer_all
from watchtower.store.lease import OTHER_PLAN, TTL, Holder, Lease, StandsBy

ROUNDS = 100 if os.environ.get("WATCHTOWER_SOAK") else 3
"""Faults of each of three groups."""


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """To be stopped: nobody else's."""
    with Postgres() as server:
        yield server


@pytest.mark.parametrize(
    ("good", "failed", "watched", "may", "urgent"),
    [
        (1.0, 99.0, 99.0, True, True),
        (2.6, 99.0, 99.0, False, False),  # another may lead, and nothing says that the database is away
        (5.0, 0.5, 99.0, True, True),  # it is away, and nobody stood by
        (
            5.0,
            0.5,
            6.0,
            False,
            True,
        ),  # somebody did, and may see it; a page twice is better than none: docs/store.md
        (29.0, 0.5, 30.0, False, True),
        (31.0, 0.5, 32.0, True, True),
        (31.0, 3.0, 32.0, False, False),  # we slept: the next beat will tell
    ],
)
async def test_a_page_may_be_begun(
    good: float, failed: float, watched: float, may: bool, urgent: bool
) -> None:
    """Seconds since a good beat began, one failed, and a standby was seen; whether any page may go, and an urgent one."""

    async def connect() -> None:
        raise OSError

    lease, now = Lease(connect, "a:1", ""), time.clock_gettime(time.CLOCK_BOOTTIME)
    lease._good, lease._failed, lease._watched_at = now - good, now - failed, now - watched
    try:
        assert (lease.may_send(urgent=False), lease.may_send(urgent=True)) == (may, urgent)
        lease.depose()
        assert not lease.may_send(urgent=True)
    finally:
        lease._loop.close()


@pytest.mark.parametrize(
    ("plan", "others", "lost", "released"),
    [
        ("a", ["b"], TTL, 0.0),
        ("b", ["b", "a"], TTL + OTHER_PLAN, OTHER_PLAN),
        ("b", ["b"], TTL + OTHER_PLAN, 0.0),  # a rolling update: nobody else would lead sooner
    ],
)
async def test_who_has_the_leaders_plan_goes_first(
    plan: str, others: list[str], lost: float, released: float
) -> None:
    async def connect() -> None:
        raise OSError

    lease = Lease(connect, "a:1", "")
    try:
        assert (lease._waits(False), lease._waits(True)) == (
            TTL,
            0.0,
        )  # an older version leads, or nobody does
        lease.plan, lease.holder = plan, Holder("b:1", "", 1, plan="a")
        lease.standbys = tuple(StandsBy(str(n), one, 0.0) for n, one in enumerate(others))
        assert (lease._waits(False), lease._waits(True)) == (lost, released)
    finally:
        lease._loop.close()


@pytest.mark.timeout(60 * ROUNDS)
def test_no_row_of_a_former_leader_and_no_change_while_the_leader_lived(
    postgres: Postgres, own_server: Postgres
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    found, rows, late = suffer_all(postgres, own_server, ROUNDS, random.Random(seed))
    assert rows > 0
    assert late == 0
    assert not [one for one in found if not one.expected and one.attempt == TRIES]
