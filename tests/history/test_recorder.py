"""What is collected in a slot: means of what came, and columns that come with the first number."""

from __future__ import annotations

from math import isnan

from tests.core.builders import http_check
from watchtower.core.plan.checks import Check
from watchtower.detectors.traffic.facts import FACTS
from watchtower.history.kept import curve_of, detected_of, own_of
from watchtower.history.recorder import PART, SampleRecorder
from watchtower.model import Fact, Observation, Outcome, Reading, Unit, Value

TRAFFIC = Check(
    name="checkout", probe="metrics", flow="checkout", every=5.0, timeout=3.0, detector="traffic",
    facts={
        "requests": Fact.number("requests"), "errors": Fact.number("errors"), "error_ratio": Fact.number("x", Unit.RATIO),
        "level": Fact.string("x"), **FACTS,
    },
)  # fmt: skip
PROBE = http_check("bank")


def observed(
    check: Check, outcome: Outcome = Outcome.UP, series: str = "", **facts: Value
) -> tuple[Check, Observation, tuple[Value, ...]]:
    named = {name.replace("__", "."): value for name, value in facts.items()}
    reading = Reading(outcome, {}, series=series)
    return check, Observation(check.name, 0.0, reading), tuple(named.get(name) for name in check.facts)


def means(recorder: SampleRecorder) -> dict[str, float]:
    """By name of the value what a slot holds."""
    rows = dict(recorder.close(1).means())
    return {
        name: rows[column // PART][column % PART]
        for column, name in recorder.names().items()
        if column // PART in rows and not isnan(rows[column // PART][column % PART])
    }


def test_a_slot_holds_the_mean_of_its_samples() -> None:
    recorder = SampleRecorder({})
    for rate in (2.0, 4.0):
        recorder.observe(
            *observed(TRAFFIC, requests=10.0, error_ratio=0.5, traffic__rate=rate, traffic__expected=3.0)
        )
    assert means(recorder) == {"up": 1.0, "traffic.rate": 3.0, "traffic.expected": 3.0, "error_ratio": 0.5}
    assert means(recorder) == {}, "the next slot is empty, and not zero"


def test_unknown_is_no_sample_and_down_is_none_of_what_it_could_not_measure() -> None:
    recorder = SampleRecorder({})
    recorder.observe(*observed(PROBE, Outcome.UNKNOWN))
    assert means(recorder) == {}
    recorder.observe(*observed(PROBE, Outcome.UP, latency=0.25, status=200.0))
    recorder.observe(*observed(PROBE, Outcome.DOWN))
    assert means(recorder) == {"up": 0.5, "latency": 0.25, "status": 200.0}


def test_a_text_where_numbers_came_before_is_no_sample() -> None:
    recorder = SampleRecorder({})
    for latency in (0.25, "n/a"):
        recorder.observe(*observed(PROBE, latency=latency))
    assert means(recorder) == {"up": 1.0, "latency": 0.25}


def test_a_measured_zero_is_zero() -> None:
    recorder = SampleRecorder({})
    recorder.observe(*observed(TRAFFIC, requests=0.0, traffic__rate=0.0))
    assert means(recorder)["traffic.rate"] == 0.0


def test_columns_are_made_once_and_known_ones_are_used_again() -> None:
    recorder = SampleRecorder({("bank", "", "up"): 7, ("bank", "", "latency"): 2_000})
    recorder.observe(*observed(PROBE, latency=0.25))
    slot = recorder.close(1)
    assert slot.fresh == {}
    assert [part for part, *_ in slot.parts] == [0, 1]
    recorder.observe(*observed(PROBE, latency=0.25, status=200.0))
    assert recorder.close(2).fresh == {("bank", "", "status"): 2_001}
    recorder.give_back({("bank", "", "status"): 2_001})
    assert recorder.close(3).fresh == {("bank", "", "status"): 2_001}, (
        "what was not written goes along with the next"
    )


def test_of_a_probe_with_many_numbers_the_first_are_kept() -> None:
    facts = {f"m{n}": Fact.number("x") for n in range(9)}
    many = Check(name="many", probe="command", every=10.0, timeout=1.0, facts=facts)
    recorder = SampleRecorder({})
    recorder.observe(*observed(many, m0=None, m1=1.0, m2=2.0))
    recorder.observe(*observed(many, **{f"m{n}": float(n) for n in range(9)}))
    assert set(means(recorder)) == {"up", "m1", "m2", "m0"}


def test_too_many_series_are_left_out_and_counted() -> None:
    recorder = SampleRecorder({}, bound=4)
    for n in range(5):
        recorder.observe(*observed(PROBE, series=f"s{n}", latency=1.0))
    assert [series for (_, series), columns in recorder.by_series() if columns] == ["s0", "s1"]
    assert recorder.left_out == 3
    recorder.replace_plan()
    assert recorder.left_out == 0


def test_a_series_of_the_plan_before_is_not_taken_by_its_old_places() -> None:
    recorder = SampleRecorder({})
    recorder.observe(*observed(PROBE, latency=1.0))
    recorder.replace_plan()
    changed = PROBE.model_copy(update={"facts": {"new": Fact.number("x"), **PROBE.facts}})
    recorder.observe(*observed(changed, new=5.0, latency=3.0))
    assert means(recorder)["latency"] == 2.0
    assert recorder.live() != []


def test_the_curve_of_a_check_goes_by_its_detector() -> None:
    assert curve_of(TRAFFIC) == (
        "traffic.rate",
        "traffic.expected",
        "traffic.expected_low",
        "traffic.expected_high",
    )
    assert "traffic.success_ratio" in detected_of(TRAFFIC)
    assert own_of(TRAFFIC) == ["error_ratio"]
    assert curve_of(PROBE).observed == "latency"
