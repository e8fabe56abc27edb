"""Faults, and a check's samples with and without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchtower.config.comparisons import compared, quiet
from watchtower.core.expressions import suggest
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.errors import UsageError
from watchtower.model import FactKind, Instant, Observation, Outcome, Reading, Value
from watchtower.replay.columns import measurements_of
from watchtower.values import Frozen, field

SILENT = "silent"
_REASON = "failed"
_NEARLY_ALL = 0.97
_TRUTHS = {"true": True, "false": False}


class Fault(Frozen):
    """A fault of one series of a check: `begin` and `end` in seconds from the start of the simulation. `location`: only this
    one of the check's sees it."""

    check: str
    series: str
    text: str
    begin: float
    end: float
    outcome: Outcome
    measured: Mapping[str, Value] = field(default_factory=dict)
    location: str = ""

    @property
    def name(self) -> str:
        series, place = (
            f"[{self.series}]" if self.series else "",
            f"@{self.location}" if self.location else "",
        )
        return f"{self.check}{series}{place}"


def read(text: str, check: Check, series: str, begin: float, lasts: float, location: str = "") -> Fault:
    """Parses `silent`, `down`, `unknown`, `latency=3.0`, or several by commas. Raises UsageError."""
    outcome, measured = Outcome.UP, dict[str, Value]()
    for part in (one.strip() for one in text.split(",")):
        if part == SILENT:
            if "requests" not in measurements_of(check):
                raise UsageError(
                    f'--fault {text}: check "{check.name}" counts no requests, so it cannot be silent\n'
                    "  hint: write down, unknown, or a measurement such as latency=3.0"
                )
            measured["requests"] = 0.0
        elif part in ("down", "unknown"):
            outcome = Outcome(part)
        elif "=" in part:
            name, value = measurement(part, check, "--fault")
            measured[name] = value
        else:
            raise UsageError(f"--fault {text}: write silent, down, unknown, or NAME=VALUE of a measurement")
    return Fault(check.name, series, text, begin, begin + lasts, outcome, measured, location)


def measurement(text: str, check: Check, option: str) -> tuple[str, Value]:
    """Parses `latency=3.0` into a name and a value of its kind. Raises UsageError."""
    name, _, written = (one.strip() for one in text.partition("="))
    known = measurements_of(check)
    if name not in known:
        raise UsageError(
            f'{option} {text}: check "{check.name}" does not measure "{name}"\n'
            f"  hint: {suggest(name, dict(known), check.name)}"
        )
    try:
        if known[name].kind is FactKind.NUMBER:
            return name, float(written)
        return name, _TRUTHS[written.lower()] if known[name].kind is FactKind.BOOL else written
    except (ValueError, KeyError):
        raise UsageError(f'{option} {text}: "{written}" is no value of {name}') from None


def normal(check: Check, plan: Plan, per_minute: float, said: Mapping[str, Value]) -> dict[str, Value]:
    """The check's measurements without a fault: requests at their rate, the given values, and for other
    measurements of its rules a value at which none of them fires."""
    known = measurements_of(check)
    pairs = []
    for rule in plan.rules_of(check.name):
        found = compared(rule.when, check.facts)
        if found is not None:
            pairs.append((rule.programs[check.name], found))
    domains = {
        "outcome": [str(Outcome.UP)], "check": [check.name], "probe": [check.probe], "reason": [""],
        "flow": list(dict.fromkeys([check.flow, *check.flows.values()])) or [""],
    }  # fmt: skip
    chosen = quiet(pairs, check.facts, domains) or {}
    out = {name: value for name, value in chosen.items() if name in known}
    whole, part = getattr(check.detect, "whole", "requests"), getattr(check.detect, "part", "")
    counted = per_minute * check.every / 60.0
    if whole in known:
        out[whole] = counted
    if part in known:
        out[part] = counted * _usual(check)
    return out | dict(said)


def _usual(check: Check) -> float:
    """What is usual of a ratio: as declared, no failures, or nearly all."""
    declared: float | None = getattr(check.detect, "usual", None)
    return declared if declared is not None else 0.0 if check.detect.part == "errors" else _NEARLY_ALL


def observe(
    check: Check, series: str, at: Instant, well: Mapping[str, Value], fault: Fault | None, location: str = ""
) -> Observation:
    """One poll at `at`."""
    if fault is None or fault.outcome is Outcome.UP:
        measured = {**well, **fault.measured} if fault else well
        reading = Reading(Outcome.UP, measured, series=series, covers=check.every)
    else:
        reading = Reading(fault.outcome, fault.measured, _REASON, "simulated", series)
    return Observation(check.name, at, reading, location=location)


def active(faults: Sequence[Fault], check: str, series: str, at: float, location: str) -> Fault | None:
    """The fault at a poll at `at` (seconds from the start) from this location; a fault begins just after a poll."""
    mine = (f for f in faults if (f.check, f.series) == (check, series) and f.location in ("", location))
    return next((f for f in mine if f.begin < at <= f.end), None)
