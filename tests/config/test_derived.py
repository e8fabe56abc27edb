"""Checks that are derived from others: what is asked of these must be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.cases import PEOPLE
from watchtower.config.load import load
from watchtower.errors import ConfigError
from watchtower.probes.registry import Registry

ORDERS = """
[[check]]
name = "orders"
probe = "push"
[[check]]
name = "paid"
probe = "derive"
"""

WRONG = [
    ('part = "order.requests"', 'there is no check "order"', 'did you mean "orders"?'),
    ('part = "paid.part"', "it cannot be derived from itself", "checks: orders"),
    ('part = "orders.request"', 'check "orders" has no measurement "request"', 'did you mean "requests"?'),
    ('part = ["orders.errors", "orders.frauds"]', 'no measurement "frauds"', "counts of orders: "),
    (
        'part = "orders.error_ratio"',
        '"error_ratio" of check "orders" is no count',
        "counts of orders: amount, errors",
    ),
    ('part = "orders.outcome"', '"outcome" of check "orders" is no count', "counts of orders: "),
    ('part = "orders.requests"', "is the same as whole", "always 1"),
    ('part = "orders"', '"orders" is no count of a check', "write CHECK.requests"),
]


@pytest.mark.parametrize(("part", "what", "hint"), WRONG, ids=[row[1] for row in WRONG])
def test_a_count_that_nobody_measures(tmp_path: Path, part: str, what: str, hint: str) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "checks" / "a.toml").write_text(
        f'{ORDERS}{part}\nwhole = "orders.requests"\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "rules.toml", tmp_path / "checks", {}, Registry.load(None))
    (problem,) = caught.value.problems
    assert (problem.line, what in problem.what, hint in f"{problem.what} {problem.hint}") == (8, True, True)


def test_a_check_that_only_others_count_on_is_of_use(tmp_path: Path) -> None:
    rule = '[[rule]]\nname = "r"\nmatch = { check = "paid" }\nwhen = "ratio.fallen"\nseverity = "P2"\n'
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(rule + PEOPLE, encoding="utf-8")
    checks = f'{ORDERS}part = "orders.errors"\nwhole = "orders.requests"\n'
    (tmp_path / "checks" / "a.toml").write_text(checks, encoding="utf-8")
    loaded = load(tmp_path / "rules.toml", tmp_path / "checks", {}, Registry.load(None))
    assert [one.name for one in loaded.warnings if one.name == "check-without-rule"] == []


SLOW = """
[[check]]
name = "slow"
probe = "metrics"
url = "http://127.0.0.1:1/metrics"
query = "orders_total"
every = "5m"
[[check]]
name = "fast"
probe = "metrics"
url = "http://127.0.0.1:1/metrics"
query = "paid_total"
every = "10s"
[[check]]
name = "paid"
probe = "derive"
part = "fast.requests"
whole = "slow.requests"
"""


@pytest.mark.parametrize(("every", "fits"), [("10s", False), ("2m", False), ("150s", True), ("5m", True)])
def test_both_counts_must_cover_the_same_time(tmp_path: Path, every: str, fits: bool) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "checks" / "a.toml").write_text(f'{SLOW}every = "{every}"\n', encoding="utf-8")
    files = (tmp_path / "rules.toml", tmp_path / "checks", {}, Registry.load(None))
    if fits:
        load(*files)
        return
    with pytest.raises(ConfigError, match="one of its counts comes every 5m") as caught:
        load(*files)
    assert caught.value.problems[0].hint == 'write every = "5m"'
