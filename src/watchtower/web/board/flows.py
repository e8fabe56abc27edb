"""A row for each flow: its state in words, its curve, what is expected, and whom a silence would page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from watchtower.api.board import INCIDENT, SILENCED, SLOTS, BoardStatus, DayOfFlow, FlowTraffic
from watchtower.api.check_status import WORDS, Look
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan.flows import Flow
from watchtower.model import Instant, Tier
from watchtower.texts import units
from watchtower.values import Frozen
from watchtower.web import page_texts
from watchtower.web.board import texts
from watchtower.web.board.checks import SeriesLook, firing_text, name_of, worst_first
from watchtower.web.curve import Shade, curve, svg
from watchtower.web.locale import Visitor

TONES: Mapping[Look, str] = {
    Look.DOWN: "bad", Look.ZERO: "bad", Look.LOW: "warn", Look.HIGH: "warn", Look.PROBE_FAILED: "odd", Look.NO_DATA: "dark",
    Look.QUIET: "ok", Look.OK: "ok",
}  # fmt: skip
_RANK = {"bad": 0, "warn": 1, "odd": 2, "dark": 3, "ok": 4}
_TIERS = {tier: rank for rank, tier in enumerate(Tier)}
_MOST_DRAWN = 1000
_SHADES = ((INCIDENT, "incident"), (SILENCED, "silenced"))

Said = Sequence[object]
"""A Text and its parts, for the template's `said`."""


class FlowRow(Frozen):
    """`tone` is ok, warn, bad, odd (a probe failed) or dark (not measured); `next` says what would be paged, or was."""

    flow: Flow
    checks: int
    tone: str
    state: Said
    drawing: Markup | None
    rate: str
    expected: str
    success: str
    next: Sequence[Said]

    @property
    def well(self) -> bool:
        return self.tone == "ok"

    @property
    def order(self) -> tuple[int, int]:
        return _RANK[self.tone], _TIERS[self.flow.tier]


class Drawings:
    """Each flow's curve is drawn once for each time it changes, and kept as text for all viewers."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[DayOfFlow, Markup]] = {}

    def of(self, flow: str, day: DayOfFlow) -> Markup:
        kept = self._kept.get(flow)
        if kept is None or kept[0] is not day:
            if len(self._kept) > _MOST_DRAWN:
                self._kept.clear()
            kept = self._kept[flow] = day, curve(day.observed, day.low, day.high, _shades(day.marks))
        return kept[1]


def rows(
    who: Visitor, board: BoardStatus, looks: Mapping[str, Sequence[SeriesLook]], drawings: Drawings
) -> list[FlowRow]:
    """Every flow that has a check, the worst first, then by tier."""
    open_: dict[str, list[Incident]] = {}
    for incident in board.status.incidents:
        for name in dict.fromkeys((incident.flow, *incident.flows)):
            open_.setdefault(name, []).append(incident)
    flows = (flow for name, flow in board.status.plan.flows.items() if name in looks)
    found = [_row(who, board, flow, looks[flow.name], open_.get(flow.name, ()), drawings) for flow in flows]
    return sorted(found, key=lambda one: one.order)


def _row(
    who: Visitor, board: BoardStatus, flow: Flow, looks: Sequence[SeriesLook], incidents: Sequence[Incident],
    drawings: Drawings,
) -> FlowRow:  # fmt: skip
    traffic, at = board.flows.get(flow.name), board.status.at
    tone, state = _state(who, traffic, looks, at)
    title, rate, expected, success, drawing = who.say(flow.title) or flow.name, "", "", "", None
    if traffic is not None:
        rate, expected = _rates(who, traffic)
        success = "" if traffic.success is None else _percent(traffic.success)
        if traffic.day is not None:
            label = who.say(texts.CURVE_OF).format(title, rate or who.say(units.UNKNOWN))
            drawing = svg(drawings.of(flow.name, traffic.day), SLOTS, label)
    people = dict.fromkeys(name for one in incidents for name, _ in one.notified)
    next_: list[Said] = []
    if people:
        next_.append((texts.PAGED, ", ".join(people)))
    elif traffic is not None and not traffic.silent:
        next_ = _foreseen(who, board, traffic)
        if not board.status.without_zone.isdisjoint(traffic.series):
            next_.append((page_texts.NO_ZONE,))
    return FlowRow(
        flow, len({one.check.name for one in looks}), tone, state, drawing, rate, expected, success, next_
    )


def _state(
    who: Visitor, traffic: FlowTraffic | None, looks: Sequence[SeriesLook], at: Instant
) -> tuple[str, Said]:
    """The tone, and the state in words: the traffic's, else that of the check that looks worst."""
    if traffic is not None and traffic.silent:
        since = at if traffic.onset is None else traffic.onset
        return "bad", (texts.SILENT, who.lasting(since, at))
    if traffic is not None and traffic.few:
        if traffic.share is None:
            return "warn", (texts.TOO_LOW,)
        return "warn", (texts.OF_USUAL, f"{min(1.0, traffic.share):.0%}")
    worst = worst_first(looks)[0]
    if not worst.well:
        text = firing_text(worst.alerts)
        if text is not None and text.en:
            return TONES[worst.look], (text,)
        counts = traffic is not None and (worst.check.name, worst.series) in traffic.series
        return TONES[worst.look], (WORDS[worst.look],) if counts else (
            texts.FAILS,
            name_of(who, worst.check, worst.series),
            WORDS[worst.look],
        )
    if traffic is not None:
        if traffic.surge:
            return "warn", (texts.SURGE,)
        if traffic.closed:
            return "ok", (texts.CLOSED,)
        if traffic.rate is not None and not traffic.known:
            return "ok", (texts.LEARNING,)
    return "ok", (WORDS[Look.OK],)


