"""The tables of `checks/*.toml`: the keys of every check, beside those of its probe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.core.plan.flows import Flow
from watchtower.fields import Duration, Field, Settings, Words
from watchtower.names import Labels, Name


class CheckTable(Settings):
    """The keys of every check, whatever its probe."""

    name: Name = Field(description="The check's name, unique over all files.")
    probe: str = Field(
        min_length=1, description="The kind of probe; it decides which further keys there are."
    )
    flow: str = Field(default="", description="The flow that this check measures.")
    flows: dict[str, str] = Field(default={}, description="Series -> flow, where one check measures several.")
    every: Duration | None = Field(default=None, ge=0.1, description="Time from one run to the next.")
    timeout: Duration | None = Field(default=None, gt=0, description="Longest that one run may take.")
    title: Words | None = Field(default=None, description="What people call this check.")
    labels: Labels = Field(
        default={}, description="Labels for rules to match, and that go along with alerts."
    )
    no_data_after: Duration | None = Field(
        default=None,
        gt=0,
        description="Without an answer for this long, the check has no data. Default: 3 × every, at least 60s.",
    )
    detect: dict[str, Any] | None = Field(
        default=None, description="Settings of the detector; `kind` chooses another, or none."
    )


class ChecksFile(Settings):
    """`checks/*.toml`: what is measured."""

    flow: Mapping[str, Flow] = Field(default={}, description="Flows by name.")
    check: tuple[Mapping[str, Any], ...] = ()


COMMON_KEYS = frozenset(CheckTable.declared_fields)
"""What no probe may call its own keys."""
