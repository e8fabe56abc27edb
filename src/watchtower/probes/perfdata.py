"""The performance data of monitoring plug-ins: `text | label=value[unit];warn;crit;min;max ...`."""

from __future__ import annotations

import re

_ITEM = re.compile(r"(?:'((?:[^']|'')+)'|([^\s'=]+))=([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)([A-Za-z%]*)")
_TO_BASE = {
    "ms": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
    "KB": 1e3,
    "MB": 1e6,
    "GB": 1e9,
    "TB": 1e12,
    "KiB": 2.0**10,
    "MiB": 2.0**20,
    "GiB": 2.0**30,
    "TiB": 2.0**40,
}


def perfdata(output: str) -> dict[str, float]:
    """Values by label, times in seconds and sizes in bytes; the first line's, and those of the long output."""
    found: dict[str, float] = {}
    first, _, long = output.partition("\n")
    for part in (first.partition("|")[2], long.partition("|")[2]):
        for quoted, plain, number, unit in _ITEM.findall(part):
            label = quoted.replace("''", "'") if quoted else plain
            found.setdefault(label, float(number) * _TO_BASE.get(unit, 1.0))
    return found
