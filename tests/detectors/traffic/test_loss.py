"""Partial loss: seen over many windows, one outage from its first bad minute until the traffic is back."""

from __future__ import annotations

import gzip
import itertools
import json
import math
import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.detectors.traffic.flow import DAY, Flow, poisson
from watchtower.detectors.traffic.season import BINS, Season
from watchtower.model import Value

FORMER = Path(__file__).with_name("former.json")
"""The state of a detector that knew half hours: nine days of 60 a minute from 8 to 20 h, 6 at night, half of it on days off,
two silent minutes at its end."""

FIVE_NUMBERS = Path(__file__).with_name("five-numbers.json.gz")
"""The state of a detector that kept five numbers of each minute, nine days old, in the middle of a loss of a third; what came
next; and of every so many polls what it said."""


@pytest.fixture(scope="module")
def learnt() -> Flow:
    """Eight days of 300 requests a minute."""
    return Flow(60.0).learn(8, 5.0)


@pytest.fixture
def flow(learnt: Flow) -> Flow:
    return as_learnt(learnt, 10.0)


def as_learnt(learnt: Flow, every: float) -> Flow:
    """Another flow that knows what this one does, at its own pace."""
    out = Flow(every)
    out.at, out.facts = learnt.at, learnt.facts
    out.detector.restore(json.loads(json.dumps(learnt.detector.state())))
    return out


def played(
    flow: Flow, minutes: float, share: float, rate: float = 1.0, seed: int = 7
) -> list[Mapping[str, Value]]:
    """Poisson requests at `rate` a second times `share`."""
    dice = random.Random(seed)
    return [
        flow.poll(poisson(dice, rate * share * flow.every)) for _ in range(round(minutes * 60 / flow.every))
    ]


def burst(dice: random.Random, mean: float) -> float:
    """Requests in batches of three: the variance is three times the mean."""
    return 3.0 * poisson(dice, mean / 3.0)


def first(facts: Iterable[Mapping[str, Value]], name: str) -> int | None:
    """The number of polls until this fact is true."""
    return next((n + 1 for n, one in enumerate(facts) if one[name]), None)


@pytest.mark.parametrize(("share", "within"), [(0.8, 240), (0.5, 60), (0.1, 40)])
def test_how_soon_a_loss_is_seen_at_three_hundred_a_minute(flow: Flow, share: float, within: float) -> None:
    polls = first(played(flow, 15, share, 5.0), "traffic.low")
    assert polls is not None
    assert polls * flow.every <= within


@pytest.mark.parametrize("share", [0.7, 0.1])
def test_one_outage_from_its_first_bad_minute_until_it_is_back(flow: Flow, share: float) -> None:
    began = flow.at
    facts = played(flow, 180, share, 5.0)
    bad = [bool(one["traffic.low"] or one["traffic.silent"]) for one in facts]
    assert bad.index(True) <= 18
    assert all(bad[bad.index(True) :]), "no all-clear in three hours, whatever level is believed"
    last = facts[-1]
    assert last["traffic.onset"] == pytest.approx(began, abs=60.0)
    assert last["traffic.ratio_since_onset"] == pytest.approx(share, abs=0.05)
    low, high = last["traffic.ratio_since_onset_low"], last["traffic.ratio_since_onset_high"]
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert low <= share <= high
    assert last["traffic.missing"] == pytest.approx(5.0 * 10800 * (1 - share), rel=0.1)
    back = [bool(one["traffic.low"]) for one in played(flow, 15, 1.0, 5.0)]
    assert back.index(False) * flow.every <= 300
    assert not any(back[back.index(False) :])


def test_a_loss_is_summed_whatever_its_length() -> None:
    """Half of 48 a minute, in bursts: no window of one or five minutes is sure of it, and longer ones begin before it."""
    learnt = Flow(60.0)
    dice = random.Random(5)
    learnt.polls(burst(dice, 48.0) for _ in range(9 * 1440))
    flow = as_learnt(learnt, 10.0)
    polls = first((flow.poll(burst(dice, 4.0)) for _ in range(180)), "traffic.low")
    assert polls is not None


