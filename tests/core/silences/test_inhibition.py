"""Inhibition through the engine: alerts that hold back pages about others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import Story, http_check, pages, plan, rule, whys
from tests.core.silences.release import (
    inhibition,
    later,
    made,
    silence,
)
from watchtower.core.events import (
    Decision,
)
from watchtower.core.matchers import parse_matchers
from watchtower.core.plan import Plan
from watchtower.core.plan.flows import Flow
from watchtower.core.plan.inhibition import Inhibition


def test_an_alert_inhibits_another_until_it_ends() -> None:
    told = Story(replace(made(), inhibit=(inhibition(),)))
    told.down("bank")
    told.deliver_all()
    told.ack()
    found = told.wait(10).down("card")
    assert (pages(found), whys(found)) == ([], ["inhibited"])
    told.wait(10).up("bank")
    told.deliver_all()
    assert later(told, 10, "card") == ["new P1 li sms", "new P1 li email"]


def test_of_a_target_that_ends_with_its_source_nobody_hears() -> None:
    told = Story(replace(made(), inhibit=(inhibition(),)))
    told.down("bank")
    told.deliver_all()
    told.wait(10).down("card")
    found = [*told.wait(10).up("bank"), *told.up("card")]
    assert pages(found) == ["resolved P1 li sms", "resolved P1 li email"]


@pytest.mark.parametrize(("equal", "held"), [(("probe",), True), (("flow",), False), (("region",), True)])
def test_labels_that_must_be_equal(equal: tuple[str, ...], held: bool) -> None:
    told = Story(replace(made(), inhibit=(inhibition(*equal),)))
    told.down("bank")
    assert (pages(told.down("card")) == []) is held


def test_an_alert_that_fits_both_sides_inhibits_no_other_that_does() -> None:
    both = Inhibition(
        name="all",
        source_matchers=parse_matchers(['rule="down"']),
        target_matchers=parse_matchers(['rule="down"']),
    )
    told = Story(replace(made(), inhibit=(both,)))
    assert pages(told.down("bank")) == ["new P1 li sms", "new P1 li email"]
    assert pages(told.down("card")) == ["new P1 li sms", "new P1 li email"]


def test_a_source_that_is_silenced_inhibits_too() -> None:
    told = Story(replace(made(), inhibit=(inhibition(),)))
    silence(told, 'check="bank"')
    told.down("bank")
    assert pages(told.down("card")) == []


def test_of_two_alerts_that_would_inhibit_each_other_the_first_is_heard() -> None:
    back = Inhibition(
        name="card first",
        source_matchers=parse_matchers(['check="card"']),
        target_matchers=parse_matchers(['check="bank"']),
    )
    told = Story(replace(made(), inhibit=(inhibition(), back)))
    assert pages(told.down("bank")) == ["new P1 li sms", "new P1 li email"]
    told.deliver_all()
    assert pages(told.down("card")) == []
    out: list[Decision] = []
    for _ in range(100):
        told.wait(10)
        out += told.down("bank") + told.down("card") + told.tick()
    assert next(one for one in pages(out) if "sms" in one) == "reminder P1 li sms"


def on_the_bank() -> Plan:
    """Checkout depends on the bank, which has a check of its own."""
    bank, orders = http_check("bank"), http_check("orders", "checkout")
    base = plan([bank, orders], [rule("down", "outcome == 'down'", bank, orders, severity="P1")])
    return replace(base, flows={"checkout": Flow(name="checkout", depends_on=("bank",))})


def test_a_dependency_that_is_down_explains_its_flows_and_people_hear_of_it_once() -> None:
    told = Story(on_the_bank())
    assert pages(told.down("bank")) == ["new P1 li sms", "new P1 li email"]
    told.deliver_all()
    assert pages(told.wait(10).down("orders")) == []
    assert list(told.engine.state.incidents) == ["INC-1"]


def test_a_silence_of_the_dependency_alone_leaves_its_flows_heard() -> None:
    told = Story(on_the_bank())
    silence(told, 'check="bank"')
    assert pages(told.down("bank")) == []
    assert pages(told.wait(10).down("orders")) == ["new P1 li sms", "new P1 li email"]
