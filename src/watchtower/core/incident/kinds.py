"""What an incident is about, and the built-in rules that open some kinds of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

NO_DATA, UNREACHED, DRILL = "watchtower-no-data", "watchtower-unreached", "watchtower-drill"
CHANNEL, DECLARED, GAP = "watchtower-channel", "watchtower-declared", "watchtower-gap"
LOCATION = "watchtower-location"
"""Names of the built-in rules: a series gives no data, nobody could be notified, people practise, a channel has a fault
of ours, a person declared an incident, no daemon watched for a time, and nothing is heard from a location."""
BY_MATRIX = "by the severity matrix"
"""The `when` of a declared incident's alert, where the matrix sets its severity."""
OURS = (DRILL, UNREACHED, CHANNEL, GAP, LOCATION)
"""Those that judge no check."""


class IncidentKind(StrEnum):
    """An incident's `key` is its kind, and after a colon the flow, check or drill that it is about."""

    FLOW = "flow"
    CHECK = "check"
    DRILL = "drill"
    NO_DATA = "no_data"
    """All series without data, in one incident."""
    UNREACHED = "unreached"
    """Nobody could be notified of another incident."""
    CHANNEL = "channel"
    """A configured channel takes no page until we fix something."""
    DECLARED = "declared"
    """A person declared it, and named no flow."""
    GAP = "gap"
    """No daemon watched for a time."""
    LOCATION = "location"
    """Nothing is heard from a location."""

    @property
    def of_product(self) -> bool:
        """About what is watched. False: about watchtower itself, or a drill."""
        return self in (IncidentKind.FLOW, IncidentKind.CHECK, IncidentKind.DECLARED)

    @property
    def of_watchtower(self) -> bool:
        """About watchtower itself."""
        return not self.of_product and self is not IncidentKind.DRILL

    def key(self, name: str) -> str:
        return f"{self}:{name}"


BUILT_IN: Mapping[str, IncidentKind] = {
    NO_DATA: IncidentKind.NO_DATA,
    UNREACHED: IncidentKind.UNREACHED,
    DRILL: IncidentKind.DRILL,
    CHANNEL: IncidentKind.CHANNEL,
    DECLARED: IncidentKind.DECLARED,
    GAP: IncidentKind.GAP,
    LOCATION: IncidentKind.LOCATION,
}
"""Of each built-in rule: the kind of incident that it opens."""
ALWAYS = tuple(rule for rule in BUILT_IN if rule != DRILL)
"""Those that may fire at any time."""
_BY_NAME: Mapping[str, IncidentKind] = {str(kind): kind for kind in IncidentKind}


def kind_of(key: str) -> IncidentKind:
    """The kind of the incident with this key."""
    return _BY_NAME[key.partition(":")[0]]
