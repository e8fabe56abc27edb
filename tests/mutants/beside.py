"""Which tests run a function: asked once of the tests themselves, in a child process."""

from __future__ import annotations

import ast
import contextlib
import importlib.machinery
import inspect
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SLOW = 5.0
"""Seconds from which on a test is left out: for each mutant there are about twenty."""
OPTIONS = ("-q", "-n0", "-p", "no:cacheprovider", "--no-header", "--timeout=60", "-p", "no:warnings")
Beside = Mapping[tuple[str, str], Sequence[str]]
"""By file and function, as in `Class.method`: its tests, the quickest first. By file and "" those of the whole file."""


class _Ask:
    """Notes which functions below `below` each test calls."""

    def __init__(self, below: Path) -> None:
        self.below, self.called, self.took = str(below), dict[str, set[CodeType]](), dict[str, float]()
        self.failed = set[str]()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if "@given" not in inspect.getsource(item.function)]  # type: ignore[attr-defined]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        found = self.called.setdefault(item.nodeid, set())

        def called(frame: FrameType, event: str, arg: object) -> None:
            found.add(frame.f_code)

        begin = time.monotonic()
        sys.settrace(called)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.took[item.nodeid] = time.monotonic() - begin

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def answer(self) -> Beside:
        out: dict[tuple[str, str], list[str]] = defaultdict(list)
        for test in sorted(set(self.called) - self.failed, key=lambda one: self.took[one]):
            here = [code for code in self.called[test] if code.co_filename.startswith(self.below)]
            if self.took[test] < SLOW:
                functions = {(code.co_filename, code.co_qualname.partition(".<locals>")[0]) for code in here}
                for one in functions | {(file, "") for file, _ in functions}:
                    out[one].append(test)
        return dict(out)


class _Only:
    """Of what was collected only these tests, in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.place = {test: index for index, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid]
        )


def beside(below: Path, files: Iterable[Path]) -> tuple[Beside, Sequence[str]]:
    """Of the tests in these files, and those that fail before anything is changed.

    Properties are left out: they take long, and find a mutant by chance.
    """
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        answer = Path(folder) / "answer"

        def ask() -> int:
            plugin = _Ask(below)
            status = pytest.main([*OPTIONS, *map(str, sorted(files))], [plugin])
            answer.write_text(repr((plugin.answer(), sorted(plugin.failed))), encoding="utf-8")
            return int(status)

        os.waitpid(fork(ask), 0)
        found: tuple[Beside, Sequence[str]] = ast.literal_eval(answer.read_text(encoding="utf-8"))
        return found


def run(file: Path, code: CodeType, tests: Sequence[str]) -> int:
    """Start these tests with `code` in the place of this file's; the process, whose status is 0 when they pass."""
    files = dict.fromkeys(test.partition("::")[0] for test in tests)

    def mutated() -> int:
        loader: Any = importlib.machinery.SourceFileLoader
        usual = loader.get_code
        loader.get_code = lambda self, name: code if self.path == str(file) else usual(self, name)
        return int(pytest.main(["-x", *OPTIONS, *files], [_Only(tests)]))

    return fork(mutated)


def fork(what: Callable[[], int]) -> int:
    """A child that does this and ends with its answer, in silence. It shares what is imported."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 70
    with contextlib.suppress(BaseException):
        out = os.open(os.devnull, os.O_WRONLY)
        os.dup2(out, 1)
        os.dup2(out, 2)
        status = what()
    os._exit(status)
