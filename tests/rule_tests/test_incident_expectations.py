"""What a test may expect of an incident and let people do, with the team of docs/examples/team: each right and wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from watchtower.cli.test_rules import command
from watchtower.rule_tests.incident_view import ASPECTS
from watchtower.rule_tests.tests_file import IncidentTable

TEAM = Path(__file__).parents[2] / "docs" / "examples" / "team"
STORY = """
[[test]]
name = "checkout goes silent, and the bank does not answer"
start = "2026-01-07T06:00:00Z"
history = "1d"

[[test.input]]
check = "checkout-requests"
requests = "100x10m 0x40m 100x90m"

[[test.input]]
check = "bank-gateway"
outcome = "-x10m xx40m -x90m"

[[test.do]]
at = "13m"
by = "li"

[[test.do]]
at = "14m"
by = "zhao"
action = "take"
role = "commander"

[[test.do]]
at = "15m"
by = "li"
action = "approve"
plan = "standby-bank"
refused = "is for product or the commander"

[[test.do]]
at = "16m"
by = "chen"
action = "approve"
plan = "standby-bank"
"""


def run(folder: Path, text: str) -> Result:
    file = folder / "a.toml"
    file.write_text(text, encoding="utf-8")
    files = ["--rules", str(TEAM / "rules.toml"), "--checks", str(TEAM / "checks"), "--json"]
    return CliRunner().invoke(command, [*files, str(file)], catch_exceptions=False)


def unmet(folder: Path, text: str) -> list[dict[str, Any]]:
    result = run(folder, text)
    assert result.exit_code in (0, 1), result.stderr
    return [one for test in json.loads(result.stdout)["tests"] for one in test["unmet"]]


def expect(at: str, incident: str) -> str:
    return f'\n[[test.expect]]\nat = "{at}"\nincidents = [{{ {incident} }}]\n'


EXPECTED = [
    ("20m", 'record = "P0"', 'record = "P1"'),
    ("20m", 'onset = "10m"', 'onset = "12m"'),
    ("20m", 'onset = "9m..11m"', 'onset = "11m..12m"'),
    ("20m", 'flows = ["checkout"]', 'flows = ["checkout", "refund"]'),
    ("20m", 'acknowledged_by = "li"', 'acknowledged_by = "wang"'),
    ("20m", 'roles = { commander = "zhao" }', 'roles = { commander = "li" }'),
    ("11m", 'clocks = { acknowledge = "running" }', 'clocks = { acknowledge = "met" }'),
    ("20m", 'clocks = { acknowledge = "met", mitigate = "running" }', 'clocks = { acknowledge = "overdue" }'),
    ("11m", 'plans = { standby-bank = "suggested" }', 'plans = { standby-bank = "running" }'),
    ("17m", 'plans = { standby-bank = "running" }', 'plans = { standby-bank = "suggested" }'),
    ("60m", 'state = "mitigated"', 'state = "triggered"'),
    ("60m", 'mitigated = "50m..52m"', 'mitigated = "55m"'),
    ("11m", 'severity = "P0", hints = []', 'hints = ["cannot reach us"]'),
]


def test_each_expectation_is_met_by_nothing_else(tmp_path: Path) -> None:
    assert unmet(tmp_path, STORY + "".join(expect(at, right) for at, right, _ in EXPECTED)) == []
    found = unmet(tmp_path, STORY + "".join(expect(at, wrong) for at, _, wrong in EXPECTED))
    for one, (_, _, wrong) in zip(found, EXPECTED, strict=True):
        assert one["key"] == "incidents"
        key = wrong.partition(" ")[0]
        assert key == "state" or key in one["surplus"][0], "what there is instead is shown"


def test_every_key_of_the_table_is_looked_at() -> None:
    assert set(ASPECTS) == set(IncidentTable.model_fields)


def test_an_action_that_is_refused_fails_the_test(tmp_path: Path) -> None:
    text = STORY.replace('refused = "is for product or the commander"\n', "") + expect("20m", 'record = "P0"')
    (one,) = unmet(tmp_path, text)
    assert one["key"] == "do"
    assert one["surplus"][0].startswith("refused: standby-bank is for product or the commander to decide")
    (one,) = unmet(tmp_path, STORY.replace("is for product", "is for legal") + expect("20m", 'record = "P0"'))
    assert one["missing"] == ["refused: is for legal or the commander"]


def test_an_action_before_anything_happened_fails_the_test(tmp_path: Path) -> None:
    early = STORY.replace('at = "13m"', 'at = "3m"') + expect("11m", 'record = "P0"')
    (one,) = unmet(tmp_path, early)
    assert one["surplus"] == ["there is no such incident"]


WRONG = [
    (expect("20m", 'duties = { "pboc.class-1" = "watch" }'), 'there is no duty "pboc.class-1"'),
    (expect("20m", 'plans = { standby = "running" }'), 'there is no degradation plan "standby"'),
    (expect("20m", 'clocks = { acknowledged = "met" }'), 'there is no clock "acknowledged"'),
    (expect("20m", 'clocks = { acknowledge = "done" }'), '"done" is not one of'),
    (expect("20m", 'roles = { boss = "li" }'), 'there is no role "boss"'),
    (expect("20m", 'roles = { commander = "lee" }'), 'there is no responder "lee"'),
    (expect("20m", 'flows = ["chekout"]'), 'there is no flow "chekout"'),
    (expect("20m", 'onset = "12m..9m"'), "ends before it begins"),
    ('\n[[test.do]]\nat = "1m"\nby = "li"\naction = "aprove"\n' + expect("20m", 'flow = "checkout"'), "there is no action"),
    ('\n[[test.do]]\nat = "1m"\nby = "li"\naction = "take"\n' + expect("20m", 'flow = "checkout"'), "role is missing"),
    ('\n[[test.do]]\nat = "1m"\nby = "li"\nwhy = "so"\n' + expect("20m", 'flow = "checkout"'), "ack has no field why"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_misspelt_is_told(tmp_path: Path, text: str, said: str) -> None:
    result = run(tmp_path, STORY + text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_what_is_unmet_says_only_what_differs(tmp_path: Path) -> None:
    wanted = 'flow = "checkout", record = "P0", clocks = { acknowledge = "overdue" }, duties = { "pboc.class-one" = "clear" }'
    result = run(tmp_path, f'{STORY}\n[[test.expect]]\nat = "20m"\nincidents = [{{ {wanted} }}]')
    (one,) = json.loads(result.stdout)["tests"][0]["unmet"]
    assert one["surplus"] == ["Checkout flow checkout P0 acknowledged clocks {acknowledge met}"]


def test_a_rule_that_cannot_tell_is_named(tmp_path: Path) -> None:
    rules, file = tmp_path / "rules.toml", tmp_path / "a.toml"
    rules.write_text(
        '[[rule]]\nname = "bank"\nmatch = { check = "bank-gateway" }\nwhen = \'outcome == "down" || latency > 2.0\'\n'
        'severity = "P2"\nsummary = "The bank"\n[[responder]]\nname = "li"\nemail = "li@example.com"\n'
        '[channel.email]\nmailbox = "mailbox"\n'
    )
    file.write_text(
        '[[test]]\nname = "it comes back"\n[[test.input]]\ncheck = "bank-gateway"\noutcome = "-x1m xx2m -x5m"\n'
        '[[test.expect]]\nfrom = "3m"\nresolves = ["bank"]\n'
    )
    arguments = ["--rules", str(rules), "--checks", str(TEAM / "checks"), str(file)]
    told = CliRunner().invoke(command, arguments, catch_exceptions=False).stdout
    assert "bank cannot tell where bank-gateway is up: the test does not say its latency" in told
