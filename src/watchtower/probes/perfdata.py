"""The performance data of monitoring plug-ins: `text | label=value[unit];warn;crit;min;max ...`."""

from __future__ import annotations

import re

from watchtower.numbers import Units, as_number

_ITEM = re.compile(r"(?:^|(?<=\s))(?:'((?:[^']|'')+)'|([^\s'=]+))=([^\s;]*)")
_UNITS: Units = {
    "s": 1,
    "ms": "0.001",
    "us": "0.000001",
    "ns": "0.000000001",
    "%": 1,
    "B": 1,
    "c": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGTPE", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGTPE", 1)},
    "kB": 1000,
}
"""What the plug-in guidelines name, and what plug-ins write all the same. A bare `K` or `M` may be either."""


def perfdata(output: str) -> dict[str, float]:
    """Values by label, times in seconds and sizes in bytes, of the first line and of the long output. An
    ambiguous value, such as `0,5s` or `2K`, is left out. Of two values under one label the first counts."""
    found: dict[str, float | None] = {}
    first, _, long = output.partition("\n")
    for part in (first.partition("|")[2], long.partition("|")[2]):
        for quoted, plain, value in _ITEM.findall(part):
            label = quoted.replace("''", "'") if quoted else plain
            found.setdefault(label, as_number(value, units=_UNITS, exponent=True))
    return {label: number for label, number in found.items() if number is not None}
