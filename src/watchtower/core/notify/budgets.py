"""What each address was sent lately by channels that have a budget, and which pages give way.

A page counts from the moment at which it is queued. What is left of a budget is kept for what matters most: a P0's first
page and its all-clear may use all of it; everything else leaves a share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf

from watchtower.core.incident.incidents import PENDING, Address, Incident, Page, PageState
from watchtower.core.notify.channel_choice import chosen
from watchtower.core.plan import Plan
from watchtower.core.plan.budget import BudgetLimit
from watchtower.model import Instant, Severity
from watchtower.texts.reasons import ASKING
from watchtower.values import Mutable

WAITS = 60.0
"""A limit that looks back so many seconds at most only sets a pace: pages wait for it, and nothing is kept of it."""
KEPT: Mapping[Severity, tuple[int, int, int]] = {
    Severity.P0: (0, 0, 20),
    Severity.P1: (20, 30, 40),
    Severity.P2: (60, 70, 70),
}
"""Percent of a budget, rounded up, that must be left after a page that asks, an all-clear, and any other; milder severities
are as P2."""

REMEMBERED = 500
"""Pages of an address that are remembered where no budget asks for more: a reload may bring one that counts them."""

SentRow = tuple[str, Address, PageState, Instant]
"""A page that was sent, its address, its state, and when it was queued."""


class SentPage(Mutable):
    """When a page was sent: infinity while it is on its way. `channel` is the configured one, as "sms.cn"; empty where
    it is not known: then it counts on each of its kind."""

    at: Instant = inf
    channel: str = ""
    failed: bool = False


class Budgets:
    """Owned by the engine's state. Times are arguments."""

    def __init__(self) -> None:
        self._sent: dict[Address, dict[str, SentPage]] = {}
        self.elsewhere: set[str] = set()
        """Pages of a message that goes to the same person by a channel without a budget, too."""

    def take(
        self, plan: Plan, incident: Incident | None, page: Page, at: Instant
    ) -> tuple[Instant, tuple[str, ...], BudgetLimit | None]:
        """When the page may be sent: now, and it counts; later, where a limit sets a pace; never (infinity). The channels
        of its kind that must not carry it; and the limit that holds it back."""
        limits, tried = plan.budgets.get(page.channel, {}), self._tried(plan, incident, page, at)
        due, limit, name = min(tried, key=lambda one: one[0], default=(at, None, ""))
        if due <= at:
            sent = self._sent.setdefault(page.address, {})
            sent[page.id] = SentPage(channel=name)
            most = max((one.most for some in limits.values() for one in some), default=0)
            while len(sent) > max(REMEMBERED, 2 * most):
                del sent[next(iter(sent))]
        return due, tuple(name for later, _, name in tried if later > at), limit

    def room(self, plan: Plan, incident: Incident, page: Page, at: Instant) -> bool:
        """Whether a channel of its kind has room for this page now, or soon."""
        tried = self._tried(plan, incident, page, at)
        return not tried or min(due for due, _, _ in tried) < inf

    def ended(self, page: Page, at: Instant, via: str) -> None:
        """The page is no longer on its way. `via` begins with the channel that took it, where there are several."""
        known = self._sent.get(page.address, {})
        sent = known.get(page.id)
        if page.state is not PageState.FAILED:  # of one that failed it is asked yet
            self.elsewhere.discard(page.id)
        if page.state is PageState.CANCELLED:
            known.pop(page.id, None)
        elif sent is not None:
            sent.at, sent.failed = at, page.state is PageState.FAILED
            name = via.partition(" ")[0]
            sent.channel = name if name.partition(".")[0] == page.channel else sent.channel

    def restore(self, sent: Iterable[SentRow], now: Instant) -> None:
        """Counts what earlier runs sent. A clock that was set back while we were away must not stretch any limit."""
        for id, address, state, at in sent:
            ended = inf if state in PENDING else min(at, now)
            self._sent.setdefault(address, {})[id] = SentPage(ended, failed=state is PageState.FAILED)

    def shift(self, by: float) -> None:
        """The clock was set."""
        for sent in self._sent.values():
            for one in sent.values():
                one.at += by

    def _tried(
        self, plan: Plan, incident: Incident | None, page: Page, at: Instant
    ) -> list[tuple[Instant, BudgetLimit | None, str]]:
        """Of each channel of its kind when it has room; none where nothing limits them."""
        limits, responder = plan.budgets.get(page.channel), plan.responders.get(page.responder)
        if limits is None or responder is None:
            return []
        kept, every = share_kept(incident, page), chosen(plan.channels, responder, page.channel)
        names = [name for name in every if name not in page.spent] or every
        return [(*self._room(page.address, name, limits.get(name, ()), kept, at), name) for name in names]

    def _room(
        self, address: Address, name: str, limits: Sequence[BudgetLimit], kept: int, at: Instant
    ) -> tuple[Instant, BudgetLimit | None]:
        """When this channel has room, and the limit for which it has none now."""
        due, by = at, None
        for limit in limits:
            times = sorted(
                one.at
                for one in self._sent.get(address, {}).values()
                if one.at > limit.since(at) and one.channel in ("", name) and (limit.failed or not one.failed)
            )
            paces = limit.per <= WAITS
            left = limit.most - (0 if paces else -(-kept * limit.most // 100))
            if len(times) >= left:
                free = min(times[-left] if left else inf, at) + limit.per if paces else inf
                due, by = max((due, by), (free, limit), key=lambda one: one[0])
        return due, by


def share_kept(incident: Incident | None, page: Page) -> int:
    """Percent of a budget that must be left after this page; `incident`: None where it is about none."""
    message = page.message
    if incident is None or incident.drill:
        return KEPT[Severity.P2][2]
    asks, ends, other = KEPT.get(incident.record, KEPT[Severity.P2])
    if page.kind.ends:
        return ends
    asking = page.kind.traits.tells_duty or message.reason in ASKING
    return asks if asking and not message.informs else other
