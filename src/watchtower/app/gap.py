"""How long nobody watched before this daemon started: told in the log, on the board and in open incidents."""

from __future__ import annotations

from datetime import UTC, datetime

from watchtower.app.archive import Archive
from watchtower.app.inbox import Inbox
from watchtower.core.events import Unwatched
from watchtower.core.pipeline.engine import Engine
from watchtower.errors import StoreError
from watchtower.logs import log
from watchtower.model import Instant, WatchGap
from watchtower.store.store import Store

TOLD = 3600.0
"""Seconds after the start for which the board and the metric tell it."""


async def gap_before(store: Store, longer_than: float, now: Instant) -> WatchGap | None:
    """The span between the last sign of life of a daemon on this store and now; None where it was no longer than this, or
    where there never was a daemon. A sign is given every fifteen seconds."""
    try:
        since = await store.alive_at()
    except StoreError:
        return None
    return WatchGap(since, now) if since is not None and now - since > longer_than else None


async def tell(span: WatchGap, engine: Engine, archive: Archive, inbox: Inbox) -> None:
    """Logs it, and notes it in every open incident: what happened meanwhile is not in its log. Where `[watchdog]` gives it a
    severity, it is an incident of its own."""
    times = "-".join(f"{datetime.fromtimestamp(at, UTC):%H:%M}" for at in (span.since, span.until))
    log.warning("gap", since=span.since, until=span.until, seconds=round(span.seconds))
    text = f"watchtower did not run: gap {times} UTC. 期间监控未运行。"
    for incident in [one.id for one in engine.state.incidents.values() if one.open]:
        await archive.do(incident, "note", "watchtower", "", {"text": text})
    if severity := engine.plan.watchdog.gap_severity:
        await inbox.ask(Unwatched(span.since, severity))
