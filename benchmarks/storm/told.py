"""What the posts of each stack said, as its receiver had them."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate


@dataclass
class Told:
    """What one person was told. `firing` and `resolved` are posts: the moment, and how many checks it named or counted."""

    firing: list[tuple[float, int]] = field(default_factory=list)
    resolved: list[tuple[float, int]] = field(default_factory=list)
    again: int = 0
    """Alerts that were told before, and were told again while they fired."""
    refused: int = 0
    """Posts that were not accepted, because the pager was down."""
    ids: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)

    def hear(self, by: str, at: float, status: int, body: str) -> None:
        if status >= 300:
            self.refused += 1
        elif by == "watchtower":
            self._page(at, json.loads(body))
        else:
            self._notification(at, json.loads(body)["alerts"])

    def _page(self, at: float, said: dict[str, str]) -> None:
        several = re.search(r"(\d+)(?: of \d+)? incidents", said["text"])
        ours = (
            "Nobody could be reached" in said["text"]
        )  # that the pager is down is an incident, and no check
        over = said["status"] == "resolved"
        (self.resolved if over else self.firing).append((at, int(several[1]) - ours if several else 1 - ours))
        self.ids[said["id"]] += 1

    def _notification(self, at: float, alerts: list[dict[str, dict[str, str]]]) -> None:
        firing = {one["labels"]["id"] for one in alerts if str(one["status"]) == "firing"}
        over = {one["labels"]["id"] for one in alerts if str(one["status"]) == "resolved"}
        self.again += len(firing & self.known)
        if firing:
            self.firing.append((at, len(firing - self.known)))
        else:
            self.resolved.append((at, len(over & self.known)))
        self.known = (self.known | firing) - over

    @property
    def posts(self) -> int:
        return len(self.firing) + len(self.resolved)

    @property
    def doubles(self) -> int:
        """Pages that were accepted twice, each under its id."""
        return sum(times - 1 for times in self.ids.values())

    @property
    def last(self) -> str:
        """The last word."""
        return "resolved" if self.resolved[-1:] > self.firing[-1:] else "firing"


def until(posts: list[tuple[float, int]], count: int, since: float) -> float | None:
    """Seconds until `count` checks were told; None: never."""
    sums = zip(posts, accumulate(some for _, some in posts), strict=True)
    return next((round(at - since, 1) for (at, _), total in sums if total >= count), None)
