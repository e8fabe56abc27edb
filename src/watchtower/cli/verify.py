"""`watchtower verify FILE` finds every change in a log of incidents, offline."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from watchtower.cli.arguments import new_command
from watchtower.errors import UsageError

if TYPE_CHECKING:
    from watchtower.store.proof import Proof

_SHOWN = 20
"""Faults that are listed."""
_SQLITE = b"SQLite format 3\0"


@new_command()
@click.argument("log", metavar="FILE")
@click.option("--root", metavar="HASH", help="A daily root that was noted elsewhere: the log must have it.")
@click.option(
    "--export", type=click.Path(path_type=Path, dir_okay=False), help="Write the whole log to this file, too."
)
def command(log: str, root: str | None, export: Path | None) -> None:
    """Check that the log of incidents is as it was written, by its chain of hashes and its daily roots.

    FILE is a store's file or an exported log; also the URL of a store. Exit status 0: it is; 1: it was changed, or
    cannot be read; 2: bad usage.
    """
    from watchtower.store.proof import Proof, prove_exported

    proof, (url, file) = Proof(), url_or_log(log)
    if file is None:
        asyncio.run(_prove(url, proof, export))
    elif export:
        raise UsageError("--export is for a store")
    else:
        prove_exported(file, proof)
    if root is not None and root not in (one.root for one in proof.roots):
        proof.faults.append(f"no day has the root {root}")
    report(proof)


def report(proof: Proof) -> NoReturn:
    """Shows what was found, and ends with status 1 where anything was changed."""
    gone = proof.gone()
    for fault in proof.faults[:_SHOWN]:
        click.echo(fault, err=True)
    if len(proof.faults) > _SHOWN:
        click.echo(f"and {len(proof.faults) - _SHOWN} more", err=True)
    click.echo(
        f"{proof.entries} entries of {proof.logs} logs, {len(proof.roots)} daily roots: "
        + ("CHANGED" if proof.faults else "as they were written")
    )
    if proof.roots:
        click.echo(f"last root: {proof.roots[-1].day} {proof.roots[-1].root}")
    if gone:
        more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
        click.echo(f"in roots, and not kept any more: {', '.join(gone[-5:])}{more}")
    sys.exit(1 if proof.faults else 0)


def url_or_log(log: str) -> tuple[str, Path | None]:
    """The URL of the store, or the exported log. Raises UsageError for a file that cannot be read."""
    if "://" in log:
        return log, None
    file = Path(log).absolute()
    try:
        with file.open("rb") as opened:
            store_file = opened.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise UsageError(f"{log} cannot be read: {(error.strerror or str(error)).lower()}") from None
    return f"sqlite:///{file}", None if store_file else file


async def _prove(url: str, proof: Proof, export: Path | None) -> None:
    from watchtower.store import open_store
    from watchtower.store.proof import exported, prove_store

    store = open_store(url, only_read=True)
    try:
        await store.open()
        await prove_store(store, proof)
        if export:
            async with aclosing(exported(store)) as lines:
                with export.open("w", encoding="utf-8", newline="\n") as out:
                    async for line in lines:
                        out.write(line)
    finally:
        await store.close()
