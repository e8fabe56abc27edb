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


KINDS = kinds(ImpactMeasured, ImpactEntered)
