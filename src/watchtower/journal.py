"""Between the engine and the store: decisions in order, in transactions of bounded size, and only then the pages.

A page is recorded before it is sent. When the store cannot be written, or does not answer for `PATIENCE`, the
decisions are kept and tried again until it can; pages are sent meanwhile, because a page matters more than its
record.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Protocol

from watchtower.brief.mail import with_briefs
from watchtower.core.events import AlertChanged, Decision, IncidentChanged, Logged, PageChanged, PageQueued
from watchtower.core.incident.incidents import Page, PageState
from watchtower.errors import Deposed, StoreError
from watchtower.logs import log
from watchtower.store.store import Store

RETRY = 1.0
"""Seconds between attempts to write to a store that cannot be written."""
PATIENCE = 2.0
"""Seconds that a transaction may take before its pages are sent without it."""
TOGETHER = 1000
"""Decisions of one transaction, about: what follows from one event is never parted. A storm's are a hundred thousand, and
the first page need not wait for the last."""
KEPT = 50_000
"""Decisions that wait for the store; beyond them the timeline is thinned, states and pages are not."""

Reached = dict[int, tuple[int, int]]
"""By shard: epoch and number up to which a worker's samples are evaluated."""


class Outbox(Protocol):
    """Who sends pages."""

    def offer(self, pages: Sequence[Page]) -> None: ...

    def cancel(self, pages: Sequence[str]) -> None: ...


