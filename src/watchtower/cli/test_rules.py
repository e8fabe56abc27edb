"""`watchtower test-rules` runs tests of rules."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import configuration_options, new_command, plan_of, write
from watchtower.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watchtower.rule_tests.report import RuleTestResult

_FOLDER = Path("tests") / "rules"


@new_command("test-rules")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@configuration_options
@click.option("--run", "pattern", default="", help="Only tests whose name contains this text.")
@click.option(
    "--json", "in_json", is_flag=True, help="One JSON object: ok, passed, failed, never_fired, tests."
)
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML for CI to this file."
)
def command(
    files: tuple[Path, ...], rules: Path, checks: Path, pattern: str, in_json: bool, junit: Path | None
) -> None:
    """Play the timelines in FILES on the engine that runs live, and hold what comes of them against what is expected.

    Without FILES: tests/rules/*.toml beside the rules file. Nothing is sent, and secrets need not be set.

    Exit status 0 when every expectation is met, 1 when one is not, 2 when a file is wrong.
    """
    from watchtower.rule_tests.report import as_json
    from watchtower.rule_tests.report import junit as as_junit

    results, never = _run(files, rules, checks, pattern)
    if junit is not None:
        write(junit, as_junit(results))
    if in_json:
        click.echo(json.dumps(as_json(results, never), ensure_ascii=False))
    else:
        _show(results, never if not pattern else [])
    sys.exit(0 if all(result.passed for result in results) else 1)


def _run(
    files: Sequence[Path], rules: Path, checks: Path, pattern: str
) -> tuple[list[RuleTestResult], list[str]]:
    from watchtower.rule_tests.expectations import unmet
    from watchtower.rule_tests.play import play
    from watchtower.rule_tests.reading import read
    from watchtower.rule_tests.report import RuleTestResult, never_fired

    found = list(files) or sorted((rules.parent / _FOLDER).glob("*.toml"))
    if not found:
        raise UsageError(
            f"there is no test: no *.toml in {rules.parent / _FOLDER}\n  hint: docs/commands/test-rules.md shows one"
        )
    plan = plan_of(rules, checks)
    tests = [test for test in read(found, plan) if pattern in test.name]
    if not tests:
        raise UsageError(
            f'no test has a name with "{pattern}" in it' if pattern else "there is no [[test]] in these files"
        )
    results = []
    for test in tests:
        began = time.perf_counter()
        course = play(test, plan)
        results.append(RuleTestResult(course, unmet(course), time.perf_counter() - began))
    return results, never_fired(results, list(plan.rules))


def _show(results: Sequence[RuleTestResult], never: Sequence[str]) -> None:
    from watchtower.replay.chart import LEGEND
    from watchtower.rule_tests.report import words

    for result in results:
        for number, line in enumerate(words(result)):
            colour = ("green" if result.passed else "red") if number == 0 else None
            click.echo(click.style(line, fg=colour))
        if not result.passed:
            click.echo()
    failed = sum(not result.passed for result in results)
    if failed:
        click.echo(f"{LEGEND}\n")
    count = f"{len(results)} test{'' if len(results) == 1 else 's'}"
    click.echo(f"{count}: {f'{failed} failed' if failed else 'all passed'}")
    if never:
        click.echo(f"fired in no test: {', '.join(never)}")
