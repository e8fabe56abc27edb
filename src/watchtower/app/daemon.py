"""The daemon: makes all parts, starts them in order and stops them in reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from watchtower import __version__
from watchtower.api.auth import access_for
from watchtower.api.porch import Porch
from watchtower.app.archive import Archive
from watchtower.app.configuration import Configuration
from watchtower.app.door import Door
from watchtower.app.flows import CURVES, Flows
from watchtower.app.forward import FORWARD, AlertForwarder
from watchtower.app.front import Front
from watchtower.app.gap import gap_before, tell
from watchtower.app.heartbeat import Heartbeat
from watchtower.app.history import LOOK, TEND, HistoryWriter
from watchtower.app.inbox import TURN, Inbox
from watchtower.app.invite import ACCESS, invite
from watchtower.app.item_webhook import ActionItemWebhook
from watchtower.app.kept import KeptInStore
from watchtower.app.last_pages import LastPages
from watchtower.app.links import links_of
from watchtower.app.listeners import Listeners
from watchtower.app.log_root import ROOT, keep_root
from watchtower.app.losses import LOSSES, Losses
from watchtower.app.memory import COME_TO_STAY, TIDY, keep, settle, sweep, tidy
from watchtower.app.practice import PRACTICE, Practice
from watchtower.app.probing import Probing
from watchtower.app.proven import SAVE, ProvenWays
from watchtower.app.readiness import LATE, Readiness
from watchtower.app.receipts import PULL, VendorReports
from watchtower.app.service_manager import say
from watchtower.app.standby import Standby
from watchtower.app.status_mail import StatusMail
from watchtower.app.templates import TEMPLATES, look_at_templates
from watchtower.app.watch import Signature
from watchtower.channels import build
from watchtower.config.loaded import Loaded
from watchtower.core.events import Decision
from watchtower.core.incident.history import project
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.pipeline.engine import Engine
from watchtower.delivery import Delivery
from watchtower.detectors import DETECTORS
from watchtower.errors import Deposed, Problem, StoreError
from watchtower.journal import Journal
from watchtower.logs import log
from watchtower.probes.contract import Services
from watchtower.probes.kept import Kept
from watchtower.probes.registry import Registry
from watchtower.store.store import Store
from watchtower.switches.executor import Executor
from watchtower.telemetry import Telemetry
from watchtower.web import tokens

if TYPE_CHECKING:
    from watchtower.store.lease import Lease

PULSE, TICK, WATCH = 1.5, 1.0, 2.0
CHECKPOINT, STORE_CHECK, RECORDS, DAY = 30.0, 15.0, 20.0, 86400.0
STOP_WEB, STOP_DELIVERY, STOP_JOURNAL, STOP_STORE = 1.5, 3.5, 1.5, 0.5
STOP_SWITCHES = STOP_LISTENERS = STOP_HISTORY = 0.5
"""Seconds for each part of the end; together less than the ten that container runtimes give."""
SAVED, SLICE = 2500, 250
"""Detector states that are written at one checkpoint, and in one transaction."""


class Daemon:
    """What leads on a store, for one term. `run` returns when it is told to stop, or raises what made it die; Deposed
    where another has taken over. `lease` is None on a store that lets only one daemon in."""

    def __init__(
        self, configuration: Configuration, store: Store, lease: Lease | None, door: Door, standby: Standby
    ) -> None:  # fmt: skip
        self._configuration, self._settings = configuration, configuration.settings
        self._store, self._lease, self._door, self._standby = store, lease, door, standby
        self._died_of, self._reload_lock = asyncio.Event(), asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._cause: BaseException | None = None

    async def run(
        self, stop: asyncio.Event, reload: asyncio.Event, leave: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:  # fmt: skip
        """Start, serve until `stop` or `reload` is set, which may be before the start has finished, and stop. `leave` is
        called when no request is to be answered by us any more."""
        ends = [asyncio.create_task(event.wait()) for event in (stop, self._died_of, *self._lost())]
        async with contextlib.AsyncExitStack() as stack:
            starting = asyncio.create_task(self._start(stack, leave), name="start")
            await asyncio.wait([starting, *ends], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                self._task(self._reload_when(reload), "reload")
                await asyncio.wait([*ends, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
            else:
                starting.cancel()
                await asyncio.wait([starting])
            for end in ends:
                end.cancel()
            if self._cause is not None:
                raise self._cause
            if any(event.is_set() for event in self._lost()):
                raise Deposed("another daemon leads")
            for task in [task for task in self._tasks if task.done()]:
                # A side task that ends while the daemon should run is the daemon's end, and not a clean one.
                error = None if task.cancelled() else task.exception()
                raise error or RuntimeError(f"the task {task.get_name()} ended")

    def _lost(self) -> Sequence[asyncio.Event]:
        return [self._lease.lost] if self._lease is not None else []

    async def _start(
        self, stack: contextlib.AsyncExitStack, leave: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:  # fmt: skip
        loop = asyncio.get_running_loop()
        self._telemetry = Telemetry(__version__)
        stack.push_async_callback(self._end, "store", STOP_STORE, self._store.close)
        self._instance = self._standby.instance
        self._telemetry.stands(self._instance, leads=True, led=self._standby.led)
        secret = given.get_secret_value() if (given := self._settings.secret) else ""
        self._ack_key = await tokens.signing_key(self._store, self._instance, secret)
        if chained := await self._store.chain_log():
            log.info("log_chained", entries=chained)
        self._access = await access_for(self._settings, self._ack_key, self._store)
        snapshot = await self._store.load()
        now = time.time()
        gap = await gap_before(self._store, self._configuration.plan.watchdog.gap_after, now)
        self._engine = Engine(self._configuration.plan, DETECTORS, now)
        self._engine.state.instance = self._instance
        leading = await self._standby.lead(self._store, lambda: self._engine, lambda: self._journal)
        self._channels = build(self._configuration.plan.channels, self._configuration.redact)
        self._delivery = Delivery(
            store=self._store, channels=self._channels, plan=lambda: self._configuration.plan,
            report=lambda event: self._inbox.put(event),
            links=partial(links_of, self._settings.base_url, self._ack_key),
            callback_url=self._configuration.callback_url, redact=self._configuration.redact,
            clock=time.time, on_attempt=self._telemetry.attempted, on_restart=self._telemetry.lane_restarted, fence=leading,
        )  # fmt: skip
        self._switches = Executor(
            lambda: self._configuration.plan, lambda event: self._inbox.put(event), self._configuration.redact
        )
        self._item_webhook = ActionItemWebhook(
            self._store, lambda: self._configuration.plan.review.webhook, self._settings.base_url, self._configuration.redact
        )  # fmt: skip
        self._journal = Journal(
            self._store, self._delivery, self._telemetry.store_commit, written=self._written
        )
        if leading:
            stack.callback(leading.ended)
        self._proven, noted = ProvenWays(self._engine.state.taken), Kept()
        self._learnt = KeptInStore(self._store, proven=self._proven, kept=noted, views=self._engine.reach)
        await self._learnt.open()
        self._telemetry.proven(lambda: self._proven.of(self._configuration.plan))
        self._history = HistoryWriter(self._store.history, self._settings, self._engine)
        stack.push_async_callback(self._end, "history", STOP_HISTORY, self._history.close)
        if self._history.on:
            self._telemetry.history(self._history)
        self._inbox = Inbox(
            self._engine, self._journal, self._telemetry,
            on_step=lambda: self._scheduler.resync(), on_crash=self._died, on_observed=self._history.observe,
            on_unwritten=leading.did if leading else None,
        )  # fmt: skip
        self._last_pages = LastPages(snapshot.newest_pages)
        assert self._access.subscribers is not None
        self._status_mail = StatusMail(
            self._settings.public_url, self._ack_key, self._access.subscribers, self._store, self._channels,
            lambda: self._configuration.plan, leading.passed if leading else None, lambda: self._telemetry.queued()[0] > 0,
        )  # fmt: skip
        self._archive = Archive(self._store, self._engine, self._inbox, lambda: self._telemetry.decisions)
        self._writing = self._task(self._journal.run(), "journal")
        stack.push_async_callback(self._end, "journal", STOP_JOURNAL, self._drain)
        self._vendor_reports = VendorReports(
            self._engine, self._inbox, self._channels, self._store, self._proven, self._configuration.redact
        )
        stack.push_async_callback(self._vendor_reports.stop)
        self._telemetry.reloaded(True, (), self._configuration.plan)
        told = {incident: project(log).deadlines for incident, log in snapshot.logs.items()}
        self._telemetry.restored(snapshot.alerts, snapshot.incidents, snapshot.pages, told)
        restored = self._engine.restore(
            snapshot.alerts, snapshot.incidents, snapshot.pages, snapshot.detectors, snapshot.last_incident, now,
            snapshot.logs, snapshot.outages, snapshot.sent,
        )  # fmt: skip
        self._inbox.carry_out(restored)
        await self._archive.open()
        if gap:
            await tell(gap, self._engine, self._archive, self._inbox)
            self._telemetry.gap(gap)
        await self._delivery.start()
        self._status_mail.start()
        sending = (self._delivery, self._status_mail)
        stack.push_async_callback(lambda: asyncio.gather(*(one.stop(STOP_DELIVERY) for one in sending)))
        for incident, history in self._engine.state.histories.items():
            for queued in history.degrade.queued:
                self._switches.offer(incident, queued)
        stack.push_async_callback(self._switches.stop, STOP_SWITCHES)
        self._practice = Practice(self._engine, self._inbox, self._store)
        self._losses = Losses(self._engine, self._telemetry)
        self._flows = Flows(self._engine, self._store)
        await self._flows.open(now)
        self._probing = Probing(
            self._configuration, Services(kept=noted), self._inbox.observe, self._telemetry, self._died
        )
        self._runner, self._scheduler = self._probing.runner, self._probing.scheduler
        await self._standby.with_workers(stack, self._probing, self._inbox, self._journal)
        await self._probing.open(stack)
        self._readiness = Readiness(self._store, self._journal, self._scheduler, self._runner, self._delivery)
        self._telemetry.readiness(self._readiness.reasons)
        self._telemetry.journal(self._journal.lag)
        self._telemetry.silences(lambda: len(self._engine.state.book.silences))
        heartbeat = Heartbeat(lambda: self._configuration.plan.watchdog, self._stalls, self._configuration.redact)  # fmt: skip
        front = Front(
            self._configuration, self._engine, self._inbox, self._store, self._archive,
            self._practice, self._runner, self._telemetry, self._readiness, self._vendor_reports, self._proven,
            self.reload, self._standby, self._losses, gap, self._history, self._flows, self._last_pages,
        )  # fmt: skip
        self._listeners = Listeners(front.pressed, self._vendor_reports.report, self._configuration.redact)
        self._telemetry.listeners(lambda: self._listeners.up)
        stack.push_async_callback(self._end, "listeners", STOP_LISTENERS, self._listeners.stop)
        self._listeners.take(self._channels)
        porch = Porch(front, self._access)
        await self._door.open(
            self._standby.for_peers(
                porch, self._scheduler.chore, self._kept, leading, self._inbox, self._archive
            )
        )
        await invite(self._access)
        stack.push_async_callback(self._end, "web", STOP_WEB, leave)
        self._task(self._door.wait(), "web")

        self._scheduler.start()
        stack.callback(self._scheduler.stop)
        await self._probing.take()
        self._chores()
        if self._standby.fleet is not None:
            self._task(self._standby.fleet.run(), "workers")
        self._task(heartbeat.run(), "heartbeat")
        self._task(self._item_webhook.run(), "action-items")
        self._pulse = loop.call_later(PULSE, self._silence)
        settle(len(self._configuration.plan.checks))
        loop.call_later(COME_TO_STAY, keep)
        say("READY=1")
        it = {"listen": self._settings.listen, "version": __version__, "instance": self._instance}
        log.info("started", pid=os.getpid(), **it)

    def _stalls(self) -> Sequence[str]:
        nobody = self._engine.state.open_incident(str(IncidentKind.UNREACHED)) is not None
        ours = {"engine": self._inbox.late() > LATE, "unreached": nobody}
        return [*(reason for reason, holds in ours.items() if holds), *self._readiness.reasons()]

    def _chores(self) -> None:
        chore = self._scheduler.chore
        chore("tick", TICK, self._tick)
        chore("watch-files", WATCH, self._look)
        chore("save-detectors", CHECKPOINT, self._checkpoint)
        chore("records", RECORDS, lambda: self._kept(self._archive.catch_up), delay=2.0)
        chore("check-store", STORE_CHECK, lambda: self._readiness.check_store(STORE_CHECK), delay=1.0)
        chore("tidy-memory", TIDY, tidy, delay=TIDY)
        chore("receipts", PULL, lambda: self._vendor_reports.pull(time.time()))
        chore("proven", SAVE, lambda: self._kept(self._learnt.save))
        chore("access", ACCESS, lambda: self._kept(self._access.save), delay=1.0)
        chore("drills", PRACTICE, self._practice.look)
        templates = partial(look_at_templates, self._inbox, self._channels, self._configuration.redact)
        chore("templates", TEMPLATES, templates, delay=60.0)
        chore("losses", LOSSES, lambda: self._losses.look(time.time()))
        chore("history", LOOK, self._history.look)
        chore("history-chunks", TEND, self._history.tend)
        chore("save-curves", CURVES, lambda: self._kept(self._flows.save), delay=CURVES)
        chore("forward", FORWARD, AlertForwarder(self._configuration, self._engine, self._telemetry).look)
        chore("log-root", ROOT, lambda: self._kept(partial(keep_root, self._store, time.time())), delay=5.0)
        chore("prune", DAY, self._prune, delay=600.0)

    def _tick(self) -> None:
        self._pulse.cancel()
        self._pulse = asyncio.get_running_loop().call_later(PULSE, self._silence)
        self._scheduler.beat()
        self._runner.sweep()
        self._telemetry.tidy()
        sweep()
        self._inbox.tick()
        self._flows.look(time.time())

    async def _look(self) -> None:
        await self._door.look()
        if await asyncio.to_thread(self._configuration.changed):  # the folder may be on a mount that hangs
            await self.reload()

    async def _checkpoint(self) -> None:
        """A slice after the other, so that the loop is not kept; of very many each time only those that have waited
        longest, so that the disk is not kept busy with them."""
        await self._save(min(self._engine.detectors.unsaved, SAVED))

    async def _save(self, count: int) -> None:
        keep, detectors = self._engine.state.meters.keep, self._engine.detectors
        for _ in range(0, count, SLICE):
            await self._store.save_detectors(keep(self._engine.plan, detectors.changed(SLICE)))

    async def _kept(self, *saves: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Writes what can wait while the store is away."""
        for save in saves:
            with contextlib.suppress(StoreError):  # check-store says so
                await save()

    def _written(self, decisions: Sequence[Decision]) -> None:
        for part in (self._switches, self._item_webhook, self._status_mail):
            part.written(decisions)
        self._proven.decided(decisions, self._configuration.plan)
        self._last_pages.decided(decisions)

    async def _prune(self) -> None:
        dropped = await self._store.prune(time.time() - self._settings.retention_seconds)
        log.info("pruned", incidents=dropped)

    async def _drain(self) -> None:
        """Writes the last decisions and detector states before the store closes."""
        self._inbox.drain()
        self._journal.stop()
        states = partial(self._save, self._engine.detectors.unsaved)
        await self._kept(states, self._learnt.save, self._access.save, self._flows.save)
        await asyncio.wait([self._writing])

    async def _end(self, part: str, within: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Stops one part. It may neither take long nor keep the others from stopping."""
        try:
            async with asyncio.timeout(within):
                await work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next part is to be ended too
            said = self._configuration.redact(f"{type(error).__name__}: {error}")
            log.warning("end_incomplete", part=part, error=said)

    def _silence(self) -> None:
        """No tick came. This goes by a clock that nobody can set: a wall clock that was set back is noticed soon."""
        self._pulse = asyncio.get_running_loop().call_later(PULSE, self._silence)
        self._inbox.drain(TURN)

    async def reload(self, confirmed: bool = False) -> Sequence[Problem]:
        async with self._reload_lock:
            return await self._configuration.reload(self._telemetry, self._take, confirmed)

    # ---- parts ---------------------------------------------------------------------------------------------

    async def _take(self, loaded: Loaded, registry: Registry, seen: Signature) -> None:
        old = self._configuration.plan
        self._configuration.take(loaded, registry, seen)
        self._access.take_tokens(loaded.tokens)
        await self._standby.tell_plan()
        self._inbox.carry_out(self._engine.replace_plan(loaded.plan, time.time()))
        self._history.replace_plan()
        if old.channels != loaded.plan.channels:
            await self._replace_channels()
        self._delivery.reloaded()
        self._item_webhook.reloaded()
        await self._probing.take()
        self._telemetry.reloaded(True, (), loaded.plan)
        settle(len(self._configuration.plan.checks))
        asyncio.get_running_loop().call_later(COME_TO_STAY, keep)

    async def _replace_channels(self) -> None:
        """Delivery looks into the same mapping at every attempt; what is in flight ends on the old ones."""
        old, new = (
            list(self._channels.values()),
            build(self._configuration.plan.channels, self._configuration.redact),
        )
        self._channels.clear()
        self._channels.update(new)
        self._listeners.take(new)
        for channel in old:
            await self._end("channel", STOP_DELIVERY, channel.close)

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        return task

    async def _reload_when(self, asked: asyncio.Event) -> None:
        """Reloads on SIGHUP, also on one that came before the start had finished. An exception ends the
        daemon."""
        while True:
            await asked.wait()
            asked.clear()
            await self._door.look()
            await self.reload()

    def _died(self, cause: BaseException | None) -> None:
        """A part that ends while the daemon runs ends the daemon with an error."""
        if not isinstance(cause, Exception):  # a SystemExit in a thread must not be ours, with its own status
            said = RuntimeError(f"a part of the daemon ended: {type(cause).__name__}: {cause}")
            said.__cause__, cause = cause, said
        self._cause = self._cause or cause
        self._died_of.set()
