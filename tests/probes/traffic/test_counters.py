"""Counter growth as a table: what was scraped, poll by poll, and what came in between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.probes.counters import AnotherProcess, Counters

# One series "a"; a poll each 10 s. "-": the series is not there. Expected: None at first, "-" where it is not there.
TIMELINES = [
    ("growth", [5, 8, 8, 20], [None, 3, 0, 12]),
    ("zero stays zero, and is measured", [7, 7, 7], [None, 0, 0]),
    ("a value that falls was reset: all of it came since", [100, 4, 6], [None, 4, 2]),
    ("reset to exactly zero", [100, 0, 1], [None, 0, 1]),
    ("born at 3 after a scrape without it: 3 came", ["-", 3, 4], [None, 3, 1]),
    ("born at 1, the first increment is not missed", ["-", "-", 1, 1], [None, "-", 1, 0]),
    ("gone and back: counted from where it was", [100, "-", 103, 104], [None, "-", 3, 1]),
    ("gone and back lower: it was reset", [100, "-", 2], [None, "-", 2]),
    ("fractions", [0.5, 0.75], [None, 0.25]),
]


@pytest.mark.parametrize(("name", "scraped", "expected"), TIMELINES, ids=[row[0] for row in TIMELINES])
def test_growth_of_one_series(
    name: str, scraped: list[float | str], expected: list[float | str | None]
) -> None:
    counters, seen = Counters[str](), list[float | str | None]()
    for poll, value in enumerate(scraped):
        growth = counters.take({"a": value} if isinstance(value, (int, float)) else {}, at=poll * 10.0)
        seen.append(None if growth is None else growth.by_series.get("a", "-"))
        assert growth is None or growth.covers == 10.0
    assert seen == expected


# (value, process start) a poll -> growth
RESTARTS = [
    ("same start: plain growth", [(5, 100.0), (9, 100.0)], [None, 4]),
    ("new start: all of it is new, though it is higher than before", [(5, 100.0), (9, 500.0)], [None, 9]),
    (
        "a start that wobbles by less than a second is the same",
        [(5, 100.0), (9, 100.6), (10, 99.9)],
        [None, 4, 1],
    ),
    ("the start is not always told", [(5, 100.0), (9, None), (10, 100.0)], [None, 4, 1]),
    (
        "an older process: cannot tell, then from there",
        [(5, 500.0), (9, 100.0), (10, 100.0)],
        [None, "other", 1],
    ),
]


@pytest.mark.parametrize(("name", "scraped", "expected"), RESTARTS, ids=[row[0] for row in RESTARTS])
def test_growth_over_restarts(
    name: str, scraped: list[tuple[float, float | None]], expected: list[float | str | None]
) -> None:
    counters, seen = Counters[str](), list[float | str | None]()
    for poll, (value, started) in enumerate(scraped):
        try:
            growth = counters.take({"a": value}, at=poll * 10.0, started=started)
            seen.append(growth and growth.by_series["a"])
        except AnotherProcess:
            seen.append("other")
    assert seen == expected


def test_after_a_restart_only_the_life_of_the_new_process_is_covered() -> None:
    counters = Counters[str]()
    counters.take({"a": 50}, at=0.0, started=1000.0, age=900.0)
    growth = counters.take({"a": 2}, at=60.0, started=1955.0, age=5.0)
    assert growth is not None
    assert (growth.by_series["a"], growth.covers) == (2, 5.0)


def test_a_start_in_the_future_does_not_make_the_window_negative() -> None:
    counters = Counters[str]()
    counters.take({"a": 50}, at=0.0, started=1000.0, age=900.0)
    growth = counters.take({"a": 2}, at=60.0, started=1955.0, age=-3.0)
    assert growth is not None
    assert growth.covers == 60.0


def test_a_missed_poll_is_covered_by_the_next() -> None:
    counters = Counters[str]()
    counters.take({"a": 1}, at=0.0)
    growth = counters.take({"a": 4}, at=40.0)
    assert growth is not None
    assert (growth.by_series["a"], growth.covers) == (3, 40.0)


def test_one_series_resets_and_the_other_grows() -> None:
    counters = Counters[str]()
    counters.take({"a": 10, "b": 10}, at=0.0)
    growth = counters.take({"a": 2, "b": 15}, at=10.0)
    assert growth is not None
    assert growth.by_series == {"a": 2, "b": 5}


def test_a_series_created_anew_counts_from_zero_though_it_is_higher() -> None:
    counters = Counters[str]()
    counters.take({"a": 10}, at=0.0, created={"a": 1.0})
    growth = counters.take({"a": 12}, at=10.0, created={"a": 5.0})
    assert growth is not None
    assert growth.by_series == {"a": 12}


def test_memory_is_bounded_and_what_is_there_now_is_kept() -> None:
    counters = Counters[str](limit=3)
    for poll in range(50):
        counters.take(
            {"steady": float(poll), f"passing-{poll}": 1.0}, at=float(poll), created={f"passing-{poll}": 1.0}
        )
    assert len(counters._last) == 3
    assert len(counters._created) <= 3
    growth = counters.take({"steady": 60.0}, at=60.0)
    assert growth is not None
    assert growth.by_series == {"steady": 11.0}


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=2, max_size=40))
def test_nothing_is_lost_when_every_restart_is_told(steps: list[tuple[int, bool]]) -> None:
    """Requests arrive; now and then the process is restarted right after a scrape. The growths add up to them all."""
    counters, value, started, total = Counters[str](), 0, 0.0, 0.0
    counters.take({"a": 0}, at=0.0, started=started)
    for at, (came, restart) in enumerate(steps, start=1):
        if restart:
            value, started = 0, at * 10.0
        value += came
        growth = counters.take({"a": value}, at=float(at), started=started)
        assert growth is not None
        total += growth.by_series["a"]
    assert total == sum(came for came, _ in steps)
