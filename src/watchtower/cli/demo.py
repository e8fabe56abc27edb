"""`watchtower demo` plays a real outage on the real engine; nothing leaves the machine."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watchtower.cli.arguments import lang_option, new_command
from watchtower.errors import UsageError
from watchtower.model import Language

if TYPE_CHECKING:
    from rich.console import Console

    from watchtower.demo.replay import DemoReplay

_DEFAULT_PICTURE = Path("watchtower-demo.png")


@new_command()
@lang_option
@click.option("--fast", is_flag=True, help="No animation: the messages line by line, at once.")
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), help=f"Where to draw the picture; default ./{_DEFAULT_PICTURE}."
)  # fmt: skip
@click.option("--no-picture", is_flag=True, help="Draw no picture.")
def command(lang: Language, fast: bool, picture: Path | None, no_picture: bool) -> None:
    """Play a real outage on the real engine; nothing leaves the machine.

    Three days of August 1995, when Hurricane Erin shut down NASA's web server, pass through the engine that runs
    live, with a mailbox and a phone on the screen. It takes about 45 seconds; --fast: two.
    """
    from rich.console import Console

    from watchtower.demo.numbers import summary
    from watchtower.demo.replay import tell

    if picture is not None and not picture.parent.is_dir():
        raise UsageError(f"{picture} cannot be written: there is no folder {picture.parent}")
    console = Console(highlight=False)
    try:
        story = tell(lang)
        if console.is_terminal and not fast:
            _animate(story, console)
        else:
            _lines(story, console)
        console.print()
        for line in summary(story):
            console.print(f"  {line}", soft_wrap=True)
        if not no_picture:
            _picture(story, picture, console)
    except KeyboardInterrupt:
        sys.exit(130)


def _animate(story: DemoReplay, console: Console) -> None:
    from rich.live import Live

    from watchtower.demo.playback import play
    from watchtower.demo.screen import Screen

    screen = Screen(story, console)
    with Live(screen.frame(story.start), console=console, auto_refresh=False, transient=False) as live:
        play(story, lambda at: live.update(screen.frame(at), refresh=True), time.sleep, time.monotonic)


def _lines(story: DemoReplay, console: Console) -> None:
    """Every message in time order, one a line."""
    from watchtower.demo import captions
    from watchtower.demo.screen import Screen

    clock, language = Screen(story, console).clock, story.language
    console.print(
        f"{captions.TITLE.in_(language)}{'。' if language is Language.ZH else '. '}{captions.LOCAL.in_(language)}",
        soft_wrap=True,
        markup=False,
    )
    said: list[tuple[float, int, str]] = [(c.at, 0, f"     {c.text.in_(language)}") for c in story.captions]
    for arrival in story.arrivals:
        to = captions.TO.in_(language).format(who=captions.names(arrival.to, language))
        text = arrival.text.split("\n", 1)[0]
        said.append((arrival.at, 1, f"{arrival.channel:5}  {to}: {text}"))
    for at, _, text in sorted(said, key=lambda line: line[:2]):
        console.print(f"{clock(at)}  {text}", soft_wrap=True, markup=False)


def _picture(story: DemoReplay, picture: Path | None, console: Console) -> None:
    from watchtower.pictures import matplotlib
    from watchtower.replay.plot import draw

    try:
        matplotlib()
    except UsageError as missing:
        if picture is not None:
            raise
        console.print(f"  {missing}", soft_wrap=True, markup=False)
        return
    file = picture or _DEFAULT_PICTURE
    draw([story.samples], story.records, (story.start, story.end), file)
    console.print(
        f"  {'图片：' if story.language is Language.ZH else 'Picture: '}{file}", soft_wrap=True, markup=False
    )
