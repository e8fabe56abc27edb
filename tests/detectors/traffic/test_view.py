"""What the detector says of itself is what it does."""

from __future__ import annotations

import json
import math

import pytest

from tests.detectors.traffic.flow import DAY, HOUR, START, Flow


@pytest.mark.parametrize(
    "per_second", [10.0, 1.0, 1 / 60, 1 / 600], ids=["busy", "one a second", "one a minute", "six an hour"]
)
def test_the_silence_that_it_foretells_is_the_silence_that_pages(per_second: float) -> None:
    flow = Flow().learn(3, per_second, swing=0.6)
    flow.poll(1)  # the last request
    told = flow.detector.view(flow.at)["pages_after_seconds"]
    assert flow.silent_after() == pytest.approx(told, rel=0.02)  # beyond two hours it is told to a fiftieth


def test_with_a_fixed_window_it_is_that_window() -> None:
    flow = Flow(zero_for="5m").learn(0.5, 1.0)
    assert flow.detector.view(flow.at)["pages_after_seconds"] == 300.0


def test_each_reason_to_wait_comes_on_top_of_those_before() -> None:
    flow = Flow().learn(2, 1.0)
    view = flow.detector.view(flow.at)
    needs = {step["reason"]: step["requests"] for step in view["why"]}
    # The physical limit: ln(polls with a request in the budget's time).
    assert needs["chance"] == pytest.approx(view["pages_at_anomaly_score"] * math.log(10), rel=1e-6)
    assert needs["chance"] <= needs["bursts"] <= needs["drift"] <= 2.0 * needs["bursts"] + 1e-6
    assert view["why"][0]["seconds"] == pytest.approx(needs["chance"] / view["expected_per_second"])


def test_looking_changes_nothing() -> None:
    flow = Flow().learn(1.3, 1.0)
    flow.polls([0, 0])
    before = json.dumps(flow.detector.state())
    flow.detector.view(flow.at + 5 * HOUR)
    assert len(list(flow.detector.course(flow.at))) > 100
    assert json.dumps(flow.detector.state()) == before


def test_the_usual_week_begins_on_monday_where_these_people_live() -> None:
    flow = Flow(zone="Asia/Shanghai").learn(3, 1.0)
    curve = flow.detector.view(flow.at)["curve"]
    # START is a Wednesday, 00:00 UTC; in Shanghai the week began at 16:00 UTC on Sunday.
    assert curve["starts_at"] == START - 2 * DAY - 8 * HOUR
    assert len(curve["usual_per_second"]) == 336
    assert all(one == pytest.approx(1.0, rel=0.2) for one in curve["usual_per_second"])


def test_in_quiet_hours_nothing_is_expected() -> None:
    flow = Flow(quiet=["00:00-02:00"]).learn(3.05, 1.0)
    view = flow.detector.view(flow.at)
    assert (view["quiet"], view["expected_per_second"]) == (True, 0.0)
    assert view["pages_after_seconds"] is None or view["pages_after_seconds"] > 10.0
    assert view["curve"]["usual_per_second"][0] == 0.0


def test_before_anything_is_known_it_says_so() -> None:
    flow = Flow()
    flow.poll(3)
    view = flow.detector.view(flow.at)
    assert (view["known"], view["expected_per_second"], view["pages_after_seconds"]) == (False, None, None)
    declared = Flow(expect_at_least="60 per 1m")
    declared.poll(3)
    assert declared.detector.view(declared.at)["expected_per_second"] == 1.0


def test_the_last_silence_of_note_is_remembered_over_a_restart() -> None:
    flow = Flow().learn(1, 0.2)
    flow.polls([1, 0, 0, 0, 1])
    began = flow.at - 40.0
    flow.restart()
    last = flow.detector.view(flow.at)["last_silence"]
    assert (last["began_at"], last["seconds"]) == (began, 30.0)
    assert last["missing_requests"] == pytest.approx(6.0, rel=0.25)
    flow.polls([0, 1])  # a short one is no news
    assert flow.detector.view(flow.at)["last_silence"]["began_at"] == began


def test_half_an_hour_later_it_expects_what_is_usual_then() -> None:
    flow = Flow().learn(8, 2.0, swing=0.8)
    now, later = (flow.detector.view(flow.at + hours * HOUR)["expected_per_second"] for hours in (0, 6))
    assert later / now == pytest.approx(1.8, rel=0.15)
