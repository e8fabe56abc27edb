"""access_log under contract: no place on the network, but a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.probes.contract.entry import Entry, Place, Stage


@contextmanager
def _well(stage: Stage) -> Iterator[str]:
    path = stage.directory / "access.log"
    path.write_text("")
    yield str(path)


@contextmanager
def _missing(stage: Stage) -> Iterator[str]:
    yield str(stage.directory / "none.log")


@contextmanager
def _folder(stage: Stage) -> Iterator[str]:
    yield str(stage.directory)


def _settings(place: Place) -> dict[str, Any]:
    return {"file": place.address}


ENTRY = Entry(
    kind="access_log",
    settings=_settings,
    says={"well": "up", "missing": "unknown absent", "folder": "unknown unreadable"},
    places={"well": _well, "missing": _missing, "folder": _folder},
    polls=2,
)
