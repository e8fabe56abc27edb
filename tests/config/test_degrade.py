"""What the files say of procedures, degradation plans and drills is what the plan holds, and what the docs say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.config.cases import CHECKS, PEOPLE
from tests.config.kinds import FewKinds
from tests.config.test_valid import loaded
from watchtower.config.degrade_tables import DegradeTable
from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.config.sops_tables import shipped
from watchtower.core.pipeline.features import ACTIONS
from watchtower.core.plan.degrade import DAY, Mode, PlanGuard, Trigger, Verify
from watchtower.core.plan.drills import Drill
from watchtower.core.plan.sops import Auto, SopStep
from watchtower.model import Severity, Text
from watchtower.switches.command import CommandAction
from watchtower.switches.flag import FlagAction
from watchtower.switches.webhook import WebhookAction

DOCS = Path(__file__).resolve().parents[2] / "docs"
SOPS, DEGRADE, DRILLS = (
    (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("sops", "degrade", "drills")
)
RULE = """
[[rule]]
name = "bank-down"
match = { check = "bank" }
when = 'outcome == "down"'
severity = "P1"
"""


def rows(text: str, head: str) -> list[str]:
    """First cells of the table whose head begins so."""
    lines = text[text.index(head) :].split("\n\n", 1)[0].splitlines()
    return [name for line in lines[2:] for name in re.findall(r"`([^`]+)`", line.split("|")[1])]


TABLES: list[tuple[str, str, type[BaseModel]]] = [
    (SOPS, "| Key | Default | Meaning |\n|---|---|---|\n| `do`", SopStep),
    (DEGRADE, "| Key | Default | Meaning |\n|---|---|---|\n| `why`", DegradeTable),
    (DEGRADE, "| Key | Meaning |\n|---|---|\n| `severity`", Trigger),
    (DEGRADE, "| Key | Default | Meaning |\n|---|---|---|\n| `max_per_day`", PlanGuard),
    (DEGRADE, "| Key | Default | Meaning |\n|---|---|---|\n| `check`", Verify),
    (DEGRADE, "| `webhook` | Default", WebhookAction),
    (DEGRADE, "| `command` | Default", CommandAction),
    (DEGRADE, "| `flag` | Default", FlagAction),
    (DRILLS, "| Key | Default | Meaning |\n|---|---|---|\n| `check`", Drill),
]


@pytest.mark.parametrize(("text", "head", "model"), TABLES, ids=[model.__name__ for _, _, model in TABLES])
def test_every_key_is_described_and_nothing_else(text: str, head: str, model: type[BaseModel]) -> None:
    assert sorted(rows(text, head)) == sorted(model.model_fields)


def test_what_ticks_a_step_and_what_is_shipped_is_described() -> None:
    assert rows(SOPS, "| `auto` | Ticks when") == [str(one) for one in Auto]
    described = SOPS[SOPS.index("## What comes with") : SOPS.index("## What people do")]
    assert all(f"`{name}`" in described for name in shipped())


@pytest.mark.parametrize("text", [SOPS, DEGRADE], ids=["sops", "degrade"])
def test_the_actions_are_described(text: str) -> None:
    for name in rows(text, "| Action | Meaning |"):
        word, *fields = name.split()
        if word in ACTIONS:
            assert {field.partition("=")[0] for field in fields} <= set(ACTIONS[word].fields)
        else:
            assert name.partition("=")[0] in ACTIONS["approve"].fields


def examples(text: str) -> str:
    return "".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))


def test_the_examples_are_a_valid_configuration(tmp_path: Path) -> None:
    rules = RULE + examples(SOPS) + examples(DEGRADE) + examples(DRILLS) + PEOPLE
    checks = CHECKS.replace('name = "bank"', 'name = "bank-gateway"')
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(
        rules.replace('check = "bank"', 'check = "bank-gateway"'), encoding="utf-8"
    )
    (tmp_path / "checks" / "a.toml").write_text(checks, encoding="utf-8")
    environ = {"SWITCH_TOKEN": "not-a-real-one"}
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", environ, FewKinds()).plan
    switch = plan.degrade["switch-gateway"]
    assert (switch.mode, switch.guard.ttl, switch.approver_role) == (Mode.APPROVE, 4 * 3600.0, "product")
    assert switch.verify is not None
    assert switch.verify.program.evaluate({"outcome": "up"}) is True
    friday = plan.drills["friday"]
    assert (friday.at, friday.days, friday.weeks, friday.zone) == ("10:30", ("fri",), (1, 3), "Asia/Shanghai")
    assert (friday.lasts, friday.degrade) == (1800.0, ("switch-gateway",))


def test_steps_as_texts_and_as_tables(tmp_path: Path) -> None:
    sop = """
