"""icmp under contract. It takes no secret, and whether it may ping is up to the kernel: see tests/probes/health/test_icmp.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.probes.contract.entry import Entry, Place, Stage


@contextmanager
def _no_such_name(_stage: Stage) -> Iterator[str]:
    yield "no-such-name.invalid"


def _settings(place: Place) -> dict[str, Any]:
    return {"hosts": [place.address]}


ENTRY = Entry(
    kind="icmp", settings=_settings, says={"nowhere": "down dns"}, places={"nowhere": _no_such_name}
)
