"""The traffic that is played is what the detector expects: it opens when the flow does."""

from __future__ import annotations

from itertools import islice

from tests.detectors.traffic.flow import DAY, Flow
from watchtower.core.usual_traffic import seen_from, twin_of, usual_traffic


def shop() -> Flow:
    """Sixty a minute from nine to half past five, two days of it, until shortly after seven of the third."""
    flow = Flow(60.0, hours={"mon-sun": "09:00-17:30"})
    for _ in range(round(2.3 * DAY / 60.0)):
        flow.poll(60.0 if 9.0 <= (flow.at + 30.0) % DAY / 3600.0 < 17.5 else 0.0)
    return flow


def test_no_opening_is_dead() -> None:
    flow = shop()
    polls = list(islice(usual_traffic(twin := twin_of(flow.detector), flow.at), round(1.5 * DAY / 60.0)))
    opens = [n for n in range(1, len(polls)) if polls[n] > 0.0 == polls[n - 1]]
    assert [(flow.at + n * 60.0) % DAY / 3600.0 for n in opens] == [9.0, 9.0]
    assert twin.view(flow.at + 1.5 * DAY)["last_silence"] is None


def test_a_loss_before_the_opening_is_not_seen_by_an_opening_that_was_dead() -> None:
    flow = shop()
    at = flow.at + 3600.0
    assert seen_from(flow.detector, at, 0.05) is None