class Journal:
    """Owned by one event loop. `run` is its task; when that ends with an error the daemon must end too."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        committed: Callable[[float, int], None],
        patience: float = PATIENCE,
        written: Callable[[Sequence[Decision]], None] = lambda _: None,
    ) -> None:
        self._store, self._outbox, self._committed, self._patience = store, outbox, committed, patience
        self._written = written
        """Told what is on the disk, for what must never be done before that."""
        self._waiting: list[Decision] = []
        """What is not durable yet, the batch that is being written first."""
        self._done = 0
        """Decisions that are durable, since the start. Positions below count from there too."""
        self._ends: deque[int] = deque()
        """Where a transaction may end."""
        self._parted = True
        """Whether it may end behind what is appended next."""
        self._evaluated: deque[tuple[int, Reached]] = deque()
        """Epoch and number, by shard, of what workers measured, and the position up to which everything followed from it."""
        self._durable: list[tuple[int, asyncio.Future[None]]] = []
        self._opened: set[str] = set()
        """Incidents of which the store knows nothing yet."""
        self._released = 0
        """How many of `_waiting` have had their pages handed over."""
        self._wake = asyncio.Event()
        self._stopping = self._due = False
        self._deposed: Deposed | None = None
        self._since = 0.0
        """Monotonic seconds since when the oldest decision waits."""
        self.failing_since: float | None = None
        """Monotonic seconds since when the store has refused to be written or has not answered; None: it is well."""

    def append(self, decisions: Sequence[Decision]) -> None:
        """Write these, in this order, with whatever else waits."""
        if not decisions:
            return
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.extend(with_briefs(decisions))
        self._opened.update(
            d.incident.id for d in decisions if isinstance(d, IncidentChanged) and d.reason == "opened"
        )
        if self.failing_since is not None:
            self._release()
        if self._parted:
            self._part()

    def begin(self) -> None:
        """What is appended from now on, until `evaluated` is called, is written in one transaction."""
        self._parted = False

    def evaluated(self, shard: int, upto: tuple[int, int]) -> None:
        """All that follows from what workers measured of this shard, up to this epoch and number, is appended: a successor
        goes on behind it."""
        if not self._evaluated or self._evaluated[-1][0] != self._appended:
            self._evaluated.append((self._appended, {}))
        self._evaluated[-1][1][shard] = upto
        self._part()

    def write_soon(self) -> None:
        """Writes how far we have evaluated, although nothing followed."""
        self._due = bool(self._evaluated)
        self._wake.set()

    @property
    def _appended(self) -> int:
        return self._done + len(self._waiting)

    def _part(self) -> None:
        self._parted = True
        if self._waiting and (not self._ends or self._ends[-1] != self._appended):
            self._ends.append(self._appended)
            self._wake.set()

    def lag(self) -> tuple[int, float]:
        """How many decisions wait for the store, and for how many seconds the oldest of them has."""
        return len(self._waiting), time.monotonic() - self._since if self._waiting else 0.0

    def knows(self, incident: str) -> bool:
        """Whether the store has this incident: until then another daemon may give its number to another one."""
        return incident not in self._opened

    async def durable(self) -> None:
        """Return when everything appended so far is written. Raises StoreError while the store cannot be written, and
        Deposed where it never will be: another daemon leads."""
        if self._deposed is not None:
            raise self._deposed
        if self.failing_since is not None:
            raise StoreError("the store cannot be written at the moment; what was done is in force")
        future = asyncio.get_running_loop().create_future()
        self._durable.append((self._appended, future))
        self._wake.set()
        await future

    async def run(self) -> None:
        """Write until `stop` was called and nothing waits."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ends or self._due or any(upto <= self._done for upto, _ in self._durable):
                if not await self._write():
                    if self._stopping:
                        log.error("decisions_lost", count=len(self._waiting))
                        return
                    await asyncio.sleep(RETRY)
            if self._stopping:
                return

    def stop(self) -> None:
        """Write what waits, then let `run` return."""
        self._stopping = True
        self._part()
        self._wake.set()

    async def _write(self) -> bool:
        """One transaction with the first of what waits; whether it is on the disk."""
        begun, upto = time.monotonic(), self._done
        while self._ends and (upto == self._done or self._ends[0] - self._done <= TOGETHER):
            upto = self._ends.popleft()
        count, reached = upto - self._done, list[tuple[int, Reached]]()
        while self._evaluated and self._evaluated[0][0] <= upto:
            reached.append(self._evaluated.popleft())
        evaluated = _newest(reached)
        futures = [future for position, future in self._durable if position <= upto]
        self._durable, self._due = [one for one in self._durable if one[0] > upto], False
        late = asyncio.get_running_loop().call_later(self._patience, self._refused, "no answer", futures)
        try:
            if count or evaluated:
                await self._store.commit(self._waiting[:count], evaluated)
        except Deposed as error:
            self._deposed = error
            self._tell_all(futures, error)
            return False
        except StoreError as error:
            self._evaluated.extendleft(reversed(reached))
            if count:
                self._ends.appendleft(upto)
            self._due = bool(evaluated)
            self._refused(str(error), futures)
            self._thin()
            return False
        finally:
            late.cancel()
        if count:
            self._committed(time.monotonic() - begun, count)
        if self.failing_since is not None:
            log.info(
                "store_well_again", seconds=round(time.monotonic() - self.failing_since, 1), written=count
            )
            self.failing_since = None
        self._opened.difference_update(
            d.incident.id for d in self._waiting[:count] if isinstance(d, IncidentChanged)
        )
        self._release(count)
        self._written(self._waiting[:count])
        del self._waiting[:count]
        self._done, self._since = upto, begun
        self._released -= count
        _tell(futures)
        return True

    def _release(self, upto: int | None = None) -> None:
        """Hand over the pages of what waits, each once."""
        fresh = self._waiting[self._released : upto]
        self._released += len(fresh)
        pages = [d.page for d in fresh if isinstance(d, PageQueued) and d.page.state is not PageState.HELD]
        gone = [d.page for d in fresh if isinstance(d, PageChanged) and d.state is PageState.CANCELLED]
        if pages:
            self._outbox.offer(pages)
        if gone:
            self._outbox.cancel(gone)

    def _refused(self, error: str, futures: list[asyncio.Future[None]]) -> None:
        """The store has said no, or nothing: people are told all the same, and whoever waits need not wait on."""
        if self.failing_since is None:
            self.failing_since = time.monotonic()
            log.error("store_refuses", error=error)
        self._release()
        self._tell_all(futures, StoreError(f"the store cannot be written: {error}"))

    def _tell_all(self, futures: list[asyncio.Future[None]], error: StoreError) -> None:
        """These, and whoever waits for what comes behind them."""
        waiting, self._durable = self._durable, []
        _tell([*futures, *(future for _, future in waiting)], error)

    def _thin(self) -> None:
        """Of a store that is away for long: the last state of everything and every page, no longer every step."""
        if len(self._waiting) <= KEPT or not self._parted:
            return
        last: dict[Hashable, int] = {}
        for position, decision in enumerate(self._waiting):
            if (what := _subject(decision)) is not None:
                last[what] = position
        kept = [self._waiting[position] for position in sorted(last.values())]
        log.error("timeline_thinned", dropped=len(self._waiting) - len(kept))
        # What is left is one transaction: of what was dropped the newest word may stand behind much else.
        upto, evaluated = self._appended, _newest(self._evaluated)
        self._evaluated = deque([(upto, evaluated)] if evaluated else ())
        self._ends, self._done = deque([upto]), upto - len(kept)
        self._waiting, self._released = kept, len(kept)


def _newest(reached: Iterable[tuple[int, Reached]]) -> Reached:
    """How far each shard is."""
    return {shard: upto for _, some in reached for shard, upto in some.items()}


def _subject(decision: Decision) -> Hashable:
    """What a decision is the newest word on; None for one that is a line in the timeline only."""
    match decision:
        case AlertChanged(alert=alert):
            return "alert", alert.key
        case IncidentChanged(incident=incident):
            return "incident", incident.id
        case PageQueued(page=page):
            return "queued", page.id
        case PageChanged(page=page_id):
            return "page", page_id
        case Logged(incident=incident, entry=entry):
            # Of numbers the newest will do; without the rest the history could not be told again.
            return ("numbers", incident) if entry.kind == "impact.measured" else ("line", id(decision))
        case _:
            return None


def _tell(futures: list[asyncio.Future[None]], error: StoreError | None = None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
