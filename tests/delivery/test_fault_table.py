"""A far side of each family fails once in each way: nothing is lost, nothing overtakes, and no attempt is two requests."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.delivery.far_side import QUICK
from tests.delivery.fault_table import BEGINS, DOCS, ENDS, FAMILIES, ONCE, Family, run
from tests.parts.certificates import Certificates

SOON = replace(QUICK, ask_after=0.05, down=0.2)
WRITTEN = DOCS.read_text("utf-8").partition(BEGINS)[2].partition(ENDS)[0]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
async def test_each_fault_of_each_family(tmp_path: Path, certificates: Certificates, family: Family) -> None:
    runs = (
        run(family, fault, tmp_path / str(number), certificates, SOON, "400ms")
        for number, fault in enumerate(ONCE)
    )
    found = dict(zip(ONCE, await asyncio.gather(*runs), strict=True))
    [row] = [line for line in WRITTEN.splitlines() if line.startswith(f"| {family.name} |")]
    documented = dict(zip(ONCE, (cell.split()[0] for cell in row.split("|")[2:-1]), strict=True))
    assert documented == {fault: one.fault if one else "–" for fault, one in found.items()}
    for one in filter(None, found.values()):
        assert (one.lost, one.in_order) == (0, True)
        assert one.requests <= one.attempts
