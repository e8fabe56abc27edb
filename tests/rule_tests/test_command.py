"""`watchtower test-rules` as people, scripts and CI see it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.rule_tests.trial import OUTAGE, STORY, Trial, expect

GOOD = OUTAGE + expect('at = "12m"\nalerts = ["silent"]')
BAD = OUTAGE + expect('at = "16m"\nalerts = ["silent"]')
FAILURE = """\
FAIL  a story  (a.toml:2)
  a.toml:11: at 16m: alerts that fire
    expected  silent P1 on orders
    got       silent P1 on orders; dead P0 on orders
    surplus   dead P0 on orders

            0s        10m       20m
    orders  ██████████0000000000██████████
    silent  ..........pFFFFFFFFFFF........
    dead    ..............FFFFFFF.........
    INC-1   ...........11100000000........
    pages   ...........1.14....4.4........
                           ^ 16m (08:16:00)

▁ to █ measured, by size  0 zero  - up  x down  ? unknown  _ no data  p pending  F firing  0 to 4 P0 to P4  m mitigated  a action

1 test: 1 failed
fired in no test: runs-out
"""


def test_all_is_well(trial: Trial) -> None:
    result = trial.run(GOOD)
    assert (result.exit_code, result.stdout) == (
        0,
        "ok    a story\n1 test: all passed\nfired in no test: runs-out\n",
    )


def test_a_failure_shows_expected_and_got_with_the_timeline(trial: Trial) -> None:
    result = trial.run(BAD)
    shown = result.stdout.replace(f"{trial.shop.folder}/tests/rules/", "")
    assert (result.exit_code, shown) == (1, FAILURE)


def test_json(trial: Trial) -> None:
    told = json.loads(trial.run(BAD, "--json").stdout)
    assert {k: told[k] for k in ("ok", "passed", "failed", "never_fired")} == {
        "ok": False, "passed": 0, "failed": 1, "never_fired": ["runs-out"],
    }  # fmt: skip
    (test,) = told["tests"]
    assert (test["name"], test["line"], test["ok"]) == ("a story", 2, False)
    assert test["unmet"][0]["what"] == "alerts that fire"
    assert test["timeline"]


@pytest.mark.parametrize(("text", "failures"), [(GOOD, 0), (BAD, 1)], ids=["passed", "failed"])
def test_junit(trial: Trial, tmp_path: Path, text: str, failures: int) -> None:
    trial.run(text, "--junit", str(tmp_path / "junit.xml"))
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - we wrote it
    suite = suites.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("1", str(failures))
    case = suite.find("testcase")
    assert case is not None
    assert case.get("name") == "a story"
    assert len(case.findall("failure")) == failures


def test_a_junit_file_that_cannot_be_written(trial: Trial, tmp_path: Path) -> None:
    result = trial.run(GOOD, "--junit", str(tmp_path / "no" / "junit.xml"))
    assert result.exit_code == 2
    assert "cannot be written: no such file or directory" in result.stderr


def test_files_may_be_named(trial: Trial, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(GOOD, encoding="utf-8")
    assert trial.command(str(tmp_path / "other.toml")).exit_code == 0


def test_only_some_by_name(trial: Trial) -> None:
    two = GOOD + BAD.replace("a story", "another")
    assert trial.run(two, "--run", "story").exit_code == 0
    assert trial.run(two, "--run", "another").exit_code == 1
    assert trial.run(two, "--run", "third").exit_code == 2


def test_no_test_at_all_is_no_success(trial: Trial) -> None:
    result = trial.command()
    assert result.exit_code == 2
    assert "there is no test: no *.toml in" in result.stderr


def test_rules_that_are_wrong_are_told_as_everywhere(trial: Trial) -> None:
    (trial.shop.folder / "rules.toml").write_text('[[rule]]\nname = "a"\n', encoding="utf-8")
    result = trial.run(GOOD)
    assert result.exit_code == 2
    assert "rules.toml:1" in result.stderr


WRONG = [
    ("a check that is not there", STORY + '[[test.input]]\ncheck = "order"\nrequests = "1"' + expect('at = "0s"\nalerts = []'),
     ['a.toml:6: test "a story": input 1: check: there is no check "order"', '  hint: did you mean "orders"? checks: orders, routes, wallet']),
    ("a measurement that the check does not make", STORY + '[[test.input]]\ncheck = "wallet"\nbalanc = "1"' + expect('at = "0s"\nalerts = []'),
     ['a.toml:7: test "a story": input 1: unknown key "balanc"', '  hint: did you mean "balance"? measurements of check wallet: balance']),
    ("a rule that is not there", OUTAGE + expect('at = "5m"\nalerts = ["silnt"]'),
     ['a.toml:11: test "a story": expect 1: alerts[1]: there is no rule "silnt"',
      '  hint: did you mean "silent"? rules: dead, runs-out, silent, watchtower-channel, watchtower-declared, watchtower-gap, watchtower-location, watchtower-no-data, watchtower-unreached']),
    ("a rule of never that is not there: it would always be met", OUTAGE + expect('never = ["silnt"]'),
     ['a.toml:10: test "a story": expect 1: never[1]: there is no rule "silnt"',
      '  hint: did you mean "silent"? rules: dead, runs-out, silent, watchtower-channel, watchtower-declared, watchtower-gap, watchtower-location, watchtower-no-data, watchtower-unreached']),
    ("a person who is not there", OUTAGE + expect('paged = ["lee by sms"]'),
     ['a.toml:10: test "a story": expect 1: paged[1]: there is no responder "lee"', "  hint: responders: li, wang"]),
    ("a moment after the end", OUTAGE + expect('at = "2h"\nalerts = []'),
     ['a.toml:10: test "a story": expect 1: at: 2h is after the end of the test, which is at 30m',
      '  hint: write longer inputs, or end their lines with "..."']),
    ("a window without what it is for", OUTAGE + expect('from = "1m"\nalerts = []'),
     ['a.toml:11: test "a story": expect 1: alerts: needs a moment', '  hint: add at = "10m"']),
    ("a moment and a window at once", OUTAGE + expect('at = "1m"\nuntil = "2m"\npaged = []'),
     ['a.toml:10: test "a story": expect 1: at: a moment and a window at once', "  hint: write at, or from and until"]),
    ("an expectation of nothing", OUTAGE + expect('at = "1m"'),
     ['a.toml:9: test "a story": expect 1: expects nothing',
      "  hint: what can be expected: alerts, pending, incidents, paged, fires, resolves, never"]),
    ("a test that expects nothing", OUTAGE, ['a.toml:2: test "a story": "expect" is missing', "  hint: what must come of it"]),
    ("an input that ends before the others", OUTAGE + '[[test.input]]\ncheck = "wallet"\nbalance = "5x2h"' + expect('at = "1m"\nalerts = []'),
     ['a.toml:5: test "a story": input 1: ends after 30m, the test goes on to 2h',
      '  hint: end its lines with "..." to let the last poll go on']),
    ("lines of different lengths", STORY + '[[test.input]]\ncheck = "orders"\nrequests = "1x5"\nusers = "1x4"' + expect('at = "0s"\nalerts = []'),
     ['a.toml:5: test "a story": input 1: its lines have different numbers of polls: requests 5, users 4',
      '  hint: end one with "..." to let it go on']),
    ("a start without a zone", OUTAGE.replace("+08:00", "") + expect('at = "1m"\nalerts = []'),
     ['a.toml:4: test "a story": start: "2026-11-21T08:00:00" is no moment with a zone',
      '  hint: write "2026-11-21T08:00:00+08:00" or "…T00:00:00Z"']),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_file_is_told_with_its_line(trial: Trial, text: str, said: list[str]) -> None:
    assert trial.problems(text) == said


def test_a_misspelt_key_is_named(trial: Trial) -> None:
    first, hint = trial.problems(OUTAGE + expect('at = "1m"\nalert = []'))
    assert first == 'a.toml:11: test "a story": expect 1: unknown key "alert"'
    assert hint.startswith('  hint: did you mean "alerts"?')
