"""command under contract: its places are little programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.probes.contract.entry import TOKEN, Entry, OwnPlace, Place, Stage


def _program(script: str) -> OwnPlace:
    @contextmanager
    def place(_stage: Stage) -> Iterator[str]:
        yield script

    return place


def _settings(place: Place) -> dict[str, Any]:
    command = ["/no/such/program"] if place.name == "missing" else ["/bin/sh", "-c", place.address]
    return {"command": command, "env": {"SECRET": TOKEN}, "measure": {"load": "load1"}}


ENTRY = Entry(
    kind="command",
    settings=_settings,
    says={
        "well": "up",
        "warning": "up",
        "critical": "down critical",
        "cannot-tell": "unknown plugin",
        "says-all": "down critical",
        "garbage": "unknown plugin",
        "hang": "unknown timeout",
        "killed": "unknown crashed",
        "missing": "unknown config",
    },
    places={
        "well": _program("echo 'OK - load | load1=0.5;5;10'"),
        "warning": _program("echo 'WARNING - load | load1=7;5;10'; exit 1"),
        "critical": _program("echo 'CRITICAL - load | load1=12;5;10'; exit 2"),
        "cannot-tell": _program("echo 'UNKNOWN - no load here'; exit 3"),
        "says-all": _program("env; echo $SECRET >&2; exit 2"),
        "garbage": _program("head -c 300000 /dev/urandom; exit 77"),
        "hang": _program("sleep 60 & sleep 60"),
        "killed": _program("kill -SEGV $$"),
        "missing": _program(""),
    },
)
