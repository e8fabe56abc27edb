"""Values are structs: the functions of `dataclasses` take them, too."""

import dataclasses
import pickle
from typing import Generic, TypeVar

import msgspec
import pytest

from watchtower.values import Frozen, Mutable, field, replace

T = TypeVar("T")


class Way(Frozen):
    """From somewhere to somewhere."""

    start: str
    end: str = ""
    stops: list[str] = field(default_factory=list)


class Walk(Way):
    steps: int = 0


class Kept(Mutable, Generic[T]):
    value: T


def test_a_value_is_equal_to_its_like_shows_itself_and_cannot_be_changed() -> None:
    assert Way("a", "b") == Way("a", end="b") != Way("a")
    assert repr(Way("a", "b")) == "Way(start='a', end='b', stops=[])"
    assert Way.__doc__ == "From somewhere to somewhere."
    with pytest.raises(AttributeError):
        Way("a").start = "b"  # type: ignore[misc]


def test_a_default_that_can_be_changed_is_each_values_own() -> None:
    Way("a").stops.append("x")
    assert Way("a").stops == []


@pytest.mark.parametrize("change", [replace, dataclasses.replace])
def test_a_changed_value_keeps_the_rest(change) -> None:
    assert change(Walk("a", steps=3), end="z") == Walk("a", "z", [], 3)


def test_the_functions_of_dataclasses_take_it() -> None:
    assert [one.name for one in dataclasses.fields(Walk)] == ["start", "end", "stops", "steps"]
    assert [one.name for one in dataclasses.fields(Way)] == ["start", "end", "stops"]
    assert dataclasses.asdict(Walk("a", steps=1)) == {"start": "a", "end": "", "stops": [], "steps": 1}
    assert dataclasses.is_dataclass(Way)


def test_it_is_written_read_and_pickled() -> None:
    value = Walk("a", "b", ["c"], 2)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Walk) == value
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - our own


def test_a_value_that_changes_has_no_hash() -> None:
    kept = Kept[int](1)
    kept.value = 2
    assert kept == Kept(2)
    with pytest.raises(TypeError):
        hash(kept)


def test_what_cannot_be_a_struct_is_refused_where_it_is_declared() -> None:
    with pytest.raises(TypeError):
        field(default="", repr=False)
