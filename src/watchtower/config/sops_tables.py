"""`[sop.NAME]`: procedures, the checklists that come with watchtower, and what a rule may name."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from watchtower.core.plan.sops import Sop
from watchtower.model import Severity

LEVELS = tuple(str(one) for one in Severity)
"""Procedures of these names are the checklists of the levels themselves."""


@cache
def shipped() -> Mapping[str, Sop]:
    """Reads the procedures that come with watchtower, by name."""
    found = {}
    for file in sorted((files("watchtower.config") / "sops").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            sop = Sop.model_validate_json(_json(file.read_text(encoding="utf-8")))
            name = file.name.removesuffix(".toml")
            found[name] = sop.model_copy(update={"name": name, "shipped": True})
    return found


def shipped_names() -> frozenset[str]:
    """Returns their names, without reading them."""
    folder = files("watchtower.config") / "sops"
    return frozenset(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def all_sops(own: Mapping[str, Sop], named: set[str], matrix: bool) -> Mapping[str, Sop]:
    """The team's procedures; ours where a rule names one that the team has not written, and those of the levels where
    a rule is graded by the matrix."""
    mine = {name: sop.model_copy(update={"name": name}) for name, sop in own.items()}
    wanted = (named | (set(LEVELS) if matrix else set())) - set(mine)
    ours = {name: sop for name, sop in shipped().items() if name in wanted} if wanted else {}
    return {**mine, **ours}


def _json(toml: str) -> str:
    return json.dumps(tomllib.loads(toml))
