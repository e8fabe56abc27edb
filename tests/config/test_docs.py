"""docs/rules.md, docs/checks.md and docs/settings.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from tests.config.cases import PEOPLE
from watchtower.config.environment import EnvironmentSettings
from watchtower.config.lint import LINTS
from watchtower.config.load import load
from watchtower.config.rules_file import LintTable, ResponderTable
from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.locations import Location
from watchtower.core.plan.no_data import NoDataPolicy
from watchtower.core.plan.paging import PagingPolicy
from watchtower.core.plan.rules import Match, Rule
from watchtower.core.plan.severity import (
    DoubtPolicy,
    DutySeverity,
    FloorHours,
    HarmGroups,
    LoweringPolicy,
    MatrixRows,
    RecoveryLimits,
    SeverityFloor,
    SeverityPolicy,
    TierFloor,
)
from watchtower.core.plan.sops import Sop
from watchtower.detectors import DETECTORS
from watchtower.probes.registry import Registry

DOCS = Path(__file__).resolve().parents[2] / "docs"
RULES, CHECKS, SETTINGS = (
    (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("rules", "checks", "settings")
)


SEVERITY = (DOCS / "severity.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    return re.split(r"(?m)^##+ ", text.split(heading + "\n", 1)[1], maxsplit=1)[0]


def documented(text: str, column: int = 0) -> set[str]:
    """Names in backquotes in one column of the section's tables."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row[column])}


TABLES: list[tuple[str, str, type[BaseModel]]] = [
    (RULES, "## [[rule]]", Rule),
    (RULES, "### match", Match),
    (RULES, "## [no_data]", NoDataPolicy),
    (CHECKS, "## [location.NAME]", Location),
    (RULES, "## [lint]", LintTable),
    (RULES, "## [sop.NAME]", Sop),
    (RULES, "## [[responder]]", ResponderTable),
    (RULES, "## [paging.P0] … [paging.P4]", PagingPolicy),
    (CHECKS, "## [flow.NAME]", Flow),
    (CHECKS, "## [[check]]", Check),
]


@pytest.mark.parametrize(("text", "heading", "model"), TABLES, ids=[heading for _, heading, _ in TABLES])
def test_every_key_is_documented_and_nothing_else(text: str, heading: str, model: type[BaseModel]) -> None:
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert documented(section(text, heading)) == keys


def test_every_number_of_the_matrix_is_documented() -> None:
    _, tables, floor = re.split(r"(?m)^`\[severity\]`:$|^`\[severity\.matrix\]`:$", SEVERITY)
    assert documented(tables) == set(SeverityPolicy.model_fields)
    rows, hours = re.split(r"(?m)^`\[severity\.floor\]`:", floor)
    assert documented(rows) == set(MatrixRows.model_fields)
    for model in (HarmGroups, RecoveryLimits, DoubtPolicy, DutySeverity, LoweringPolicy):
        assert all(f"`{key}`" in tables for key in model.model_fields), model
    for model in (SeverityFloor, TierFloor, FloorHours):
        assert all(f"`{key}`" in hours for key in model.model_fields), model


def test_every_name_that_all_checks_have_is_documented() -> None:
    assert documented(section(RULES, "### when")) == set(BASE_FACTS)


def test_every_setting_of_the_environment_is_documented_with_its_default() -> None:
    assert documented(SETTINGS) == {f"WATCHTOWER_{name.upper()}" for name in EnvironmentSettings.model_fields}
    for name, field in EnvironmentSettings.model_fields.items():
        if field.default not in (None, ""):
            default = str(field.default).lower() if isinstance(field.default, bool) else field.default
            assert f"| `WATCHTOWER_{name.upper()}` | `{default}` |" in SETTINGS


def test_every_detector_is_documented() -> None:
    text = section(CHECKS, "## detect")
    keys = {name for detector in DETECTORS.values() for name in detector.Settings.model_fields}
    facts = {name for detector in DETECTORS.values() for name in detector.facts}
    assert set(DETECTORS) | facts == documented(text)
    assert keys <= documented(text, 1)


def test_every_warning_is_documented() -> None:
    page = (DOCS / "commands" / "check-config.md").read_text(encoding="utf-8")
    for name, meaning in LINTS.items():
        assert f"| `{name}` | {meaning} |" in page


def examples(text: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", text, re.DOTALL)


def test_the_examples_are_a_valid_configuration(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules").mkdir()
    whole: list[Any] = examples(RULES)
    without_include = [text.split("[product]")[-1] if "include" in text else text for text in whole]
    rules = "".join(
        text if "include" not in whole[i] else f"[product]{text}" for i, text in enumerate(without_include)
    )
    people = PEOPLE.replace('name = "li"', 'name = "wang"')
    (tmp_path / "rules.toml").write_text(rules + people, encoding="utf-8")
    (tmp_path / "checks" / "a.toml").write_text(
        "".join(examples(CHECKS)).replace(
            'name = "bank-gateway"', 'name = "bank-gateway"\nflow = "checkout"'
        ),
        encoding="utf-8",
    )
    plan = load(
        tmp_path / "rules.toml", tmp_path / "checks", {"SMS_LI": "+8613800138000"}, Registry.load(None)
    ).plan
    assert set(plan.rules) == {"slow api"}
    assert set(plan.rules["slow api"].programs) == {"bank-gateway"}
