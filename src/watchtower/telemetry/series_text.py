"""The metrics of every series of every check, written directly as text.

There may be ten thousand of them, in five families, and the event loop waits meanwhile: as the client's objects they
take five times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isfinite

from watchtower.imports import SERVERS, hollow
from watchtower.model import Observation, Outcome
from watchtower.telemetry import metrics as m
from watchtower.telemetry.ledger import Ledger

with hollow(*SERVERS):
    from prometheus_client.utils import floatToGoString

_Row = tuple[str, str, Observation]
"""Its labels `check` and `series` as they are written, and what was seen."""
_UP, _UNKNOWN = Outcome.UP, Outcome.UNKNOWN
_FAMILIES: tuple[tuple[m.Metric, Callable[[Observation], float]], ...] = (
    (m.CHECK_UP, lambda seen: seen.reading.outcome is _UP),
    (m.CHECK_UNKNOWN, lambda seen: seen.reading.outcome is _UNKNOWN),
    (m.CHECK_DURATION, lambda seen: seen.duration),
    (m.CHECK_LAST, lambda seen: seen.at),
)


def series_text(ledger: Ledger) -> Iterator[bytes]:
    """The families, each whole, in pieces. A check without a sample is neither up nor known."""
    rows = [
        (f'check="{_escaped(check)}"', f'series="{_escaped(series)}"', seen)
        for (check, series), seen in ledger.last.items()
    ]
    unseen = [
        f'check="{_escaped(name)}",series=""' for name in ledger.plan.checks if not ledger.series_of[name]
    ]
    for metric, value in _FAMILIES:
        name = metric.name
        yield _head(metric)
        for some in _some(rows):
            yield _bytes([f"{name}{{{c},{s}}} {_number(value(seen))}\n" for c, s, seen in some])
        if metric in (m.CHECK_UP, m.CHECK_UNKNOWN):
            yield _bytes([f"{name}{{{labels}}} {_number(metric is m.CHECK_UNKNOWN)}\n" for labels in unseen])
    yield _head(m.CHECK_MEASUREMENT)
    for some in _some(rows):
        yield _bytes(_measurements(ledger, some))


def _some(rows: list[_Row]) -> Iterator[list[_Row]]:
    """A thousand lines at a time, because the text of all at once, twice, is memory that is not freed."""
    return (rows[n : n + 1000] for n in range(0, len(rows), 1000))


def _measurements(ledger: Ledger, rows: list[_Row]) -> Iterator[str]:
    name, checks = m.CHECK_MEASUREMENT.name, ledger.plan.checks
    for check, series, seen in rows:
        plan = checks.get(seen.check)
        if plan is None:
            continue
        for fact, value in seen.reading.measurements.items():
            # Only declared names: those of a push come from outside.
            if isinstance(value, (float, int)) and fact in plan.facts:
                yield f'{name}{{{check},name="{fact}",{series}}} {_number(value)}\n'


def _bytes(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode("utf-8", "replace")


def _head(metric: m.Metric) -> bytes:
    return f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.type}\n".encode()


def _escaped(text: str) -> str:
    if "\\" in text or "\n" in text or '"' in text:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return text


def _number(value: float) -> str:
    value = float(value)
    return repr(value) if isfinite(value) else str(floatToGoString(value))  # type: ignore[no-untyped-call]
