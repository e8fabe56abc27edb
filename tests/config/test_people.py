"""What the files come to: who is told by default, and what check-config warns of."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.model import Severity

REST = """
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P1"
[channel.email]
mailbox = "var/mailbox"
[channel.sms]
file = "var/phone.txt"
"""
P0, P1, P2, P3, P4 = Severity


def person(name: str, more: str = "") -> str:
    return f'[[responder]]\nname = "{name}"\nemail = "{name}@example.com"\nsms = "+8613800138000"\n{more}\n'


def loaded(tmp_path: Path, text: str) -> Loaded:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.toml").write_text(
        '[[check]]\nname = "bank"\nprobe = "tcp"\naddress = "bank.example:443"\n'
    )
    (tmp_path / "rules.toml").write_text(text + REST, encoding="utf-8")
    return load(tmp_path / "rules.toml", tmp_path / "checks", {})


def warnings(tmp_path: Path, text: str) -> list[str]:
    return [f"{one.name}: {one.what}" for one in loaded(tmp_path, text).warnings]


def test_two_responders_and_no_word_more_see_nothing_of_all_this(tmp_path: Path) -> None:
    plan = loaded(tmp_path, person("li") + person("wang")).plan
    for severity in Severity:
        policy = plan.paging[severity]
        assert (policy.roles, policy.escalate, policy.acks, policy.ack_expires) == (("oncall",), (), 1, 0.0)
        assert (policy.inform, policy.inform_urgently, policy.update_every) == ((), (), 0.0)


def test_defaults_name_only_roles_that_somebody_fills(tmp_path: Path) -> None:
    text = person("li") + "".join(
        person(name, f'role = "{name}"') for name in ("commander", "product", "pr", "deputy")
    )
    paging = loaded(tmp_path, text).plan.paging
    assert paging[P0].roles == ("oncall", "commander")
    assert (paging[P0].inform_urgently, paging[P0].inform) == (("product", "pr"), ("deputy",))
    assert [(step.after, step.roles) for step in paging[P0].escalate] == [(300.0, ("deputy",))]
    assert (paging[P1].inform_urgently, paging[P1].inform) == (("product",), ("deputy", "pr"))
    assert (paging[P2].roles, paging[P2].inform, paging[P2].escalate) == (("oncall",), (), ()), (
        "P2 stays as it was"
    )


def test_with_a_table_of_a_role_the_backup_is_asked_later_and_the_product_is_informed_at_p2(
    tmp_path: Path,
) -> None:
    text = person("li") + person("wang") + person("chen", 'role = "product"')
    text += '[role.oncall]\nprimary = "li"\nbackup = "wang"\n'
    paging = loaded(tmp_path, text).plan.paging
    assert [(step.after, step.roles) for step in paging[P2].escalate] == [(1800.0, ("backup",))]
    assert paging[P2].inform == ("product",)
    assert (paging[P3].escalate, paging[P3].inform) == ((), ())


def test_what_is_written_goes_before_every_default_and_nothing_is_a_word_too(tmp_path: Path) -> None:
    text = person("li") + person("zhao", 'role = "commander"') + person("chen", 'role = "product"')
    text += '[paging.P0]\nroles = ["oncall"]\ninform = []\ninform_urgently = []\nescalate = []\n'
    policy = loaded(tmp_path, text).plan.paging[P0]
    assert (policy.roles, policy.inform, policy.inform_urgently, policy.escalate) == (("oncall",), (), (), ())


SCHEDULE = '[role.oncall]\nschedule = "weekly"\n[schedule.weekly]\nparticipants = ["li", "wang"]\n'
CREW = person("li") + person("wang")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SCHEDULE, []),
        (SCHEDULE + 'restrict = ["Mon-Fri 09:00-18:00"]\n', ["schedule-gap: nobody is on call for 20 d 12 h of the next 28 days"]),
        (SCHEDULE.replace('schedule = "weekly"\n', 'schedule = "weekly"\nbackup = "li"\n', 1) + 'restrict = ["Mon-Fri 09:00-18:00"]\n', []),
        ('[schedule.weekly]\nparticipants = ["li"]\n', ["unused-schedule: no role is filled by this schedule"]),
        ('[role.oncall]\nprimary = "li"\n', ["shadowed-role: [role.oncall] says who fills it, and this is not among them"]),
        ("[paging.P1]\nacks = 3\n", ["few-to-acknowledge: 3 people must acknowledge, and 2 can be asked"]),
        ("[paging.P1]\nacks = 2\n", []),
    ],
    ids=["a whole schedule", "office hours", "with a backup", "unused", "shadowed", "too many", "as many"],
)  # fmt: skip
def test_warnings(text: str, said: list[str], tmp_path: Path) -> None:
    crew = CREW.replace('name = "wang"', 'name = "wang"\nrole = "oncall"') if "primary" in text else CREW
    assert [one.split(", first on")[0] for one in warnings(tmp_path, crew + text)] == said


def test_the_calendar_is_watched_for_changes(tmp_path: Path) -> None:
    (tmp_path / "oncall.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n", newline=""
    )
    found = loaded(tmp_path, CREW + SCHEDULE + 'ical = "oncall.ics"\n')
    assert tmp_path / "oncall.ics" in found.files


def test_chinese_holidays_are_days_off(tmp_path: Path) -> None:
    found = loaded(tmp_path, CREW + SCHEDULE + 'skip_holidays = "CN"\n')
    (rotation,) = found.plan.people.schedules["weekly"].rotations
    assert {(day.month, day.day) for day in rotation.days_off} >= {(1, 1), (5, 1), (10, 1)}
