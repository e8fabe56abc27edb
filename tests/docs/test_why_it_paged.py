"""docs/why-it-paged.md says what the detector does: its figures are computed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.why.delays import BUDGETS, Delay, delays, last_polls, rows
from watchtower.model import Language

RATES = (1, 50)
"""Of the table's rows, each of which takes a while."""
ROOT = Path(__file__).parents[2]
PAGES = {Language.EN: ROOT / "docs" / "why-it-paged.md", Language.ZH: ROOT / "docs" / "why-it-paged.zh-CN.md"}


@pytest.fixture(scope="module")
def found() -> list[Delay]:
    return delays(RATES)


@pytest.mark.parametrize("language", PAGES)
def test_the_table_of_budgets(found: list[Delay], language: Language) -> None:
    lines = PAGES[language].read_text(encoding="utf-8").splitlines()
    assert [row for row in rows(found, language) if row not in lines] == []


@pytest.mark.parametrize("language", PAGES)
def test_the_polls_up_to_the_page(language: Language) -> None:
    assert last_polls(language) in PAGES[language].read_text(encoding="utf-8")


def test_no_delay_is_much_above_the_limit_and_the_poll(found: list[Delay]) -> None:
    assert len(found) == len(RATES) * len(BUDGETS)
    for one in found:
        assert one.limit * 0.94 <= one.ours <= one.limit * 1.25 + 10.0, one


def test_from_a_day_to_a_year_costs_what_the_page_says(found: list[Delay]) -> None:
    seconds = {(one.per_minute, one.false_pages): one.ours for one in found}
    costs = {rate: seconds[rate, "1 per 365d"] - seconds[rate, "1 per 1d"] for rate in RATES}
    assert max(costs.values()) <= 7 * 60
    assert costs[50] <= 10.0
    assert seconds[1, "1 per 1d"] > 5 * 60
