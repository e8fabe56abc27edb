"""The drills of the small daemon: what is asked of them is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchtower.core.incident.incidents import Page
from watchtower.report.drills import DrillReport


@dataclass
class Practice:
    """Does what is asked of drills, and remembers it."""

    asked: list[tuple[object, ...]]
    found: Sequence[DrillReport] = ()

    async def begin(
        self, name: str, check: str, level: str, lasts: float | None, by: str, via: str
    ) -> tuple[str, str]:
        self.asked.append(("drill", name, by, via))
        return "INC-12", ""

    async def stop(self, by: str, via: str) -> Sequence[str]:
        self.asked.append(("stop", by, via))
        return ["INC-12"]

    async def canary(self, responder: str) -> tuple[str, str]:
        self.asked.append(("canary", responder))
        return "canary-1", ""

    async def canary_pages(self, id: str) -> Sequence[tuple[Page, int, str]]:
        return ()

    async def reports(self, limit: int, after: str = "") -> Sequence[DrillReport]:
        ids = [one.incident for one in self.found]
        begin = (ids.index(after) + 1 if after in ids else len(ids)) if after else 0
        return self.found[begin : begin + limit]
