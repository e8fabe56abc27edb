"""`watchtower coverage`: what a loss costs until somebody is paged, as backtest has it on the same traffic."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.replay.shop import rows
from watchtower.cli.coverage import command
from watchtower.core.events import PageQueued
from watchtower.core.plan import Plan
from watchtower.core.usual_traffic import polled
from watchtower.detectors.traffic import Traffic
from watchtower.model import Language
from watchtower.replay import Replay
from watchtower.replay.loading import load_for_replay
from watchtower.simulate.coverage import LossPlayed, SeriesCovered, WeekOfLosses
from watchtower.simulate.coverage_report import InWords, colour, draw, heat_map, short, summary

EVERY = 60.0
MONDAY = 1_772_409_600.0
"""2 March 2026, 00:00 UTC."""
CHECKS = """
[flow.checkout]
tier = "core"

[[check]]
name = "orders"
flow = "checkout"
probe = "push"
every = "60s"
"""
RULES = """
[[rule]]
name = "silent"
match = { check = "orders" }
when = "traffic.silent"
severity = "P1"
summary = "silent"

[[rule]]
name = "low"
match = { check = "orders" }
when = "traffic.low"
severity = "P2"
summary = "too few"

[[responder]]
name = "li"
email = "li@example.com"
"""


def usual(times: Any) -> Any:
    """From 120 a minute at night to 900 in the evening."""
    return 510.0 - 390.0 * np.cos((times % 86400.0 / 86400.0 - 1 / 6) * 2 * np.pi)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coverage")
    (folder / "checks").mkdir()
    (folder / "checks" / "orders.toml").write_text(CHECKS)
    (folder / "rules.toml").write_text(RULES)
    return folder


def samples(place: Path, days: int) -> Path:
    """Poisson arrivals."""
    times = MONDAY + EVERY * np.arange(1, int(days * 86400 / EVERY) + 1)
    file = place / f"{days}-days.csv"
    counts = np.random.default_rng(3).poisson(usual(times) * EVERY / 60.0).tolist()
    file.write_text(rows([float(one) for one in counts], EVERY, MONDAY + EVERY))
    return file


def run(place: Path, *arguments: str) -> Result:
    base = ["--rules", str(place / "rules.toml"), "--checks", str(place / "checks")]
    return CliRunner().invoke(command, [*base, *arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def covered(place: Path) -> Mapping[str, Any]:
    """Of a detector that has learnt two weeks."""
    result = run(place, "--samples", f"orders={samples(place, 14)}", "--longest", "20m", "--json")
    assert result.exit_code == 0, result.stderr
    found: Mapping[str, Any] = json.loads(result.stdout)
    return found


def test_what_a_loss_costs_is_what_was_missing_until_the_page(covered: Mapping[str, Any]) -> None:
    paged = [one for one in covered["played"] if one["seconds"] is not None]
    lost = [one["requests_per_minute"] * one["missing_share"] * one["seconds"] / 60.0 for one in paged]
    assert [one["lost_requests"] for one in paged] == pytest.approx(lost, rel=0.15)
    assert {(one["severity"], *one["people"]) for one in paged if one["missing_share"] == 1.0} == {
        ("P1", "li by email")
    }


Rate = Callable[[float], float]
"""Requests a minute at a time."""
BUSINESSES: Mapping[str, tuple[Rate, tuple[float, ...]]] = {
    "shop": (lambda at: float(usual(at)), (1.0, 0.5, 0.25)),
    "market": (lambda at: 120.0 if 9.5 <= at % 86400.0 / 3600.0 < 16.0 else 0.0, (1.0, 0.5, 0.25)),
    "slow": (lambda at: 2.0, (1.0, 0.5)),
}
"""With the losses that are seen at all: eight rows."""
DAYS = 10


@pytest.mark.parametrize("business", BUSINESSES if os.environ.get("WATCHTOWER_SOAK") else ["market"])
def test_it_agrees_with_what_the_engine_does_on_real_arrivals_within_a_fifth_or_a_poll(
    place: Path, business: str
) -> None:
    """Each loss begins on the detector as it is then: a loss before it would have taught it."""
    rate, shares = BUSINESSES[business]
    chance = np.random.default_rng(5)
    plan = load_for_replay(place / "rules.toml", place / "checks", {}).plan
    check, longest, learnt, real = plan.checks["orders"], 4500.0, dict[str, Any](), dict[float, list[float]]()
    detector = Traffic(check.detect, EVERY)
    for n in range(int((DAYS + 1) * 86400 / EVERY)):
        at = MONDAY + n * EVERY
        if at == MONDAY + DAYS * 86400.0:
            learnt = dict(detector.state())
        if (
            at >= MONDAY + DAYS * 86400.0
            and at % 3600.0 == 0.0
            and rate(at) > 0.0
            and rate(at + longest) > 0.0
        ):
            for share in shares * 5:
                came = (float(chance.poisson(rate(at + k * EVERY) * (1.0 - share))) for k in range(75))
                real.setdefault(share, []).append(paged_after(plan, detector.state(), at, came))
        detector.update(polled(at + EVERY, float(chance.poisson(rate(at + EVERY / 2.0))), EVERY))
    week = WeekOfLosses(plan, {("orders", ""): learnt}, MONDAY + DAYS * 86400.0 - 1.0, longest, hours=5 * 24)
    played = week.play(("orders", "")).played
    for share in shares:
        mine = [
            one.seconds or longest
            for one in played
            if one.share == share
            and one.at % 3600.0 == 0.0
            and rate(one.at) > 0.0
            and rate(one.at + longest) > 0.0
        ]
        foreseen, true = fmean(mine), fmean(real[share])
        assert abs(foreseen - true) <= max(EVERY, 0.2 * true), (business, share, foreseen, true)


def paged_after(plan: Plan, state: Mapping[str, Any], at: float, came: Iterator[float]) -> float:
    """Seconds until the engine pages; the whole time, where it does not."""
    replay, n = Replay(plan, at, tick_every=EVERY, learned={("orders", ""): state}), 0
    for n, requests in enumerate(came, 1):
        decisions = replay.feed(polled(at + n * EVERY, requests, EVERY, "orders"))
        if any(isinstance(one, PageQueued) for one in decisions):
            break
    return n * EVERY


def test_every_hour_of_the_week_is_played_once_for_each_loss(covered: Mapping[str, Any]) -> None:
    played = covered["played"]
    assert len(played) == 3 * 7 * 24
    assert len({(one["at"], one["missing_share"]) for one in played}) == len(played)
    assert covered["zone"] == "UTC"


@pytest.mark.parametrize("language", Language)
def test_the_map_shows_a_cell_an_hour_and_who_is_paged(language: Language) -> None:
    at, say = MONDAY + 5 * 86400.0, InWords(language)
    cells = [
        LossPlayed(at, 0.5, 60.0, 40.0, 20.0, "P1", ("li by sms",)),
        LossPlayed(at + 3600.0, 0.5, 60.0, None, 5400.0),
        LossPlayed(at + 7200.0, 0.5, None),
        LossPlayed(at + 10800.0, 0.5, 0.0, None, 0.0),
    ]
    covered = SeriesCovered("orders", "", "checkout", "Asia/Shanghai", 10800.0, cells)
    assert [short(one) for one in cells] == ["40s", "-", "?", "0"]
    assert len({colour(one) for one in cells}) == 3
    head, *days = [line.plain for line in heat_map(covered, 0.5, 120, say)]
    assert len(head.split()) == 24
    assert [line.split()[1:] for line in days if len(line.split()) > 1] == [["40s", "-", "?", "0"]]
    told = "\n".join(summary(covered, 0.5, say))
    assert all(
        part in told
        for part in ("1", say("li by sms", "li（sms）"), say.span(40.0), say.span(10800.0), "5400")
    )


def test_a_week_in_which_the_clock_is_put_back_has_every_hour_and_an_open_alert_hides_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / "checks").mkdir()
    detect = 'detect = { zone = "Europe/Berlin", hours = { mon-fri = "09:00-18:00", sat-sun = "closed" } }\n'
    (tmp_path / "checks" / "orders.toml").write_text(CHECKS.replace("60s", "5m") + detect)
    (tmp_path / "rules.toml").write_text(RULES)
    plan = load_for_replay(tmp_path / "rules.toml", tmp_path / "checks", {}).plan
    check, friday = plan.checks["orders"], 1_761_289_200.0  # 24 October 2025, 09:00 in Berlin
    detector = Traffic(check.detect, check.every)
    for n in range(1, 108):
        detector.update(polled(friday + 300.0 * n, 600.0, 300.0))
    learned = {("orders", ""): detector.state()}
    [covered] = [WeekOfLosses(plan, learned, friday + 540 * 60.0, 600.0).play(one) for one in learned]
    cells = covered.hours(1.0)
    assert len(cells) == 7 * 24
    is_open = [(day, hour) for day in range(5) for hour in range(9, 18)]
    assert {short(one) for at, one in cells.items() if at not in is_open} == {"0"}, "closed, and known to be"
    assert not {short(cells[at]) for at in is_open} & {"0", "?"}, "the hour of the opening too"
    detector.update(polled(friday + 540 * 60.0, 0.0, 300.0))
    silent = {("orders", ""): detector.state()}
    cells = WeekOfLosses(plan, silent, friday + 540 * 60.0, 600.0).play(("orders", "")).hours(1.0)
    assert {short(cells[6, hour]) for hour in range(24)} <= {"0", "?"}


def test_a_pause_at_every_full_hour_closes_no_hour(tmp_path: Path) -> None:
    """And half past nine is an opening of the hour of nine."""
    (tmp_path / "checks").mkdir()
    declared = 'hours = { mon-sun = "09:30-18:00" }, deploys = [{ at = "*:00", for = "5m" }]'
    (tmp_path / "checks" / "orders.toml").write_text(
        CHECKS.replace("60s", "5m") + f"detect = {{ {declared} }}\n"
    )
    (tmp_path / "rules.toml").write_text(RULES)
    plan = load_for_replay(tmp_path / "rules.toml", tmp_path / "checks", {}).plan
    check, nine = plan.checks["orders"], MONDAY + 9.5 * 3600.0
    detector = Traffic(check.detect, check.every)
    for n in range(1, 100):
        detector.update(polled(nine + 300.0 * n, 600.0, 300.0))
    week = WeekOfLosses(plan, {("orders", ""): detector.state()}, nine + 8 * 3600.0, 600.0)
    cells = week.play(("orders", "")).hours(1.0)
    assert {hour for (_, hour), one in cells.items() if one.seconds} == set(range(9, 18))


def test_a_young_detector_says_when_it_would_see_a_loss(place: Path) -> None:
    file = samples(place, 1)
    result = run(place, "--samples", f"orders={file}", "--longest", "2m", "--json")
    [quarter] = [one for one in json.loads(result.stdout)["not_before"] if one["missing_share"] == 0.25]
    assert quarter["at"] is None or MONDAY + 86400.0 <= quarter["at"] <= MONDAY + 9 * 86400.0


@pytest.mark.parametrize(("at", "said"), [(MONDAY + 3 * 86400.0, "Thu 2026-03-05"), (None, "after a week")])
def test_until_enough_is_known_it_is_said_when(at: float | None, said: str) -> None:
    covered = SeriesCovered("orders", "", "", "UTC", 10800.0, [LossPlayed(MONDAY, 0.25, 60.0)], {0.25: at})
    assert any(said in line for line in summary(covered, 0.25, InWords(Language.EN)))
    assert len(list(summary(covered, 0.25, InWords(Language.ZH)))) == 2


def test_a_narrow_terminal_gets_the_worse_of_two_hours() -> None:
    cells = [LossPlayed(MONDAY, 1.0, 60.0, 40.0, 40.0), LossPlayed(MONDAY + 3600.0, 1.0, 60.0, 600.0, 600.0)]
    covered = SeriesCovered("orders", "", "", "UTC", 10800.0, cells)
    assert [line.plain.split()[1:] for line in heat_map(covered, 1.0, 60, InWords(Language.EN))][1] == ["10m"]


def test_the_picture(place: Path, tmp_path: Path) -> None:
    covered = SeriesCovered("orders", "", "", "UTC", 10800.0, [LossPlayed(MONDAY, 1.0, 60.0, 40.0, 40.0)])
    draw([covered], InWords(Language.EN), tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_played_is_said(place: Path, tmp_path: Path) -> None:
    result = run(place, "--store", f"sqlite:///{tmp_path}/none.db")
    assert (result.exit_code, "there is no store" in result.stderr) == (1, True)
    file = samples(place, 1)
    result = run(place, "--samples", f"orders={file}", "--flow", "chekout")
    assert (result.exit_code, 'did you mean "checkout"' in result.stderr) == (2, True)


def test_hours_that_were_learnt_begin_and_end_at_any_minute(place: Path) -> None:
    """A loss begins with the first poll for which anything is expected; what is closed for the whole hour costs nothing."""
    plan = load_for_replay(place / "rules.toml", place / "checks", {}).plan
    detector, end, chance = (
        Traffic(plan.checks["orders"].detect, EVERY),
        MONDAY + 15 * 86400.0,
        np.random.default_rng(4),
    )
    for at in np.arange(MONDAY, end, EVERY).tolist():
        is_open = 9 + 7 / 60 <= at % 86400.0 / 3600.0 < 20 + 42 / 60
        detector.update(polled(at + EVERY, float(chance.poisson(60.0)) if is_open else 0.0, EVERY))
    week = WeekOfLosses(plan, {("orders", ""): detector.state()}, end - 1.0, 1800.0, hours=24)
    cells = week.play(("orders", "")).hours(1.0)
    assert "".join(
        short(one).rjust(4) for (_, hour), one in sorted(cells.items(), key=lambda it: it[0][1])
    ) == ("   0" * 9 + " 60s" * 12 + "   0" * 3)
    assert {one.at % 3600.0 for one in cells.values() if not one.idle} == {0.0, 420.0}
