"""Which values of a check are kept, and which of them are its curve: a table by detector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from watchtower.core.plan.checks import BASE_FACTS, Check
from watchtower.model import FactKind, Unit

UP = "up"
"""The share of samples that were up; a sample that could not tell counts as none."""
OWN = 3
"""Measurements of the probe that are kept besides: the first that come with a number."""


class CurveNames(NamedTuple):
    """Names of a check's curve: what is observed, what is expected, and the band around that; empty: there is none."""

    observed: str
    expected: str = ""
    low: str = ""
    high: str = ""


_CURVES = {
    "traffic": CurveNames(
        "traffic.rate", "traffic.expected", "traffic.expected_low", "traffic.expected_high"
    ),
    "anomaly": CurveNames("", "anomaly.expected", "anomaly.expected_low", "anomaly.expected_high"),
    "ratio": CurveNames("ratio.value", "ratio.usual", "ratio.low", "ratio.high"),
    "runway": CurveNames("", "", "runway.days_low", "runway.days_high"),
}
_BESIDES = {"traffic": ("traffic.success_ratio",), "runway": ("runway.days_left",)}
_COUNTED = frozenset(("requests", "errors"))
"""Counts of a poll, which the detector's rate and ratio say better."""


def curve_of(check: Check) -> CurveNames:
    """The names of this check's curve."""
    curve = _CURVES.get(check.detector, CurveNames(""))
    if curve.observed:
        return curve
    if check.detector == "runway":
        return CurveNames("runway.days_left", "", curve.low, curve.high)
    watched = getattr(check.detect, "measurement", None)
    return curve._replace(observed=watched or next(iter(own_of(check)), UP))


def own_of(check: Check) -> list[str]:
    """The numbers that its probe measures, in the order in which it declares them."""
    counted = _COUNTED if check.detector == "traffic" else frozenset[str]()
    return [
        name
        for name, fact in check.facts.items()
        if fact.kind is FactKind.NUMBER and "." not in name and name not in BASE_FACTS and name not in counted
    ]


def detected_of(check: Check) -> list[str]:
    """What its detector says and is kept: always of its curve, and a little besides."""
    names: Sequence[str] = (*_CURVES.get(check.detector, ()), *_BESIDES.get(check.detector, ()))
    return [name for name in names if name in check.facts]


def spreads(name: str) -> bool:
    """Whether least and greatest are kept when slots are rolled up: what is expected moves slowly."""
    return name.rpartition(".")[2] not in (
        "expected",
        "expected_low",
        "expected_high",
        "usual",
        "low",
        "high",
    )


def unit_of(check: Check, name: str) -> Unit:
    """The unit of a kept value."""
    if name == UP:
        return Unit.RATIO
    return check.facts[name].unit if name in check.facts else Unit.NONE
