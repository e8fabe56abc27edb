"""The garbage collector and what stays."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from watchtower.app.memory import keep, settle


class Knot:
    """Only the collector can free it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_is_alive_is_left_out_of_later_collections() -> None:
    knot = Knot()
    settle()
    assert not any(one is knot for one in gc.get_objects())


def test_what_dies_after_one_settling_is_freed_by_the_next() -> None:
    knot = Knot()
    alive = weakref.ref(knot)
    settle()
    del knot
    gc.collect()
    assert alive() is not None
    settle()
    assert alive() is None


def test_what_came_to_stay_is_left_out_without_being_looked_at() -> None:
    knot = Knot()
    keep()
    assert not any(one is knot for one in gc.get_objects())
