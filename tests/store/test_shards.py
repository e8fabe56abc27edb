"""The tables of workers: who holds what, and whose batches count."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import count

import pytest

from tests.parts.postgres import Postgres
from watchtower.app.sharding import body_of, observations_of
from watchtower.core.plan.checks import Check
from watchtower.model import Observation, Outcome, Reading
from watchtower.store import open_store
from watchtower.store.shards import Batch, Identity, Shards, Work, WorkerState

TURN = count(1)
FIRST, SECOND = (Identity(id, id, "hk", False) for id in ("first", "second"))


@pytest.fixture
async def shards(postgres: Postgres) -> AsyncIterator[Shards]:
    store = open_store(postgres.create_database())
    await store.open()
    found = store.shards()
    assert found is not None
    yield found
    found.close()
    await store.close()


def state(turn: int | None = None, clock: float = 0.0) -> WorkerState:
    return WorkerState("plan", "1", clock or time.time(), 0, next(TURN) if turn is None else turn)


async def beats(shards: Shards, who: Identity, times: int = 1) -> Work:
    for _ in range(times):
        found = await shards.work(who, state())
    return found


async def test_a_second_worker_gets_its_half_after_three_beats(shards: Shards) -> None:
    assert len((await beats(shards, FIRST)).shards) == 256
    assert len((await beats(shards, SECOND, 2)).shards) == 0
    assert len((await beats(shards, FIRST)).shards) == 256
    await beats(shards, SECOND)
    assert len((await beats(shards, FIRST)).shards) == 128
    taken = (await beats(shards, SECOND)).shards
    assert {epoch for _, epoch in taken.values()} == {2}
    await shards.leave(SECOND.id, "hk", next(TURN))
    assert len((await beats(shards, FIRST)).shards) == 256


async def test_what_is_sent_again_or_is_of_an_old_claim_does_nothing(shards: Shards) -> None:
    held = (await beats(shards, FIRST)).shards
    old = next(TURN)
    await beats(shards, FIRST)
    assert (await shards.work(FIRST, state(old))).shards == {}
    await shards.leave(FIRST.id, "hk", old)
    assert len((await beats(shards, FIRST)).shards) == 256
    (shard, epoch), second = held[0], held[1]
    batch = Batch(shard, epoch, 7, "[]")
    await shards.send("hk", [batch, batch._replace(epoch=epoch + 1), Batch(*second, 7, "[]")])
    await shards.send("hk", [batch._replace(body="[1]")])
    await shards.send("sg", [batch._replace(seq=8)])
    rows = await shards.read({shard: (0, 0)})
    assert [row[:4] for row in rows] == [(shard, epoch, 7, "[]")]
    assert await shards.read({shard: (epoch, 7)}) == []
    await shards.leave(FIRST.id, "hk", next(TURN))
    await beats(shards, SECOND)
    await shards.send("hk", [batch._replace(seq=9)])
    assert await shards.read({shard: (epoch, 7)}) == []


async def test_who_listens_hears_what_another_process_wrote_also_after_its_line_was_cut(
    postgres: Postgres,
) -> None:
    address = postgres.create_database()
    worker, leader = open_store(address), open_store(address)
    await worker.open()
    writes, hears = worker.shards(), leader.shards()
    assert writes is not None
    assert hears is not None
    [batch, *_] = [Batch(*held, 1, "[]") for held in (await beats(writes, FIRST)).shards.values()]
    for _ in range(2):
        await hears.listen()
        await writes.send("hk", [batch])
        await hears.written.wait()
        hears.written.clear()
        postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT 1'")
        await hears.listen()
    writes.close()
    hears.close()
    await worker.close()


async def test_many_at_once_hold_each_shard_once(shards: Shards, postgres: Postgres) -> None:
    everybody = [Identity(f"w{n}", f"w{n}", "hk", False) for n in range(5)]
    for _ in range(6):
        await asyncio.gather(*(beats(shards, one) for one in everybody))
    found = [await beats(shards, one) for one in everybody]
    slots = [slot for one in found for slot in one.shards]
    assert sorted(slots) == list(range(256))
    assert max(len(one.shards) for one in found) <= 52
    survey = await shards.survey()
    assert {name for _, _, _, name, _ in survey.shards} == {one.id for one in everybody}
    assert (await shards.work(everybody[0], state(clock=time.time() + 40))).skew == pytest.approx(40, abs=5)


def test_times_are_moved_and_none_is_of_the_future() -> None:
    check = Check.model_construct(name="bank", locations=("hk",))
    seen = Observation("bank", 140.0, Reading(Outcome.DOWN, {"latency": 0.5, "ok": None}, "status"), 0.1)
    body = body_of([seen, Observation("other", 1.0, Reading(Outcome.UP))], ahead=40.0)
    [found] = observations_of(body, "hk", 3.0, {"bank": check}, now=500.0)
    assert (found.at, found.location, found.reading) == (103.0, "hk", seen.reading)
    assert observations_of(body, "hk", 0.0, {"bank": check}, now=99.0)[0].at == 99.0
    with pytest.raises(ValueError, match="Expected"):
        observations_of('[["bank", "now"]]', "hk", 0.0, {"bank": check}, now=500.0)
