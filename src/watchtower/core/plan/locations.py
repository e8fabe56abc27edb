"""Locations from which checks are made, and the measurements of a check that several make."""

from __future__ import annotations

from watchtower.fields import Field, Table, Words
from watchtower.model import Fact, Facts, Text

LOCATION_FACTS: Facts = {
    "location": Fact.string(
        "the location that a rule's `match` names; empty where all are evaluated together"
    ),
    "locations.down": Fact.number("locations that see it down"),
    "locations.up": Fact.number("locations that see it up"),
    "locations.unknown": Fact.number("locations that say nothing, or cannot tell"),
    "locations.total": Fact.number("locations that the check names"),
    "locations.down_from": Fact.string("those that see it down, in the check's order: `hk, sg`"),
    "locations.up_from": Fact.string("those that see it up"),
    "locations.because": Fact.string("from where it is seen how, as a sentence in English"),
    "locations.because_zh": Fact.string("from where it is seen how, in Chinese"),
}
"""What checks with `locations` have besides. Those with a dot are about all locations together."""


class Location(Table):
    """A place in which workers make checks, such as an office or a cloud's region."""

    title: Words = Field(
        default_factory=lambda: Text("", ""), description="What people call it; its name when left out."
    )


def alone(facts: Facts) -> Facts:
    """What one location measures by itself: without detectors' verdicts, and without the votes."""
    return {name: fact for name, fact in facts.items() if "." not in name}
