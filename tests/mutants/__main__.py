"""`make mutants`: the known mutants, then some drawn at random; for each a test that runs its rule must fail.

`MUTANTS` (50) of them, `MUTANTS_SEED` repeats a draw, `MUTANTS_MINUTES` (10) bounds it, `MUTANTS_WORKERS` (2) at once.
`MUTANTS_AT="route.py:183 pages.py"` takes all that can be made of these lines and files, and no known ones. The exit status is 1 when one
survives.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import pytest

from tests.mutants.beside import OPTIONS, Beside, Session
from tests.mutants.draw import Mutant, mutants
from tests.mutants.known import EQUIVALENT, KNOWN

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "watchtower" / "core"
RULES = (
    "people",
    "notify",
    "incident",
    "oncall",
    "results",
    "grouping",
    "merge",
    "related_incidents",
    "auto_resolve",
    "receipts",
)
"""Folders and modules, wherever they stand in core: who is told, and what an incident is."""
TESTS = ("people", "severity", "silences", "notify", "incident", "pipeline", "oncall", "plan", "drills")
"""Folders of tests/core, beside the files that stand in it: what those of all features call is found in six minutes."""
NOT = {"ical.py", "role_descriptions.py"}
"""Calendars' files and texts, not rules of who is told."""


class Task(NamedTuple):
    what: str
    file: Path
    function: str
    code: CodeType
    tests: Sequence[str]
    difference: tuple[str, str] = ("", "")


def rules() -> list[Path]:
    found: dict[Path, None] = {}
    for name in RULES:
        here = [*CORE.rglob(f"{name}.py"), *(d for d in CORE.rglob(name) if d.is_dir())]
        if not here:
            sys.exit(
                f"No folder and no module {name} below {CORE}: where is it now? Say so in {__file__}, RULES."
            )
        for one in here:
            found.update(dict.fromkeys(sorted(one.rglob("*.py")) if one.is_dir() else [one]))
    return [file for file in found if file.name not in NOT]


def known(tests: Beside) -> Iterator[Task]:
    sources = {file: file.read_text(encoding="utf-8") for file in CORE.rglob("*.py")}
    for one in KNOWN:
        files = [file for file, text in sources.items() if text.count(one.before) == 1]
        if len(files) != 1:
            print(f"STALE     {one.what}: {one.before!r} stands in {len(files)} files: mend it in known.py")
            continue
        code = compile(sources[files[0]].replace(one.before, one.after), str(files[0]), "exec")
        own = [test for test in tests.get((str(files[0]), ""), ()) if test.startswith(one.test)]
        yield Task(one.what, files[0], "", code, own)


def drawn(some: Iterable[Mutant], tests: Beside) -> Iterator[Task]:
    for one in some:
        difference = one.difference
        place = f"{one.file.relative_to(CORE)}:{one.line}"
        if difference in EQUIVALENT:
            print(f"          {place} left out: {EQUIVALENT[difference]}", flush=True)
            continue
        code = compile(one.changed, str(one.file), "exec")
        # What is called only while its module is imported is in no test's calls.
        own = tests.get((str(one.file), one.function)) or tests.get((str(one.file), ""), ())
        yield Task(place, one.file, one.function, code, own, difference)


def survivors(
    session: Session, tasks: Iterator[Task], count: int, workers: int, until: float
) -> tuple[int, int]:
    """How many were tried, and how many survived."""
    running: dict[int, Task] = {}
    tried = survived = 0
    while True:
        while len(running) < workers and tried + len(running) < count and time.monotonic() < until:
            task = next(tasks, None)
            if task is None:
                break
            running[session.run(task.file, task.function, task.code, task.tests)] = task
        if not running:
            return tried, survived
        child, status = os.wait()
        task = running.pop(child)
        tried += 1
        died = os.waitstatus_to_exitcode(status) == 1
        print(f"{tried:3}/{count} {'died' if died else 'SURVIVED':9} {task.what}", flush=True)
        if not died:
            survived += 1
            before, after = task.difference
            print(f"    - {before}\n    + {after}\n    {len(task.tests)} tests, status {status}", flush=True)


def rules_tests() -> list[str]:
    here = Path("tests", "core")
    below = (test for name in TESTS for test in (here / name).rglob("test_*.py"))
    return sorted(map(str, [*here.glob("test_*.py"), *below]))


def main() -> int:
    seed = int(os.environ.get("MUTANTS_SEED") or random.randrange(1 << 31))
    at = tuple(one.rstrip(":") + ":" for one in os.environ.get("MUTANTS_AT", "").split())
    workers = int(os.environ.get("MUTANTS_WORKERS") or 2)
    until = time.monotonic() + 60 * float(os.environ.get("MUTANTS_MINUTES") or 10)
    print(f"MUTANTS_SEED={seed}; which test runs what?", flush=True)
    os.chdir(ROOT)
    every = [one for file in rules() for one in mutants(file)]
    if at:
        every = [m for m in every if any(one in f"/{m.file.name}:{m.line}:" for one in at)]
    random.Random(seed).shuffle(every)
    bad = True

    def work(session: Session) -> None:
        nonlocal bad
        tests, failing = session.beside(CORE, workers)
        for test in failing:
            print(f"fails before anything is changed, and is left out: {test}", flush=True)
        before = [] if at else list(known(tests))
        stale = 0 if at else len(KNOWN) - len(before)
        count = len(before) + (len(every) if at else min(len(every), int(os.environ.get("MUTANTS") or 50)))
        tasks = chain(before, drawn(every, tests))
        tried, survived = survivors(session, tasks, count, workers, until)
        late = f", {count - tried} not tried: time is over" if tried < count and not at else ""
        print(
            f"MUTANTS_SEED={seed}: {tried} tried of {len(every)} that can be made, {survived} survived{late}"
        )
        bad = bool(survived or failing or stale)

    pytest.main([*OPTIONS, *rules_tests()], [Session(work)])
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
