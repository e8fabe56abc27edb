"""Loads an explanation from the running daemon, else from its store, or from replayed samples."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote

from watchtower.core.expressions import suggest
from watchtower.errors import StoreError, UsageError
from watchtower.values import replace

if TYPE_CHECKING:
    from watchtower.config.environment import EnvironmentSettings
    from watchtower.core.pipeline.engine import Engine
    from watchtower.core.plan import Plan
    from watchtower.core.state import Series
    from watchtower.model import Instant
    from watchtower.replay.backtest import Backtest
    from watchtower.replay.samples import Samples
    from watchtower.store.contract import Snapshot
    from watchtower.store.store import Store

T = TypeVar("T")
Found = tuple[dict[str, Any], str]
"""The explanation as the API lays it out, and where it comes from."""


def from_daemon(url: str, check: str, series: str) -> Found:
    """Raises api.client's Unreachable and Answered."""
    query = {"series": series} if series else {}
    return _asked(url, f"/api/v1/checks/{quote(check, safe='')}/explanation", **query)


def _asked(url: str, path: str, **query: str) -> Found:
    from watchtower.api.client import Answered, Client

    client = Client(url)
    try:
        return client.get(path, **query), client.url
    except Answered as error:
        if error.status == 404:
            raise UsageError(str(error)) from None
        raise


def from_store(settings: EnvironmentSettings, check: str, series: str, note: Callable[[str], None]) -> Found:
    """From the store, as the daemon last saved it. Raises StoreError, ConfigError, UsageError."""
    from watchtower.core.pipeline.engine import Engine
    from watchtower.detectors import DETECTORS
    from watchtower.replay.loading import load_for_replay

    file = _store_file(settings)
    plan = load_for_replay(settings.rules, settings.checks, os.environ, note).plan
    _must_be_there(plan, check)
    saved, now = saved_in(settings), time.time()
    engine = Engine(plan, DETECTORS, now)
    engine.restore(saved.alerts, saved.incidents, saved.pages, saved.detectors, saved.last_incident, now)
    return _explained(engine, check, series, now), f"the store {file}" if file else "the store"


def saved_in(settings: EnvironmentSettings) -> Snapshot:
    """What the daemon saved last. Raises StoreError; a file that is not there is not created."""
    return _read(settings, lambda store: store.load())


def _read(settings: EnvironmentSettings, read: Callable[[Store], Coroutine[Any, Any, T]]) -> T:
    from watchtower.store import open_store

    _store_file(settings)
    store = open_store(settings.store, only_read=True)

    async def whole() -> T:
        await store.open()
        try:
            return await read(store)
        finally:
            await store.close()

    return asyncio.run(whole())


def from_samples(
    plan: Plan, samples: Sequence[Samples], check: str, series: str, until: Instant | None
) -> Found:
    """From a replay of these samples, up to and with `until`."""
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


def from_states(
    plan: Plan, states: Mapping[Series, Mapping[str, Any]], check: str, series: str, at: Instant
) -> dict[str, Any]:
    """From what detectors have learnt."""
    from watchtower.core.pipeline.engine import Engine
    from watchtower.detectors import DETECTORS

    engine = Engine(plan, DETECTORS, at)
    engine.restore((), (), (), states, 0, at)
    return _explained(engine, check, series, at)


def incident_from_daemon(url: str, incident: str) -> Found:
    """Raises api.client's Unreachable and Answered."""
    from watchtower.api.client import incident_path

    return _asked(url, incident_path(incident, "explanation"))


def incident_from_store(settings: EnvironmentSettings, incident: str, note: Callable[[str], None]) -> Found:
    """Projected from its log. Raises StoreError, ConfigError, UsageError."""
    from watchtower.api.contract import IncidentDetail
    from watchtower.api.explain_severity import account_json, account_of
    from watchtower.core.incident.incidents import Incident
    from watchtower.replay.loading import load_for_replay

    file = _store_file(settings)
    plan = load_for_replay(settings.rules, settings.checks, os.environ, note).plan

    async def read(store: Store) -> IncidentDetail:
        found: Incident | None = await store.incident(incident)
        if found is None:
            raise UsageError(f"there is no incident {incident}\n  hint: see watchtower incidents")
        saved = await store.load() if found.open else None
        alerts = [a for a in saved.alerts if a.incident == incident] if saved else []
        return IncidentDetail(found, alerts, await store.timeline(incident))

    told = account_of(plan, _read(settings, read), time.time())
    return account_json(told), f"the store {file}" if file else "the store"


def incident_from_backtest(test: Backtest, incident: str, progress: Callable[[int], None]) -> Found:
    """As of the end of the samples. UsageError when the rules open no such incident."""
    from watchtower.api.contract import IncidentDetail
    from watchtower.api.explain_severity import account_json, account_of
    from watchtower.core.events import AlertChanged, Decision, IncidentChanged
    from watchtower.core.incident.alerts import Alert
    from watchtower.core.incident.entry import LogEntry
    from watchtower.core.incident.incidents import Incident
    from watchtower.core.incident.log import line_of

    found: dict[str, Incident] = {}
    alerts: dict[str, Alert] = {}
    lines: list[LogEntry] = []

    def hear(decision: Decision) -> None:
        match decision:
            case IncidentChanged(incident=changed):
                found[changed.id] = changed
            case AlertChanged(alert=alert) if alert.incident == incident:
                alerts[alert.fingerprint] = alert
        line = line_of(decision)
        if line is not None and line[0] == incident:
            lines.append(line[1])

    for _ in test.run(progress=progress, heard=hear):
        pass
    if incident not in found:
        have = ", ".join(found) or "none"
        raise UsageError(f"these rules open no incident {incident}\n  hint: they open {have}")
    detail = IncidentDetail(found[incident], list(alerts.values()), lines)
    told = account_of(test.plan, detail, test.span()[1])
    return account_json(told), ", ".join(dict.fromkeys(one.file for one in test.samples))


def _store_file(settings: EnvironmentSettings) -> str:
    """The store's path, "" when it is no file. Raises StoreError when there is none, because reading must not
    create one."""
    if not settings.store.startswith("sqlite:///"):
        return ""
    file = unquote(settings.store.removeprefix("sqlite:///"))
    if not Path(file).exists():
        raise StoreError(f"there is no store {file} either\n  hint: set WATCHTOWER_STORE as for the daemon")
    return file


def _must_be_there(plan: Plan, check: str) -> None:
    if check not in plan.checks:
        raise UsageError(f'there is no check "{check}"\n  hint: {suggest(check, plan.checks)}')


def _explained(engine: Engine, check: str, series: str, at: Instant) -> dict[str, Any]:
    from watchtower.api.views import explanation
    from watchtower.core.explain_check import dated, explain, watches_losses
    from watchtower.core.usual_traffic import seen_from, twin_of

    try:
        found = explain(engine, check, series, at)
    except ValueError as error:
        what = f'has no series "{series}"' if series else "has several series"
        hint = f"its series: {error}" if str(error) else "it has one only: leave it out"
        raise UsageError(f'check "{check}" {what}\n  hint: {hint}') from None
    detector = engine.detectors.look(engine.plan.checks[check], found.series)
    if detector is not None and watches_losses(engine, engine.plan.checks[check]):

        def not_before(share: float) -> Instant:
            day = seen_from(twin_of(detector), at, share)
            return inf if day is None else day

        found = replace(found, losses=dated(found.losses, not_before))
    return explanation(found)
