"""The incidents by what they are about, because a storm has too many open ones to scan at each alert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchtower.core.incident.grouped import Grouped
from watchtower.core.incident.incidents import Incident

_OVER = "over:"
"""Begins the group of incidents that are no longer open; an open one's is what it is about."""
_Below = Mapping[str, frozenset[str]]
"""Of each flow that stands on anything: all that it stands on."""


class Incidents(Grouped[str, Incident]):
    """Incidents by key and by flow; open ones also by dependencies of their flows, and whether the matrix
    sets their severity."""

    def __init__(self) -> None:
        super().__init__(lambda incident: incident.key if incident.open else _OVER + incident.key)
        self._below: _Below = {}
        self._of_flow: dict[str, dict[str, None]] = {}
        self._on: dict[str, dict[str, None]] = {}
        self._matrix: dict[str, None] = {}
        self._kept: dict[str, tuple[tuple[str, ...], bool, bool]] = {}
        """The flows that each incident is kept under, whether it is open, and whether the matrix grades it."""

    def over(self, key: str) -> list[Incident]:
        """Ended incidents with this key, the newest last."""
        return self.of(_OVER + key)

    def of_flows(self, flows: Iterable[str]) -> list[Incident]:
        """Incidents of one of these flows, the oldest first."""
        return self._found(self._of_flow, flows)

    def standing_on(self, subjects: Iterable[str]) -> list[Incident]:
        """Open incidents of flows that depend on one of these, the oldest first."""
        return self._found(self._on, subjects)

    @property
    def matrix(self) -> list[Incident]:
        """Open incidents whose severity the matrix sets."""
        return [self[id] for id in self._matrix]

    def follow(self, below: _Below) -> None:
        """Adopts a new plan's dependencies of each flow."""
        self._below = below
        self._on.clear()
        for id, (flows, is_open, _) in self._kept.items():
            if is_open:
                self._stand(id, flows)

    def __setitem__(self, key: str, value: Incident) -> None:
        super().__setitem__(key, value)
        now, before = (value.flows, value.open, value.matrix), self._kept.get(key)
        if now == before:
            return
        new: Iterable[str] = value.flows
        if before is not None and before[1] and value.open and value.flows[: len(before[0])] == before[0]:
            # A wide incident is joined by a thousand, one after the other.
            new = value.flows[len(before[0]) :]
            self._matrix.pop(key, None)
        elif before is not None:
            self._drop(key)
        self._kept[key] = now
        for flow in new:
            self._of_flow.setdefault(flow, {})[key] = None
        if value.open:
            self._stand(key, new)
        if value.open and value.matrix:
            self._matrix[key] = None

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._drop(key)

    def _stand(self, key: str, flows: Iterable[str]) -> None:
        for flow in flows:
            for subject in self._below.get(flow, ()):
                self._on.setdefault(subject, {})[key] = None

    def _drop(self, key: str) -> None:
        flows, *_ = self._kept.pop(key)
        self._matrix.pop(key, None)
        for flow in flows:
            self._of_flow[flow].pop(key)
            for subject in self._below.get(flow, ()):
                self._on.get(subject, {}).pop(key, None)

    def _found(self, kept: Mapping[str, Mapping[str, None]], names: Iterable[str]) -> list[Incident]:
        found = dict.fromkeys(id for name in names for id in kept.get(name, ()))
        return [self[id] for id in sorted(found, key=lambda id: (len(id), id))]
