"""A thousand checks load before anyone loses patience, and do not cost a program each."""

from __future__ import annotations

import time
from pathlib import Path

from tests.config.cases import PEOPLE
from tests.config.kinds import FewKinds
from watchtower.config import unused
from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.lines import Lines
from watchtower.config.load import load
from watchtower.config.matching import Traits
from watchtower.config.problems import Entry, Report
from watchtower.config.rule_drafts import Draft, RulesDraft
from watchtower.config.rule_programs import Compiled

_NOWHERE = Entry("a.toml", Lines(""), ("check", 0), "check", {}, Report())
RULES = [
    ("{}", 'outcome == "down"'),
    ('{ probe = "http" }', "latency > 0.5"),
    ('{ flow = "f" }', "traffic.silent"),
]


def _write(folder: Path, count: int) -> None:
    (folder / "checks").mkdir()
    checks = ["[flow.f]\n"]
    for number in range(count):
        head = f'[[check]]\nname = "c{number}"\nevery = "15s"\nlabels = {{ team = "t{number % 7}" }}\n'
        own = (
            f'probe = "traffic"\npath = "/{number}"\nflow = "f"\n'
            if number % 2
            else f'probe = "http"\nurl = "http://x/{number}"\n'
        )
        checks.append(head + own)
    (folder / "checks" / "many.toml").write_text("".join(checks), encoding="utf-8")
    rules = [
        f"[[rule]]\nname = \"r{number}\"\nmatch = {match}\nwhen = '''{when}'''\nseverity = \"P1\"\n"
        for number, (match, when) in enumerate(RULES)
    ]
    (folder / "rules.toml").write_text("".join(rules) + PEOPLE, encoding="utf-8")


def test_a_thousand_checks_and_three_rules(tmp_path: Path) -> None:
    _write(tmp_path, 1000)
    began = time.process_time()
    plan = load(tmp_path / "rules.toml", tmp_path / "checks", {}, FewKinds()).plan
    took = time.process_time() - began
    assert sum(len(rule.programs) for rule in plan.rules.values()) == 2000
    programs = {id(program) for rule in plan.rules.values() for program in rule.programs.values()}
    assert len(programs) == 4, "one for each rule and set of facts"
    assert len({id(check.facts) for check in plan.checks.values()}) == 2
    # 0.4 s on a slow core; five times that is the promise.
    assert took < 2.0


def test_looking_for_checks_that_nobody_judges_takes_a_time_that_grows_with_them() -> None:
    names = [f"c{number}" for number in range(30_000)]
    checks = ChecksDraft(checks=[CheckDraft(_NOWHERE, Traits(name, "http", (), (), {})) for name in names])
    began = time.process_time()
    unused.warn(checks, RulesDraft(), [(Draft(_NOWHERE, None), Compiled(programs=dict.fromkeys(names)))])
    assert time.process_time() - began < 3.0, "a set for each check takes half a minute"


def test_loading_the_same_files_twice_gives_the_same_plan(tmp_path: Path) -> None:
    _write(tmp_path, 50)
    one, other = (load(tmp_path / "rules.toml", tmp_path / "checks", {}, FewKinds()) for _ in range(2))
    assert one.files == other.files
    assert one.warnings == other.warnings
    assert one.plan.checks == other.plan.checks
    assert one.plan.paging == other.plan.paging
    assert one.plan.responders == other.plan.responders
    assert list(one.plan.rules) == list(other.plan.rules)
    for rule in one.plan.rules.values():
        assert list(rule.programs) == list(other.plan.rules[rule.name].programs)
        assert rule.summaries == other.plan.rules[rule.name].summaries
