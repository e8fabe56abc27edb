"""docs/clocks.md and docs/compliance.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.config.cases import PEOPLE
from tests.config.test_docs import documented, examples, section
from tests.config.test_valid import loaded
from tests.core.deadlines.packs import pack_at
from watchtower.config.compliance_tables import SHIPPED
from watchtower.core.deadlines.evidence import INDICATORS
from watchtower.core.plan.calendar import WorkCalendar
from watchtower.core.plan.packs import Compliance, DutyRule, DutyStep, Pack, Test
from watchtower.core.plan.targets import CLOCKS, SeverityTargets, Targets
from watchtower.model import Severity

DOCS = Path(__file__).resolve().parents[3] / "docs"
CLOCKS_PAGE, COMPLIANCE_PAGE = (
    (DOCS / f"{n}.md").read_text(encoding="utf-8") for n in ("clocks", "compliance")
)


def keys(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def table(text: str, head: str) -> str:
    return text.split(f"| {head} |", 1)[1].split("\n\n", 1)[0]


def test_the_table_of_targets_is_the_one_that_holds() -> None:
    rows = dict(
        re.findall(
            r"^\| `(\w+)` \|(.*)\|$",
            section(CLOCKS_PAGE, "## Default clocks"),
            re.MULTILINE,
        )
    )
    for name in SeverityTargets.model_fields:
        shown = [cell.strip() for cell in rows[name].split("|")]
        assert shown == [str(Targets().of(level).get(name, "")) for level in Severity], name
    assert set(rows) == set(SeverityTargets.model_fields)


def test_every_clock_is_explained() -> None:
    assert documented(section(CLOCKS_PAGE, "## What starts, meets and ends them")) == set(CLOCKS)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (section(CLOCKS_PAGE, "## [targets]"), Targets),
        (section(CLOCKS_PAGE, "## [work_hours]"), WorkCalendar),
        (section(COMPLIANCE_PAGE, "## [compliance]"), Compliance),
        (table(COMPLIANCE_PAGE, "Key of a pack"), Pack),
        (table(COMPLIANCE_PAGE, "Key of a duty"), DutyRule),
        (table(COMPLIANCE_PAGE, "Key of a test"), Test),
        (table(COMPLIANCE_PAGE, "Key of a step"), DutyStep),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)  # fmt: skip
def test_every_key_is_documented_and_nothing_else(text: str, model: type[BaseModel]) -> None:
    assert documented(text) == keys(model)


def test_every_indicator_and_every_pack_is_there() -> None:
    assert documented(table(COMPLIANCE_PAGE, "Indicator")) == set(INDICATORS)
    rows = table(COMPLIANCE_PAGE, "Pack")
    assert documented(rows) - {""} == set(SHIPPED)


def test_the_examples_load(tmp_path: Path) -> None:
    for number, example in enumerate(examples(CLOCKS_PAGE)):
        folder = tmp_path / str(number)
        folder.mkdir()
        loaded(folder, example + PEOPLE)
    first, own = examples(COMPLIANCE_PAGE)
    flows = "[flow.login]\n[flow.transfer]\n"
    checks = flows + '[[check]]\nname = "bank"\nprobe = "tcp"\nhost = "h"\nport = 1\nflow = "login"\n'
    assert len(loaded(tmp_path, first + PEOPLE, checks).plan.deadlines.compliance.in_force) == 2
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    assert pack_at(tmp_path / "own.toml")[1] == []
