"""What holds of the traffic detector whatever comes, is missed, comes late, and wherever it is restarted."""

from __future__ import annotations

import gc
import json
import tracemalloc
from array import array
from functools import cache

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.detectors.traffic.flow import DAY, START, Flow
from watchtower.detectors.packed import pack
from watchtower.detectors.traffic import Traffic
from watchtower.model import Observation, Outcome, Reading

spells = settings(max_examples=25, deadline=None)
counts = st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 9.0, 40.0])
polls = st.lists(st.one_of(counts, st.none()), max_size=300)
stretches = st.lists(
    st.tuples(st.one_of(counts, st.none()), st.integers(1, 400), st.sampled_from([10.0, 12.5, 60.0, 1800.0])),
    max_size=12,
)


@cache
def _learnt() -> str:
    return json.dumps(Flow().learn(1.3, 0.4, swing=0.5).detector.state())


def learnt() -> Flow:
    flow = Flow()
    flow.detector.restore(json.loads(_learnt()))
    flow.at += 1.3 * DAY
    return flow


@spells
@given(stretches, st.integers(1, 300))
def test_missing_data_never_alert_whatever_went_before(
    past: list[tuple[float | None, int, float]], missing: int
) -> None:
    flow = learnt()
    for count, times, covers in past:
        for _ in range(times):
            flow.poll(count, covers)
    for facts in flow.polls([None] * missing):
        assert facts["traffic.silent"] is None
        assert facts["traffic.low"] is None
        assert facts["traffic.surge"] is None


@spells
@given(polls)
def test_polls_that_are_missing_change_nothing_that_is_counted(seen: list[float | None]) -> None:
    flow = learnt()
    zeros = 0
    for count in seen:
        facts = flow.poll(count)
        zeros = zeros if count is None else zeros + 1 if count == 0 else 0
        if count is not None:
            assert facts["traffic.silent_for"] == zeros * 10.0
            assert zeros > 0 or facts["traffic.silent"] is False


@spells
@given(stretches, st.sets(st.integers(0, 2000), max_size=20))
@example(
    past=[(None, 1, 1800.0), (1.0, 4, 12.5)], restarts={2}
)  # a loss that began before nobody could measure
def test_a_restart_at_any_moment_changes_no_fact(
    past: list[tuple[float | None, int, float]], restarts: set[int]
) -> None:
    one, other, n = learnt(), learnt(), 0
    for count, times, covers in past:
        for _ in range(times):
            if n in restarts:
                other.restart()
            assert json.dumps(one.poll(count, covers)) == json.dumps(other.poll(count, covers))
            n += 1


@spells
@given(st.lists(st.floats(-3.0, 3.0), min_size=200, max_size=200), st.floats(0.1, 3.0))
def test_polls_that_jitter_are_judged_alike(jitter: list[float], rate: float) -> None:
    """The same steady requests, counted over windows that are not quite even."""
    even, uneven = Flow(), Flow()
    for n in range(3000):
        even.poll(round(10 * rate) + n % 3)
        covers = 10.0 + jitter[n % 200]
        uneven.poll(float(round(covers * (rate + 0.1))), covers)
    first, second = even.silent_after(), uneven.silent_after()
    assert second <= 1.6 * first + 10.0
    assert first <= 1.6 * second + 10.0


@spells
@given(polls)
def test_the_same_polls_give_the_same_bytes(seen: list[float | None]) -> None:
    once, again = ([json.dumps(facts) for facts in learnt().polls(seen)] for _ in range(2))
    assert once == again


def test_the_state_is_small_and_does_not_grow() -> None:
    flow = Flow().learn(9, 0.4, swing=0.8)
    early = len(json.dumps(flow.detector.state(), separators=(",", ":")))
    flow.learn(9, 0.4, swing=0.8)
    late = len(json.dumps(flow.detector.state(), separators=(",", ":")))
    assert late < 9216
    assert late < early * 1.1


def test_a_flow_takes_little_memory() -> None:
    """As restored at a start, and after a few polls."""
    state = json.dumps(Flow().learn(1.3, 0.4, swing=0.8).detector.state())
    settings = Traffic.Settings()

    def watched() -> Traffic:
        detector = Traffic(settings, 10.0)
        detector.restore(json.loads(state))
        for n in range(60):
            reading = Reading(Outcome.UP, {"requests": float(n % 7)}, covers=10.0)
            detector.update(Observation("flow", 1.3 * DAY + START + 10.0 * (n + 1), reading))
        return detector

    first = watched()  # what all flows share
    tracemalloc.start()
    flows = [watched() for _ in range(20)]
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] / len(flows)
    tracemalloc.stop()
    assert first.measured
    assert taken < 9_216  # with 24 gaps


def test_a_state_with_four_bytes_of_each_number_of_the_week_is_the_same_flow() -> None:
    """As versions before kept it; the windows begin anew."""
    flow, wide = learnt(), learnt()
    season = wide.detector._watch.habits.season
    week = [pack(array("f", list(part))) for part in (season._requests, season._seconds, season._factors)]
    wide.detector.restore({**wide.detector.state(), "version": 6, "season": week})
    flow.detector._watch.deviation.clear(flow.detector._watch.model.level)
    minutes = {"minutes": ""}
    assert {**wide.detector.state(), **minutes} == {**flow.detector.state(), **minutes}


def test_a_state_of_another_version_is_ignored() -> None:
    flow = Flow()
    flow.detector.restore({"version": 1, "silent_for": 1000.0, "onset": 1.0, "seen": True})
    assert flow.poll(0)["traffic.silent_for"] == 10.0
