"""What channels have that speak HTTP, however they lay a page out."""

from __future__ import annotations

from typing import Any

from watchtower.channels.contract import Letter
from watchtower.channels.http_call import Caller
from watchtower.channels.sentences import headline
from watchtower.daily_hours import zone_of


class HttpChannel:
    """Its page is read first by the headline, and `_caller` makes its calls."""

    _caller: Caller

    @staticmethod
    def preview(letter: Letter, settings: Any) -> str:
        """The line that a phone shows."""
        return headline(letter.message, zone_of(letter.zone), letter.language)

    async def close(self) -> None:
        """Let connections go."""
        await self._caller.close()
