"""What a stack under measurement must provide. To add one: a subclass in a file of its own, and a line in STACKS."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.overhead.ends import Receiver, Targets

STACKS: Mapping[str, str] = {
    "watchtower": "benchmarks.overhead.watchtower:Watchtower",
    "prom": "benchmarks.overhead.prom:Prom",
    "floor": "benchmarks.overhead.floor:Floor",
}


def stack_class(name: str) -> type[Stack]:
    module, _, attribute = STACKS[name].partition(":")
    found: type[Stack] = getattr(import_module(module), attribute)
    return found


class Stack:
    """One monitoring stack on loopback. `targets`, `receiver` and `work` (an empty folder) are there before `start`.

    To be comparable: one HTTP GET for each check and interval, status 200 wanted, 4 s at most; one bad answer
    fires and one good one resolves; each page names its check; everything runs under the pids of `procs`.
    """

    name = "?"
    #: False: resolved pages are not waited for (they would take too long).
    waits_resolved = True

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """Options of this stack's own."""

    def __init__(self, args: argparse.Namespace, targets: Targets, receiver: Receiver, work: Path) -> None:
        self.args, self.targets, self.receiver, self.work = args, targets, receiver, work

    def idents(self) -> list[str]:
        return [str(number) for number in range(self.args.checks)]

    def start(self) -> None:
        """Start with `args.checks` checks, each every `args.interval` seconds; return when all of it listens."""
        raise NotImplementedError

    def procs(self) -> dict[str, int]:
        """Name and pid of what is measured; descendants count with it."""
        raise NotImplementedError

    def extract(self, body: str) -> Iterator[tuple[str, str]]:
        """Each check named in one webhook's body, and `firing` or `resolved`."""
        raise NotImplementedError

    def info(self) -> dict[str, Any]:
        """Version and settings, for the report."""
        return {}

    def last_words(self) -> dict[str, Any]:
        """What it says of itself at the end of the run."""
        return {}

    def stop(self) -> None:
        raise NotImplementedError

    def write(self, name: str, text: str) -> Path:
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path
