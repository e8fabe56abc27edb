"""The tables of `checks/*.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core.plan.checks import Check
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.locations import Location
from watchtower.fields import Field, Settings


class ChecksFile(Settings):
    """`checks/*.toml`: what is measured."""

    flow: Mapping[str, Flow] = Field(default={}, description="Flows by name.")
    location: Mapping[str, Location] = Field(default={}, description="Locations by name.")
    check: tuple[Mapping[str, Any], ...] = ()


COMMON_KEYS = frozenset(Check.written_fields)
"""No probe may give its own keys these names."""
