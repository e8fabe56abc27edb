"""An ear of a test: it says who pressed what, and answers everybody the same."""

from __future__ import annotations

import asyncio

from watchtower.channels.listening import Press


class Heard:
    """`presses` as they came; `up` once the far side has let us in."""

    def __init__(self) -> None:
        self.up, self.presses = asyncio.Event(), list[Press]()

    def connected(self) -> None:
        self.up.set()

    async def pressed(self, press: Press) -> str:
        self.presses.append(press)
        return "li 已认领"
