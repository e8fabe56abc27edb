"""A far side of each family fails once: nothing is lost, nothing overtakes, and no attempt is two requests.

Each family has three of the faults here, drawn by a seed; `python -m tests.delivery.fault_table` runs all of them.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.delivery.families import Family
from tests.delivery.far_side import QUICK
from tests.delivery.fault_table import BEGINS, DOCS, ENDS, FAMILIES, FULL, ONCE, run
from tests.parts.certificates import Certificates

SOON = replace(QUICK, ask_after=0.05, down=0.2)
WRITTEN = DOCS.read_text("utf-8").partition(BEGINS)[2].partition(ENDS)[0]
MANY = 3


def drawn(family: Family) -> list[str]:
    """Some of the faults. A full disk needs a disk of its own."""
    return random.Random(family.name).sample([one for one in ONCE if one != FULL], MANY)


def test_each_fault_is_tried_and_none_was_measured_to_lose_or_to_double() -> None:
    assert {fault for family in FAMILIES for fault in drawn(family)} == set(ONCE) - {FULL}
    assert " 0 lost, 0 out of order, 0 with two requests in one attempt." in WRITTEN


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_faults_of_each_family(tmp_path: Path, certificates: Certificates, family: Family) -> None:
    faults = drawn(family)
    runs = (
        run(family, fault, tmp_path / str(number), certificates, SOON, "400ms")
        for number, fault in enumerate(faults)
    )
    found = dict(zip(faults, await asyncio.gather(*runs), strict=True))
    [row] = [line for line in WRITTEN.splitlines() if line.startswith(f"| {family.name} |")]
    documented = dict(zip(ONCE, (cell.split()[0] for cell in row.split("|")[2:-1]), strict=True))
    assert {fault: documented[fault] for fault in faults} == {
        fault: one.fault if one else "–" for fault, one in found.items()
    }
    for one in filter(None, found.values()):
        assert (one.lost, one.in_order) == (0, True)
        assert one.requests <= one.attempts
