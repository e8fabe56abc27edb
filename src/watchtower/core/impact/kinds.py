"""The kinds of log entries about the numbers of an incident."""

from __future__ import annotations

from typing import Any

from watchtower.core.incident.payload import Payload, kinds
from watchtower.core.indicators import Indicators


class ImpactMeasured(Payload):
    """The indicators as they were measured."""

    kind = "impact.measured"
    indicators: Indicators


class ImpactEntered(Payload):
    """A person entered a value that nothing measures."""

    kind = "impact.manual"
    name: str
    value: Any
    evidence: str = ""


class NewNormalAsked(Payload):
    """Too little has come for so long that people were asked whether it is the new normal."""

    kind = "impact.new_normal_asked"


class NewNormalSaid(Payload):
    """A person said that what comes is the new normal of these flows."""

    kind = "impact.new_normal"
    flows: list[str]


KINDS = kinds(ImpactMeasured, ImpactEntered, NewNormalAsked, NewNormalSaid)
