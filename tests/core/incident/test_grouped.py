"""A dictionary that finds by group agrees with one that is searched."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from watchtower.core.incident.grouped import Grouped

STEPS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["", "a", "b", None])), max_size=40)


@settings(derandomize=True, deadline=None)
@given(STEPS)
def test_every_group_holds_just_its_values(steps: list[tuple[int, str | None]]) -> None:
    grouped: Grouped[int, str] = Grouped(lambda value: value)
    plain: dict[int, str] = {}
    for key, value in steps:
        if value is None:
            assert grouped.pop(key, None) == plain.pop(key, None)
        else:
            grouped[key] = plain[key] = value
        assert dict(grouped) == plain
        assert len(grouped) == len(plain)
        assert [key in grouped for key in range(6)] == [key in plain for key in range(6)]
        for group in ("", "a", "b"):
            assert sorted(grouped.of(group)) == sorted(v for v in plain.values() if v == group)