[sop.own]
title = "Own"
steps = [
  "look",
  { en = "switch", zh = "切换" },
  { do = { en = "freeze", zh = "冻结" }, role = "finance", within = "15m", severities = ["P0", "P1"] },
  { do = "seen", auto = "acknowledged" },
]
"""
    own = loaded(tmp_path, sop + PEOPLE).plan.sops["own"]
    assert own.steps == (
        SopStep(do=Text("look", "look")),
        SopStep(do=Text("switch", "切换")),
        SopStep(
            do=Text("freeze", "冻结"),
            role="finance",
            within=900.0,
            auto=None,
            severities=(Severity.P0, Severity.P1),
        ),
        SopStep(do=Text("seen", "seen"), auto=Auto.ACKNOWLEDGED),
    )
    assert [step.en for step in own.shown] == ["look", "switch", "freeze"]


def names(one: Loaded) -> set[str]:
    return set(one.plan.sops)


def test_ours_are_there_for_who_names_them_and_those_of_the_levels_for_who_has_incidents_graded(
    tmp_path: Path,
) -> None:
    assert names(loaded(tmp_path, RULE + PEOPLE)) == set()
    assert names(loaded(tmp_path, RULE + 'sop = "dependency"\n' + PEOPLE)) == {"dependency"}
    own = '[sop.dependency]\ntitle = "Mine"\n'
    mine = loaded(tmp_path, RULE + 'sop = "dependency"\n' + own + PEOPLE).plan.sops["dependency"]
    assert (mine.title.en, mine.shipped) == ("Mine", False)
    graded = RULE.replace('"P1"', '"matrix"').replace('"bank"', '"api"')
    assert names(loaded(tmp_path, graded + PEOPLE)) == {"P0", "P1", "P2", "P3"}
    level = '[sop.P1]\ntitle = "Mine"\nsteps = ["call me"]\n'
    both = loaded(tmp_path, graded + level + PEOPLE)
    assert (both.plan.sops["P1"].shipped, both.plan.sops["P0"].shipped) == (False, True)
    assert not [w for w in both.warnings if w.name == "unused-procedure"]


def test_what_a_plan_does_not_say_has_a_default(tmp_path: Path) -> None:
    text = '[degrade.flag]\nwhy = "w"\nflow = "checkout"\naction.flag.file = "/tmp/f"\n[drill.d]\ncheck = "api"\nseverity = "P2"\n'
    plan = loaded(tmp_path, text + PEOPLE).plan
    made, drill = plan.degrade["flag"], plan.drills["d"]
    assert (made.mode, made.approver_role, made.verify, made.user_text) == (
        Mode.APPROVE,
        "product",
        None,
        None,
    )
    assert (made.guard.max_per_day, made.guard.ttl, made.guard.needs_drill_within) == (3, None, 90 * DAY)
    assert made.rollback is made.action
    assert made.source.endswith("rules.toml:1")
    assert (drill.lasts, drill.at, drill.sop, drill.degrade) == (900.0, None, "", ())
    assert drill.said.zh == "请按 api 故障处置"


def test_warnings(tmp_path: Path) -> None:
    auto = """
[degrade.switch]
why = "w"
flow = "checkout"
mode = "auto"
action.command.run = ["/nowhere/switch"]
"""
    drill = '[drill.d]\ncheck = "api"\nseverity = "P2"\ndegrade = ["switch"]\n'
    proof = 'verify = { check = "api", when = \'outcome == "up"\' }\n'
    mine = ("undrilled-degrade", "unverified-degrade", "unfilled-role", "missing-program")

    def told(text: str) -> list[str]:
        return sorted(w.name for w in loaded(tmp_path, text).warnings if w.name in mine)

    assert told(auto + PEOPLE) == sorted(mine)
    better = auto.replace("/nowhere/switch", "true") + proof + drill
    assert told(better + PEOPLE.replace('name = "li"', 'name = "li"\nrole = "product"')) == []
