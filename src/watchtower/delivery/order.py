"""The order of pages: of two that tell a person of the same incident by one channel, the earlier one goes first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from watchtower.core.incident.incidents import Page
from watchtower.model import ChannelName

Lane = tuple[str, str, ChannelName]
"""Incident, responder, channel: within it, pages keep their order."""


def lane_of(page: Page) -> Lane:
    return page.incident, page.responder, page.channel


class PageOrder:
    """Owned by one event loop. A page of several incidents stands in the lane of each."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, dict[str, asyncio.Event]] = {}
        """By lane the pages that are on their way, in order, each with its end."""

    def enter(self, page: Page) -> list[str]:
        """Puts the page behind all that are on their way; returns those that go before it, by id."""
        ended = asyncio.Event()
        for lane in _lanes_of(page):
            self._lanes.setdefault(lane, {})[page.id] = ended
        return list(dict(self._before(page)))

    def waits(self, page: Page) -> bool:
        """Whether another page goes before it."""
        return any(True for _ in self._before(page))

    async def turn(self, page: Page) -> None:
        """Returns when no other page goes before it."""
        for _, ended in list(self._before(page)):
            await ended.wait()

    def leave(self, page: Page) -> None:
        """The page was sent, or never will be."""
        for lane in _lanes_of(page):
            there = self._lanes.get(lane, {})
            if (ended := there.pop(page.id, None)) is not None:
                ended.set()
            if not there:
                self._lanes.pop(lane, None)

    def _before(self, page: Page) -> Iterator[tuple[str, asyncio.Event]]:
        for lane in _lanes_of(page):
            for id, ended in self._lanes.get(lane, {}).items():
                if id == page.id:
                    break
                yield id, ended


def _lanes_of(page: Page) -> set[Lane]:
    told = {page.incident, *(one.incident for one in page.message.also)}
    return {(incident, page.responder, page.channel) for incident in told}
