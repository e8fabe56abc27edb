"""`watchtower history CHECK` writes what a check measured over a span, as a table or as CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import click

from watchtower.cli.arguments import Ago, new_command, url_option
from watchtower.cli.listing import local
from watchtower.errors import UsageError


@new_command()
@click.argument("name")
@click.option("--from", "since", type=Ago(), help="The begin, or so long ago. Default: 24h.")
@click.option("--to", "until", type=Ago(), help="The end. Default: now.")
@click.option("--points", type=click.IntRange(1, 10_000), default=720, help="Rows at most. Default: 720.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV: a line for each step with a sample.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, as the API gives it.")
@url_option
def command(
    name: str, since: float | None, until: float | None, points: int, as_csv: bool, as_json: bool, url: str
) -> None:  # fmt: skip
    """What NAME (CHECK or CHECK[SERIES]) measured, from the history of the running daemon.

    Exit status 0; 1 when there is nothing, or no daemon answers; 2 for bad usage.
    """
    from watchtower.api.client import Answered, Client

    check, _, rest = name.partition("[")
    query = {"series": rest.removesuffix("]"), "points": points, "from": since, "to": until}
    try:
        found = Client(url).get(
            f"/api/v1/checks/{quote(check, safe='')}/history",
            **{key: value for key, value in query.items() if value not in (None, "")},
        )
    except Answered as error:
        if error.status in (404, 422):
            raise UsageError(str(error)) from None
        raise
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    elif as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(_rows(found))
    else:
        for line in _lines(found):
            click.echo(line)
    sys.exit(0 if found["curves"] else 1)


def _rows(found: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    """A head, and a row for each step in which anything was measured; an empty field is no sample."""
    curves = found["curves"]
    yield ["time", *(curve["name"] for curve in curves)]
    start = datetime.fromisoformat(found["from"]).timestamp()
    for n, values in enumerate(zip(*(curve["mean"] for curve in curves), strict=True)):
        if any(value is not None for value in values):
            yield [
                f"{start + n * found['step_seconds']:.0f}",
                *("" if v is None else f"{v:.6g}" for v in values),
            ]


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    """A line a value: its mean, least and greatest, and of how many steps it has samples."""
    if not found["curves"]:
        yield f"nothing was measured of {found['check']} in this span"
        return
    yield f"since {local(found['from'])}, in steps of {found['step_seconds']:.0f} s"
    for curve in found["curves"]:
        there = [value for value in curve["mean"] if value is not None]
        if there:
            low = min(value for value in curve.get("low", there) if value is not None)
            high = max(value for value in curve.get("high", there) if value is not None)
            yield (
                f"  {curve['name']:<24} mean {sum(there) / len(there):.6g}, {low:.6g} to {high:.6g}"
                f"  ({len(there)} of {len(curve['mean'])} steps)"
            )
