"""A dictionary that also finds its values by a group, because a storm of a thousand incidents must not be
scanned at each event."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, MutableMapping
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Grouped(MutableMapping[K, V], Generic[K, V]):
    """`of(group)` returns the values of this group by `group_of`, in the order in which they joined it."""

    def __init__(self, group_of: Callable[[V], str], items: Iterable[tuple[K, V]] = ()) -> None:
        self._group_of = group_of
        self._values: dict[K, V] = {}
        self._groups: dict[str, dict[K, None]] = {}
        for key, value in items:
            self[key] = value

    def of(self, group: str) -> list[V]:
        return [self._values[key] for key in self._groups.get(group, ())]

    def get(self, key: K, default: Any = None) -> Any:
        # The hot path: the mixin's own raises and catches a KeyError for each check that is well.
        return self._values.get(key, default)

    def __getitem__(self, key: K) -> V:
        return self._values[key]

    def __setitem__(self, key: K, value: V) -> None:
        group = self._group_of(value)
        before = self._values.get(key)
        if before is not None and (left := self._group_of(before)) != group:
            self._leave(left, key)
        self._values[key] = value
        self._groups.setdefault(group, {})[key] = None

    def __delitem__(self, key: K) -> None:
        self._leave(self._group_of(self._values.pop(key)), key)

    def __iter__(self) -> Iterator[K]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def _leave(self, group: str, key: K) -> None:
        members = self._groups[group]
        del members[key]
        if not members:
            del self._groups[group]
