"""Pages that a receiver accepted, while it may still say what became of them: a receipt is for one of these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from watchtower.core.events import Reported
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.grouped import Grouped
from watchtower.core.incident.incidents import TAKEN, Page, PageState
from watchtower.model import Instant
from watchtower.values import Frozen, replace

MOST = 1000
"""Pages that are remembered, and reports of pages that are not: in a storm, the newest."""
EARLY = 60.0
"""Seconds for which a report waits for its page: a vendor may call back before its answer to us has come."""
REPORTED = (PageState.ANSWERED, PageState.RECEIVED, PageState.READ, PageState.UNDELIVERED)
AFTER: Mapping[tuple[PageState, PageState], PageState] = {
    **{
        (before, said): said
        for before, said in product(
            (PageState.DELIVERED, PageState.ANSWERED, PageState.UNDELIVERED), REPORTED
        )
    },
    **{(PageState.RECEIVED, said): PageState.RECEIVED for said in REPORTED},
    (PageState.RECEIVED, PageState.READ): PageState.READ,
    **{(PageState.READ, said): PageState.READ for said in REPORTED},
}
"""The state of an accepted page after a receipt. What the phone has once had does not become undelivered."""


class TakenPage(Frozen):
    """`channel` is the configured one that carried it, as "sms.cn"; `reference` the receiver's own id; `at` when it took
    the page."""

    page: Page
    channel: str
    reference: str
    at: Instant
    home: str = ""
    """The incident in which that of the page goes on."""

    @property
    def incident(self) -> str:
        return self.home or self.page.incident

    @property
    def proven(self) -> bool:
        """Whether the phone or the mailbox is known to have it."""
        return self.page.state in (PageState.RECEIVED, PageState.READ)


class TakenPages:
    """Owned by the engine's state."""

    def __init__(self) -> None:
        self._taken: Grouped[str, TakenPage] = Grouped(lambda one: one.incident)
        self._by_reference: dict[tuple[str, str], str] = {}
        self._early: dict[Reported, Instant] = {}

    def add(self, taken: TakenPage) -> None:
        self._taken[taken.page.id] = taken
        if taken.reference:  # of pages that were one message it is the first, which carries the others
            self._by_reference.setdefault((taken.channel, taken.reference), taken.page.id)
        if len(self._taken) > MOST:
            self._drop(next(iter(self._taken)))

    def of(self, incident: str) -> list[TakenPage]:
        return self._taken.of(incident)

    def by(self, channel: str) -> list[TakenPage]:
        """Those that this channel carried, and of which it has said nothing yet."""
        waits = PageState.DELIVERED
        return [one for one in self._taken.values() if one.channel == channel and one.page.state is waits]

    def find(self, channel: str, page: str, reference: str) -> TakenPage | None:
        """The page that this channel speaks of, by our id or by its own."""
        known: TakenPage | None = self._taken.get(page or self._by_reference.get((channel, reference), ""))
        return known if known is not None and known.channel == channel else None

    def get(self, page: str) -> TakenPage | None:
        known: TakenPage | None = self._taken.get(page)
        return known

    def keep(self, report: Reported, at: Instant) -> None:
        """Keeps a report of a page that is not known, in case it is on its way."""
        self._early[report] = at
        if len(self._early) > MOST:
            del self._early[next(iter(self._early))]

    def early(self, taken: TakenPage, at: Instant) -> list[Reported]:
        """What was reported of this page before it was known, in order; each is returned once."""
        found = [one for one in self._early if self.find(one.channel, one.page, one.reference) is taken]
        return [one for one in found if at - self._early.pop(one) < EARLY]

    def go_on(self, incident: str, home: str) -> None:
        """The incident has merged: its pages are of the other one from now on."""
        for one in self.of(incident):
            self._taken[one.page.id] = replace(one, home=home)

    def forget(self, incident: str) -> None:
        for one in self.of(incident):
            self._drop(one.page.id)

    def restore(self, pages: Iterable[Page], logs: Mapping[str, Sequence[LogEntry]]) -> None:
        """What earlier runs sent, of incidents that are not settled."""
        known = {page.id: page for page in pages if page.state in (*TAKEN, PageState.UNDELIVERED)}
        for entry in (entry for log in logs.values() for entry in log if entry.kind == "delivered"):
            page = known.get(str(entry.data.get("page")))
            if page is not None:
                through = str(entry.data.get("through") or page.channel)
                self.add(TakenPage(page, through, entry.detail, entry.at))

    def _drop(self, page: str) -> None:
        gone = self._taken.pop(page)
        if self._by_reference.get((gone.channel, gone.reference)) == page:
            del self._by_reference[gone.channel, gone.reference]


def is_same(address: str, said: str) -> bool:
    """Whether a vendor means this address: of a phone number it may leave out `+` and the country."""
    if said.strip().casefold() == address.casefold():
        return True
    ours, theirs = (re.sub(r"\D", "", one) for one in (address, said))
    return "@" not in address + said and len(theirs) >= 7 and ours.endswith(theirs.removeprefix("00"))


def became(taken: TakenPage, said: PageState) -> TakenPage:
    """The page after this receipt."""
    return replace(taken, page=replace(taken.page, state=AFTER[taken.page.state, said]))
