"""`[review]` in rules.toml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from watchtower.config.load import load
from watchtower.core.plan import Plan
from watchtower.core.plan.review import DAY, ReviewPolicy
from watchtower.errors import ConfigError
from watchtower.model import Severity

P0, P1, P2, P3, _ = Severity
DOC = (Path(__file__).parents[2] / "docs/review.md").read_text()


def plan_of(tmp_path: Path, review: str) -> Plan:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/a.toml").write_text(
        '[[check]]\nname = "a"\nprobe = "tcp"\naddress = "127.0.0.1:1"\nevery = "10s"\n'
    )
    (tmp_path / "rules.toml").write_text(review)
    return load(tmp_path / "rules.toml", tmp_path / "checks", {}).plan


def test_without_the_table_a_p0_has_a_fortnight_and_a_p1_thirty_days(tmp_path: Path) -> None:
    policy = plan_of(tmp_path, "").review
    assert policy == ReviewPolicy()
    assert [policy.due(level, 0.0) for level in (P0, P1, P2)] == [14 * DAY, 30 * DAY, None]


def test_the_example_of_the_page_means_what_it_says(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n# rules.toml\n(.*?)```", DOC, re.DOTALL)
    policy = plan_of(tmp_path, example).review
    assert [policy.due(level, 0.0) for level in (P0, P1, P2, P3)] == [7 * DAY, 30 * DAY, 60 * DAY, None]
    assert policy.causes == ("certificate", "bad-deploy", "vendor", "capacity", "config")


def test_a_level_that_is_left_out_keeps_its_default(tmp_path: Path) -> None:
    assert plan_of(tmp_path, '[review]\naction_due = { P2 = "60d" }').review.due(P0, 0.0) == 14 * DAY


@pytest.mark.parametrize(
    ("review", "line", "said"),
    [
        ('[review]\naction_due = { P7 = "1d" }', 2, "P7"),
        ('[review]\naction_due = { P0 = "soon" }', 2, "soon"),
        ('[review]\naction_due = { P0 = "0s" }', 2, "P0"),
        ('[review]\n\ncauses = ["Bad Deploy"]', 3, 'write "bad-deploy"'),
        ('[review]\ncause = ["x"]', 2, "causes"),
    ],
    ids=["no such level", "no duration", "no time", "no tag", "no such key"],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, review: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, review)
    (problem,) = caught.value.problems
    assert problem.line == line, problem
    assert said in str(problem)


def test_every_key_is_on_the_page() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+\| [^|]+\|$", DOC, re.MULTILINE)) == set(
        ReviewPolicy.model_fields
    )
