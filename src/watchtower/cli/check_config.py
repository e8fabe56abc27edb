"""`watchtower check-config` validates the configuration and prints a summary."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from watchtower.cli.arguments import configuration_options, new_command
from watchtower.errors import ConfigError, Problem, WatchtowerError

if TYPE_CHECKING:
    from watchtower.config.environment import EnvironmentSettings
    from watchtower.core.plan import Plan


NAMES = 10
"""Checks that are named in one line."""
MOST = 50
"""Problems that are shown: what is wrong with one table is often wrong with a hundred."""


@new_command()
@configuration_options
@click.option("--json", "in_json", is_flag=True, help="One JSON object: ok, problems, warnings, summary.")
@click.option("--strict", is_flag=True, help="Exit status 1 when there are warnings.")
def command(rules: Path, checks: Path, in_json: bool, strict: bool) -> None:
    """Check rules.toml and checks/ without starting anything.

    Everything wrong is told at once, each with its file and line (exit status 2); else what it comes to.
    """
    from watchtower.config.load import load
    from watchtower.config.loaded import nothing_judged
    from watchtower.config.settings import doubts, read
    from watchtower.config.summary import as_json, summary, words

    try:
        settings = read(os.environ, rules=rules, checks=checks)
        loaded = load(settings.rules, settings.checks, os.environ)
        if wrong := nothing_judged(loaded.plan, settings.rules):
            raise ConfigError(wrong)
    except ConfigError as error:
        if in_json:
            click.echo(json.dumps({"ok": False, "problems": as_json(error.problems)}, ensure_ascii=False))
        else:
            shown, count = error.problems[:MOST], len(error.problems)
            more = f", of which the first {MOST} are shown (--json: all)" if count > MOST else ""
            said = "\n".join(map(str, shown))
            click.echo(f"{said}\n\n{count} problem{'' if count == 1 else 's'}{more}", err=True)
        sys.exit(2)
    except WatchtowerError as error:
        if in_json:
            wrong = [Problem("environment", 0, "", line) for line in str(error).splitlines()]
            click.echo(json.dumps({"ok": False, "problems": as_json(wrong)}, ensure_ascii=False))
        else:
            click.echo(str(error), err=True)
        sys.exit(2)
    warnings = (*loaded.warnings, *doubts(settings, os.environ, loaded))
    good = not (strict and warnings)
    found = {**summary(loaded), "losses": _losses(loaded.plan, settings)}
    if settings.store.startswith("postgres"):
        found["stays"] = _staying(loaded.plan, settings)
    if in_json:
        told = {"ok": good, "problems": [], "warnings": as_json(warnings), "summary": found}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for warning in warnings:
            click.echo(f"warning: {_with_name(warning)}", err=True)
        for what, value in words(found):
            click.echo(f"{what:<10} {value}")
        for why, names in found.get("stays", {}).items():
            more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
            click.echo(f"{'stays':<10} with the daemon, as {why}: {', '.join(names[:NAMES])}{more}")
        for one in found["losses"]:
            click.echo(f"{'sees':<10} {one['series']}: {one['said']}")
    sys.exit(0 if good else 1)


def _staying(plan: Plan, settings: EnvironmentSettings) -> dict[str, list[str]]:
    """Checks that no worker makes, by why."""
    from watchtower.app.sharding import stays
    from watchtower.probes.registry import Registry

    registry, found = Registry.load(settings.checks), dict[str, list[str]]()
    for name, check in plan.checks.items():
        if why := stays(check, registry):
            found.setdefault(why, []).append(name)
    return found


def _losses(plan: Plan, settings: EnvironmentSettings) -> list[dict[str, Any]]:
    """Which losses would be seen now, of the series whose traffic the daemon has learnt."""
    from watchtower.cli.learnt_losses import learnt_losses, sentence

    return [
        {
            "series": f"{check}[{series}]" if series else check, "said": sentence(losses),
            "losses": [
                {"missing_share": one.share, "rule": one.rule, "fires_after": one.seconds, "played_seconds": one.played}
                for one in losses
            ],
        }
        for (check, series), losses in learnt_losses(plan, settings)
    ]  # fmt: skip


def _with_name(warning: Problem) -> str:
    """Appends the warning's name, by which it can be ignored, to its first line."""
    first, *rest = str(warning).split("\n")
    return "\n".join([f"{first} [{warning.name}]" if warning.name else first, *rest])
