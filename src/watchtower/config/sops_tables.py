"""`[sop.NAME]`: procedures, the checklists that come with watchtower, and what a rule may name."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import urlsplit

from watchtower.config.names import Name
from watchtower.core.plan.sops import Auto, Job, Sop
from watchtower.fields import AfterValidator, BeforeValidator, Duration, Field, Settings, Words
from watchtower.model import Severity

LEVELS = tuple(str(one) for one in Severity)
"""Procedures of these names are the checklists of the levels themselves."""


def link(value: str) -> str:
    """A URL that people can open, or nothing."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if value and (not good or not value.isprintable() or " " in value):
        raise ValueError(f'"{value}" is not a URL that begins with https:// or http://')
    return value


class StepTable(Settings):
    """One step of a procedure, where a text alone does not say enough."""

    do: Words = Field(description="What is to be done.")
    role: Name | None = Field(default=None, description="The role that does it, and is reminded of it.")
    within: Duration | None = Field(
        default=None,
        gt=0,
        description="Due so long after the checklist is opened; then its role is reminded.",
    )
    auto: Auto | None = Field(
        default=None, description="What ticks it by itself: opened, notified, acknowledged, …"
    )
    # A table that a validator was shown before is Python's, not JSON's: strictly, a list is no tuple there.
    levels: Annotated[
        tuple[Severity, ...],
        BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
    ] = Field(default=(), description="Asked for at these levels only. Default: at all.")


def _step(value: Any) -> Any:
    """A step that is only a text, as a table."""
    if isinstance(value, str) or (isinstance(value, dict) and value and set(value) <= {"en", "zh"}):
        return {"do": value}
    if isinstance(value, (dict, StepTable)):
        return value
    raise ValueError('write a text, one per language ({ en = "Switch", zh = "切换" }), or a table { do = … }')


class _TextToo:
    """The schema of a step that may be only a text."""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        table = handler(core_schema)
        words = {
            "type": "object", "properties": {"en": {"type": "string"}, "zh": {"type": "string"}},
            "additionalProperties": False, "minProperties": 1,
        }  # fmt: skip
        return {"anyOf": [{"type": "string"}, words, table]}


class SopTable(Settings):
    """A standard operating procedure: what to do first."""

    title: Words = Field(description="What the procedure is called.")
    url: Annotated[str, AfterValidator(link)] = Field(default="", description="Where all of it stands.")
    steps: tuple[Annotated[StepTable, BeforeValidator(_step), _TextToo()], ...] = Field(
        default=(),
        max_length=30,
        description="The first steps, one text each; or a table { do, role, within, auto, levels }.",
    )


def sop_of(name: str, table: SopTable, *, shipped: bool = False) -> Sop:
    """The procedure as the engine knows it. The page shows what somebody does, not what only ticks itself."""
    jobs = tuple(Job(s.do, s.role or "", s.within or 0.0, s.auto, s.levels) for s in table.steps)
    shown = tuple(job.text for job in jobs if job.auto is None or job.role)
    return Sop(name, table.title, table.url, shown, jobs, shipped)


@cache
def shipped() -> Mapping[str, Sop]:
    """The procedures that come with watchtower, by name."""
    found = {}
    for file in sorted((files("watchtower.config") / "sops").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            table = SopTable.model_validate_json(_json(file.read_text(encoding="utf-8")))
            found[file.name.removesuffix(".toml")] = sop_of(
                file.name.removesuffix(".toml"), table, shipped=True
            )
    return found


def shipped_names() -> frozenset[str]:
    """Their names, without reading them."""
    folder = files("watchtower.config") / "sops"
    return frozenset(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def all_sops(own: Mapping[str, SopTable], named: set[str], matrix: bool) -> Mapping[str, Sop]:
    """The team's procedures; ours where a rule names one that the team has not written, and those of the levels where
    a rule is graded by the matrix."""
    mine = {name: sop_of(name, table) for name, table in own.items()}
    wanted = (named | (set(LEVELS) if matrix else set())) - set(mine)
    ours = {name: sop for name, sop in shipped().items() if name in wanted} if wanted else {}
    return {**mine, **ours}


def _json(toml: str) -> str:
    return json.dumps(tomllib.loads(toml))
