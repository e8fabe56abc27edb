"""Which tests run a function, and whether one of them fails when it is changed: asked of the tests themselves.

All is done in one session of pytest, after the tests are collected. What may harm it is done in a child.
"""

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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest

SLOW = 3.0
"""Seconds of the processor from which on a test is left out: for each mutant there are about twenty."""
OPTIONS = ("-qq", "-s", "-n0", "-p", "no:cacheprovider", "--no-header", "--timeout=60", "-p", "no:warnings")
Beside = Mapping[tuple[str, str], Sequence[str]]
"""By file and function, as in `Class.method`: its tests, first those that call least else. By file and "" those of the whole file."""


class Session:
    """The tests, collected once; then `work` is done with them in the place of running them.

    Properties that draw their examples anew each time are left out: they take long, and find a mutant by chance.
    """

    def __init__(self, work: Callable[[Session], None]) -> None:
        self.work, self.items, self.failed = work, dict[str, pytest.Item](), set[str]()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        sources = ((item, inspect.getsource(item.function)) for item in items)  # type: ignore[attr-defined]
        items[:] = [item for item, said in sources if "@given" not in said or "derandomize" in said]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:  # while they were collected
            raise session.Failed("the tests cannot be collected")
        self.items = {item.nodeid: item for item in session.items}
        self.work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    def passes(self, test: str) -> bool:
        item = self.items[test]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return test not in self.failed

    def beside(self, below: Path, workers: int) -> tuple[Beside, Sequence[str]]:
        """Of each function of a file below this folder its tests; and the tests that fail before anything is changed."""
        called: dict[str, tuple[float, set[tuple[str, str]]]] = {}
        failing: list[str] = []
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:

            def ask(part: int) -> int:
                said = {test: self._calls(test, str(below)) for test in [*self.items][part::workers]}
                Path(folder, str(part)).write_text(repr((said, sorted(self.failed))), encoding="utf-8")
                return 0

            children = [fork(lambda part=part: ask(part)) for part in range(workers)]  # type: ignore[misc]
            for part, child in enumerate(children):
                os.waitpid(child, 0)
                said, failed = ast.literal_eval(Path(folder, str(part)).read_text(encoding="utf-8"))
                called |= {test: one for test, one in said.items() if one[0] < SLOW and test not in failed}
                failing += [test for test in failed if said[test][0] < SLOW]
        out: dict[tuple[str, str], list[str]] = defaultdict(list)
        imported = {path: _imported(path, below) for path in {item.path for item in self.items.values()}}
        for test, (_, functions) in sorted(called.items(), key=lambda one: len(one[1][1])):
            files = {file for file, _ in functions} | imported[self.items[test].path]
            for place in functions | {(file, "") for file in files}:
                out[place].append(test)
        return dict(out), failing

    def _calls(self, test: str, below: str) -> tuple[float, set[tuple[str, str]]]:
        """Seconds of the processor that the test takes, and the functions below this folder that it calls, by file and name."""
        found = set[CodeType]()

        def called(frame: FrameType, event: str, arg: object) -> None:
            found.add(frame.f_code)

        begin = time.process_time()
        sys.settrace(called)
        try:
            self.passes(test)
        finally:
            sys.settrace(None)
        here = (code for code in found if code.co_filename.startswith(below))
        functions = {(code.co_filename, code.co_qualname.partition(".<locals>")[0]) for code in here}
        return time.process_time() - begin, functions

    def run(self, file: Path, function: str, code: CodeType, tests: Sequence[str]) -> int:
        """Start these tests with `code` in the place of this file's; the process, whose status is 0 when they pass.

        A changed function takes its place in what is imported. What passes so is imported anew, because a table, or
        something that is called while it is imported, has made other things by then.
        """

        def changed() -> int:
            if _replaced(file, function, code) and not all(map(self.passes, tests)):
                return 1
            return _anew(file, code, tests)

        return fork(changed)


def _imported(test: Path, below: Path) -> set[str]:
    """Files below this folder that a file of tests imports: it may look at their tables and call nothing there."""
    found = set[str]()
    package = ".".join(below.parts[-2:])
    for node in ast.walk(ast.parse(test.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package):
            home = below.joinpath(*(node.module or "").removeprefix(package).strip(".").split("."))
            found |= {str(home.with_suffix(".py")), *(str(home / f"{one.name}.py") for one in node.names)}
    return found


def _replaced(file: Path, function: str, code: CodeType) -> bool:
    """Whether the function of this name has now the code that it has in the module's `code`."""
    (module,) = (one for one in [*sys.modules.values()] if getattr(one, "__file__", None) == str(file))
    new = {(one.co_qualname, one.co_firstlineno): one for one in _codes(code)}
    found = list(_functions(module, function))
    for one in found:
        try:
            one.__code__ = new[one.__code__.co_qualname, one.__code__.co_firstlineno]
        except ValueError:  # it needs another number of names from around it: `super()` is gone
            return False
    return bool(found)


def _functions(module: ModuleType, function: str) -> Iterator[FunctionType]:
    found: Any = module
    for name in function.split(".") if function else ():
        found = vars(found)[name]
    for of in ("fget", "func", "__func__", "__wrapped__"):
        found = getattr(found, of, None) or found
    if isinstance(found, FunctionType):
        yield found


def _codes(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _codes(one)


class _Only:
    """Of what was collected only these tests, in this order."""

    def __init__(self, tests: Iterable[str]) -> None:
        self.place = {test: index for index, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid]
        )


def _anew(file: Path, code: CodeType, tests: Sequence[str]) -> int:
    """The status of these tests, where the product and they are imported anew."""
    for name in [*sys.modules]:
        if name.partition(".")[0] in ("watchtower", "tests"):
            del sys.modules[name]
    loader: Any = importlib.machinery.SourceFileLoader
    usual = loader.get_code
    loader.get_code = lambda self, name: code if self.path == str(file) else usual(self, name)
    return int(
        pytest.main(
            ["-x", *OPTIONS, *dict.fromkeys(test.partition("::")[0] for test in tests)], [_Only(tests)]
        )
    )


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
