"""`load` reads all files and returns the plan, or raises with everything that is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from watchtower import channels
from watchtower.collector import resting
from watchtower.config import budget_lint, degrade_checks, lint, sources, template_checks, unused, vendor_lint
from watchtower.config.build import build
from watchtower.config.check_drafts import read_flows_and_checks
from watchtower.config.crosschecks import (
    check_flows,
    check_paging,
    check_responders,
    check_rules,
    check_series,
    stand_in_channels,
)
from watchtower.config.deadline_checks import check_deadlines
from watchtower.config.degrade_checks import check_degrade, check_drills
from watchtower.config.derived import check_derived
from watchtower.config.entries import Context
from watchtower.config.flows import check_references
from watchtower.config.loaded import Loaded
from watchtower.config.locations import check_locations
from watchtower.config.others_alerts import add_rules, check_services
from watchtower.config.people_checks import calendars, check_people
from watchtower.config.problems import Report
from watchtower.config.rule_drafts import read_rules_and_people
from watchtower.config.rule_programs import Compiler
from watchtower.config.secrets import Secrets
from watchtower.config.stand_ins import StandIns
from watchtower.config.unchanged import Unchanged
from watchtower.config.views import check_views
from watchtower.errors import ConfigError, Problem
from watchtower.probes.registry import Registry
from watchtower.values import replace


def load(
    rules: Path,
    checks: Path,
    environ: Mapping[str, str],
    registry: Registry | None = None,
    *,
    sending: bool = True,
    elsewhere: Callable[[Mapping[str, Any]], bool] | None = None,
    unchanged: Unchanged | None = None,
) -> Loaded:
    """Read, validate, cross-check, compile. Starts nothing.

    Without `sending` (a replay), channels need not be configured, nor anybody be there to be paged. For a worker
    `elsewhere` says which checks it does not make: their secrets, and those of the rules, need not be there.
    What is `unchanged` is not read again, unless anything is wrong.

    Raises errors.ConfigError with every problem, free of secrets.
    """
    known = Registry.load(checks) if registry is None else registry
    sending = sending and elsewhere is None
    with resting():
        if unchanged is not None:
            with contextlib.suppress(ConfigError):
                return _load(rules, checks, environ, known, sending, elsewhere, unchanged)
        return _load(rules, checks, environ, known, sending, elsewhere, None)


def _load(
    rules: Path, checks: Path, environ: Mapping[str, str], registry: Registry, sending: bool,
    elsewhere: Callable[[Mapping[str, Any]], bool] | None, unchanged: Unchanged | None,
) -> Loaded:  # fmt: skip
    report, secrets = Report(), Secrets()
    stand_ins = environ if elsewhere is None else StandIns(environ, rules, checks)
    context = Context(
        environ, secrets, report, lambda raw: elsewhere is not None and elsewhere(raw), stand_ins
    )
    rules_files = sources.read_rules(rules, report)
    checks_files = sources.read_checks(checks, report, unchanged)
    if unchanged is not None and not unchanged.beside(source.data for source in checks_files.files):
        raise ConfigError([])
    for problem in registry.problems:
        report.problem(replace(problem, file=_as_given(problem.file, checks)))
    for problem in channels.problems():
        report.problem(problem)
    watched = read_flows_and_checks(checks_files, registry, context)
    people = read_rules_and_people(rules_files, replace(context, environ=stand_ins))
    if watched.complete and not watched.checks:
        hint = "write a [[check]] with name and probe in a file there, such as checks/machine.toml"
        report.problem(Problem(str(checks), 1, "", "there is no [[check]] in this folder", hint))
        watched.complete = False
    if not sending:
        stand_in_channels(people)
    check_flows(watched)
    check_series(watched)
    check_views(watched)
    check_references(watched)
    check_locations(watched)
    check_derived(watched)
    check_services(watched)
    add_rules(watched, people)
    check_responders(people)
    check_people(people)
    compiler = Compiler(watched)
    compiled = [(rule, compiler.compile(rule)) for rule in people.rules]
    check_rules(compiled, people)
    check_deadlines(watched, people)
    check_degrade(watched, people)
    check_drills(watched, people)
    if sending:
        check_paging(people)
    ignored = lint.ignored(people)
    if report.problems:
        raise ConfigError([_redacted(problem, secrets) for problem in report.problems])
    unused.warn(watched, people, compiled)
    lint.warn(watched, people, compiled)
    degrade_checks.warn(people)
    plan = build(watched, people, compiled)
    template_checks.check_templates(people, plan)
    if report.problems:
        raise ConfigError([_redacted(problem, secrets) for problem in report.problems])
    unused.warn_of_windows(people, plan)
    budget_lint.warn(people, plan)
    vendor_lint.warn(people, plan)
    files = (
        *rules_files.watch, *checks_files.watch, *sorted(secrets.files), *sorted(checks.glob("*.py")), *calendars(people),
    )  # fmt: skip
    warnings = tuple(_redacted(one, secrets) for one in report.warnings if one.name not in ignored)
    texts = {Path(one.name): one.packed for one in (*rules_files.files, *checks_files.files)}
    return Loaded(plan, secrets, tuple(dict.fromkeys(files)), warnings, texts=texts)


def _as_given(file: str, folder: Path) -> str:
    """Puts the folder that people named in the place of its whole path, by which Python speaks of files."""
    whole = Path(file).resolve()
    return str(folder / whole.name) if whole.parent == folder.resolve() else file


def _redacted(problem: Problem, secrets: Secrets) -> Problem:
    return replace(
        problem,
        where=secrets.redact(problem.where),
        what=secrets.redact(problem.what),
        hint=secrets.redact(problem.hint),
    )
