"""reconcile under contract: it asks nobody, and nothing has been measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.probes.contract.entry import Entry, Place, Stage


@contextmanager
def _nothing(_stage: Stage) -> Iterator[str]:
    yield ""


def _settings(_place: Place) -> dict[str, Any]:
    return {"left": "orders.value", "right": "ledger.value"}


ENTRY = Entry(
    kind="reconcile", settings=_settings, says={"nothing": "unknown absent"}, places={"nothing": _nothing}
)
