"""Pages that a receiver accepted, while it may still say what became of them: a receipt is for one of these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.grouped import Grouped
from watchtower.core.incident.incidents import TAKEN, Page, PageState
from watchtower.model import Instant

MOST = 1000
"""Pages that are remembered: in a storm, the newest."""
REPORTED = (PageState.RECEIVED, PageState.READ, PageState.UNDELIVERED)
AFTER: Mapping[tuple[PageState, PageState], PageState] = {
    **{
        (before, said): said
        for before, said in product((PageState.DELIVERED, PageState.UNDELIVERED), REPORTED)
    },
    **{(PageState.RECEIVED, said): PageState.RECEIVED for said in REPORTED},
    (PageState.RECEIVED, PageState.READ): PageState.READ,
    **{(PageState.READ, said): PageState.READ for said in REPORTED},
}
"""The state of an accepted page after a receipt. What the phone has once had does not become undelivered."""


@dataclass(frozen=True, slots=True)
class TakenPage:
    """`channel` is the configured one that carried it, as "sms.cn"; `reference` the receiver's own id; `at` when it took
    the page."""

    page: Page
    channel: str
    reference: str
    at: Instant

    @property
    def proven(self) -> bool:
        """Whether the phone or the mailbox is known to have it."""
        return self.page.state in (PageState.RECEIVED, PageState.READ)


class TakenPages:
    """Owned by the engine's state."""

    def __init__(self) -> None:
        self._taken: Grouped[str, TakenPage] = Grouped(lambda one: one.page.incident)
        self._by_reference: dict[tuple[str, str], str] = {}

    def add(self, taken: TakenPage) -> None:
        self._taken[taken.page.id] = taken
        if taken.reference:
            self._by_reference[taken.channel, taken.reference] = taken.page.id
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
        self._by_reference.pop((gone.channel, gone.reference), None)


def is_same(address: str, said: str) -> bool:
    """Whether a vendor means this address: of a phone number it may leave out `+` and the country."""
    if said.strip().casefold() == address.casefold():
        return True
    ours, theirs = (re.sub(r"\D", "", one) for one in (address, said))
    return "@" not in address + said and len(theirs) >= 7 and ours.endswith(theirs.removeprefix("00"))


def became(taken: TakenPage, said: PageState) -> TakenPage:
    """The page after this receipt."""
    return replace(taken, page=replace(taken.page, state=AFTER[taken.page.state, said]))
