"""A life decided as before. After a change that is meant to decide otherwise: `python -m tests.golden`, and say so."""

from __future__ import annotations

import json

import pytest

from tests.golden.__main__ import KEPT, STREAMS
from tests.golden.streams import PIECE, digests

GOLDEN: dict[str, list[list[str]]] = json.loads(KEPT.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "seed"), [(name, seed) for name in STREAMS for seed in range(len(GOLDEN[name]))]
)
def test_the_same_life_is_decided_as_before(name: str, seed: int) -> None:
    lines = STREAMS[name](seed)
    found, kept = digests(lines), GOLDEN[name][seed]
    piece = next(
        (at for at, (a, b) in enumerate(zip(found, kept, strict=False)) if a != b), min(len(found), len(kept))
    )
    assert found == kept, "\n".join(
        ["decided otherwise within:", *lines[piece * PIECE : (piece + 1) * PIECE]]
    )
