"""What the board knows of flows, by the real engine: curves, shades, and whom a silence that begins now would page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.core.builders import LI, plan, rule
from watchtower.app.flows import Flows
from watchtower.core.events import Observed, SilenceAsked, Ticked
from watchtower.core.matchers import parse_matchers
from watchtower.core.pipeline.engine import Engine
from watchtower.core.plan.checks import Check
from watchtower.detectors import DETECTORS
from watchtower.detectors.traffic import Traffic
from watchtower.detectors.traffic.facts import FACTS
from watchtower.errors import StoreError
from watchtower.model import Fact, Observation, Outcome, Reading

START = 1_700_006_400.0


class Memory:
    """A store of names and values."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.away = False

    async def get(self, name: str) -> str | None:
        if self.away:
            raise StoreError("away")
        return self.kept.get(name)

    async def put(self, name: str, value: str) -> None:
        if self.away:
            raise StoreError("away")
        self.kept[name] = value


def counting(name: str, flow: str, **more: Any) -> Check:
    counts = {"requests": Fact.number("requests"), "errors": Fact.number("errors")}
    return Check(
        name=name, probe="metrics", flow=flow, every=10.0, timeout=5.0, settings=None, detector="traffic",
        detect=Traffic.Settings(), facts={**counts, **FACTS}, **more,
    )  # fmt: skip


SHOP = counting("shop-requests", "shop")
MADE = plan([SHOP], [rule("silent", "traffic.silent", SHOP)], (LI,), flows=["shop"])


class Shop:
    """A flow of two requests a second under the engine; `pass_` lets time pass."""

    def __init__(self, made: Any = MADE) -> None:
        self.engine = Engine(made, DETECTORS, START)
        self.store = Memory()
        self.flows = Flows(self.engine, self.store)  # type: ignore[arg-type]
        self.at = START

    def pass_(
        self, seconds: float, requests: float = 20.0, outcome: Outcome = Outcome.UP, errors: float = 0.0
    ) -> None:
        for _ in range(round(seconds / 10)):
            self.at += 10.0
            for check in self.engine.plan.checks:
                measured = {"requests": requests, "errors": errors} if outcome is Outcome.UP else {}
                self.engine.handle(Observed(Observation(check, self.at, Reading(outcome, measured))), self.at)
            self.engine.handle(Ticked(), self.at)
            self.flows.look(self.at)

    @property
    def now(self) -> Any:
        return self.flows.now(self.at)["shop"]


def test_a_flow_has_its_rate_what_is_expected_and_whom_a_silence_would_page() -> None:
    shop = Shop()
    shop.pass_(1800.0, errors=1.0)
    now = shop.now
    assert now.rate == 2.0
    assert now.low < 2.0 < now.high
    assert now.success == 0.95
    assert now.silence.rule == "silent"
    assert {name for name, _ in now.silence.pages} == {"li"}
    seconds = now.silence.seconds
    shop.pass_(seconds - 10.0, requests=0.0)
    assert not shop.now.silent
    shop.pass_(20.0, requests=0.0)
    assert shop.now.silent  # as it was foreseen


def test_an_outage_is_on_the_curve_and_its_time_is_shaded_and_no_data_is_a_hole() -> None:
    shop = Shop()
    shop.pass_(3600.0)
    shop.pass_(1200.0, requests=0.0)
    shop.pass_(600.0, outcome=Outcome.UNKNOWN)
    shop.pass_(60.0, requests=0.0)
    day = shop.now.day
    assert 0.0 in day.observed[-6:]
    assert None in day.observed[-4:]
    assert day.observed[-12] == 2.0
    assert day.marks[-1] == 1
    assert day.marks[-10] == 0


def test_a_silence_of_people_is_shaded_once_it_fits_all_that_could_be_said() -> None:
    shop = Shop()
    shop.pass_(60.0)
    asked = SilenceAsked(parse_matchers(['flow="shop"']), shop.at, shop.at + 3600.0, "li")
    shop.engine.handle(asked, shop.at)
    shop.pass_(120.0)
    assert shop.now.day.marks[-1] == 2


async def test_curves_outlive_a_restart_and_a_store_that_cannot_be_read_costs_only_them() -> None:
    shop = Shop()
    shop.pass_(3600.0)
    await shop.flows.save()
    again = Shop()
    again.store.kept = shop.store.kept
    await again.flows.open(shop.at)
    again.at = shop.at
    again.pass_(20.0)
    assert again.now.day.observed[-5] == 2.0
    for broken in ("{", "[]", json.dumps({"shop": {}}), json.dumps({"shop": 3})):
        third = Shop()
        third.store.kept = {"flow_curves": broken}
        await third.flows.open(shop.at)
        third.pass_(20.0)
        assert third.now.rate == 2.0
    shop.store.away = True
    await shop.flows.open(shop.at)
    with pytest.raises(StoreError):
        await shop.flows.save()


def test_of_two_checks_that_count_the_same_one_counts_and_flows_may_go() -> None:
    twice = counting("edge-requests", "shop")
    shop = Shop(plan([SHOP, twice], [rule("silent", "traffic.silent", SHOP, twice)], (LI,), flows=["shop"]))
    shop.pass_(1200.0)
    assert shop.now.rate == 2.0
    shop.engine.replace_plan(replace(MADE, checks={}, flows={}), shop.at)
    shop.flows.look(shop.at + 1.0)
    assert shop.flows.now(shop.at + 1.0) == {}