def test_a_weekday_that_chance_made_greater_begins_no_step() -> None:
    """A second visit with a fifth more is drift where an hour strays by that much, and no habit of its half hour."""
    season = Season(60.0, frozenset({5, 6}))
    season.drift = 0.04
    for bin_ in range(BINS):
        season.learn(bin_, 3000.0, 300.0)
    season.learn_weekday(2, 20, 1.2 * 18000.0, 18000.0)
    assert season.factor(2, 20, 10.0) == 1.0
    season.drift = 0.0001
    assert season.factor(2, 20, 10.0) == pytest.approx(1.2, abs=0.03)


def test_a_newcomer_sees_half_of_the_traffic_missing_after_three_hours() -> None:
    flow = Flow()
    before = played(flow, 180, 1.0, 5.0)
    assert not any(one["traffic.low"] or one["traffic.silent"] for one in before)
    polls = first(played(flow, 10, 0.5, 5.0), "traffic.low")
    assert polls is not None
    assert polls * flow.every <= 300


def test_a_slow_decay_is_seen_against_the_slow_level(learnt: Flow) -> None:
    flow, dice, at = as_learnt(learnt, 60.0), random.Random(3), 0
    while not flow.poll(poisson(dice, 300.0 * (1.0 - 0.9 * at / 480)))["traffic.low"]:
        at += 1
    assert at <= 120


def test_a_restart_in_the_middle_goes_on(flow: Flow) -> None:
    played(flow, 10, 0.4, 5.0)
    onset = flow.facts["traffic.onset"]
    flow.restart()
    facts = played(flow, 1, 0.4, 5.0)
    assert [(one["traffic.low"], one["traffic.onset"]) for one in facts] == [(True, onset)] * 6


def test_a_flood_is_no_norm_and_its_end_no_outage(flow: Flow) -> None:
    flood = played(flow, 90, 6.0, 5.0)
    assert first(flood, "traffic.surge") is not None
    after = played(flow, 90, 1.0, 5.0)
    assert first(after, "traffic.low") is None
    assert after[-1]["traffic.surge"] is False


def test_a_collapse_out_of_a_surge_is_seen_within_two_polls(flow: Flow) -> None:
    played(flow, 30, 2.4, 5.0)
    polls = first(played(flow, 5, 0.04, 5.0), "traffic.low")
    assert polls is not None
    assert polls <= 2


def test_a_surge_that_an_outage_interrupts_is_no_norm_either(flow: Flow) -> None:
    """After it no window is full for two minutes: what comes in them is as much too much as before."""
    flow.polls([500.0] * 72 + [0.0] * 18)
    flow.polls([500.0] * 90)
    assert first(flow.polls([50.0] * 60), "traffic.low") is None


def test_a_quarter_more_for_an_hour_is_one_surge(flow: Flow) -> None:
    """The long windows are evaluated once a minute, and say of the time until the next what they said."""
    told = [facts["traffic.surge"] for facts in played(flow, 60, 1.25, 5.0)]
    assert True in told
    assert sum(before != after for before, after in itertools.pairwise(told)) <= 4


@pytest.mark.parametrize("poll", [1, 4])
def test_a_level_of_a_window_ago_is_as_uncertain_as_it_was_then(learnt: Flow, poll: int) -> None:
    """An hour after the last poll that taught it, a single one makes most of the quick level."""
    flow = as_learnt(learnt, 10.0)
    assert flow.polls([25.0] * 180)[-1]["traffic.low"]
    flow.polls([50.0] * (180 + poll) + [140.0])
    assert first(flow.polls([50.0] * 120), "traffic.low") is None


