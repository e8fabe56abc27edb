"""Lives in which people silence at random: nobody is paged meanwhile, and in the end everybody knows what is bad."""

from __future__ import annotations

from random import Random

import pytest

from tests.core.builders import Story, pages
from tests.core.silences.release import made, silence
from watchtower.core.events import Decision, SilenceEnded

ALL = 'check=~".+"'


def live(told: Story, draw: Random, steps: int) -> list[Decision]:
    """Checks fail and recover, get worse and better."""
    out: list[Decision] = []
    for _ in range(steps):
        told.wait(10)
        for check in ("bank", "card"):
            bad = draw.random() < 0.5
            status = 500.0 if draw.random() < 0.2 else 200.0
            out += told.down(check) if bad else told.up(check, latency=draw.choice([0.1, 9.0]), status=status)
        if draw.random() < 0.2:
            out += told.ack(by="li")
        if draw.random() < 0.7:
            told.deliver_all()
        out += told.tick()
    return out


@pytest.mark.parametrize("seed", range(40))
def test_a_silenced_life(seed: int) -> None:
    draw = Random(seed)
    told = Story(made())
    live(told, draw, draw.randrange(8))
    told.deliver_all()
    silence(told, ALL, lasts=3000)
    meanwhile = pages(live(told, draw, 20))
    assert {page.partition(" ")[0] for page in meanwhile} <= {"resolved", "update"}
    assert all(" P0 " in page for page in meanwhile if page.startswith("update"))
    told.feed(SilenceEnded("S-1", "li"))
    last = [told.engine.state.last[check, ""].reading for check in ("bank", "card")]
    for _ in range(3):
        told.wait(10)
        for check, reading in zip(("bank", "card"), last, strict=True):
            told.see(check, str(reading.outcome), **reading.measurements)
        told.tick()
    for incident in told.engine.state.incidents.values():
        known = told.engine.state.histories[incident.id].silences
        assert not known.due(incident.state, incident.severity)
        assert not incident.open or known.told is not None
