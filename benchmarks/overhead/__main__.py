"""The sitting: every stack with every number of checks, turn and turn about, so that all see the same machine."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.overhead import report
from benchmarks.overhead.run import DEFAULTS
from benchmarks.overhead.stack import STACKS

_BEYOND = 60.0
"""Seconds that a run takes besides warm-up and steady state, about; for the bar only."""

EPILOG = """\
`--stacks "watchtower:--channel=webhook"` gives options to one stack; what follows `--` goes to every run.
"""


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__, epilog=EPILOG)
    parser.add_argument("--stacks", default=",".join(STACKS))
    parser.add_argument("--checks", default="10,100,1000")
    parser.add_argument("--full", action="store_true", help="3,000 checks as well")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="short phases: to try it out, not to quote it")
    parser.add_argument("--out", type=Path, help="folder of results.json, results.md and results.png")
    parser.add_argument("--table", type=Path, help="a results.json: print its tables and end")
    return parser


def plan(args: argparse.Namespace, rest: list[str]) -> list[tuple[str, list[str]]]:
    """What is run, in order: a line for people, and the command."""
    sizes = [int(size) for size in args.checks.split(",")] + ([3000] if args.full else [])
    quick = ["--steady=10", "--warmup=3", "--trials=10"] if args.quick else []
    out = []
    for _ in range(args.repeat):
        for size in sizes:
            for spec in args.stacks.split(","):
                name, *options = spec.split(":")
                module = [sys.executable, "-m", "benchmarks.overhead.run", name, f"--checks={size}"]
                out.append((f"{name}, {size:,} checks", [*module, *quick, *options, *rest]))
    return out


def run(command: list[str], wait: Any) -> dict[str, Any]:
    """Run it, calling `wait` while it runs; its JSON, or why there is none."""
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen(command, stdout=said, stderr=complained, cwd=root)
        try:
            while process.poll() is None:
                time.sleep(0.2)
                wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        said.seek(0)
        complained.seek(0)
        try:
            found: dict[str, Any] = json.loads(said.read())
        except ValueError:
            size = int(command[4].removeprefix("--checks="))
            lines = complained.read().strip().splitlines()
            why = f"exit {process.returncode}: {lines[-1] if lines else 'no word'}"
            found = {"stack": command[3], "args": {"checks": size}, "error": why}
        return found


def sitting(runs: list[tuple[str, list[str]]], out: Path, expected: float) -> list[dict[str, Any]]:
    """All runs; results.json is written after each. A bar on a terminal, a line for each run elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    results: list[dict[str, Any]] = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=len(runs) * expected)
        for number, (line, command) in enumerate(runs):
            begun = time.monotonic()
            progress.update(bar, description=f"[{number + 1}/{len(runs)}] {line}")
            if not console.is_terminal:
                print(f"[{number + 1}/{len(runs)}] {line}", file=sys.stderr, flush=True)

            def wait(begun: float = begun, number: int = number) -> None:
                share = min(0.98, (time.monotonic() - begun) / expected)
                progress.update(bar, completed=(number + share) * expected)

            results.append(run(command, wait))
            (out / "results.json").write_text(json.dumps(results))
        progress.update(bar, completed=len(runs) * expected)
    return results


def main() -> int:
    own, _, rest = " ".join(sys.argv[1:]).partition(" -- ")
    args = arguments().parse_args(own.split())
    if args.table:
        print(report.tables(json.loads(args.table.read_text())))
        return 0
    out = args.out or Path(tempfile.mkdtemp(prefix="overhead-"))
    out.mkdir(parents=True, exist_ok=True)
    expected = (13.0 if args.quick else DEFAULTS["steady"] + DEFAULTS["warmup"]) + _BEYOND
    results = sitting(plan(args, rest.split()), out, expected)
    text = report.tables(results)
    (out / "results.md").write_text(text + "\n")
    drawn = report.plot(results, out / "results.png")
    print(text)
    print(f"\nIn {out}: results.json, results.md{', results.png' if drawn else ' (a plot needs matplotlib)'}")
    return 1 if any("error" in result for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
