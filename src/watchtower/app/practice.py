"""Runs drills in the daemon: starts them by calendar or by hand, stops them, and reports on them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from watchtower.api.contract import CanaryPage
from watchtower.app.inbox import Inbox, refusal
from watchtower.core import events
from watchtower.core.drills.canary import BOOK, carrier
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan.drills import LASTS, UNPLANNED, Drill, DrillCalendar
from watchtower.logs import log
from watchtower.model import Instant, Severity
from watchtower.report.drills import DrillReport, report
from watchtower.store.store import Store

PRACTICE = 20.0
"""Seconds between two looks at the calendar of drills."""
_LOOKED_THROUGH = 1000
"""Incidents among which drills are looked for."""


class Practice:
    """Owned by the daemon's event loop."""

    def __init__(
        self, engine: Engine, inbox: Inbox, store: Store, clock: Callable[[], Instant] = time.time
    ) -> None:
        self._engine, self._inbox, self._store, self._clock = engine, inbox, store, clock
        self._calendar, self._canaries = DrillCalendar(clock()), DrillCalendar(clock())

    async def look(self) -> None:
        """Starts the drills that are due by the calendar, and the canary."""
        if self._canaries.due({"": self._engine.plan.canary}, self._clock()):
            await self.canary()
        for drill in self._calendar.due(self._engine.plan.drills, self._clock()):
            why_not = refusal(await self._inbox.ask(events.DrillBegan(drill)))
            if why_not:
                log.warning("drill_not_begun", drill=drill.name, why=why_not)

    async def begin(
        self, name: str, check: str, severity: str, lasts: float | None, by: str, via: str
    ) -> tuple[str, str]:
        """Returns the drill's incident, or why there is none."""
        drills = self._engine.plan.drills
        if name and name not in drills:
            return "", f'there is no drill "{name}" in the configuration'
        if name:
            drill = drills[name]
        elif not check:
            return "", "say which: a drill's name, or a check and a severity"
        else:
            drill = Drill(name=UNPLANNED, check=check, severity=Severity(severity), lasts=lasts or LASTS)
        decisions = await self._inbox.ask(events.DrillBegan(drill, by, via))
        return _opened(decisions), refusal(decisions)

    async def stop(self, by: str, via: str) -> Sequence[str]:
        """Stops running drills and returns their incidents."""
        decisions = await self._inbox.ask(events.DrillStopped(by, via))
        return list(dict.fromkeys(d.incident.id for d in decisions if isinstance(d, events.IncidentChanged)))

    async def canary(self, responder: str = "") -> tuple[str, str]:
        """Sends a canary to everybody, or to this responder. Returns its id, or why there is none."""
        decisions = await self._inbox.ask(events.CanaryAsked((responder,) if responder else ()))
        pages = [d.page for d in decisions if isinstance(d, events.PageQueued)]
        if not pages:
            return "", f"{responder or 'nobody'} has no address of a channel in the configuration"
        log.info("canary", canary=pages[0].incident, pages=len(pages))
        return pages[0].incident, ""

    async def canary_pages(self, id: str) -> Sequence[CanaryPage]:
        """Its pages in order; none where there is no such canary."""
        plan, rows = self._engine.plan, await self._store.pages(id) if id.startswith(f"{BOOK}-") else ()
        rings = {kind for kind, traits in plan.kinds.items() if traits.rings}
        return [
            CanaryPage(one.responder, carrier(plan, one), one.state, one.channel in rings, attempts, answer)
            for one, attempts, answer in rows
        ]

    async def reports(self, limit: int, after: str = "") -> Sequence[DrillReport]:
        """Reports of the newest drills, newest first; with `after` of those before that one, which is among them."""
        found = [i for i in await self._store.incidents(limit=_LOOKED_THROUGH) if i.drill]
        if after:
            found = found[next((n for n, one in enumerate(found, 1) if one.id == after), len(found)) :]
        out = []
        for incident in found[:limit]:
            lines = await self._store.timeline(incident.id)
            pages = [page for page, _, _ in await self._store.pages(incident.id)]
            out.append(report(incident, lines, pages))
        return out


def _opened(decisions: Sequence[events.Decision]) -> str:
    changed = (d for d in decisions if isinstance(d, events.IncidentChanged))
    return next((d.incident.id for d in changed if d.reason == "opened" and d.incident.drill), "")
