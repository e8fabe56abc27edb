"""The push probe: what is pushed between two polls, and what it means when nothing is."""

from __future__ import annotations

import time

import pytest

from tests.probes.traffic.conftest import Make
from watchtower.model import Outcome


async def test_pushes_between_two_polls_add_up(make: Make) -> None:
    probe = await make("push")
    probe.probe.receive({"requests": 12, "errors": 3, "amount": "0.1", "users": 9}, time.time())
    probe.probe.receive({"requests": 4.0, "errors": 1, "amount": "0.2", "users": 5}, time.time())
    reading = await probe.one()
    assert reading.measurements == {
        "requests": 16.0,
        "errors": 4.0,
        "error_ratio": 0.25,
        "amount": 0.3,
        "users": 9.0,
    }
    assert reading.covers > 0


# A poll each line: what is pushed before it -> what it reads. None: nothing is pushed.
TIMELINES = [
    ("unknown", [None, 3, None, 0, 2], ["never_seen", 3.0, "absent", 0.0, 2.0]),
    ("zero", [None, 3, None, 0, 2], ["never_seen", 3.0, 0.0, 0.0, 2.0]),  # never a zero before the first push
]


@pytest.mark.parametrize(("absent", "pushed", "read"), TIMELINES, ids=[row[0] for row in TIMELINES])
async def test_no_push_is_no_data_unless_the_check_says_zero(
    make: Make, absent: str, pushed: list[int | None], read: list[float | str]
) -> None:
    probe, seen = await make("push", absent=absent), list[object]()
    for count in pushed:
        if count is not None:
            probe.probe.receive({"requests": count}, time.time())
        reading = await probe.one()
        seen.append(reading.measurements["requests"] if reading.outcome is Outcome.UP else reading.reason)
    assert seen == read


@pytest.mark.parametrize("absent", ["unknown", "zero"])
async def test_after_stale_after_a_sender_is_dead_whatever_absent_says(make: Make, absent: str) -> None:
    probe = await make("push", absent=absent, stale_after="5m")
    probe.probe.receive({"requests": 1}, time.time() - 301)
    assert (await probe.one()).measurements["requests"] == 1.0
    reading = await probe.one()
    assert (reading.outcome, reading.reason) == (Outcome.UNKNOWN, "stale")


# Seconds between two pushes, a poll being each 10 s -> what the second one covers (None: time since the last poll).
COVERS = [(30.0, 30.0), (100.0, 100.0), (600.0, None), (0.0, None), (-5.0, None)]


@pytest.mark.parametrize(("gap", "covers"), COVERS)
async def test_a_push_covers_the_time_since_the_one_before(
    make: Make, gap: float, covers: float | None
) -> None:
    probe, now = await make("push"), time.time()
    probe.probe.receive({"requests": 1}, now - gap)
    await probe.poll()
    probe.probe.receive({"requests": 1}, now)
    reading = await probe.one()
    if covers is None:
        assert reading.covers < 10.0
    else:
        assert reading.covers == pytest.approx(covers)


async def test_series_are_apart(make: Make) -> None:
    probe = await make("push", series=("checkout", "refund"))
    probe.probe.receive({"requests": 2}, time.time(), "checkout")
    found = await probe.by_series()
    assert found["checkout"].measurements == {"requests": 2.0}
    assert found["refund"].reason == "never_seen"
    assert found[""].outcome is Outcome.UP


REFUSED = [
    ({"orders": 1}, "", '"orders" is no count'),
    ({"requests": -1}, "", '"requests" must be a number from 0 up, not -1'),
    ({"requests": "many"}, "", '"requests" must be a number'),
    ({"requests": "NaN"}, "", '"requests" must be a number'),
    ({"requests": float("inf")}, "", '"requests" must be a number'),
    ({"requests": "0,95"}, "", '"requests" must be a number'),
    ({"requests": "1_000"}, "", '"requests" must be a number'),
    ({"requests": "12K"}, "", '"requests" must be a number'),
    ({"requests": True}, "", '"requests" must be a number'),
    ({"requests": "1e999999"}, "", '"requests" must be a number'),
    ({"errors": 1}, "", "does not say how many requests"),
    ({"requests": 1}, "refund", 'has no series "refund"; its series: none'),
]


@pytest.mark.parametrize(("counts", "series", "said"), REFUSED)
async def test_a_wrong_push_is_refused_whole(
    make: Make, counts: dict[str, float | str], series: str, said: str
) -> None:
    probe = await make("push")
    with pytest.raises(ValueError, match=said):
        probe.probe.receive(
            {"requests": 5} | counts if "errors" not in counts else counts, time.time(), series
        )
    assert (await probe.one()).reason == "never_seen"