def test_chance_pauses_of_a_slow_flow_teach_nothing_while_it_is_low() -> None:
    """Their requests do not either: the level would fall to the pauses alone, and the next silence be seen hours late."""
    slow = as_learnt(Flow(60.0).learn(4, 0.06), 10.0)
    assert played(slow, 20 * 60, 0.45, 0.06)[-1]["traffic.low"]
    back = played(slow, 120, 1.0, 0.06)
    assert not back[-1]["traffic.low"]
    assert back[-1]["traffic.expected"] == pytest.approx(0.06, rel=0.25)
    assert slow.silent_after() <= 300.0


def test_what_an_outage_held_back_is_a_backlog_and_no_surge(flow: Flow) -> None:
    played(flow, 30, 0.0, 5.0)
    back = played(flow, 20, 2.0, 5.0)
    assert first(back, "traffic.surge") is None
    assert first(back, "traffic.backlog") is not None
    after = played(flow, 30, 1.0, 5.0)
    assert first(after, "traffic.low") is None
    assert after[-1]["traffic.backlog"] is False


def test_a_hot_market_that_cools_is_no_outage(flow: Flow) -> None:
    played(flow, 240, 1.6, 5.0)
    assert first(played(flow, 120, 1.0, 5.0), "traffic.low") is None


def test_the_state_of_five_numbers_a_minute_is_read_and_what_was_learnt_holds() -> None:
    """The windows begin anew, so its facts are nearly those that the detector which wrote it had from there on."""
    before = json.loads(gzip.decompress(FIVE_NUMBERS.read_bytes()))
    flow = Flow()
    flow.detector.restore(before["state"])
    flow.at = before["at"]
    facts = [flow.poll(count) for count in before["counts"]][:: before["each"]]
    for was, now in zip(before["facts"], facts, strict=True):
        nearly = {
            name: pytest.approx(value, rel=0.06) for name, value in was.items() if isinstance(value, float)
        }
        assert now == {**now, **was, **nearly}  # there are more facts since


def test_the_state_of_half_hours_is_read_and_its_silence_goes_on() -> None:
    flow = Flow(60.0)
    flow.detector.restore(json.loads(FORMER.read_text()))
    flow.at += 9 * DAY + 120.0
    assert flow.poll(0)["traffic.silent_for"] == 180.0
    usual = flow.detector.view(flow.at)["curve"]["usual_per_second"]
    for day, scale in ((2, 1.0), (6, 0.5)):
        night, noon = usual[day * 48 + 6], usual[day * 48 + 24]
        assert night == pytest.approx(0.1 * scale, rel=0.1)
        assert noon == pytest.approx(1.0 * scale, rel=0.1)
    assert math.isclose(flow.detector.view(flow.at)["dispersion"], 1.0, abs_tol=0.2)


def test_the_onset_of_half_a_bursty_flow_is_within_two_polls_in_the_median() -> None:
    """Requests come in threes. Each share that is left has a sharpness of its own with which to look for the begin."""
    dice, learnt, off = random.Random(1), Flow(60.0), []
    learnt.polls(burst(dice, 60.0) for _ in range(4 * 1440))
    for seed in range(25):
        dice, flow = random.Random(seed), as_learnt(learnt, 10.0)
        flow.polls(burst(dice, 10.0) for _ in range(30))
        began = flow.at
        while not flow.poll(burst(dice, 5.0))["traffic.low"]:
            assert flow.at < began + 3600.0
        onset = flow.facts["traffic.onset"]
        assert isinstance(onset, float)
        off.append(abs(onset - began))
    assert sorted(off)[12] <= 20.0, off


def test_hours_of_a_little_less_are_no_part_of_a_great_loss_and_the_first_page_tells_its_depth() -> None:
    dice, learnt = random.Random(1), Flow(60.0)
    learnt.polls(burst(dice, 600.0) for _ in range(4 * 1440))
    for seed in range(5):
        dice, flow = random.Random(seed), as_learnt(learnt, 10.0)
        flow.polls(burst(dice, 90.0) for _ in range(30))
        began, facts = flow.at, flow.poll(burst(dice, 10.0))
        assert facts["traffic.low"]
        assert facts["traffic.onset"] == began
        assert facts["traffic.ratio_since_onset"] == pytest.approx(0.1, abs=0.1)


