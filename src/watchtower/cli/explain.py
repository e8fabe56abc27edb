"""`watchtower explain NAME` explains when a check would page, or why an incident has its severity."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import (
    Moment,
    configuration_options,
    lang_option,
    new_command,
    note,
    plan_of,
    url_option,
)
from watchtower.errors import UsageError
from watchtower.model import Language

if TYPE_CHECKING:
    from watchtower.cli.explain_sources import Found

_INCIDENT = re.compile(r"INC-\d+")
_WIDEST = 84
"""Characters of a plot: a longer line is no easier to read."""


@new_command()
@click.argument("name")
@configuration_options
@click.option(
    "--samples", "files", multiple=True, metavar="CHECK=FILE",
    help="Replay these samples instead of asking the daemon, as backtest does. May be repeated.",
)  # fmt: skip
@click.option("--until", type=Moment(), help="With --samples: as it was then. Default: after the last row.")
@click.option("--week", is_flag=True, help="Plot the usual week, not the day.")
@click.option("--no-plot", is_flag=True, help="Words only.")
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object, as the API gives it.")
@url_option
def command(
    name: str, rules: Path, checks: Path, files: tuple[str, ...], until: float | None, week: bool,
    no_plot: bool, lang: Language, as_json: bool, url: str,
) -> None:  # fmt: skip
    """What is expected of NAME (CHECK or CHECK[SERIES]) now, and why it would page: asked of the running daemon.

    Where NAME is an incident, such as INC-7: why it is at its level. When no daemon answers, its store is asked;
    with --samples, a replay.

    Exit status 0; 1 when neither daemon nor store can tell; 2 for bad usage or configuration.
    """
    # One kind of thing that can be explained is one file in watchtower/explain: here it is chosen by its name.
    if until is not None and not files:
        raise UsageError("--until needs --samples")
    incident = _INCIDENT.fullmatch(name) is not None
    if incident:
        body, source = _incident(name, rules, checks, files, url)
    else:
        body, source = _check(name, rules, checks, files, until, url)
    if as_json:
        click.echo(json.dumps({**body, "source": source}, ensure_ascii=False))
        return
    if incident:
        from watchtower.explain.incident import words as of_incident

        for line in of_incident(body, source, lang):
            click.echo(line)
        return
    from watchtower.explain.check import words

    width = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
    for line in words(body, source, lang, width, week=week, picture=not no_plot and _shows_dots()):
        click.echo(line)


def _incident(name: str, rules: Path, checks: Path, files: tuple[str, ...], url: str) -> Found:
    from watchtower.api.client import Unreachable
    from watchtower.cli import explain_sources as sources
    from watchtower.config.settings import read

    if files:
        raise UsageError(
            f"--samples: of a replay's incidents tells watchtower backtest, with --explain {name}"
        )
    try:
        return sources.incident_from_daemon(url, name)
    except Unreachable as error:
        if url:
            raise
        note(str(error).splitlines()[0])
        return sources.incident_from_store(read(os.environ, rules=rules, checks=checks), name, note)


def _check(
    name: str, rules: Path, checks: Path, files: tuple[str, ...], until: float | None, url: str
) -> Found:
    from watchtower.api.client import Unreachable
    from watchtower.cli import explain_sources as sources
    from watchtower.config.settings import read

    check, _, rest = name.partition("[")
    series = rest.removesuffix("]")
    settings = read(os.environ, rules=rules, checks=checks)
    if files:
        from watchtower.cli.replayed_samples import Asked, collect

        plan = plan_of(rules, checks, note)
        return sources.from_samples(plan, collect(Asked(files), plan), check, series, until)
    try:
        return sources.from_daemon(url, check, series)
    except Unreachable as error:
        if url:
            raise
        note(str(error).splitlines()[0])
        return sources.from_store(settings, check, series, note)


def _shows_dots() -> bool:
    """Can this terminal's encoding write braille?"""
    try:
        "⣿┤▲".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
