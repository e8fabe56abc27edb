"""`make mutants`: the known mutants, then some drawn at random; for each the tests beside its rule must fail.

`MUTANTS` (50) of them, `MUTANTS_SEED` repeats a draw, `MUTANTS_MINUTES` (10) bounds it. Each is a change of one comparison,
operator of logic, constant, call or keyword, in a copy of the source. The exit status is 1 when one survives.
"""

from __future__ import annotations

import ast
import copy
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutants.known import KNOWN

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "watchtower" / "core"
ROOMS = (
    "notify",
    "incident",
    "people",
    "oncall",
    "route.py",
    "telling.py",
    "receipts.py",
    "alerts.py",
    "incidents.py",
    "correlate.py",
)
TESTS = ("tests/people", "tests/notify", "tests/incident", "tests/oncall", "tests/core")
NOT = {"ical.py", "picture.py"}
"""Files and drawings, not rules of who is told."""
OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """What could stand in the place of this node."""
    new = copy.deepcopy(node)
    match new:
        case ast.Compare(ops=[op]):
            new.ops = [OTHER[type(op)]()]
            yield new
        case ast.BoolOp(op=op):
            new.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield new
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)) | ast.Constant(value=float(value)):
            yield ast.Constant(value + 1)
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Call(keywords=[_, *_]):
            new.keywords = new.keywords[1:]
            yield new
        case _:
            pass


def mutants(file: Path) -> Iterator[tuple[Path, int, str, str]]:
    """File, line, the source as it is written by the compiler, and as it is changed."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    plain = ast.unparse(tree)
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        for statement in function.body:
            for node in ast.walk(statement):
                for new in changed(node):
                    text = ast.unparse(_with(tree, node, new))
                    yield file, getattr(node, "lineno", 0), plain, text


def _with(tree: ast.Module, node: ast.AST, new: ast.AST) -> ast.Module:
    memo: dict[int, object] = {id(node): new}
    return copy.deepcopy(tree, memo)


def tests_fail(source: Path, tests: Sequence[str], until: float) -> bool:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "--no-header",
        *tests,
    ]
    path = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=path,
            capture_output=True,
            timeout=max(60.0, until - time.monotonic()),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True  # it never comes to an end: noticed
    return done.returncode == 1 or b"ImportError" in done.stdout


def dies(source: Path, file: Path, text: str, tests: Sequence[str], until: float) -> bool:
    there = source / file.relative_to(ROOT / "src")
    before = there.read_text(encoding="utf-8")
    there.write_text(text, encoding="utf-8")
    try:
        return tests_fail(source, tests, until)
    finally:
        there.write_text(before, encoding="utf-8")


def main() -> int:
    seed = int(os.environ.get("MUTANTS_SEED") or random.randrange(1 << 31))
    until = time.monotonic() + 60 * float(os.environ.get("MUTANTS_MINUTES") or 10)
    print(f"MUTANTS_SEED={seed}", flush=True)
    survived = tried = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        for one in KNOWN:
            files = [f for f in CORE.rglob("*.py") if f.read_text(encoding="utf-8").count(one.before) == 1]
            if len(files) != 1:
                print(f"STALE     {one.what}: {one.before!r} stands in {len(files)} files")
                survived += 1
                continue
            text = files[0].read_text(encoding="utf-8").replace(one.before, one.after)
            died = dies(source, files[0], text, [one.test], until)
            print(f"{'died' if died else 'SURVIVED':9} {one.what}", flush=True)
            tried, survived = tried + 1, survived + (not died)
        files = [f for name in ROOMS for f in sorted((CORE / name).rglob("*.py") or [])]
        files += [CORE / name for name in ROOMS if (CORE / name).is_file()]
        every = [m for f in dict.fromkeys(files) if f.name not in NOT for m in mutants(f)]
        count = min(len(every), int(os.environ.get("MUTANTS") or 50))
        beside = [test for test in TESTS if (ROOT / test).is_dir()]
        for file, line, plain, text in random.Random(seed).sample(every, count):
            if time.monotonic() > until:
                print("time is over")
                break
            died = dies(source, file, text, beside, until)
            print(f"{'died' if died else 'SURVIVED':9} {file.relative_to(ROOT)}:{line}", flush=True)
            if not died:
                print(
                    *difflib.unified_diff(plain.splitlines(), text.splitlines(), lineterm="", n=1), sep="\n"
                )
            tried, survived = tried + 1, survived + (not died)
    print(f"MUTANTS_SEED={seed}: {tried} tried, {survived} survived or stale")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
