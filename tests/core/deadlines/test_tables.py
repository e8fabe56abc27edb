"""[targets], [work_hours], [compliance] and packs: what they mean, and what they are warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.cases import PEOPLE
from tests.config.test_valid import loaded
from tests.core.deadlines.desk import moment
from tests.core.deadlines.packs import pack_at
from watchtower.config.compliance_tables import FOLDER, SHIPPED
from watchtower.config.loaded import Loaded
from watchtower.core.plan.calendar import CalendarSpan, Count
from watchtower.core.plan.targets import Targets
from watchtower.errors import ConfigError
from watchtower.model import Severity, Text

OURS = (
    "clock-before-reminder", "goal-after-limit", "severity-without-target", "lenient-severity", "unreviewed-pack", "pack-not-in-force",
    "pack-not-for-us", "no-exchange-rate", "unfilled-role",
)  # fmt: skip


def warned(found: Loaded) -> list[tuple[str, str]]:
    return [(w.name, w.where) for w in found.warnings if w.name in OURS]


def problems(folder: Path, rules: str, **more: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, rules + PEOPLE, **more)
    return [f"{Path(p.file).name}:{p.line}: {p.where}: {p.what}" for p in caught.value.problems]


def test_nothing_written_is_the_defaults_and_no_noise(tmp_path: Path) -> None:
    policy = loaded(tmp_path).plan.deadlines
    assert (policy.targets, policy.configured, policy.compliance.in_force) == (Targets(), False, ())
    assert policy.of(Severity.P3) == {}


def test_what_is_left_out_keeps_its_default_and_off_takes_a_clock_away(tmp_path: Path) -> None:
    rules = '[targets.P0]\nresolve = "12h"\nstatus = "off"\n[targets.P3]\nacknowledge = "2 work hours"\n'
    policy = loaded(tmp_path, rules + PEOPLE).plan.deadlines
    assert policy.configured
    assert policy.of(Severity.P0)["resolve"] == CalendarSpan(43200.0)
    assert policy.of(Severity.P0)["mitigate"] == CalendarSpan(3600.0)
    assert "status" not in policy.of(Severity.P0)
    assert policy.of(Severity.P3)["acknowledge"] == CalendarSpan(2.0, Count.WORK_HOURS)
    assert policy.of(Severity.P4) == Targets().of(Severity.P4)


def test_people_work_where_the_first_responder_is_unless_it_is_written(tmp_path: Path) -> None:
    people = PEOPLE.replace('name = "li"', 'name = "li"\nzone = "Asia/Shanghai"')
    assert loaded(tmp_path, people).plan.deadlines.calendar.zone == "Asia/Shanghai"
    rules = '[work_hours]\nzone = "Europe/Berlin"\nhours = "08:00-16:30"\ndays_off = ["2026-12-24"]\n'
    calendar = loaded(tmp_path, rules + people).plan.deadlines.calendar
    assert (calendar.zone, calendar.hours.start, calendar.hours.end) == ("Europe/Berlin", 480, 990)
    friday = moment("2026-12-23T16:00+01:00")
    assert calendar.after(friday, CalendarSpan(1, Count.WORK_HOURS)) == moment("2026-12-25T08:30+01:00")


def test_a_countrys_holidays_count(tmp_path: Path) -> None:
    pytest.importorskip("holidays")
    rules = '[work_hours]\nzone = "Asia/Shanghai"\nholidays = "CN"\n'
    calendar = loaded(tmp_path, rules + PEOPLE).plan.deadlines.calendar
    assert any((day.month, day.day) == (10, 1) for day in calendar.days_off)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_pack_that_comes_along_is_right_cites_its_sources_and_claims_no_review(name: str) -> None:
    pack, found = pack_at(FOLDER / f"{name}.toml")
    assert found == []
    assert pack is not None
    assert pack.id == name
    assert not pack.reviewed_by_legal
    assert pack.note
    assert pack.source or name == "internal"
    assert all(duty.title.en != duty.title.zh for duty in pack.duty)
    assert all(step.title.en != step.title.zh for duty in pack.duty for step in duty.steps)


def test_all_that_ship_are_named() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == list(SHIPPED)


def test_packs_and_facts_reach_the_plan(tmp_path: Path) -> None:
    rules = """
    [compliance]
    packs = ["mas", "dora"]
    critical_flows = ["checkout"]
    currency = "CNY"
    rates = { EUR = "7.85" }
    licences = ["bank-sg", "bank-eu"]
    reviewed = ["mas", "dora"]
    """
    people = PEOPLE.replace('name = "li"', 'name = "li"\nrole = "legal"')
    found = loaded(tmp_path, rules + people)
    compliance = found.plan.deadlines.compliance
    assert [duty.id for duty in compliance.duties] == ["mas.notice", "mas.downtime", "dora.major"]
    assert compliance.critical_flows == ("checkout",)
    assert str(compliance.rates["EUR"]) == "7.85"
    assert warned(found) == []


OWN = """
id = "ours"
version = "3"
title = "Ours"
authority = "the board"
reviewed_by_legal = true
[[duty]]
id = "tell"
title = "tell"
tests = [{ indicator = "loss", over = 5, currency = "CNY" }]
owner_role = "oncall"
[[duty.steps]]
id = "now"
kind = "notify"
title = "tell the board"
due = "1 work day"
"""


def test_a_pack_of_ones_own_stands_beside_rules_toml_and_is_watched(tmp_path: Path) -> None:
    rules = '[compliance]\npack_files = ["ours.toml"]\ncurrency = "CNY"\n'
    found = loaded(tmp_path, rules + PEOPLE, ours=OWN)
    [duty] = found.plan.deadlines.compliance.duties
    assert (duty.id, duty.version, duty.authority) == ("ours.tell", "ours@3", Text("the board", "the board"))
    assert duty.steps[0].due == CalendarSpan(1, Count.WORK_DAYS)
    assert tmp_path / "ours.toml" in found.files
    assert warned(found) == []


WARNED = [
    ('[targets.P1]\nacknowledge = "10m"\n', [("clock-before-reminder", "targets: P1.acknowledge")]),
    ('[targets.P1]\nacknowledge = "15m"\n', []),
    ('[targets.P0]\nmitigate = "5m"\n', [("goal-after-limit", "targets: P0.mitigate")]),
    ('[targets.P2]\nresolve = "off"\n', [("severity-without-target", "targets: P2")]),
    ('[targets.P0]\nresolve = "3d"\n', [("lenient-severity", "targets: P0.resolve")]),
    ('[targets.P1]\nresolve = "6d"\n', [("lenient-severity", "targets: P1.resolve")]),
    ('[compliance]\npacks = ["mas"]\n', [("unreviewed-pack", "compliance: packs"), ("unfilled-role", "compliance: packs")]),
    (
        '[compliance]\npacks = ["internal"]\nreviewed = ["internal"]\n',
        [("unfilled-role", "compliance: packs")],
    ),
    (
        '[compliance]\npack_files = ["ours.toml"]\ncurrency = "EUR"\n',
        [("no-exchange-rate", "compliance: packs")],
    ),
    (
        '[compliance]\npacks = ["mas"]\nlicences = ["payment-institution-cn"]\nreviewed = ["mas"]\n',
        [("pack-not-for-us", "compliance: licences"), ("unfilled-role", "compliance: packs")],
    ),
    (
        '[compliance]\npack_files = ["ended.toml"]\ncurrency = "CNY"\n',
        [("pack-not-in-force", "compliance: packs")],
    ),
    ('[compliance]\npacks = ["csrc"]\nreviewed = ["csrc"]\n', [("unfilled-role", "compliance: packs")]),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "expected"), WARNED, ids=[str(number) for number in range(len(WARNED))])
def test_what_is_warned_of(tmp_path: Path, rules: str, expected: list[tuple[str, str]]) -> None:
    ended = OWN.replace("\n", '\nvalid_until = "2020-12-31"\n', 1)
    assert warned(loaded(tmp_path, rules + PEOPLE, ours=OWN, ended=ended)) == expected


WRONG = [
    ('[targets.P0]\nresolve = "soon"\n', 'rules.toml:2: targets: P0.resolve: "soon" is no span'),
    ("[targets.P0]\nresolve = 5\n", "rules.toml:2: targets: P0.resolve: a target is a text such as"),
    ('[targets.P9]\nresolve = "5m"\n', 'rules.toml:1: targets: unknown key "P9"'),
    ('[targets.P0]\nfix = "5m"\n', 'rules.toml:2: targets: P0: unknown key "fix"'),
    ("[targets]\nwarn_at = 1.5\n", "rules.toml:2: targets: warn_at: must be below 1.0, not the number 1.5"),
    ('[work_hours]\nhours = "22:00-06:00"\n', "rules.toml:2: work_hours: hours: work hours cannot run over"),
    ('[work_hours]\nzone = "Moon/Base"\n', 'rules.toml:2: work_hours: zone: there is no time zone "Moon/Base"'),
    ('[work_hours]\nholidays = "Atlantis"\n', 'rules.toml:2: work_hours: holidays: there are no holidays of "Atl'),
    ('[compliance]\npacks = ["mass"]\n', 'rules.toml:2: compliance: packs[1]: there is no pack "mass"'),
    ('[compliance]\ncritical_flows = ["chekout"]\n', 'rules.toml:2: compliance: critical_flows[1]: there is no flow'),
    ('[compliance]\nreviewed = ["mas"]\n', 'rules.toml:2: compliance: reviewed[1]: the pack "mas" is not in force'),
    ('[compliance]\npacks = ["csrc"]\n', 'rules.toml:2: compliance: packs: the pack csrc (2012-46) holds a text that is superseded'),
    ('[compliance]\nrates = { EUR = "x" }\n', 'rules.toml:2: compliance: rates.EUR: "x" is no rate'),
    ('[compliance]\npack_files = ["none.toml"]\n', "none.toml:1: : cannot be read: no such file"),
    ('[compliance]\npack_files = ["ours.toml", "ours.toml"]\n', "rules.toml:2: compliance: pack_files[2]: there is another pack"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "told"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_what_is_wrong_is_told_at_its_line(tmp_path: Path, rules: str, told: str) -> None:
    [problem] = problems(tmp_path, rules, ours=OWN)
    assert problem.startswith(told)


PACKS = [
    ('indicator = "loss"', 'indicator = "los"', 'there is no indicator "los"'),
    ("over = 5, ", "", 'the test of "loss" has no threshold, or two'),
    ("over = 5", "over = 5, at_least = 5", 'the test of "loss" has no threshold, or two'),
    ("over = 5", 'over = "P1"', 'must be a number, not "P1"'),
    ('indicator = "loss"', 'indicator = "raw_minutes"', "raw_minutes is no amount of money"),
    (
        'tests = [{ indicator = "loss", over = 5, currency = "CNY" }]',
        'tests = [{ indicator = "severity", at_least = 2 }]',
        '"2.0" is no severity',
    ),
    (
        'owner_role = "oncall"',
        'combine = "gate_and_k"\nk = 2',
        "the duty needs 2 criteria, and its tests make 1",
    ),
    (
        'owner_role = "oncall"',
        'gate = [{ indicator = "critical_affected", at_least = 1 }]',
        "any has no gate",
    ),
    ('due = "1 work day"', 'due = "1 work day"\nfrom = "previous"', "the first step has no step before it"),
    ('due = "1 work day"', 'due = "soon"', '"soon" is no span'),
    ('kind = "notify"', 'kind = "shout"', '"shout" is not one of notify, report'),
    ('id = "now"', 'id = "now"\nwhen = "x"', 'unknown key "when"'),
]


@pytest.mark.parametrize(
    ("before", "after", "told"), PACKS, ids=[told.replace('"', "") for _, _, told in PACKS]
)
def test_a_pack_that_is_wrong_says_what(tmp_path: Path, before: str, after: str, told: str) -> None:
    assert before in OWN
    found = problems(
        tmp_path, '[compliance]\npack_files = ["ours.toml"]\n', ours=OWN.replace(before, after, 1)
    )
    assert any(told in one and one.startswith("ours.toml:") for one in found), found
