"""Makes jobs together with other processes: for a command that waits for all of them, and as the process that a worker or a
daemon starts while some wait."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from watchtower.app.holding import hash_of
from watchtower.app.jobs import kind_with
from watchtower.errors import StoreAway, StoreError, UsageError
from watchtower.own_thread import own_thread

if TYPE_CHECKING:
    from watchtower.config.environment import EnvironmentSettings
    from watchtower.store.jobs import JobQueue

T = TypeVar("T")
Make = Callable[[bytes], bytes]
"""From a job to its result."""

BEAT, LOOK, AGAIN = 2.0, 0.5, 10.0
"""Seconds between two beats for a job, two looks for results, and after which jobs that are missing are queued again."""
LONGEST = 600.0
"""Seconds for one job."""
AWAY = 60.0
"""Seconds for which the database may be away."""
_REFUSED = ("28", "3D", "3F", "42")
"""Classes of errors of PostgreSQL that no waiting mends: rights and names."""
NICE = 10
"""A tenth of what others get where all want the processor: with 19 a job would take a hundred times as long."""
STRAGGLES = 30.0
"""Seconds without a job left to take, after which a command plays itself what others are slow with."""
TIMES = 3
"""Processes that may end over one job before nobody takes it any more."""


async def spread(
    settings: EnvironmentSettings, kind: str, jobs: Sequence[bytes], make: Make, tell: Callable[[int], None]
) -> list[bytes]:
    """What came of each job, in order. This process makes some itself, so it needs no other. Raises StoreError."""
    queue = _queue(settings)
    keys = {blake2b(kind.encode() + job, digest_size=16).hexdigest(): job for job in jobs}
    found, queued, worked_at = dict[str, bytes](), -inf, time.monotonic()
    try:
        await patiently(queue.open)
        while missing := [key for key in keys if key not in found]:
            if time.monotonic() - queued > AGAIN:
                queued = time.monotonic()
                await patiently(partial(queue.put, kind, {key: keys[key] for key in missing}))
            worked = await work(queue, kind, make)
            for key, result in (await patiently(partial(queue.results, missing))).items():
                if result.wrong:
                    raise StoreError(f"a job failed: {result.wrong}")
                found[key] = result.body
            tell(len(found))
            if worked:
                worked_at = time.monotonic()
            elif time.monotonic() - worked_at < STRAGGLES:
                await asyncio.sleep(LOOK)
            elif left := [key for key in missing if key not in found]:
                found[left[0]] = await own_thread(partial(make, keys[left[0]]), "job", LONGEST)
    finally:
        with suppress(StoreAway):
            await queue.drop([*keys])
        queue.close()
    return [found[key] for key in keys]


async def work(queue: JobQueue, kind: str, make: Make) -> bool:
    """Makes one job, if there is one. False: there was none, or this process should do no more."""
    from watchtower.store.jobs import Result

    taken = await patiently(partial(queue.take, kind))
    if taken is None:
        return False
    more, result = True, Result(f"{TIMES} processes ended while they made it", b"")
    if taken.times <= TIMES:
        making = asyncio.ensure_future(own_thread(lambda: make(taken.payload), "job", LONGEST))
        while not (await asyncio.wait([making], timeout=BEAT))[0]:
            with suppress(StoreAway):
                await queue.beat(taken)
        try:
            result = Result("", making.result())
        except TimeoutError:
            more, result = False, Result(f"not done within {LONGEST:.0f} s", b"")
        except Exception as error:  # noqa: BLE001 - whoever waits is told, and the next job may do
            result = Result(f"{type(error).__name__}: {error}", b"")
    await patiently(partial(queue.done, taken, result))
    return more


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Again each second while the database is away, for so long."""
    until = time.monotonic() + AWAY
    while True:
        try:
            return await call()
        except StoreAway as error:
            if time.monotonic() > until or getattr(error.__cause__, "sqlstate", "")[:2] in _REFUSED:
                raise
        await asyncio.sleep(1.0)


def _queue(settings: EnvironmentSettings) -> JobQueue:
    from watchtower.store import open_store
    from watchtower.store.jobs import JobQueue

    if (jobs := open_store(settings.store).jobs()) is None:
        raise UsageError("--spread needs a store in PostgreSQL: other processes reach no SQLite file")
    return JobQueue(jobs)


def main(rules: str, checks: str) -> None:
    """Makes the jobs of this configuration until none waits, behind everything else on this machine."""
    from watchtower.config.settings import read
    from watchtower.replay.loading import load_for_replay
    from watchtower.simulate.days import play_day

    os.nice(NICE)
    # Between sessions Linux may go by the session's; and where memory runs out, rather this process than the one that watches.
    for name, value in ("autogroup", NICE), ("oom_score_adj", 1000):
        with suppress(OSError):
            Path("/proc/self", name).write_text(str(value))
    files = Path(rules), Path(checks)
    settings = read(os.environ, rules=files[0], checks=files[1])
    loaded = load_for_replay(*files, os.environ)
    kind, parent = kind_with(hash_of(loaded.texts)), os.getppid()

    async def drain() -> None:
        queue = _queue(settings)
        while os.getppid() == parent and await work(queue, kind, partial(play_day, loaded.plan)):
            pass

    try:
        asyncio.run(drain())
    except StoreError as error:
        sys.exit(str(error))
