"""What went wrong, or would have, told as stories: late pages, vanished series, clocks that jump."""

from __future__ import annotations

from collections.abc import Mapping

from tests.core.builders import LI, WANG, Story, http_check, pages, plan, queued, rule, traffic_check, whys
from watchtower.core.events import AlertChanged, ClockStepped
from watchtower.core.pipeline.engine import Engine
from watchtower.core.pipeline.timers import GONE
from watchtower.core.sources import SERIES_BOUND
from watchtower.detectors.contract import Detector
from watchtower.model import AlertState, Observation, Value

BANK = http_check()
DOWN = rule("bank-down", "outcome == 'down'", BANK)
SLOW = rule("slow", "outcome == 'down'", BANK, for_=300.0, keep=300.0)


def test_a_reminder_that_arrives_after_the_end_is_followed_by_its_all_clear() -> None:
    story = Story(plan([BANK], [DOWN], remind_every=300))
    for page in queued(story.down("bank")):
        story.fail(page)
    reminder, _ = queued(story.wait(300).tick())
    story.wait(1).up("bank")
    assert pages(story.deliver(reminder)) == ["resolved P1 li sms"]


def test_nobody_else_is_woken_for_what_is_over() -> None:
    story = Story(plan([BANK], [DOWN], [LI, WANG]))
    sms, mail = queued(story.down("bank"))
    story.wait(5).up("bank")
    assert pages(story.failing(sms)) == pages(story.fail(mail)) == []


def test_an_acknowledged_incident_has_reached_somebody_whatever_becomes_of_its_pages() -> None:
    story = Story(plan([BANK], [DOWN]))
    sms, mail = queued(story.down("bank"))
    story.ack()
    assert pages(story.fail(sms)) == pages(story.fail(mail)) == []


def test_reminders_of_a_long_incident_do_not_pile_up() -> None:
    story = Story(plan([BANK], [DOWN], remind_every=60))
    story.down("bank")
    for _ in range(100):
        story.deliver_all()
        story.wait(60).tick()
    assert len(story.engine.state.pages) <= 2


def test_no_reminder_while_every_address_still_waits_for_its_first_page() -> None:
    story = Story(plan([BANK], [DOWN], remind_every=300))
    story.down("bank")
    assert whys(story.wait(300).tick()) == ["still_on_its_way"]


def test_a_check_that_speaks_only_of_its_series_is_no_blind_spot() -> None:
    story = Story(plan([BANK], [DOWN]))
    for _ in range(30):
        story.wait(10).see("bank", "up", "sda")
        assert story.tick() == []


def test_a_crash_told_of_the_whole_check_ends_with_the_next_measured_series() -> None:
    story = Story(plan([BANK], [DOWN]))
    story.see("bank", "up", "sda")
    story.cannot_tell("bank")
    story.wait(5).see("bank", "up", "sda")
    assert not story.engine.state.alerts


def test_a_series_that_is_gone_for_good_is_let_go_with_its_alerts() -> None:
    story = Story(plan([BANK], [DOWN]))
    story.see("bank", "down", "sda")
    story.deliver_all()
    said = []
    for _ in range(int(GONE / 600) + 2):
        story.wait(600).see("bank", "up", "sdb")
        said += story.tick()
    gone = [d.alert.rule for d in said if isinstance(d, AlertChanged) and d.reason == "series_gone"]
    assert sorted(gone) == ["bank-down", "watchtower-no-data"]
    assert ("bank", "sda") not in story.engine.state.last_seen


def test_a_series_of_a_check_that_cannot_see_is_not_gone() -> None:
    story = Story(plan([BANK], [DOWN]))
    story.see("bank", "down", "sda")
    for _ in range(int(GONE / 600) + 2):
        story.wait(600).cannot_tell("bank")
        story.tick()
    assert story.engine.state.alerts["bank-down", "bank", "sda"].state is AlertState.FIRING


def test_series_without_end_are_a_blind_spot_and_not_a_leak() -> None:
    story = Story(plan([BANK], [DOWN]))
    for n in range(SERIES_BOUND + 50):
        story.see("bank", "up", f"order-{n}")
    assert len(story.engine.state.last_seen) <= SERIES_BOUND + 1
    assert ("watchtower-no-data", "bank", "") in story.engine.state.alerts


def test_a_series_that_is_declared_no_longer_leaves_no_blind_spot() -> None:
    fan = BANK.model_copy(update={"flows": {"a": "checkout", "b": "checkout"}})
    story = Story(plan([fan], [DOWN]))
    story.see("bank", "down", "a")
    story.engine.replace_plan(plan([BANK.model_copy(update={"flows": {"b": "checkout"}})], [DOWN]), story.at)
    assert not [key for key in story.engine.state.last_seen if key[1] == "a"]
    assert not [
        a for a in story.engine.state.alerts.values() if a.series == "a" and a.state is AlertState.FIRING
    ]


def test_a_clock_set_back_an_hour_delays_no_alert() -> None:
    story = Story(plan([BANK], [SLOW]))
    story.down("bank")
    story.wait(-3600)
    story.feed(ClockStepped(-3600.0))
    assert pages(story.wait(299).down("bank")) == []
    assert pages(story.wait(1).down("bank")) == ["new P1 li sms", "new P1 li email"]


def test_a_machine_that_slept_an_hour_fires_nothing_by_having_slept() -> None:
    story = Story(plan([BANK], [SLOW]))
    story.down("bank")
    story.wait(3600)
    story.feed(ClockStepped(3600.0))
    assert story.tick() == []
    assert pages(story.wait(1).down("bank")) == []
    assert pages(story.wait(299).down("bank")) == ["new P1 li sms", "new P1 li email"]


def test_a_clock_set_back_while_we_were_away_stretches_no_window() -> None:
    story = Story(plan([BANK], [SLOW]))
    story.down("bank")
    alerts = list(story.engine.state.alerts.values())
    other = Story(plan([BANK], [SLOW]), at=story.at - 3600)
    other.engine.restore(alerts, (), (), {}, 0, other.at)
    assert pages(other.wait(300).down("bank")) == ["new P1 li sms", "new P1 li email"]


class Stumbling(Detector):
    """Fails at an empty poll, as a detector with a division in it might."""

    def update(self, observation: Observation) -> Mapping[str, Value]:
        if not observation.reading.measurements["requests"]:
            raise ZeroDivisionError("nothing came")
        return {"traffic.silent": False}


def test_a_detector_that_stumbles_blinds_its_check_and_nothing_else() -> None:
    orders = traffic_check("orders")
    story = Story(plan([BANK, orders], [DOWN, rule("silent", "traffic.silent", orders)]))
    story.engine = Engine(story.plan, {"traffic": Stumbling}, story.at)
    for _ in range(7):
        story.wait(10).up("orders", requests=0.0)
    blind = story.engine.state.alerts["watchtower-no-data", "orders", ""]
    assert blind.text.en == "No data from orders: its detector failed: ZeroDivisionError: nothing came"
    assert pages(story.down("bank")) == ["new P1 li sms", "new P1 li email"]
    story.up("orders", requests=5.0)
    assert ("watchtower-no-data", "orders", "") not in story.engine.state.facts
    assert story.engine.state.open_incident("no_data") is None