def test_a_batch_of_a_rhythm_is_missed_at_once_and_a_rhythm_that_misses_some_is_none() -> None:
    """Two hundred each five minutes. The second flow misses one after nine days."""
    batch, none = [200.0, *[0.0] * 4], [0.0] * 5
    for days, low in (((), True), ((9,), False)):
        flow = Flow(60.0)
        for day in range(11):
            for n in range(288):
                flow.polls(none if day in days and n == 150 else batch)
        assert flow.poll(200.0)["traffic.low"] is False
        flow.polls([0.0] * 4)
        assert flow.poll(0.0)["traffic.low"] is low
        if low:
            flow.polls([0.0] * 4 + batch)
            assert flow.facts["traffic.low"]
            flow.polls(batch)
            assert not flow.facts["traffic.low"]


@pytest.mark.parametrize("seed", range(6))
def test_a_loss_does_not_begin_while_nobody_measured(learnt: Flow, seed: int) -> None:
    """Three minutes of a little less, as chance has it, two without data, one as usual, and then half is lost."""
    flow = as_learnt(learnt, 10.0)
    played(flow, 3, 0.93, 5.0, seed=seed)
    flow.at += 120.0
    resumed = flow.at
    played(flow, 1, 1.0, 5.0, seed=seed + 50)
    fell = flow.at
    since = onset(flow, 0.5, seed)
    assert resumed <= since
    assert since == pytest.approx(fell, abs=45.0)


@pytest.mark.parametrize("seed", range(3))
def test_a_loss_that_showed_before_nobody_measured_began_then(learnt: Flow, seed: int) -> None:
    flow = as_learnt(learnt, 10.0)
    fell = flow.at
    played(flow, 0.5, 0.5, 5.0, seed=seed)
    flow.at += 120.0
    assert onset(flow, 0.5, seed) == pytest.approx(fell, abs=30.0)


def onset(flow: Flow, share: float, seed: int) -> float:
    """Of so much of five requests a second, as soon as it is called low."""
    for minute in range(30):
        for facts in played(flow, 1, share, 5.0, seed=seed + 100 * minute):
            if facts["traffic.low"]:
                assert isinstance(facts["traffic.onset"], float)
                return facts["traffic.onset"]
    raise AssertionError("never low")


def shop(flow: Flow, until: float, dice: random.Random, share: float = 1.0) -> Iterable[Mapping[str, Value]]:
    """40 requests a minute from 9:07 to 21:00."""
    while flow.at < until:
        is_open = 9 * 3600.0 + 420.0 <= flow.at % DAY < 21 * 3600.0
        yield flow.poll(poisson(dice, share * flow.every * 2.0 / 3.0) if is_open else 0.0)


def test_half_lost_since_the_opening_is_seen_in_minutes_and_a_usual_opening_is_no_loss() -> None:
    """After closed hours the quick level is the fast one, and strays as hours do."""
    dice, learnt, after = random.Random(1), Flow(60.0), []
    opening = learnt.at + 14 * DAY + 9 * 3600.0 + 420.0
    assert not any(facts["traffic.low"] for facts in list(shop(learnt, opening, dice))[7 * 1440 :])
    for seed in range(9):
        dice, flow = random.Random(seed), as_learnt(learnt, 30.0)
        assert not any(facts["traffic.low"] for facts in shop(flow, opening + 1200.0, dice))
        dice, flow = random.Random(seed), as_learnt(learnt, 30.0)
        after.append(
            next(
                flow.at - opening for facts in shop(flow, opening + 3600.0, dice, 0.5) if facts["traffic.low"]
            )
        )
    assert sorted(after)[4] <= 240.0, after
