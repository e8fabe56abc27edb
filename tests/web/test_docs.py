"""docs/http.md lists what there is; the commands' pages list their options."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from watchtower.api.check_status import MARKS, WORDS, Look
from watchtower.config.environment import SECRETS, EnvironmentSettings
from watchtower.web.app import ROUTES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "http.md").read_text()


def test_every_address_is_on_the_page_and_every_one_on_the_page_exists() -> None:
    routes = {(method, route.path) for route in ROUTES for method in route.methods or () if method != "HEAD"}
    assert set(re.findall(r"^\| `(GET|POST|DELETE) (/\S*)` \|", PAGE, re.MULTILINE)) == routes


def test_every_setting_on_the_page_exists() -> None:
    known = {f"WATCHTOWER_{name.upper()}" for name in EnvironmentSettings.model_fields}
    assert set(re.findall(r"WATCHTOWER_[A-Z_]+", PAGE)) <= known
    # The store's URL is no token; docs/settings.md tells of it.
    assert {name.lower() for name in re.findall(r"`WATCHTOWER_([A-Z_]+)`, `…_FILE`", PAGE)} == set(
        SECRETS
    ) - {"store"}


def test_every_sign_of_the_board_is_explained() -> None:
    for look in set(Look) - {Look.OK}:
        assert WORDS[look].en in PAGE
        assert look is Look.QUIET or f"`{MARKS[look]}`" in PAGE


@pytest.mark.parametrize("name", ["incidents", "ack", "resolve"])
def test_every_option_of_a_command_is_on_its_page(name: str) -> None:
    command = importlib.import_module(f"watchtower.cli.{name}").command
    options = {option for each in command.params for option in each.opts if option.startswith("--")}
    page = (DOCS / "commands" / f"{name}.md").read_text()
    assert set(re.findall(r"^\| `(--[a-z-]+)` \|", page, re.MULTILINE)) == options
