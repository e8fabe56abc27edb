"""The OpenAPI document: made from the table of operations, true to the routes, and described for people."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner
from openapi_spec_validator import validate

from tests.web.test_api import OPENAPI
from tests.web.test_rights import NEEDS
from watchtower.api.problems import KINDS
from watchtower.api.routes import OPERATIONS
from watchtower.cli import schema
from watchtower.web.app import ROUTES


def test_the_document_is_one_of_openapi_and_everything_in_it_is_used() -> None:
    validate(OPENAPI)
    used = set(re.findall(r'"#/components/([^"]+)"', json.dumps(OPENAPI)))
    there = {f"{kind}/{name}" for kind, kept in OPENAPI["components"].items() for name in kept}
    assert there - used == {"securitySchemes/token"}


def test_a_command_prints_it_without_a_daemon() -> None:
    said = CliRunner().invoke(schema.command, ["api"])
    assert (said.exit_code, json.loads(said.output)) == (0, OPENAPI)


def test_every_address_of_the_api_is_in_the_table_with_what_it_needs() -> None:
    table = {(one.method, one.path): one.need for one in OPERATIONS}
    routes = {(method, route.path) for route in ROUTES for method in route.methods or () if method != "HEAD"}
    api = {(m, path) for m, path in routes if path.startswith(("/api/v1/", "/-/", "/push/"))}
    of_workers = {("POST", "/api/v1/work"), ("POST", "/api/v1/observations")}  # between our own processes
    assert api - set(table) == {("GET", "/api/v1/openapi.json"), ("POST", "/api/v1/mcp"), *of_workers}
    assert table == {key: NEEDS[key] for key in table}
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)


def test_the_page_of_the_api_lists_every_kind_of_problem() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", page, re.MULTILINE)
    assert listed == [(name, str(status)) for name, (status, _) in KINDS.items()]
