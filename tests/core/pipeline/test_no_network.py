"""What could not be read because this machine has no network fires nothing, resolves nothing, and is not missed."""

from __future__ import annotations

from tests.core.builders import Story, http_check, pages, plan, rule
from watchtower.core.events import Observed
from watchtower.core.incident.kinds import NO_DATA
from watchtower.model import NO_NETWORK, AlertState, Observation, Outcome, Reading

BANK = http_check("bank")


def see(told: Story, reason: str, seconds: float) -> list[str]:
    out: list[str] = []
    until = told.at + seconds
    while told.at < until:
        reading = Reading(Outcome.UNKNOWN, reason=reason)
        out += pages([*told.wait(10).feed(Observed(Observation("bank", told.at, reading))), *told.tick()])
    return out


def story() -> Story:
    told = Story(plan([BANK], [rule("down", "outcome == 'down'", BANK)]))
    told.see("bank", "up")
    return told


def test_nobody_misses_what_the_network_hides() -> None:
    assert see(story(), NO_NETWORK, 1800) == []
    assert see(story(), "resolver", 1800) != []


def test_what_fires_goes_on() -> None:
    told = story()
    told.down("bank")
    see(told, NO_NETWORK, 1800)
    assert [a.state for a in told.engine.state.alerts.values()] == [AlertState.FIRING]


def test_a_time_without_data_counts_anew_afterwards() -> None:
    told = story()
    see(told, "resolver", 40)
    assert see(told, NO_NETWORK, 600) == []
    assert see(told, "resolver", 50) == []
    assert see(told, "resolver", 60) != []
    see(told, NO_NETWORK, 600)
    [alert] = [a for a in told.engine.state.alerts.values() if a.rule == NO_DATA]
    assert alert.state is AlertState.FIRING
