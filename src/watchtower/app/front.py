"""Implements what the API asks of the daemon (api/contract.py): answers reads, passes requests to the engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from watchtower import __version__
from watchtower.api.board import BoardStatus
from watchtower.api.contract import IncidentDetail, InstanceRole, InstanceStatus, ProvenWay, Status
from watchtower.app.archive import Archive
from watchtower.app.configuration import Configuration
from watchtower.app.flows import Flows
from watchtower.app.gap import TOLD
from watchtower.app.history import HistoryWriter
from watchtower.app.inbox import Inbox, refusal
from watchtower.app.kept_requests import LATER
from watchtower.app.last_pages import LastPages
from watchtower.app.losses import Losses
from watchtower.app.practice import Practice
from watchtower.app.proven import ProvenWays
from watchtower.app.readiness import Readiness
from watchtower.app.receipts import VendorReports
from watchtower.app.standby import Standby
from watchtower.channels.listening import Press
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.events import (
    Acknowledged,
    ChangeAnnounced,
    IncidentChanged,
    IncidentDeclared,
    Logged,
    OverrideAsked,
    OverrideEnded,
    ResolvedByHand,
    SilenceAsked,
    SilenceEnded,
)
from watchtower.core.explain_check import Explanation, dated, prepared
from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.scenes import alerts_now
from watchtower.core.people.overrides import OnCallOverride, ShiftOverridden
from watchtower.core.pipeline.engine import Engine
from watchtower.core.silences.kinds import BOOK, SilenceCreated
from watchtower.core.silences.silence import AlertSilence, ever_silenced
from watchtower.core.silences.suppress import suppression
from watchtower.core.state import OVER
from watchtower.errors import Deposed, Problem, StoreError
from watchtower.model import AlertState, ChannelName, Instant, WatchGap
from watchtower.probes.held_alerts import HeldAlert, PostedAlert
from watchtower.runner import Runner
from watchtower.store.contract import FOREVER
from watchtower.store.store import Store
from watchtower.telemetry import Telemetry
from watchtower.values import replace

if TYPE_CHECKING:
    from watchtower.probes.alertmanager import Alertmanager

STORED, AWAY = 2.0, 0.2
"""Seconds for the log of an open incident, and while the store cannot be written; without it, memory has what people need
now."""
PAGES = 8
"""The newest pages that the board shows."""


class Front:
    """Owned by the daemon's loop. `reload` is the daemon's own, which also tells all parts of the new plan."""

    def __init__(
        self, configuration: Configuration, engine: Engine, inbox: Inbox, store: Store, archive: Archive,
        practice: Practice, runner: Runner, telemetry: Telemetry, readiness: Readiness,
        vendor_reports: VendorReports, proven: ProvenWays,
        reload: Callable[[bool], Awaitable[Sequence[Problem]]], standby: Standby, losses: Losses,
        gap: WatchGap | None, history: HistoryWriter, flows: Flows, last_pages: LastPages,
    ) -> None:  # fmt: skip
        self._configuration, self._engine, self._inbox, self._store = configuration, engine, inbox, store
        self._runner, self._losses, self._gap = runner, losses, gap
        self.practice, self.reload, self.ready = practice, reload, readiness.reasons
        self.queued, self.metrics = telemetry.queued, telemetry.scrape
        telemetry.facts(lambda: (engine.plan.checks, engine.state.last_facts))
        self.called_back, self._proven = vendor_reports.called_back, proven
        self.do, self.records, self.lessons = archive.do, archive.records, archive.lessons
        self._came_late = archive.came_late
        self.changes, self.published = store.changes, store.published
        self._started_at, self._standby, self.shards = time.time(), standby, standby.shards
        self.history, self._history = history.read, history
        self._flows, self._last_pages = flows, last_pages

    def status(self) -> Status:
        state, configuration = self._engine.state, self._configuration
        active, now = (AlertState.PENDING, AlertState.FIRING), time.time()
        held = {
            i.id: suppression(self._engine.plan, state, i, now) for i in state.incidents.values() if i.open
        }
        return Status(
            at=now, started_at=self._started_at, version=__version__, plan=self._engine.plan, last=state.last,
            alerts=[a for a in state.alerts.values() if a.state in active],
            incidents=sorted((i for i in state.incidents.values() if i.open), key=lambda i: (i.severity.rank, -i.opened_at)),
            loaded_at=configuration.loaded_at, problems=configuration.problems,
            held=configuration.held.problems if configuration.held else (), losses=dict(self._losses.known),
            without_zone=frozenset(self._losses.without_zone),
            gap=self._gap if self._gap and now - self._started_at < TOLD else None,
            silences=list(state.book.silences.values()), overrides=list(state.overrides.overrides.values()),
            suppressed={id: one for id, one in held.items() if one},
            no_history=self._history.problem,
        )  # fmt: skip

    def board(self) -> BoardStatus:
        status, state = self.status(), self._engine.state
        return BoardStatus(
            replace(status, last=dict(status.last)), self.standing(), self._flows.now(status.at), dict(state.last_facts),
            dict(state.histories), self._last_pages.newest(PAGES), self.proven(), self.ready(), self.queued(),
        )  # fmt: skip

    def standing(self) -> InstanceStatus:
        return replace(self._standby.standing(), role=InstanceRole.LEADER, since=self._started_at)

    async def incidents(
        self, *, open_only: bool, limit: int, before: tuple[Instant, int] = (FOREVER, 0)
    ) -> Sequence[Incident]:
        return await self._store.incidents(open_only=open_only, limit=limit, before=before)

    async def incident(self, id: str) -> IncidentDetail | None:
        state = self._engine.state
        live = state.incidents.get(state.number_of(id))
        incident = live or await self._store.incident(id)
        if incident is None:
            return None
        id = incident.id
        alerts = alerts_now(self._engine.plan, state, id, AlertState.FIRING, *OVER)
        history = state.histories.get(id)
        try:
            async with asyncio.timeout((STORED if self._inbox.written else AWAY) if live else None):
                timeline, pages = await self._store.timeline(id), await self._store.pages(id)
        except (StoreError, TimeoutError) as error:
            if live is None or isinstance(error, Deposed):
                raise
            sent = [(page, 0, "") for page in state.pages.of(id)]
            return IncidentDetail(incident, alerts, (), sent, history, unread=True)
        return IncidentDetail(incident, alerts, timeline, pages, history)

    async def explain(self, check: str, series: str) -> Explanation:
        found = await asyncio.to_thread(prepared(self._engine, check, series, time.time()))
        days = {one.share: one.not_before for one in self._losses.known.get((check, series), ())}
        return replace(found, losses=dated(found.losses, days.get))

    def written(self) -> bool:
        return not self._standby.deeds if self._standby.lease else self._inbox.written

    async def acknowledge(self, incident: str, by: str, via: str) -> bool:
        asked = Acknowledged(incident, by, via, late=LATER.get())
        if asked.late and incident not in self._engine.state.incidents:
            await self._came_late(incident, asked)
            return False
        decisions = await self._inbox.ask(asked)
        return any(isinstance(d, IncidentChanged) or d.reason == "drill.answered" for d in decisions)

    async def declare(self, declared: IncidentDeclared) -> tuple[str, str]:
        decisions = await self._inbox.ask(declared)
        changed = (d.incident.id for d in decisions if isinstance(d, IncidentChanged) and d.by == declared.by)
        return next(changed, ""), refusal(decisions)

    async def pressed(self, kind: ChannelName, press: Press) -> str:
        from watchtower.web.presses import pressed  # loaded with the first press

        return await pressed(self, kind, press)

    async def resolve(self, incident: str, by: str, via: str) -> bool:
        decisions = await self._inbox.ask(ResolvedByHand(incident, by, via))
        return any(isinstance(d, IncidentChanged) for d in decisions)

    async def silence(self, asked: SilenceAsked) -> tuple[str, str]:
        decisions = await self._inbox.ask(asked)
        made = (d.entry for d in decisions if isinstance(d, Logged) and d.entry.kind == SilenceCreated.kind)
        return next((str(entry.data["silence"]) for entry in made), ""), refusal(decisions)

    async def ever_silenced(self) -> Sequence[tuple[AlertSilence, Instant]]:
        entries = await self._store.timeline(BOOK)
        return await asyncio.to_thread(ever_silenced, entries)

    async def expire_silence(self, id: str, by: str) -> str:
        return refusal(await self._inbox.ask(SilenceEnded(id, by)))

    async def override(self, asked: OnCallOverride) -> tuple[str, str]:
        decisions = await self._inbox.ask(OverrideAsked(asked))
        made = (d.entry for d in decisions if isinstance(d, Logged) and d.entry.kind == ShiftOverridden.kind)
        return next((str(entry.data["override"]) for entry in made), ""), refusal(decisions)

    async def end_override(self, id: str, by: str) -> str:
        return refusal(await self._inbox.ask(OverrideEnded(id, by)))

    async def change(self, change: ChangeEvent) -> str:
        return refusal(await self._inbox.ask(ChangeAnnounced(change)))

    async def log_root(self, until: Instant) -> tuple[str, str]:
        last = f"{datetime.fromtimestamp(until - 1.0, UTC):%Y-%m-%d}"
        return max(
            ((one.day, one.root) for one in await self._store.roots() if one.day <= last), default=("", "")
        )

    def proven(self) -> Mapping[tuple[str, str], ProvenWay]:
        return self._proven.of(self._configuration.plan)

    def callback_url(self, channel: str) -> str:
        return self._configuration.callback_url(channel)

    def push(self, check: str, counts: Mapping[str, float], at: Instant, series: str = "") -> None:
        receive = getattr(self._runner.probe(check), "receive", None)
        if receive is None:
            raise KeyError(check)
        receive(counts, at, series)

    def take_alerts(self, check: str, alerts: Sequence[PostedAlert], address: str, at: Instant) -> None:
        with suppress(KeyError):  # its probe could not be made; the log says why
            cast("Alertmanager", self._runner.probe(check)).take(alerts, address, at)

    def others_alerts(self) -> Sequence[tuple[str, HeldAlert]]:
        found = [name for name, check in self._engine.plan.checks.items() if check.alerts is not None]
        return [(name, held) for name in found for held in self._firing(name)]

    def _firing(self, check: str) -> Sequence[HeldAlert]:
        try:
            return cast("Alertmanager", self._runner.probe(check)).firing()
        except KeyError:
            return ()

    async def export(self, check: str, body: bytes, headers: Mapping[str, str], at: Instant) -> None:
        receive = getattr(self._runner.probe(check), "receive_export", None)
        if receive is not None:
            await receive(body, headers, at)
