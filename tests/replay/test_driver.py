"""`Replay`, which other commands drive too."""

from __future__ import annotations

import pytest

from tests.core.builders import http_check, pages, plan, queued, rule, traffic_check
from watchtower.core.events import Acknowledged, Failed
from watchtower.model import Observation, Outcome, Reading
from watchtower.replay import Replay, World
from watchtower.replay.records import Recorder

BANK = http_check(no_data_after=3600.0)
DOWN = rule("bank-down", "outcome == 'down'", BANK)


def seen(at: float, outcome: Outcome) -> Observation:
    return Observation("bank", at, Reading(outcome))


def test_clocks_run_between_observations() -> None:
    replay = Replay(plan([BANK], [DOWN], remind_every=300), 0.0)
    replay.feed(seen(0.0, Outcome.DOWN))
    decisions = replay.feed(seen(650.0, Outcome.DOWN))
    assert pages(decisions) == ["reminder P1 li sms", "reminder P1 li email"] * 2
    assert sorted({page.created_at for page in queued(decisions)}) == [300.0, 600.0]


def test_what_is_due_at_the_same_moment_comes_after_the_observation() -> None:
    replay = Replay(plan([BANK], [DOWN], remind_every=300), 0.0)
    replay.feed(seen(0.0, Outcome.DOWN))
    assert pages(replay.feed(seen(300.0, Outcome.UP))) == ["resolved P1 li sms", "resolved P1 li email"]
    assert replay.advance(300.0) == []


def test_silence_of_a_probe_is_noticed_by_the_clock_alone() -> None:
    replay = Replay(plan([BANK], [DOWN]), 0.0)
    assert pages(replay.advance(8000.0))[:1] == ["new P3 li email"]


def test_time_that_runs_backwards_is_refused() -> None:
    replay = Replay(plan([BANK], [DOWN]), 100.0)
    with pytest.raises(ValueError, match="backwards"):
        replay.feed(seen(99.0, Outcome.UP))


def test_a_world_that_delivers_nothing_lets_the_driver_say_what_became_of_a_page() -> None:
    replay = Replay(plan([BANK], [DOWN]), 0.0, world=World(deliver=False))
    replay.feed(seen(0.0, Outcome.DOWN))
    failed = [
        d for n in ("sms", "email") for d in replay.tell(Failed(f"INC-1.1.li.{n}", "INC-1", "550"), 5.0)
    ]
    assert pages(failed)  # nobody was reached: that is told to everybody


def test_an_acknowledgement_by_hand_and_one_by_the_world_do_not_quarrel() -> None:
    replay = Replay(plan([BANK], [DOWN]), 0.0, world=World(ack_after=60.0))
    replay.feed(seen(0.0, Outcome.DOWN))
    assert "acknowledged" in [d.reason for d in replay.tell(Acknowledged("INC-1", "wang"), 30.0)]
    assert [d for d in replay.advance(120.0) if d.reason == "acknowledged"] == []


def test_heard_is_told_every_decision_in_its_moment() -> None:
    heard: list[tuple[float, str]] = []
    orders = traffic_check("orders")
    silent = rule("silent", "traffic.silent", orders, text="{{ traffic.silent_for }}")
    replay = Replay(plan([orders], [silent]), 0.0, heard=lambda d, engine: heard.append((d.at, d.reason)))
    out = []
    for n in range(1, 20):
        out += replay.feed(
            Observation("orders", n * 10.0, Reading(Outcome.UP, {"requests": 0.0}, covers=10.0))
        )
    assert heard == [(d.at, d.reason) for d in out]
    assert (60.0, "firing") in heard


def test_detectors_can_begin_with_what_an_earlier_replay_learnt() -> None:
    orders = traffic_check("orders")
    shop = plan([orders], [rule("silent", "traffic.silent", orders)])

    def zeros(replay: Replay, start: float) -> list[str]:
        out = []
        for n in range(3):
            reading = Reading(Outcome.UP, {"requests": 0.0}, covers=10.0)
            out += replay.feed(Observation("orders", start + 10.0 * n, reading))
        return pages(out)

    first = Replay(shop, 0.0)
    assert zeros(first, 0.0) == []
    second = Replay(shop, 30.0, learned=first.engine.detectors.changed())
    assert zeros(second, 30.0) == ["new P1 li sms", "new P1 li email"]


def test_an_incident_that_nobody_is_told_of_is_recorded_to_its_end() -> None:
    recorder, seen_events = Recorder(), []
    nobody = plan([BANK], [DOWN], responders=())
    replay = Replay(
        nobody, 0.0, heard=lambda d, e: seen_events.extend(r["event"] for r in recorder.records(d, e))
    )
    replay.feed(seen(0.0, Outcome.DOWN))
    replay.feed(seen(10.0, Outcome.UP))
    assert seen_events == [
        "alert_firing", "incident_opened", "notification_suppressed", "alert_resolved", "incident_resolved", "notification_suppressed",
    ]  # fmt: skip
