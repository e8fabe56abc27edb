"""docs/people.md and docs/schedule.md say what the code does, and their examples are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.config.test_docs import documented, section
from watchtower.config.load import load
from watchtower.config.paging import ALSO, INFORM, INFORM_URGENTLY, NEXT
from watchtower.core.oncall.schedule import Schedule
from watchtower.core.oncall.turns import OnCallTurns
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan.paging import EscalationStep
from watchtower.core.plan.roles import Role
from watchtower.model import Severity

DOCS = Path(__file__).parents[3] / "docs"
PEOPLE, SCHEDULE = ((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("people", "schedule"))


@pytest.mark.parametrize(
    ("text", "heading", "model"),
    [
        (PEOPLE, "## [role.NAME]", Role),
        (PEOPLE, "## escalate", EscalationStep),
        (SCHEDULE, "## [schedule.NAME]", Schedule),
    ],
    ids=["role", "escalate", "schedule"],
)
def test_every_key_is_documented_and_nothing_else(text: str, heading: str, model: type[BaseModel]) -> None:
    assert documented(section(text, heading)) == set(model.model_fields)


def test_a_layer_has_the_keys_of_a_schedule_that_make_turns() -> None:
    assert set(OnCallTurns.model_fields) < set(Schedule.model_fields)


def test_every_role_that_has_a_duty_is_documented() -> None:
    assert documented(section(PEOPLE, "## The roles we know")) == set(DUTIES)


@pytest.mark.parametrize("level", [Severity.P0, Severity.P2], ids=["worst", "moderate"])
def test_the_defaults_are_what_the_table_says(level: Severity) -> None:
    rows = [
        line.split("|")[1:-1]
        for line in section(PEOPLE, "## Who is notified by default").splitlines()
        if "|" in line
    ]
    (row,) = [row for row in rows if row[0].strip() == str(level)]
    named = [tuple(re.findall(r"`([^`]+)`", cell)) for cell in row[1:]]
    assert named == [
        ("oncall", *ALSO.get(level, ())),
        NEXT[level][1],
        INFORM_URGENTLY.get(level, ()),
        INFORM[level],
    ]
    assert f"{NEXT[level][0] / 60:.0f} min" in row[2]


PERSON = '[[responder]]\nname = "{0}"\nemail = "{0}@example.com"\nsms = "+86138001380{1}"\n'
REST = """
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P0"
[channel.email]
mailbox = "var/mailbox"
[channel.sms]
file = "var/phone.txt"
"""


@pytest.mark.parametrize("text", [PEOPLE, SCHEDULE], ids=["people", "schedule"])
def test_the_examples_are_a_valid_configuration(text: str, tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.toml").write_text(
        '[[check]]\nname = "deposit"\nprobe = "balance.json"\nurl = "https://bank.example/balance"\nvalue = "balance"\n'
    )
    names = ("li", "wang", "zhao", "chen", "anna", "sun", "qian")
    people = "".join(PERSON.format(name, f"{n:02}") for n, name in enumerate(names))
    roles = people.replace('name = "sun"', 'name = "sun"\nrole = "executive"').replace(
        'name = "qian"', 'name = "qian"\nrole = "finance"'
    )
    examples = "".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))
    (tmp_path / "rules.toml").write_text(examples + REST + roles, encoding="utf-8")
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", {}).plan
    assert plan.people.schedules
