"""Lists of commands: a table on a terminal, in a pager where it is long, fields with tabs for scripts, JSON, or kept fresh."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from watchtower.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from watchtower.api.client import Client

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object an entry, as the API gives it."
)
watch_option = click.option(
    "--watch", is_flag=True, help="Keep it fresh on the terminal, every two seconds, until Ctrl-C."
)
exit_code_option = click.option(
    "--exit-code", is_flag=True, help="Exit status 3 when something is wrong in the list."
)
EVERY = 2.0
WRONG = 3


@dataclass(frozen=True, slots=True)
class Listing:
    """`rows` have a cell for each of `columns`, `styles` a style for the first cell of each row, `items` their JSON. `empty` is
    said when there are none; `wrong`: something in it is."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    items: Sequence[Any]
    empty: str
    styles: Sequence[str] = ()
    wrong: bool = False


def present(
    url: str,
    fetch: Callable[[Client], Listing],
    *,
    as_json: bool = False,
    watch: bool = False,
    exit_code: bool = False,
) -> None:
    """Shows the list that `fetch` gives, then ends with status 3 where that is asked for and something is wrong."""
    from watchtower.api.client import Client

    client = Client(url)
    if watch:
        _watch(client, fetch)
        return
    it = fetch(client)
    if as_json:
        page_out([json.dumps(one, ensure_ascii=False) for one in it.items])
    elif not it.rows:
        click.echo(it.empty)
    elif sys.stdout.isatty():
        from rich.console import Console

        console = Console()
        with console.capture() as drawn:
            console.print(table(it))
        page_out(drawn.get().splitlines())
    else:
        page_out(["\t".join(row) for row in it.rows])
    if exit_code and it.wrong:
        sys.exit(WRONG)


def page_out(lines: Sequence[str]) -> None:
    """Prints lines; on a terminal that has fewer by PAGER (`less` where it is not set)."""
    if sys.stdout.isatty() and len(lines) >= shutil.get_terminal_size().lines:
        from watchtower.outside_text import clean_for_terminal

        os.environ.setdefault("LESS", "FRX")
        click.echo_via_pager(clean_for_terminal("\n".join(lines)) + "\n", color=True)
        return
    for line in lines:
        click.echo(line)


def table(it: Listing) -> Table:
    from rich.table import Table
    from rich.text import Text

    out = Table(*it.columns, box=None, pad_edge=False)
    for row, style in zip(it.rows, it.styles or [""] * len(it.rows), strict=True):
        out.add_row(Text(row[0], style=style), *map(Text, row[1:]))
    return out


def _watch(client: Client, fetch: Callable[[Client], Listing]) -> None:
    """Draws the list anew until Ctrl-C. While no daemon answers, the last one stays, with a line that says so."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from watchtower.api.client import Unreachable

    if not sys.stdout.isatty():
        raise UsageError("--watch needs a terminal: for scripts there is --json")
    it, since = None, 0.0
    # Past the filter of standard output, which would take out how the cursor is moved; the client has cleaned the texts.
    with (
        suppress(KeyboardInterrupt),
        open(os.dup(1), "w", encoding="utf-8", errors="replace") as out,
        Live(console=Console(file=out), screen=True, auto_refresh=False) as live,
    ):
        while True:
            try:
                it, since = fetch(client), time.time()
                line = Text(f"{client.url}  {datetime.now().astimezone():%H:%M:%S}", style="dim")
            except Unreachable as error:
                line = Text(
                    f"{error}\n" + (f"as it was {time.time() - since:.0f} s ago" if it else ""),
                    style="bold red",
                )
            body = Text("") if it is None else table(it) if it.rows else Text(it.empty)
            live.update(Group(line, body), refresh=True)
            time.sleep(EVERY)


def local(instant: str | None) -> str:
    """`2026-11-22 15:43:53 +0800` of an instant of the API; nothing of none."""
    return f"{datetime.fromisoformat(instant).astimezone():%Y-%m-%d %H:%M:%S %z}" if instant else ""


def text_of(found: Mapping[str, str] | None) -> str:
    return (found or {}).get("en", "")
