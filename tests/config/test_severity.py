"""[severity]: what is written is what holds, defaults stand, and cells that decide nothing are told."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.config.cases import CHECKS
from tests.config.kinds import FewKinds
from tests.config.test_lint import TWO_WAYS, rule, warnings
from watchtower.config.load import load
from watchtower.config.severity_lint import LINTS
from watchtower.core.plan import Plan
from watchtower.core.plan.severity import FloorHours, SeverityPolicy
from watchtower.model import Severity, Tier

P0, P1, P2, P3, P4 = Severity
GRADED = rule("traffic.silent", "orders", "matrix")


def plan_of(folder: Path, rules: str) -> Plan:
    from tests.config.cases import PEOPLE

    (folder / "checks").mkdir()
    (folder / "rules.toml").write_text(rules + PEOPLE, encoding="utf-8")
    (folder / "checks" / "a.toml").write_text(CHECKS, encoding="utf-8")
    return load(folder / "rules.toml", folder / "checks", {}, FewKinds()).plan


def test_nothing_written_is_the_default(tmp_path: Path) -> None:
    assert plan_of(tmp_path, GRADED).severity == SeverityPolicy()


def test_an_empty_table_is_the_default_too(tmp_path: Path) -> None:
    assert plan_of(tmp_path, GRADED + "[severity]\n").severity == SeverityPolicy()


def test_a_rule_by_the_matrix_is_assumed_at_what_is_unknown(tmp_path: Path) -> None:
    made = plan_of(tmp_path, GRADED + '[severity.doubt]\ncore = "P1"\n').rules["r"]
    assert (made.matrix, made.severity) == (True, P1)


def test_a_rule_of_fixed_severity_is_left_alone(tmp_path: Path) -> None:
    made = plan_of(tmp_path, rule("traffic.silent", "orders", "P3")).rules["r"]
    assert (made.matrix, made.severity) == (False, P3)


EVERYTHING = """
[severity]
promote_overdue = false
currency = "CNY"
rates = { USD = "7.12" }
gates = { P0 = 500, P1 = 50, P2 = 10, P3 = 1 }

[severity.matrix]
affected_users = { P3 = 10, P0 = 50_000, P1 = 5_000, P2 = 500 }
flow_minutes = {}
complaints = { P0 = 1000, P1 = 100, P2 = 10, P3 = 1 }

[severity.floor]
down_from = 0.9
degraded_from = 0.2

[severity.floor.core]
down = { peak = "P0", normal = "P0", off_peak = "P1" }

[severity.groups]
needed = 2
at = ["P2"]

[severity.recovery]
none = "5m"
unproven = "off"

[severity.doubt]
payment = "P0"
weak_cap = "P3"
weak_for = "5m"

[severity.duty]
triggered = "P0"
open = "P1"

[severity.facts]
data_breach = "P0"
wrong_balance = "P1"

