"""`python -m benchmarks.why [--out docs/images]`: draws the pictures and prints the table, in both languages."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.why import pictures
from benchmarks.why.delays import delays, last_polls, table
from watchtower.model import Language


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default="docs/images", show_default=True
)
def main(out: Path) -> None:
    """Draw the pictures of docs/why-it-paged.md and print its tables."""
    out.mkdir(parents=True, exist_ok=True)
    found = delays()
    pictures.that_second(out / "why-that-second.png")
    pictures.what_waits(out / "why-it-waits.png")
    pictures.day_and_night(out / "why-day-and-night.png")
    pictures.which_budget(found, out / "why-which-budget.png")
    for language in Language:
        click.echo(f"{last_polls(language)}\n\n{table(found, language)}\n")


if __name__ == "__main__":
    main()
