"""The metrics of every check and of every series, written directly as text.

There may be ten thousand of them, in twenty families: as the client's objects they take five times as long. The pieces
are made one by one, so that the event loop has its turn between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from math import isfinite
from typing import NamedTuple

from watchtower.core.plan.checks import Check
from watchtower.imports import SERVERS, hollow
from watchtower.model import Observation, Outcome, Unit, Value
from watchtower.telemetry import metrics as m
from watchtower.telemetry.ledger import Ledger
from watchtower.values import Frozen

with hollow(*SERVERS):
    from prometheus_client.utils import floatToGoString

PIECE = 1000
"""Lines of a piece: one to two milliseconds. The text of all at once, twice, would be memory that is not freed."""
Known = tuple[Mapping[str, Check], Mapping[tuple[str, str], tuple[Value, ...]]]
"""What the engine knows: its checks, and by check and series the values of the check's `facts`, in their order."""


class _Row(NamedTuple):
    labels: str
    """`{check="…",series="…"`, as it is written."""
    with_flow: str
    """The same, with its flow and `} `."""
    seen: Observation
    facts: tuple[Value, ...]


class _Rows(Frozen):
    """The series of one check."""

    check: Check
    rows: list[_Row]


_DAY = 86400.0
_UP, _UNKNOWN = Outcome.UP, Outcome.UNKNOWN
_FAMILIES: tuple[tuple[m.Metric, Callable[[Observation], float]], ...] = (
    (m.CHECK_UP, lambda seen: seen.reading.outcome is _UP),
    (m.CHECK_UNKNOWN, lambda seen: seen.reading.outcome is _UNKNOWN),
    (m.CHECK_DURATION, lambda seen: seen.duration),
    (m.CHECK_LAST, lambda seen: seen.at),
)


def series_text(ledger: Ledger, known: Known) -> Iterator[bytes]:
    """The families, each whole, in pieces. A check without a sample is neither up nor known."""
    plan, facts = ledger.plan, dict(known[1])
    checks = {name: _Rows(check, []) for name, check in plan.checks.items()}
    for number, (key, seen) in enumerate(list(ledger.last.items())):
        if (one := checks.get(key[0])) is not None:
            # While a new plan is taken, the engine's check may be another one, with other facts.
            values = facts.get(key, ()) if known[0].get(key[0]) is one.check else ()
            one.rows.append(_row(one.check, key, seen, values))
        if number % PIECE == PIECE - 1:
            yield b""
    tiers = {name: flow.tier.value for name, flow in plan.flows.items()}
    yield from _family(m.CHECK_INFO, (_info(one.check, tiers) for one in checks.values()))
    yield from _family(m.CHECK_SAMPLES, _counts(ledger, checks))
    rows = [row for one in checks.values() for row in one.rows]
    unseen = [f'{{check="{name}",series=""}} ' for name, one in checks.items() if not one.rows]
    for metric, value in _FAMILIES:
        lines = (f"{row.labels}}} {_number(value(row.seen))}" for row in rows)
        also = unseen if metric in (m.CHECK_UP, m.CHECK_UNKNOWN) else ()
        unknown = _number(metric is m.CHECK_UNKNOWN)
        yield from _family(metric, chain(lines, (labels + unknown for labels in also)))
    yield from _family(m.CHECK_MEASUREMENT, _measurements(checks.values()))
    for fact, metric in m.DETECTED.items():
        yield from _family(metric, _detected(fact, checks.values()))


def _row(check: Check, key: tuple[str, str], seen: Observation, facts: tuple[Value, ...]) -> _Row:
    labels = f'{{check="{key[0]}",series="{_escaped(key[1])}"'
    return _Row(labels, f'{labels},flow="{_escaped(check.flow_of(key[1]))}"}} ', seen, facts)


def _info(check: Check, tiers: Mapping[str, str]) -> str:
    flow, tier = _escaped(check.flow), tiers.get(check.flow, "")
    return f'{{check="{check.name}",probe="{check.probe}",flow="{flow}",tier="{tier}"}} 1.0'


def _counts(ledger: Ledger, checks: Iterable[str]) -> Iterator[str]:
    for name in checks:
        for outcome, n in zip(Outcome, ledger.samples.get(name, (0, 0, 0)), strict=True):
            yield f'{{check="{name}",outcome="{outcome}"}} {n}.0'


def _measurements(checks: Iterable[_Rows]) -> Iterator[str]:
    for one in checks:
        declared = one.check.facts
        for row in one.rows:
            for fact, value in row.seen.reading.measurements.items():
                # Only declared names: those of a push come from outside.
                if isinstance(value, (float, int)) and fact in declared:
                    yield f'{row.labels},name="{fact}"}} {_number(value)}'


def _detected(fact: str, checks: Iterable[_Rows]) -> Iterator[str]:
    """What a detector knows of each series now. What is unknown has no series: it is not 0."""
    for one in checks:
        if fact in one.check.facts:
            place = list(one.check.facts).index(fact)
            scale = _DAY if one.check.facts[fact].unit is Unit.DAYS else 1.0
            for row in one.rows:
                value = row.facts[place] if row.facts else None
                if isinstance(value, (float, int)) and isfinite(value):
                    yield f"{row.with_flow}{value * scale:.6g}"


def _family(metric: m.Metric, lines: Iterable[str]) -> Iterator[bytes]:
    """`lines` are labels and value of each series."""
    name, lines = metric.name, iter(lines)
    yield f"# HELP {name} {metric.help}\n# TYPE {name} {metric.type}\n".encode()
    while some := f"\n{name}".join(islice(lines, PIECE)):
        yield f"{name}{some}\n".encode("utf-8", "replace")


def _escaped(text: str) -> str:
    if "\\" in text or "\n" in text or '"' in text:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return text


def _number(value: float) -> str:
    value = float(value)
    return repr(value) if isfinite(value) else str(floatToGoString(value))  # type: ignore[no-untyped-call]
