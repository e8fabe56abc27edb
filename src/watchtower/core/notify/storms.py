"""Which pages wait to be told together: by address, from its last page on.

The first page after a quiet time goes at once, and so does all that follows about the same incident. What begins
within `window` of it about another waits for the end of the window; what comes later waits for `update_every`. The
first P0 never waits, a further one at most a minute; both are told apart from what is less severe. A first P1 among
what is less severe waits for `window` at most, and is sent with all that waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf

from watchtower.core.incident.incidents import Address, Incident, Page
from watchtower.core.incident.kinds import IncidentKind
from watchtower.core.plan import Plan
from watchtower.core.plan.storm import StormPolicy
from watchtower.model import Instant, Severity
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import PageReason
from watchtower.values import Mutable, field

DIGESTED = frozenset(
    (PageReason.STEP_OVERDUE, PageReason.CLOCK_SOON, PageReason.CLOCK_LATE, PageReason.DUTY_WATCH)
)
"""Reasons to chase somebody: of these the first goes at once, and all that follow are one page at rising intervals."""
CHASED_AGAIN, CHASED_AT_LEAST = 1200.0, 3600.0
"""Seconds until somebody is chased for the second time; each interval is twice the one before, up to the longest."""
APART = 60.0
"""Seconds between two pages to one address about one incident, where the second only chases or reminds."""
FLAPS, STEADY = 3, 600.0
"""After so many returns an incident flaps: from then on it must be bad for so many seconds before it is paged."""
P0_WAITS = 60.0
"""Seconds that a further P0 waits at most, once the address has had three pages."""
_FEW = 3
TOGETHER = 1000
"""Pages after which an event leaves the next address to another event."""
_BEHIND = 20.0
"""Seconds for which what is due waits at most for what began with it, while the engine is behind."""


class Storm(Mutable):
    """What an address was told since it was last quiet, and what waits for it."""

    at: Instant
    """When the last page went."""
    messages: int = 0
    """How many pages went since: all of the first incident count as one."""
    incidents: set[str] = field(default_factory=set)
    worst: Severity = Severity.P4
    together: set[str] = field(default_factory=set)
    """Incidents that were told together and are open, as far as this address knows; also from before."""
    waiting: dict[str, Instant] = field(default_factory=dict)
    """Pages, each with the moment until which it waits."""
    digest: dict[str, Instant] = field(default_factory=dict)
    """Pages that only chase, each with the moment until which it waits; whatever is sent takes them along."""
    over: set[str] = field(default_factory=set)
    """Incidents whose all-clear waits."""

    def next(self, at: Instant) -> Storm:
        """After a quiet time: what was told together still is, and who is chased still is."""
        return Storm(at, together=self.together, digest=self.digest)

    @property
    def due(self) -> Instant:
        """When the first of what waits is to be sent."""
        return min((*self.waiting.values(), *self.digest.values()), default=inf)

    def alone(self, incident: str) -> bool:
        """Whether it was told of nothing but this incident."""
        return not self.waiting and len(self.incidents) == (incident in self.incidents)


def told_apart(page: Page) -> bool:
    """Whoever is woken by a P0 is not to look for it among a thousand P3, nor to acknowledge those with it."""
    return page.message.severity is Severity.P0 and page.kind.traits.tells_duty


def alone(plan: Plan, incident: Incident, page: Page) -> bool:
    """Programs hear of each incident by itself. A drill, and that nobody could be reached, are told by themselves."""
    traits = plan.kinds.get(page.channel)
    machine = traits is not None and traits.machine
    return machine or incident.drill or incident.kind is IncidentKind.UNREACHED


class Storms:
    """Owned by the engine's state. Times are arguments."""

    def __init__(self) -> None:
        self._storms: dict[Address, Storm] = {}
        self._chased: dict[tuple[str, Address], tuple[Instant, float]] = {}
        """When each address was last chased about each incident, and how long it is left alone."""
        self.first = inf
        """The first moment at which something that waits is due."""

    def holds(self, page: Page, policy: StormPolicy, reminded: float, at: Instant) -> bool:
        """Whether this page waits; one that does not is remembered as sent. `reminded`: seconds between reminders of its
        incident, which tell what chases too; 0: there are none."""
        if not policy.window:
            return False
        storm = self._storms.get(page.address)
        if storm is None or not (storm.waiting or 0.0 <= at - storm.at < policy.update_every):
            storm = self._storms[page.address] = storm.next(at) if storm else Storm(at)
        if page.message.reason in DIGESTED:
            storm.digest[page.id] = due = self._chases(storm, page, reminded, at)
            self.first = min(self.first, due)
            return True
        due = self._due(storm, page, policy, reminded, at)
        if due <= at and (told_apart(page) or not (storm.waiting or storm.digest)):
            self._sent(storm, [page], at)
            return False
        self._wait(storm, page.id, max(due, at))
        return True

    def due_of(self, address: Address) -> Instant:
        """When the first of what waits for this address is to be sent; infinity where nothing does."""
        storm = self._storms.get(address)
        return storm.due if storm is not None else inf

    def due(self, at: Instant, *, behind: bool) -> bool:
        """Whether something is to be sent. `behind`: more is still to be decided, and may belong with it."""
        return at >= self.first + _BEHIND * behind

    def put_off(self, page: Page, until: Instant) -> None:
        """This page waits for so long, unless it is dropped before; it keeps no other from being sent."""
        self._storms.setdefault(page.address, Storm(until)).digest[page.id] = until
        self.first = min(self.first, until)

    def drop(self, page: Page) -> bool:
        """Whether this page still waited for itself; it does no more."""
        storm = self._storms.get(page.address)
        return storm is not None and storm.digest.pop(page.id, None) is not None

    def again(self, page: Page, pages: Iterable[str], at: Instant) -> None:
        """These wait and are due: what was to tell of them is not sent, or did not outlive a restart."""
        storm = self._storms.setdefault(page.address, Storm(at))
        for id in pages:
            self._wait(storm, id, at)

    def sent_before(self, pages: Sequence[Page], policy: StormPolicy, open: Collection[str]) -> None:
        """An earlier run sent these in one message. `open` are the incidents of which an end is still to be told."""
        address, at = pages[0].address, pages[0].created_at
        storm = self._storms.get(address)
        if storm is None or at - storm.at >= policy.update_every:
            storm = self._storms[address] = storm.next(at) if storm else Storm(at)
        if len(pages) > 1:
            self.told(address, pages, open, at)
        else:
            self._sent(storm, pages, at)

    def take_up(self, page: Page, policy: StormPolicy, at: Instant) -> None:
        """It waited when an earlier run ended. It is due, unless others are to be told with it."""
        storm = self._storms.setdefault(page.address, Storm(at))
        wait = self._shared_end(storm, page, policy) if page.kind.ends else None
        self._wait(storm, page.id, max(at, page.created_at + wait) if wait else at)

    def take(self, at: Instant) -> Iterator[tuple[Address, dict[str, Instant]]]:
        """All that waits for each address for which something is due, each with the moment until which it waited. Once it is
        very much, the other addresses follow with the next event."""
        taken = 0
        for address, storm in self._storms.items():
            if storm.due <= at and taken < TOGETHER:
                taken += len(storm.waiting) + len(storm.digest)
                pages, storm.waiting, storm.digest = {**storm.digest, **storm.waiting}, {}, {}
                storm.over.clear()
                yield address, pages
        self.first = min((one.due for one in self._storms.values()), default=inf)

    def later(self, page: Page, due: Instant) -> None:
        """What was taken waits on, because something worse is told first."""
        storm = self._storms[page.address]
        (storm.digest if page.message.reason in DIGESTED else storm.waiting)[page.id] = due
        if page.kind.ends:
            storm.over.add(page.incident)

    def left(self, address: Address, over: Collection[str], incidents: Mapping[str, Incident]) -> int:
        """How many of the incidents that it was told of together go on, when these are over."""
        together = self._storms[address].together - set(over)
        return sum(incidents[one].open for one in together if one in incidents)

    def told(self, address: Address, pages: Collection[Page], open: Collection[str], at: Instant) -> None:
        """These went out in one page; `open` are the incidents that are."""
        storm = self._storms[address]
        self._sent(storm, pages, at)
        if len(storm.incidents) > 1:
            storm.together |= storm.incidents
        storm.together = {one for one in storm.together if one in open or one in storm.over}
        self._chased = {key: last for key, last in self._chased.items() if key[0] in open}

    def shift(self, by: float) -> None:
        """The clock was set: what waits moves with it."""
        self.first += by
        for storm in self._storms.values():
            storm.at += by
            storm.waiting = {page: due + by for page, due in storm.waiting.items()}
            storm.digest = {page: due + by for page, due in storm.digest.items()}
        self._chased = {key: (at + by, pause) for key, (at, pause) in self._chased.items()}

    def _due(self, storm: Storm, page: Page, policy: StormPolicy, reminded: float, at: Instant) -> Instant:
        severity, ends = page.message.severity, page.kind.ends
        if ends and (wait := self._shared_end(storm, page, policy)) is not None:
            return at + wait
        if page.message.reason is PageReason.APPROVAL_NEEDED:
            return at
        apart = min(APART, reminded or APART)
        if storm.alone(page.incident):
            return max(at, storm.at + apart) if page.kind is PageKind.REMINDER and storm.messages else at
        raised = severity is Severity.P1 and severity.rank < storm.worst.rank and not ends
        due = storm.at + (policy.window if storm.messages < 2 or raised else policy.update_every)
        if severity is not Severity.P0 or ends:
            return due
        if storm.worst is not Severity.P0:
            return at
        return min(due, storm.at + (policy.window if storm.messages < _FEW else P0_WAITS))

    def _shared_end(self, storm: Storm, page: Page, policy: StormPolicy) -> float | None:
        """Seconds that this all-clear waits for those of what was told together with it; None: it shares it with nothing."""
        if len(storm.together) < 2 or page.incident not in storm.together:
            return None
        storm.over.add(page.incident)
        return 0.0 if len(storm.over) == len(storm.together) else policy.update_every

    def _chases(self, storm: Storm, page: Page, reminded: float, at: Instant) -> Instant:
        """When somebody is chased by this: with the next reminder, where there is one."""
        since, pause = self._chased.get((page.incident, page.address), (at, 0.0))
        apart = storm.at + APART if storm.messages else at
        return max(at + reminded, since + pause, apart)

    def _wait(self, storm: Storm, page: str, due: Instant) -> None:
        storm.waiting[page] = due
        self.first = min(self.first, due)

    def _sent(self, storm: Storm, pages: Collection[Page], at: Instant) -> None:
        told = {page.incident for page in pages}
        if not storm.messages or len(storm.incidents | told) > 1:
            storm.messages += 1
        for key in {(page.incident, page.address) for page in pages if page.message.reason in DIGESTED}:
            pause = 2 * self._chased[key][1] if key in self._chased else CHASED_AGAIN
            self._chased[key] = at, min(CHASED_AT_LEAST, pause)
        storm.at = at
        storm.incidents |= told
        storm.worst = min((storm.worst, *(page.message.severity for page in pages)))  # P0 is the least
