"""The newest pages and what became of each, also of incidents that are settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from watchtower.api.board import BoardPage
from watchtower.core.events import Decision, PageChanged, PageQueued
from watchtower.core.incident.incidents import Page, PageState

KEPT = 50
_NEVER_SENT = (PageState.HELD, PageState.CANCELLED)


class LastPages:
    """Owned by the daemon's loop; `pages` are those of an earlier run."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages: dict[str, BoardPage] = {}
        for page in sorted(pages, key=lambda one: one.created_at)[-KEPT:]:
            self._pages[page.id] = BoardPage(page, page.state, page.created_at)

    def decided(self, decisions: Sequence[Decision]) -> None:
        for one in decisions:
            if isinstance(one, PageQueued):
                self._pages[one.page.id] = BoardPage(one.page, one.page.state, one.at)
                if len(self._pages) > KEPT:
                    del self._pages[next(iter(self._pages))]
            elif isinstance(one, PageChanged) and one.page in self._pages:
                self._pages[one.page] = BoardPage(self._pages[one.page].page, one.state, one.at)

    def newest(self, most: int) -> Sequence[BoardPage]:
        """Pages that were sent, or are being sent; the newest first."""
        sent = (one for one in reversed(self._pages.values()) if one.state not in _NEVER_SENT)
        return list(islice(sent, most))