[severity.lower]
after = { P0 = "30m" }
real_traffic = 0.95
second_person = ["P0"]
"""


def test_everything_that_is_written_holds(tmp_path: Path) -> None:
    made = plan_of(tmp_path, GRADED + EVERYTHING).severity
    default = SeverityPolicy()
    assert made.matrix.row("affected_users") == {P0: 50_000, P1: 5_000, P2: 500, P3: 10}
    assert list(made.matrix.row("affected_users")) == [P0, P1, P2, P3]
    assert made.matrix.row("flow_minutes") == {}
    assert made.matrix.row("scope_share") == default.matrix.row("scope_share")
    floor = made.floor
    assert floor.hours(Tier.CORE, "down") == FloorHours(peak=P0, normal=P0, off_peak=P1)
    for tier, what in ((Tier.CORE, "degraded"), (Tier.SUPPORTING, "down"), (Tier.SUPPORTING, "degraded")):
        assert floor.hours(tier, what) == default.floor.hours(tier, what)
    assert (floor.down_from, floor.degraded_from, made.gates[P0]) == (0.9, 0.2, 500)
    assert (made.groups.needed, made.groups.at) == (2, (P2,))
    assert (made.recovery.none, made.recovery.failed, made.recovery.unproven) == (300.0, 600.0, None)
    doubt = made.doubt
    assert (doubt.core, doubt.payment, doubt.weak_cap, doubt.weak_for) == (P2, P0, P3, 300.0)
    assert (made.duty.triggered, made.duty.open) == (P0, P1)
    assert made.facts == {"data_breach": P0, "wrong_balance": P1}
    assert made.lower.after == {**default.lower.after, P0: 1800.0}
    assert (made.lower.real_traffic, made.lower.second_person, made.promote_overdue) == (0.95, (P0,), False)
    assert (made.currency, made.rates) == ("CNY", {"USD": Decimal("7.12")})


CELLS = [
    ("a row that skips P1", "[severity.matrix]\naffected_users = { P0 = 100_000, P2 = 1_000, P3 = 100 }", "missing-severity"),
    ("a row without P0", "[severity.matrix]\ncomplaints = { P1 = 100, P2 = 10, P3 = 1 }", "missing-severity"),
    ("a row that is off", "[severity.matrix]\naffected_users = {}", ""),
    ("a whole row", "[severity.matrix]\naffected_users = { P0 = 9_000, P1 = 3_000, P2 = 1_100, P3 = 10 }", ""),
    ("the wrong way round", "[severity.matrix]\nflow_minutes = { P0 = 30, P1 = 120, P2 = 10, P3 = 3 }", "unreachable-severity"),
    ("two levels at one number", "[severity.matrix]\nloss = { P0 = 5000, P1 = 5000, P2 = 10, P3 = 1 }", "unreachable-severity"),
    ("gates the wrong way round", "[severity]\ngates = { P0 = 10, P1 = 100, P2 = 20, P3 = 1 }", "unreachable-severity"),
    ("a gate above everything", "[severity]\ngates = { P0 = 200_000, P1 = 100, P2 = 20, P3 = 1 }", "gate-above-row"),
    ("a row below its gate", "[severity.matrix]\naffected_users = { P0 = 900, P1 = 90, P2 = 10, P3 = 0.5 }", "gate-above-row"),
    ("quiet hours worse than busy ones", '[severity.floor.core]\ndown = { peak = "P2", normal = "P1", off_peak = "P2" }', "unordered-floor"),
    ("degraded worse than down", '[severity.floor.core]\ndegraded = { peak = "P0", normal = "P0", off_peak = "P0" }', "unordered-floor"),
    ("supporting worse than core", '[severity.floor.supporting]\ndown = { peak = "P0", normal = "P0", off_peak = "P2" }', "unordered-floor"),
    ("a stricter core", '[severity.floor.core]\ndown = { peak = "P0", normal = "P0", off_peak = "P1" }', ""),
    ("the defaults written out", "[severity.matrix]\nflow_minutes = { P0 = 120, P1 = 30, P2 = 10, P3 = 3 }", ""),
    ("everything at once", EVERYTHING, ""),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "name"), [case[1:] for case in CELLS], ids=[case[0] for case in CELLS])
def test_cells_that_cannot_decide_are_told(rules: str, name: str, tmp_path: Path) -> None:
    found = warnings(tmp_path, GRADED + rules)
    assert {one.name for one in found} & set(LINTS) == ({name} if name else set())
    for one in found:
        if one.name == name:
            text = (tmp_path / "rules.toml").read_text().splitlines()[one.line - 1]
            assert one.line > GRADED.count("\n"), text


def test_a_matrix_that_no_rule_uses(tmp_path: Path) -> None:
    found = warnings(tmp_path, rule("traffic.silent", "orders") + '[severity]\ncurrency = "CNY"\n')
    assert "unused-matrix" in {one.name for one in found}


def test_a_rule_by_the_matrix_on_a_check_without_a_flow(tmp_path: Path) -> None:
    found = warnings(tmp_path, rule('outcome == "down"', "bank", "matrix"))
    assert [one.what for one in found if one.name == "matrix-without-flow"] == [
        "check bank has no flow: nothing can be counted, so its severity stays as assumed"
    ]


def test_p0_and_p1_need_two_ways_also_by_the_matrix(tmp_path: Path) -> None:
    from tests.config.cases import PEOPLE

    found = warnings(tmp_path, GRADED, people=PEOPLE)
    assert "single-vendor" in {one.name for one in found}


def test_the_examples_of_the_page_are_right_and_say_nothing_doubtful(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "severity.md").read_text(encoding="utf-8")
    first, *blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert 'severity = "matrix"' in first
    given = [block for block in blocks if block.startswith(("# checks/", "# rules.toml"))]
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "discounts.toml").write_text(given[0], encoding="utf-8")
    (tmp_path / "rules.toml").write_text(given[1] + TWO_WAYS, encoding="utf-8")
    assert not load(tmp_path / "rules.toml", tmp_path / "checks", {}).warnings
    for index, block in enumerate(block for block in blocks if block not in given):
        folder = tmp_path / str(index)
        folder.mkdir()
        assert {
            one.name for one in warnings(folder, first.replace('tier = "core"', 'check = "orders"') + block)
        } & set(LINTS) == set()
