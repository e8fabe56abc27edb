"""What delivery asks before it begins an attempt, where another daemon may lead."""

from __future__ import annotations

from watchtower.core.incident.incidents import Page
from watchtower.model import Severity


class Fence:
    """Owned by the daemon's loop. As it is here, where nobody else can lead."""

    def may(self, severity: Severity) -> bool:
        """Whether an attempt at a page of this severity may begin now."""
        return True

    async def passed(self, severity: Severity) -> None:
        """Returns when it may."""

    def as_told(self, page: Page) -> Page:
        """The page as its reader gets it now: marked where another daemon may tell the same, and without numbers that
        another one may give too."""
        return page

    def sent(self, page: Page) -> None:
        """A page, as it was told, was taken."""
