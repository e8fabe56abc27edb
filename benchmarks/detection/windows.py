"""Table 2: on the real trace, the detector through `watchtower backtest`, and fixed windows as a rule would have them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.trace import DAY, EVERY, Floats, Run, Trace, silences

_CHECKS = """
[flow.site]
tier = "core"

[[check]]
name = "site"
flow = "site"
probe = "metrics"
url = "http://127.0.0.1:1/metrics"
query = "requests_total"
every = "10s"
detect = { zone = "America/New_York" }
"""
_RULES = """
[[rule]]
name = "silent"
match = { check = "site" }
when = "traffic.silent"
severity = "P1"
summary = "silent"

[paging.P1]
roles = ["oncall"]
channels = ["sms"]

[[responder]]
name = "li"
role = "oncall"
sms = "+8613800000001"

[channel.sms]
file = "phone.txt"
"""
BIG = 100.0
AIM = 45.0


@dataclass(frozen=True)
class Row:
    """`lost` by the plain estimate at the page, over the big silences that were seen; `in_time`: before 45 were
    lost, or at the next poll after it."""

    name: str
    alerts: int
    big: int
    seen: int
    in_time: int
    lost: Floats
    lost_with_missed: Floats


def fired(trace_file: Path, folder: Path | None = None) -> tuple[list[float], list[tuple[float, float]]]:
    """When alerts fired, and incidents (opened, resolved), by the real command."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        (place / "checks").mkdir()
        (place / "checks" / "site.toml").write_text(_CHECKS)
        (place / "rules.toml").write_text(_RULES)
        command = [
            sys.executable,
            "-m",
            "watchtower",
            "backtest",
            "--json",
            "--rules",
            str(place / "rules.toml"),
        ]
        command += ["--checks", str(place / "checks"), "--samples", f"site={trace_file}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    mine = [r for r in records if r["rule"] == "silent"]
    alerts = [r["at"] for r in mine if r["event"] == "alert_firing"]
    ended = [r["at"] for r in mine if r["event"] == "alert_resolved"]
    return alerts, list(zip(alerts, [*ended, np.inf], strict=False))


def fixed(trace: Trace, seconds: float) -> list[float]:
    """When `increase(requests[window]) == 0` begins to hold."""
    polls = round(seconds / EVERY)
    out, empty = [], 0
    for at, requests in zip(trace.times.tolist(), trace.requests.tolist(), strict=True):
        empty = empty + 1 if requests == 0 else 0
        if empty == polls:
            out.append(at)
    return out


def row(name: str, trace: Trace, expected: Floats, alerts: list[float], within: NDArray[np.bool_]) -> Row:
    """What these alerts are worth on these days."""
    at = np.array(alerts)
    times = trace.times[within]
    counted = int(((at >= times[0]) & (at <= times[-1])).sum())
    big = [run for run in silences(trace, expected, within) if run.lost >= BIG]
    lost, with_missed, in_time = [], [], 0
    for run in big:
        page = _page(trace, run, at)
        if page is None:
            with_missed.append(run.lost)
            continue
        cost = float(expected[run.start : page + 1].sum())
        lost.append(cost)
        with_missed.append(cost)
        in_time += expected[run.start : page].sum() < AIM
    return Row(name, counted, len(big), len(lost), in_time, np.array(lost), np.array(with_missed))


def _page(trace: Trace, run: Run, alerts: Floats) -> int | None:
    inside = alerts[(alerts >= trace.times[run.start]) & (alerts <= trace.times[run.end - 1])]
    return int(np.searchsorted(trace.times, inside[0])) if len(inside) else None


def same_number(trace: Trace, within: NDArray[np.bool_], alerts: int) -> float:
    """The shortest fixed window that fires no oftener than so many times on these days."""
    times = trace.times[within]
    for seconds in range(10, 3600, 10):
        at = np.array(fixed(trace, seconds))
        if ((at >= times[0]) & (at <= times[-1])).sum() <= alerts:
            return float(seconds)
    return 3600.0


def hurricane(trace: Trace, alerts: list[float]) -> tuple[float, float] | None:
    """The last request before the longest silence of measured zeros, and the seconds until it was seen."""
    empty = np.r_[False, trace.requests == 0, False].astype(int)
    starts, ends = np.flatnonzero(np.diff(empty) == 1), np.flatnonzero(np.diff(empty) == -1)
    longest = int(np.argmax(ends - starts))
    if trace.times[ends[longest] - 1] - trace.times[starts[longest]] < DAY:
        return None
    last = float(trace.times[starts[longest] - 1])
    after = [at for at in alerts if at > last]
    return last, after[0] - last
