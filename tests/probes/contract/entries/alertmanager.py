"""alertmanager under contract: it asks nobody, but is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.probes.contract.entry import Entry, Stage


@contextmanager
def _silence(_stage: Stage) -> Iterator[str]:
    yield ""


ENTRY = Entry(
    kind="alertmanager", settings=lambda _: {}, says={"silence": "up"}, places={"silence": _silence}
)
