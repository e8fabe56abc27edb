"""A bank's page, seen from inside, from Hong Kong and from Singapore, each ten seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.core.builders import HTTP_FACTS, Story, plan, rule
from watchtower.core.events import Decision, Observed, WorkersSeen
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.core.plan.locations import LOCATION_FACTS, Location
from watchtower.core.plan.rules import Rule
from watchtower.model import Observation, Outcome, Reading, Text, Value

INSIDE, HK, SG = THREE = ("inside", "hk", "sg")
FACTS = {**HTTP_FACTS, **LOCATION_FACTS}
TITLES = {"hk": Text("Hong Kong", "香港")}


def seen_from(*locations: str, name: str = "bank", quorum: int = 0, every: float = 10.0) -> Check:
    return Check(
        name=name, probe="http", every=every, timeout=3.0, settings=None, facts=FACTS, no_data_after=60.0,
        locations=locations, quorum=quorum or len(locations) // 2 + 1,
    )  # fmt: skip


def at_one(location: str, made: Rule) -> Rule:
    return made.model_copy(update={"location": location})


def outlook(*checks: Check, rules: Sequence[Rule] | None = None) -> Plan:
    found = rules if rules is not None else [rule("down", 'outcome == "down"', *checks, text="{{ reason }}")]
    names = dict.fromkeys(name for check in checks for name in check.locations)
    places = {name: Location(title=TITLES.get(name, Text(name, name))) for name in names}
    return replace(plan(checks, found), locations=places)


@dataclass
class Views(Story):
    """What is seen from where."""

    def vote(
        self, location: str, outcome: str, check: str = "bank", ago: float = 0.0, **measured: Value
    ) -> list[Decision]:
        reading = Reading(Outcome(outcome), measured, "" if outcome == "up" else "timeout")
        return self.feed(Observed(Observation(check, self.at - ago, reading, 0.1, location)))

    def round(self, check: str = "bank", **outcomes: str) -> list[Decision]:
        """One interval: each of these votes, a second apart, and a tick."""
        out: list[Decision] = []
        for location, outcome in outcomes.items():
            self.wait(1.0)
            out += self.vote(location, outcome, check)
        self.wait(10.0 - len(outcomes))
        return out + self.tick()

    def rounds(self, count: int, check: str = "bank", **outcomes: str) -> list[Decision]:
        return [one for _ in range(count) for one in self.round(check, **outcomes)]

    def alive(self, location: str, *workers: str) -> list[Decision]:
        return self.feed(WorkersSeen(location, workers))
