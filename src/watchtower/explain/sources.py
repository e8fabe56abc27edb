"""Where an explanation comes from: the running daemon, else its store; or samples that are replayed for it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from watchtower.core.expressions import suggest
from watchtower.errors import StoreError, UsageError

if TYPE_CHECKING:
    from watchtower.config.settings import EnvironmentSettings
    from watchtower.core.engine import Engine
    from watchtower.core.plan import Plan
    from watchtower.model import Instant
    from watchtower.replay.samples import Samples

Found = tuple[dict[str, Any], str]
"""The explanation as the API lays it out, and where it comes from."""


def from_daemon(url: str, check: str, series: str) -> Found:
    """Raises web.client's Unreachable and Answered."""
    from watchtower.web.client import Answered, Client

    client = Client(url)
    try:
        query = {"series": series} if series else {}
        body = client.get(f"/api/v1/checks/{quote(check, safe='')}/explanation", **query)
    except Answered as error:
        if error.status == 404:
            raise UsageError(str(error)) from None
        raise
    return body, client.url


def from_store(settings: EnvironmentSettings, check: str, series: str, note: Callable[[str], None]) -> Found:
    """As the daemon last saved it. Raises StoreError, ConfigError, UsageError."""
    from watchtower.core.engine import Engine
    from watchtower.detectors import DETECTORS
    from watchtower.replay.loading import load_for_replay
    from watchtower.store import open_store

    file = unquote(settings.store.removeprefix("sqlite:///"))
    if settings.store.startswith("sqlite:///") and not Path(file).exists():
        raise StoreError(f"there is no store {file} either\n  hint: set WATCHTOWER_STORE as for the daemon")
    plan = load_for_replay(settings.rules, settings.checks, os.environ, note).plan
    _must_be_there(plan, check)
    store, now = open_store(settings.store), time.time()

    async def read() -> Engine:
        await store.open()
        try:
            saved = await store.load()
        finally:
            await store.close()
        engine = Engine(plan, DETECTORS, now)
        engine.restore(saved.alerts, saved.incidents, saved.pages, saved.detectors, saved.last_incident, now)
        return engine

    return _explained(asyncio.run(read()), check, series, now), f"the store {file}" if file else "the store"


def from_samples(
    plan: Plan, samples: Sequence[Samples], check: str, series: str, until: Instant | None
) -> Found:
    """As the engine would see it after these samples, up to and with `until`."""
    from watchtower.replay.driver import Replay
    from watchtower.replay.series import merged, narrowed

    _must_be_there(plan, check)
    mine = [one.series for one in samples if one.check == check]
    if series not in mine:
        have = ", ".join(f"{check}[{one}]" if one else check for one in mine) or "none of this check"
        raise UsageError(
            f"there are no samples of {check}{f'[{series}]' if series else ''}: there are {have}"
        )
    start = min(one.times[0] for one in samples)
    end = max(one.times[-1] for one in samples) if until is None else until
    if end < start:
        raise UsageError("--until lies before the first row")
    replay = Replay(narrowed(plan, samples), start)
    for observation in merged(samples, start, end):
        replay.feed(observation)
    replay.advance(end)
    files = ", ".join(one.file for one in samples if (one.check, one.series) == (check, series))
    return _explained(replay.engine, check, series, end), files


def _must_be_there(plan: Plan, check: str) -> None:
    if check not in plan.checks:
        raise UsageError(f'there is no check "{check}"\n  hint: {suggest(check, plan.checks)}')


def _explained(engine: Engine, check: str, series: str, at: Instant) -> dict[str, Any]:
    from watchtower.core.explain import explain
    from watchtower.web.views import explanation

    try:
        return explanation(explain(engine, check, series, at))
    except ValueError as error:
        what = f'has no series "{series}"' if series else "has several series"
        hint = f"its series: {error}" if str(error) else "it has one only: leave it out"
        raise UsageError(f'check "{check}" {what}\n  hint: {hint}') from None
