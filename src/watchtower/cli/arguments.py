"""What commands share: their options, the types of these, and what a refusal looks like."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from watchtower.core.parse_time import parse_instant
from watchtower.errors import ConfigError, UsageError, WatchtowerError
from watchtower.fields import parse_duration
from watchtower.model import Language

if TYPE_CHECKING:
    from watchtower.core.plan import Plan

F = TypeVar("F", bound=Callable[..., Any])


class ConsoleCommand(click.Command):
    """A command that ends with what is wrong: exit status 2 for bad usage or configuration, else 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WatchtowerError as error:
            click.echo(str(error), err=True)
            sys.exit(2 if isinstance(error, UsageError | ConfigError) else 1)


new_command = partial(click.command, cls=ConsoleCommand)
url_option = click.option(
    "--url",
    default="",
    help="The daemon's address; by default WATCHTOWER_LISTEN, else that of `watchtower login`.",
)
by_option = click.option("--by", default="", help="Who does it; by default the user of this machine.")
lang_option = click.option(
    "--lang",
    type=click.Choice([str(one) for one in Language]),
    default="en",
    show_default=True,
    callback=lambda _context, _option, value: Language(value),
    help="Language.",
)


def configuration_options(function: F) -> F:
    """Adds `--rules` and `--checks`."""
    for name, default, said in (
        ("checks", "checks", "The folder of checks."),
        ("rules", "rules.toml", "The rules file."),
    ):
        add = click.option(
            f"--{name}", type=click.Path(path_type=Path), envvar=f"WATCHTOWER_{name.upper()}", default=default,
            show_default=True, show_envvar=True, help=said,
        )  # fmt: skip
        function = add(function)
    return function


PICTURE = click.Path(path_type=Path, dir_okay=False)


def note(text: str) -> None:
    """A line on stderr, beside what the command prints."""
    click.echo(text, err=True)


def plan_of(rules: Path, checks: Path, notes: Callable[[str], None] = lambda _: None) -> Plan:
    """The plan of these files for a command that sends nothing; `notes` gets the warnings. Raises ConfigError."""
    from watchtower.replay.loading import load_for_replay

    return load_for_replay(rules, checks, os.environ, notes).plan


def must_be(kind: str, name: str, known: Mapping[str, object], where: str = "") -> None:
    """Raises UsageError, with the nearest name, where there is no such thing among those `known`."""
    from watchtower.core.expressions import suggest

    if name not in known:
        raise UsageError(f'{where}there is no {kind} "{name}"\n  hint: {suggest(name, known)}')


def actor(by: str) -> str:
    """Who acts: `by`, or the user of this machine. Raises UsageError where nobody knows."""
    try:
        return by.strip() or getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("this machine does not know who you are: give --by NAME") from None


def write(file: Path, content: str | bytes) -> None:
    """Writes the file. Raises UsageError where that cannot be."""
    try:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {(error.strerror or str(error)).lower()}") from None


def must_draw(file: Path | None) -> None:
    """Raises UsageError where a picture is asked for and cannot be drawn: better now than at the end."""
    if file is not None:
        from watchtower.pictures import matplotlib

        matplotlib()


class Duration(click.ParamType[float]):
    """Seconds, written `90s`, `5m`, `1h30m`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[float]):
    """Epoch seconds, also written in ISO 8601; UTC where no zone is written."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_instant(value)
        except ValueError:
            self.fail(f'"{value}" is no time: write 1995-08-01T14:43:00Z or epoch seconds', param, ctx)


class Ago(click.ParamType[float]):
    """A time as `Moment` takes it, or an age such as `20m`. The value is in epoch seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, str) and value[-1:].isalpha() and not value.endswith("Z"):
            ago: float = Duration().convert(value, param, ctx)
            return datetime.now(UTC).timestamp() - ago
        moment: float = Moment().convert(value, param, ctx)
        return moment


@contextmanager
def progress(what: str, total: float) -> Iterator[Callable[[int], None]]:
    """Gives the function that is told how much is done so far, of `total`."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
