"""Curves of the history as pictures: drawn by the server, and described so that the script can draw them to zoom in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isnan
from typing import Any

from markupsafe import Markup

from watchtower.api.contract import CheckHistory
from watchtower.core.plan.checks import Check
from watchtower.history.curve import Curve
from watchtower.history.kept import CurveNames, curve_of, unit_of
from watchtower.model import Instant, Unit
from watchtower.texts import units
from watchtower.values import Frozen
from watchtower.web import history_texts as texts
from watchtower.web.curve import Shade, curve, svg
from watchtower.web.locale import Piece, Visitor

POINTS = 480
"""Points of a curve that the server draws: a pixel each."""
_LABELS = 5


class CurveSpan(Frozen):
    """What a shade means: an incident, a silence, a change. `until` None: it goes on."""

    kind: str
    since: Instant
    until: Instant | None
    words: str

    def shade(self, since: Instant, step: float, count: int) -> Shade | None:
        """Its points in a curve; None outside of it."""
        first = int((self.since - since) // step)
        last = count - 1 if self.until is None else int((self.until - since) // step)
        if last < 0 or first >= count:
            return None
        return max(0, first), min(count - 1, last), self.kind


class Picture(Frozen):
    """A curve with its band. `names` are those of its values in the API; `top` is what its upper edge means."""

    title: str
    summary: str
    gaps: str
    drawing: Markup
    names: CurveNames
    unit: Unit
    has_band: bool


def pictures(
    who: Visitor, found: CheckHistory, check: Check | None, spans: Sequence[CurveSpan]
) -> list[Picture]:
    """The check's own curve first, then the other values that are kept of it."""
    main = curve_of(check) if check is not None else CurveNames("")
    bands = {name for name in (main.expected, main.low, main.high) if name}
    names = [name for name in (main.observed, *found.curves) if name in found.curves and name not in bands]
    return [
        _picture(who, found, check, main if name == main.observed else CurveNames(name), spans)
        for name in dict.fromkeys(names)
    ]


def _picture(
    who: Visitor, found: CheckHistory, check: Check | None, names: CurveNames, spans: Sequence[CurveSpan]
) -> Picture:
    seen, unit = found.curves[names.observed], unit_of(check, names.observed) if check else Unit.NONE
    every = check.every if check is not None else found.step
    observed = _bridged(_points(seen.mean), round(2.5 * every / found.step))
    bands = [
        _bridged(_points(found.curves[name].mean), round(2.5 * every / found.step))
        for name in (names.low, names.high)
        if name in found.curves
    ]
    low, high = bands if len(bands) == 2 else ([], [])
    shades = [
        one for span in spans if (one := span.shade(found.since, found.step, len(observed))) is not None
    ]
    title = name_of(who, names.observed)
    summary = _summary(who, seen, unit)
    return Picture(
        title, summary, _gaps(who, observed, found.step),
        svg(curve(observed, low, high, shades), len(observed), f"{title}: {summary}"),
        names, unit, any(value is not None for value in low),
    )  # fmt: skip


def name_of(who: Visitor, name: str) -> str:
    """What a value is called."""
    words = texts.NAMES.get(name)
    return who.say(words) if words else name.rpartition(".")[2].replace("_", " ")


def axis(who: Visitor, since: Instant, until: Instant, at: Instant) -> list[Piece]:
    """Moments at even distances, the ends among them."""
    return [who.moment(since + n * (until - since) / (_LABELS - 1), at) for n in range(_LABELS)]


def description(
    who: Visitor, found: CheckHistory, made: Sequence[Picture], spans: Sequence[CurveSpan], url: str
) -> str:
    """For the script: where the curves come from, what belongs together, and what is shaded."""
    until = found.since + found.step * max((curve.count for curve in found.curves.values()), default=0)
    told: dict[str, Any] = {
        "url": url,
        "words": {"time": who.say(texts.SAMPLED_AT)},
        "from": found.since,
        "to": until,
        "curves": [{"title": one.title, "unit": str(one.unit), **one.names._asdict()} for one in made],
        "shades": [
            {"kind": s.kind, "from": s.since, "to": s.until or until, "words": s.words} for s in spans
        ],
    }
    return json.dumps(told, ensure_ascii=False)


def _points(values: Sequence[float]) -> list[float | None]:
    return [None if isnan(value) else value for value in values]


def _bridged(points: Sequence[float | None], most: int) -> list[float | None]:
    """A check that is rarer than a step leaves steps empty: up to so many between two samples are no hole."""
    out, last = list(points), -1
    for place, value in enumerate(points):
        if value is not None:
            before = points[last] if last >= 0 else None
            if before is not None and 1 < place - last <= most:
                for between in range(last + 1, place):
                    out[between] = before + (value - before) * (between - last) / (place - last)
            last = place
    return out


def _summary(who: Visitor, seen: Curve, unit: Unit) -> str:
    there = [value for value in seen.mean if not isnan(value)]
    if not there:
        return who.say(texts.NO_SAMPLE)
    low, high = min(v for v in seen.least() if not isnan(v)), max(v for v in seen.greatest() if not isnan(v))
    total = sum(seen.sums) / sum(seen.weights)
    return who.say(texts.MEAN).format(
        *(units.show(value, unit, who.language) for value in (total, low, high))
    )


def _gaps(who: Visitor, observed: Sequence[float | None], step: float) -> str:
    """How much of the curve is a hole, since a hole is easily taken for a zero."""
    empty = sum(value is None for value in observed)
    return who.say(texts.GAPS).format(who.span(empty * step)) if empty else ""
