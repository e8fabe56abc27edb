"""A life decided as before. After a change that is meant to decide otherwise: `python -m tests.golden`, and say so."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.golden.__main__ import KEPT, LIVES, STREAMS, named, read
from tests.golden.streams import differs, told

GOLDEN = read(KEPT)


@pytest.mark.parametrize(("key", "name", "seed"), named(LIVES))
def test_the_same_life_is_decided_as_before(key: str, name: str, seed: int) -> None:
    assert not differs(STREAMS[name](seed), GOLDEN[key])


@dataclass(frozen=True)
class Before:
    incident: str
    told: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class After:
    notified: tuple[str, ...] = ()
    incident_id: str = ""
    since: float | None = None


def test_a_stream_is_the_same_whatever_classes_and_fields_are_called() -> None:
    before, after = Before("INC-1", ("li",)), After(("li",), "INC-1")
    assert told(before, names=False) == told(after, names=False) == ["INC-1", ["li"]]
    assert told(before, names=True) == {"incident": "INC-1", "told": ["li"]}
