"""The database is away for a while, with a fault, an all-clear and a restart in it: what people hear, and what they see."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import requests

from benchmarks.cluster.cell import Cell, Heard, a_cell
from benchmarks.cluster.oracle import Fault, judge
from benchmarks.cluster.pages import settled
from benchmarks.cluster.report import Part
from tests.parts.child import PartFailed, wait_until

WITHIN, BOARD = 5.0, 2.0
"""Seconds for a P1 to be heard, and for the board to be shown."""
TOLD_AFTER = 30.0
"""Seconds without the database after which daemons that nobody leads say so."""
SHARES = (1.0, 30.0, 600.0)
"""The outages in seconds in the full length; a shorter run has the first, and one that fills it."""


def run(home: Path, seconds: float, chance: random.Random) -> Part:
    lengths = [one for one in SHARES if one <= seconds] if seconds > SHARES[-1] else [SHARES[0]]
    if seconds < SHARES[-1]:
        lengths.append(max(8.0, seconds / 4))
    heard: list[float] = []
    boards: list[float] = []
    broken: list[str] = []
    with a_cell(home, 12, 3) as cell:
        faults = [
            fault
            for n, length in enumerate(lengths)
            for fault in _outage(cell, n * 2, length, heard, boards, broken)
        ]
        settled(cell)
        found = judge(cell, faults)
    return Part(
        {
            "outages": ", ".join(f"{length:g} s" for length in lengths),
            "pages sent without a lease · that came again under the same id": f"{found.unfenced} · {found.repeated}",
        },
        [*broken, *found.broken],
        {"until a fault or its end was heard": heard, "until the board was shown": boards},
    )


def _outage(
    cell: Cell, first: int, length: float, heard: list[float], boards: list[float], broken: list[str]
) -> list[Fault]:
    """One fault lasts into it, another begins in it; a standby is started again, and the leader stays the leader."""
    world = cell.world
    before, inside = world.names[first], world.names[first + 1]
    leader, epoch = cell.leader(), cell.epoch()
    faults = [Fault(before, time.monotonic()), Fault(inside, 0.0)]
    world.fail(before)
    _heard(lambda: _told(cell, before, "new"), f"{before} before an outage of {length:g} s", heard, broken)
    assert (
        requests.get(cell.daemons[leader].url, timeout=60).status_code == 200
    )  # somebody has looked at it before
    time.sleep(
        1.0
    )  # the server of these tests does not wait for the disk, and a crash would take back what it has said
    cell.postgres.away()
    until = time.monotonic() + length
    standby = next(number for number in range(len(cell.daemons)) if number != leader)
    if length > 2 * WITHIN:
        time.sleep(WITHIN)
    faults[1].began = time.monotonic()
    world.fail(inside)
    world.recover(before)
    faults[0].ended = time.monotonic()
    if length > WITHIN:
        cell.daemons[standby].kill()
        cell.daemons[standby].start(wait=False)
    _heard(lambda: _told(cell, inside, "new"), f"{inside} within an outage of {length:g} s", heard, broken)
    _heard(
        lambda: _told(cell, before, "resolved"),
        f"the end of {before} within one of {length:g} s",
        heard,
        broken,
    )
    began = time.monotonic()
    shown = requests.get(cell.daemons[leader].url, timeout=30)
    boards.append(time.monotonic() - began)
    if shown.status_code != 200 or inside not in shown.text or boards[-1] > BOARD:
        broken.append(
            f"the board within an outage of {length:g} s: {shown.status_code} after {boards[-1]:.1f} s"
        )
    time.sleep(max(0.0, until - time.monotonic()))
    child = cell.daemons[standby].child
    if child is None or child.poll() is not None:
        broken.append(f"a daemon that started within an outage of {length:g} s ended")
    cell.postgres.back()
    world.recover(inside)
    faults[1].ended = time.monotonic()
    _heard(
        lambda: _told(cell, inside, "resolved"),
        f"the end of {inside} after one of {length:g} s",
        heard,
        broken,
    )
    wait_until(
        lambda: cell.leader() >= 0 and cell.daemons[leader].get("/readyz").status_code == 200,
        "the leader is well",
    )
    if cell.epoch() != epoch:
        broken.append(f"another leader after an outage of {length:g} s, although the former one lived")
    return faults


def nobody(home: Path, seconds: float, chance: random.Random) -> Part:
    """The leader dies while the database is away: who starts, waits and says so, and what began meanwhile is heard."""
    broken: list[str] = []
    heard: list[float] = []
    with a_cell(home, 2, 2) as cell:
        wait_until(lambda: cell.daemons[1].get("/readyz").json()["role"] == "standby", "a standby")
        cell.postgres.away()
        began = time.monotonic()
        cell.daemons[0].kill()
        cell.daemons[0].start(wait=False)
        cell.world.fail(cell.world.names[0])
        _heard(lambda: bool(_nobody(cell, "new")), "that nobody watches", heard, broken, 2 * TOLD_AFTER)
        ids = {page.id for page in _nobody(cell, "new")}
        if len(ids) > 1:
            broken.append(f"that nobody watches was told as {sorted(ids)}")
        cell.postgres.back()
        name = cell.world.names[0]
        _heard(lambda: _told(cell, name, "new"), "the fault, once the database is back", [], broken, 30.0)
        _heard(lambda: bool(_nobody(cell, "resolved")), "that somebody watches again", [], broken, 30.0)
        cell.world.recover(cell.world.names[0])
        settled(cell)
    return Part(
        {
            "ids under which two daemons said that nobody watches": len(ids),
            "seconds in all": f"{time.monotonic() - began:.0f}",
        },
        broken,
        {"until people heard that nobody watches": heard},
    )


def _nobody(cell: Cell, kind: str) -> list[Heard]:
    """Pages of what is no target's."""
    heard = cell.world.heard()
    known = {page.thread for page in heard if page.kind == "new" and page.check in cell.world.names}
    return [page for page in heard if page.kind == kind and page.thread not in known]


def _told(cell: Cell, target: str, kind: str) -> bool:
    threads = {page.thread for page in cell.world.heard() if page.check == target and page.kind == "new"}
    told = {page.thread for page in cell.world.heard() if page.kind == kind}
    return bool(threads) and threads <= told


def _heard(
    ready: Callable[[], bool], what: str, heard: list[float], broken: list[str], within: float = WITHIN
) -> None:
    began = time.monotonic()
    try:
        wait_until(ready, what, max(30.0, within))
    except PartFailed:
        broken.append(f"{what}: not heard")
        return
    heard.append(time.monotonic() - began)
    if heard[-1] > within:
        broken.append(f"{what}: heard after {heard[-1]:.1f} s")
