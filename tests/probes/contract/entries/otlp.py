"""otlp under contract: it asks nobody, but is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.probes.contract.entry import TOKEN, Entry, Place, Stage


@contextmanager
def _silence(_stage: Stage) -> Iterator[str]:
    yield ""


def _settings(_place: Place) -> dict[str, Any]:
    return {"query": "orders", "token": TOKEN}


ENTRY = Entry(
    kind="otlp", settings=_settings, says={"silence": "unknown never_seen"}, places={"silence": _silence}
)
