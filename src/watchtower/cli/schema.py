"""`watchtower schema rules|checks|tests|api` prints the JSON Schema of the files and the OpenAPI document, for editors and CI."""

from __future__ import annotations

import json
from pathlib import Path

import click

from watchtower.cli.arguments import new_command


@new_command()
@click.argument("file", type=click.Choice(["rules", "checks", "tests", "api"]))
@click.option(
    "--checks",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Include the probes of this folder.",
)
def command(file: str, checks: Path | None) -> None:
    """Print the JSON Schema (draft 2020-12) of rules.toml, checks/*.toml or tests/rules/*.toml.

    Write it to a file and name it in the first line of yours: #:schema ./schemas/rules.schema.json

    `api` prints the OpenAPI document of the API, from which clients can be generated; it asks no daemon.
    """
    from watchtower.config.schema import checks_schema, rules_schema
    from watchtower.probes.registry import Registry

    if file == "api":
        from watchtower.api.routes import described

        made = json.loads(described())
    elif file == "tests":
        from watchtower.rule_tests.schema import tests_schema

        made = tests_schema()
    else:
        made = rules_schema() if file == "rules" else checks_schema(Registry.load(checks))
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))
