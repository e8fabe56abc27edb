"""The curve of an incident's impact, as its log measured it minute by minute, with changes and milestones marked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from markupsafe import Markup

from watchtower.core.impact.kinds import ImpactMeasured
from watchtower.core.incident.entry import LogEntry
from watchtower.core.incident.payload import read_as
from watchtower.core.indicators import Estimate, Indicators
from watchtower.core.notes.kinds import NoteEntry
from watchtower.model import Instant, Text
from watchtower.texts.units import iso, number
from watchtower.values import Frozen
from watchtower.web import history_texts as texts
from watchtower.web.curve import curve, svg
from watchtower.web.curves import axis
from watchtower.web.locale import Piece, Visitor

POINTS = 360
BEFORE, LEAST = 900.0, 600.0
"""Seconds before the onset, in which a change may have caused it; the shortest curve after it."""
HOLDS = 600.0
"""Seconds for which what was measured last is shown to go on."""
_CHANGE = "notes.change"
_MILESTONES = {"acknowledged": texts.ACKNOWLEDGED, "mitigated": texts.MITIGATED, "resolved": texts.RESOLVED}
_SHOWN: Sequence[tuple[Text, Callable[[Indicators], Estimate | None]]] = (
    (texts.AFFECTED_USERS, lambda found: found.affected_users),
    (texts.AFFECTED_REQUESTS, lambda found: found.affected_requests),
)


_PARTS = {"observed": "point", "low": "low", "high": "high"}
"""What the script draws of an estimate."""


class Mark(Frozen):
    """A moment on the curve. `kind` is change, acknowledged, mitigated or resolved."""

    kind: str
    at: Instant
    title: str
    words: str


class ImpactCurve(Frozen):
    title: str
    summary: str
    drawing: Markup


class ImpactView(Frozen):
    """The curves of an incident over one axis, and what is marked on them with its time."""

    curves: Sequence[ImpactCurve]
    axis: Sequence[Piece]
    described: str
    """For the script, the values themselves among it."""
    marks: Sequence[tuple[Mark, Piece]]


def impact_view(
    who: Visitor,
    timeline: Sequence[LogEntry],
    onset: Instant,
    end: Instant,
    at: Instant,
    changes: Sequence[Mark] = (),
) -> ImpactView | None:
    """None where fewer than two measurements were written. `changes` are those that no person wrote into the log."""
    measured = list(_measured(timeline))
    if len(measured) < 2:
        return None
    marks = sorted([*changes, *_marks(who, timeline)], key=lambda one: one.at)
    marks = [one for one in marks if onset - 86400.0 <= one.at <= end]
    first = min([onset - BEFORE / 3, *(one.at for one in marks if one.at >= onset - BEFORE)])
    last = max(end, onset + LEAST)
    step = (last - first) / (POINTS - 1)
    shades = [
        (place, place + 1, mark.kind)
        for mark in marks
        if 0 <= (place := int((mark.at - first) / step)) < POINTS
    ]
    drawn, values = [], list[dict[str, object]]()
    for title, pick in _SHOWN:
        found = [(when, one) for when, indicators in measured if (one := pick(indicators)) is not None]
        if not found or max(one.point for _, one in found) <= 0.0:
            continue
        rows = _held(found, first, step, onset, end)
        name, summary = who.say(title), number(found[-1][1].point)
        point, low, high = ([getattr(one, part) if one else None for one in rows] for part in _PARTS.values())
        drawing = curve(point, low, high, shades)
        drawn.append(ImpactCurve(name, summary, svg(drawing, POINTS, f"{name}: {summary}")))
        for part in _PARTS.values():
            values.append({"name": f"{name}.{part}", "mean": [one and getattr(one, part) for one in rows]})
    if not drawn:
        return None
    told = {
        "from": first,
        "to": last,
        "words": {"time": who.say(texts.SAMPLED_AT)},
        "found": {"from": iso(first), "step_seconds": step, "curves": values},
        "curves": [
            {"title": one.title, "unit": "", **{name: f"{one.title}.{part}" for name, part in _PARTS.items()}}
            for one in drawn
        ],
        "shades": [{"kind": one.kind, "from": one.at, "to": one.at + step, "words": one.title} for one in marks],
    }  # fmt: skip
    return ImpactView(
        drawn,
        axis(who, first, last, at),
        json.dumps(told, ensure_ascii=False),
        [(one, who.moment(one.at, at)) for one in marks],
    )


def _measured(timeline: Sequence[LogEntry]) -> Iterator[tuple[Instant, Indicators]]:
    for entry in timeline:
        if entry.kind == ImpactMeasured.kind and (found := read_as(entry, ImpactMeasured)) is not None:
            yield entry.at, found.indicators


def _marks(who: Visitor, timeline: Sequence[LogEntry]) -> Iterator[Mark]:
    for entry in timeline:
        if entry.kind in _MILESTONES:
            by = "" if entry.by == "watchtower" else entry.by
            yield Mark(entry.kind, entry.at, who.say(_MILESTONES[entry.kind]), by)
        elif entry.kind == _CHANGE:
            note = read_as(entry, NoteEntry)
            yield Mark("change", (note and note.due) or entry.at, who.say(texts.CHANGE), entry.detail)


def _held(
    found: Sequence[tuple[Instant, Estimate]], first: Instant, step: float, onset: Instant, end: Instant
) -> list[Estimate | None]:
    """At each point what was measured last; nothing before the onset, and nothing where it is too long ago."""
    out: list[Estimate | None] = []
    place = -1
    for n in range(POINTS):
        at = first + n * step
        while place + 1 < len(found) and found[place + 1][0] <= at:
            place += 1
        fresh = place >= 0 and at - found[place][0] <= HOLDS and onset <= at <= end
        out.append(found[place][1] if fresh else None)
    return out
