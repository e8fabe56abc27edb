"""The lease alone: processes that each want to lead and write a row each few milliseconds, and are broken."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from benchmarks.cluster.report import Part
from tests.parts.postgres import Postgres
from tests.store.claimants import DEPOSES, OF_SERVER, hung, suffer_all
from watchtower.store.lease import HANGS

A_ROUND = 6.0
"""Seconds for a fault in each of three groups, on average."""


def run(home: Path, seconds: float, chance: random.Random) -> Part:
    with Postgres() as shared, Postgres() as own:
        found, rows, late = suffer_all(shared, own, max(1, round(seconds / A_ROUND)), chance)
    counts = Counter(one.fault for one in found)
    outages = {fault.__name__ for fault in OF_SERVER}
    ends = {fault.__name__ for fault in DEPOSES} - {hung.__name__}
    broken = [f"{late} rows of a former leader"] if late else []
    broken += [f"{one}" for one in found if not one.expected and not _starved(one.starved)]
    return Part(
        {
            "faults": f"{len(found)}: "
            + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())),
            "rows written · by a former leader": f"{rows:,} · {late}",
            "another leader although the former one lived, while a thread got no processor for a second": sum(
                not one.expected and _starved(one.starved) for one in found
            ),
        },
        broken,
        {
            "without a leader": [one.unled for one in found if one.fault in ends],
            f"of these, one whose loop hangs (believed after {HANGS:g} s)": [
                one.unled for one in found if one.fault == hung.__name__
            ],
            "nothing written around an outage of 0 or 5 s": [
                one.unled for one in found if one.fault in outages
            ],
        },
    )


def _starved(seconds: float) -> bool:
    """It is rightly followed by another: it got no processor for its beats."""
    return seconds > 1.0