def _rates(who: Visitor, traffic: FlowTraffic) -> tuple[str, str]:
    """What comes and what is expected, per minute, or per hour where that gives readable numbers."""
    most = max(traffic.rate or 0.0, traffic.high or 0.0)
    factor, unit = (60.0, texts.PER_MINUTE) if most * 60.0 >= 1.0 else (3600.0, texts.PER_HOUR)

    def said(rate: float | None) -> str:
        return "" if rate is None else _round(rate * factor)

    rate = f"{said(traffic.rate)} {who.say(unit)}" if traffic.rate is not None else ""
    if traffic.low is None or traffic.high is None:
        return rate, ""
    return rate, who.say(texts.EXPECTED).format(said(traffic.low), said(traffic.high))


def _round(value: float) -> str:
    return f"{value:,.0f}" if value >= 10.0 else units.number(round(value, 1))


def _percent(share: float) -> str:
    """Never a plain 100 % that it is not."""
    percent = share * 100.0
    return (
        f"{percent:.0f} %"
        if percent in (0.0, 100.0)
        else f"{min(percent, 99.99):.{1 if percent < 99.9 else 2}f} %"
    )


def _foreseen(who: Visitor, board: BoardStatus, traffic: FlowTraffic) -> list[Said]:
    """Whom a silence that begins now would page and when; and what the loss of half the requests would do."""
    one = traffic.silence
    if one is None or traffic.closed or not traffic.known:
        return []
    span, people = who.span(round(one.seconds)), ", ".join(dict.fromkeys(name for name, _ in one.pages))
    if not one.rule:
        return [(texts.SILENCE_UNSEEN, span)]
    said: list[Said] = [
        (texts.SILENCE_PAGES, people, span) if people else (texts.SILENCE_NOBODY, one.rule, span)
    ]
    losses = board.status.losses.get(traffic.series[0], ()) if traffic.series else ()
    said += [
        (texts.HALF, who.span(round(loss.seconds))) for loss in losses if loss.share == 0.5 and loss.seconds
    ]
    return said


def _shades(marks: bytes) -> list[Shade]:
    out = []
    for bit, name in _SHADES:
        for on, run in groupby(range(len(marks)), key=[bool(mark & bit) for mark in marks].__getitem__):
            slots = list(run)
            if on:
                out.append((max(0, slots[0] - 1), slots[-1], name))
    return out
