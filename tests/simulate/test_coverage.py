"""`watchtower coverage`: what a loss costs until somebody is paged, as backtest has it on the same traffic."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.replay.shop import Shop, rows
from watchtower.cli.coverage import command
from watchtower.core.usual_traffic import polled
from watchtower.detectors.traffic import Traffic
from watchtower.model import Language
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
LEARNT = 14
"""Days before the first loss."""
LOSSES: Mapping[float, list[tuple[int, int]]] = {
    share: [(day, hour) for day in days for hour in (10, 14, 18, 21)]
    for share, days in ((0.25, (14, 15, 16)), (0.5, (17, 18)), (1.0, (19,)))
}
"""By the share that is missing: day and hour at which it begins, for twenty minutes. The slightest first: what is lost teaches."""
LASTS = 1200.0


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


def begins(share: float) -> list[float]:
    return [MONDAY + day * 86400.0 + hour * 3600.0 for day, hour in LOSSES[share]]


def samples(place: Path, days: int) -> Path:
    """Poisson arrivals, with the losses."""
    times = MONDAY + EVERY * np.arange(1, int(days * 86400 / EVERY) + 1)
    rate = usual(times) * EVERY / 60.0
    for share in LOSSES:
        for begin in begins(share):
            rate[(times > begin) & (times <= begin + LASTS)] *= 1.0 - share
    file = place / f"{days}-days.csv"
    counts = np.random.default_rng(3).poisson(rate).tolist()
    file.write_text(rows([float(one) for one in counts], EVERY, MONDAY + EVERY))
    return file


def run(place: Path, *arguments: str) -> Result:
    base = ["--rules", str(place / "rules.toml"), "--checks", str(place / "checks")]
    return CliRunner().invoke(command, [*base, *arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def covered(place: Path) -> Mapping[str, Any]:
    """Of a detector that has learnt two weeks."""
    learnt = samples(place, LEARNT)
    result = run(place, "--samples", f"orders={learnt}", "--longest", "20m", "--json")
    assert result.exit_code == 0, result.stderr
    found: Mapping[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def paged(place: Path) -> Sequence[float]:
    """When backtest pages."""
    records = Shop(place).records("--samples", f"orders={samples(place, 20)}")
    return [one["at"] for one in records if one["event"] == "page_new"]


@pytest.mark.parametrize("share", LOSSES)
def test_it_agrees_with_backtest_on_the_same_traffic_within_a_fifth(
    covered: Mapping[str, Any], paged: Sequence[float], share: float
) -> None:
    hours = {hour for _, hour in LOSSES[share]}
    mine = [
        one
        for one in covered["played"]
        if one["missing_share"] == share and one["at"] % 86400.0 / 3600.0 in hours
    ]
    took = [at - begin for begin in begins(share) for at in paged if begin < at <= begin + LASTS]
    assert len(took) == len(LOSSES[share])
    assert all(one["seconds"] is not None for one in mine)
    assert median(one["seconds"] for one in mine) == pytest.approx(median(took), rel=0.2)
    lost = [one["requests_per_minute"] * share * one["seconds"] / 60.0 for one in mine]
    assert [one["lost_requests"] for one in mine] == pytest.approx(lost, rel=0.15)
    assert {(one["severity"], *one["people"]) for one in mine} == {
        ("P1" if share == 1.0 else "P2", "li by email")
    }


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
    assert all(part in told for part in ("1", "li by sms", say.span(40.0), say.span(10800.0), "5400"))


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
