"""What was done, what the receiver heard and what the store has, held against each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.cluster.cell import Cell, Heard
from watchtower.core.incident.identity import told_as

WITHIN = 60.0
"""Seconds after the end of a fault for whatever is still to come."""
_SPLIT = "\x1f"


@dataclass(slots=True)
class Fault:
    """A target failed from `began` to `ended`, by the monotonic clock; `seen`: when the first of the daemons got its no, None
    where none asked: on a machine that stands still for as long as it lasts."""

    target: str
    began: float
    ended: float = 0.0
    seen: float | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A daemon said yes to `by` at `at`; `kept`: that the next leader would do it."""

    incident: str
    by: str
    at: float
    daemon: int
    kept: bool


@dataclass(slots=True)
class Verdict:
    """Each figure that is to be none has its examples in `broken`."""

    faults: int = 0
    unseen: int = 0
    """Faults during which no daemon asked the target: nobody could have heard of them."""
    heard: int = 0
    acknowledged: int = 0
    refused: int = 0
    """Tries to acknowledge that got no yes: a daemon that is down, or says that nobody leads."""
    repeated: int = 0
    unfenced: int = 0
    until_heard: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def judge(cell: Cell, faults: Sequence[Fault], acknowledged: Sequence[Acknowledgement] = ()) -> Verdict:
    """Call it once everything has come to its end."""
    heard = cell.world.heard()
    ids = Counter(page.id for page in heard)
    unseen = sum(one.seen is None for one in faults)
    found = Verdict(
        len(faults),
        unseen,
        len(ids),
        repeated=len(heard) - len(ids),
        unfenced=len({page.id for page in heard if page.unfenced}),
    )
    found.broken += _told(faults, heard, found.until_heard)
    found.broken += _stored(cell, ids)
    found.broken += _counted(cell, acknowledged)
    return found


def _told(faults: Sequence[Fault], heard: Sequence[Heard], until_heard: list[float]) -> Iterator[str]:
    """Every fault heard, under one id, and its end after that."""
    firing, over = defaultdict[str, list[Heard]](list), defaultdict[str, list[Heard]](list)
    for page in heard:
        if page.kind == "new":
            firing[page.check].append(page)
        elif page.kind == "resolved":
            over[page.thread].append(page)
    for fault in faults:
        until = min(
            (one.began for one in faults if one.target == fault.target and one.began > fault.began),
            default=fault.ended + WITHIN,
        )
        mine = [page for page in firing[fault.target] if fault.began <= page.at < until]
        if not mine:
            if fault.seen is not None:
                yield f"{fault.target} at {fault.began:.1f}: seen after {fault.seen - fault.began:.1f} s, not heard"
            continue
        until_heard.append(mine[0].at - fault.began)
        if len({page.id for page in mine}) > 1:
            yield f"{fault.target} at {fault.began:.1f}: heard as {sorted({page.id for page in mine})}"
        for thread in {page.thread for page in mine}:
            if not any(page.at > mine[0].at for page in over[thread]):
                yield f"{fault.target} at {fault.began:.1f}: heard as {mine[0].id}, never that it was over"
    known = {fault.target for fault in faults}
    numbers = defaultdict[str, set[tuple[str, str]]](set)
    for page in heard:
        if page.kind == "new":
            numbers[page.incident].add((page.check, page.thread))
            if page.check not in known:
                yield f"{page.id} tells of {page.check}, which is well"
    for incident, those in numbers.items():
        if len(those) > 1:
            yield f"{incident} was told of {sorted(those)}"


def _stored(cell: Cell, ids: Counter[str]) -> Iterator[str]:
    rows = cell.sql("SELECT page, state FROM watchtower.outbox").splitlines()
    stored = dict(row.rsplit("|", 1) for row in rows)
    for id in ids:
        if id not in stored:
            yield f"{id} was heard, and is not in the store"
    for id, state in stored.items():
        if state == "delivered" and id not in ids:
            yield f"{id} is delivered by the store, and was not heard"
        if state in ("queued", "failing", "held"):
            yield f"{id} is still {state}"
    for row in cell.sql("SELECT id, state FROM watchtower.incidents WHERE state <> 'resolved'").splitlines():
        yield f"{row.replace('|', ' is still ')}"


def _counted(cell: Cell, acknowledged: Sequence[Acknowledgement]) -> Iterator[str]:
    # Two people may have acknowledged the same one: who came second has been told that it has somebody, or stands in the log.
    sql = "SELECT DISTINCT incident FROM watchtower.incident_log WHERE kind IN ('acknowledged', 'people.ack_came_late')"
    counted = set(cell.sql(sql).splitlines())
    rows = cell.sql("SELECT id, data::json->>'origin' FROM watchtower.incidents").splitlines()
    numbers = {told_as(*row.split("|")): row.split("|")[0] for row in rows}
    numbers |= {number: number for number in numbers.values()}
    by = set(cell.sql("SELECT DISTINCT actor FROM watchtower.incident_log").splitlines())
    for one in acknowledged:
        if numbers.get(one.incident) not in counted and one.by not in by:
            what = "not in the log" if one.incident in numbers else "not in the store"
            yield f"{one.incident} was acknowledged by {one.by} at daemon {one.daemon}, kept={one.kept}: {what}"
