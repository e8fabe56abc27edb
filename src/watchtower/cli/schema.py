"""`watchtower schema rules|checks|tests` prints the JSON Schema of the files, for editors and CI."""

from __future__ import annotations

import json
from pathlib import Path

import click

from watchtower.cli.arguments import new_command


@new_command()
@click.argument("file", type=click.Choice(["rules", "checks", "tests"]))
@click.option(
    "--checks",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Include the probes of this folder.",
)
def command(file: str, checks: Path | None) -> None:
    """Print the JSON Schema (draft 2020-12) of rules.toml, checks/*.toml or tests/rules/*.toml.

    Write it to a file and name it in the first line of yours: #:schema ./schemas/rules.schema.json
    """
    from watchtower.config.schema import checks_schema, rules_schema
    from watchtower.probes.registry import Registry

    if file == "tests":
        from watchtower.rule_tests.schema import tests_schema

        made = tests_schema()
    else:
        made = rules_schema() if file == "rules" else checks_schema(Registry.load(checks))
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))
