"""Checks on the board: how each series looks, and rows of those that somebody should see."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from urllib.parse import urlencode

from watchtower.api.check_status import Look, look
from watchtower.api.contract import Status
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.notify.measured import title_of
from watchtower.core.plan.checks import Check
from watchtower.model import AlertState, Instant, Observation, Outcome, Reading, Text
from watchtower.texts import units
from watchtower.values import Frozen
from watchtower.web import page_texts
from watchtower.web.locale import Visitor

MEASUREMENTS = 3
"""How many of a check's measurements are shown, in the order its probe declares them."""
RANK = {each: rank for rank, each in enumerate(Look)}
"""The worst first."""
WELL = (Look.OK, Look.QUIET)
_NONE: Mapping[str, Observation] = {}
_ONLY = ("",)


class SeriesLook(Frozen):
    """One series of a check: how it looks, its newest sample, and its alerts that are pending or firing. `held`: pages
    about it are held back."""

    check: Check
    series: str
    flow: str
    look: Look
    last: Observation | None
    alerts: Sequence[Alert]
    held: bool = False

    @property
    def well(self) -> bool:
        return self.look in WELL


class CheckRow(Frozen):
    """A check, or one series of it, which its page is asked for by `query`. `values` are its measurements by name, `seen_at`
    when it was last measured."""

    look: Look
    check: str
    query: str
    name: str
    probe: str
    values: Sequence[tuple[str, str]]
    seen_at: Instant | None
    why: str


def look_at(status: Status) -> list[SeriesLook]:
    """Every series of every check, in the plan's order. It is called for 10,000 checks each second."""
    alerts: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in status.alerts:
        alerts[alert.check, alert.series].append(alert)
    seen: dict[str, dict[str, Observation]] = defaultdict(dict)
    for (name, series), observation in status.last.items():
        seen[name][series] = observation
    out, flows, held = [], status.plan.flows, status.suppressed
    for check in status.plan.checks.values():
        there = seen.get(check.name, _NONE)
        for series in dict.fromkeys((*check.flows, *there)) if check.flows else there or _ONLY:
            last, concerned = there.get(series), alerts.get((check.name, series), ())
            flow = check.flow_of(series)
            out.append(
                SeriesLook(
                    check, series, flow if flow in flows else "", look(check, last, concerned, status.at), last, concerned,
                    bool(held) and any(one.incident in held for one in concerned),
                )
            )  # fmt: skip
    return out


def counted(found: Iterable[SeriesLook]) -> Sequence[tuple[Look, int]]:
    """How many look how, the worst first."""
    count = Counter(one.look for one in found)
    return [(each, count[each]) for each in Look if count[each]]


def worst_first(found: Iterable[SeriesLook]) -> list[SeriesLook]:
    return sorted(found, key=lambda one: RANK[one.look])


def name_of(who: Visitor, check: Check, series: str) -> str:
    """What people call a series of a check."""
    title = who.say(title_of(check))
    return f"{title} · {series}" if series else title


def row(who: Visitor, status: Status, one: SeriesLook) -> CheckRow:
    return CheckRow(
        one.look, one.check.name, urlencode({"series": one.series} if one.series else {}), name_of(who, one.check, one.series),
        one.check.probe, _values(who, one.check, one.last, status.at),
        one.last.at if one.last else None,
        _why(who, one.last, one.alerts) or _foreseen(who, status, (one.check.name, one.series)),
    )  # fmt: skip


def _values(who: Visitor, check: Check, seen: Observation | None, at: Instant) -> list[tuple[str, str]]:
    if seen is None or seen.reading.outcome is Outcome.UNKNOWN:
        return []
    measured = seen.reading.measurements
    known = [
        (name, fact)
        for name, fact in check.facts.items()
        if measured.get(name) is not None and not name.startswith("location")
    ]
    return [
        (name.replace("_", " "), units.show(measured[name], fact.unit, who.language, at=at))
        for name, fact in known[:MEASUREMENTS]
    ]


def firing_text(alerts: Sequence[Alert]) -> Text | None:
    """The summary of the worst rule that fires."""
    for alert in sorted(alerts, key=lambda alert: alert.severity.rank):
        if alert.state is AlertState.FIRING and alert.rule != NO_DATA:
            return alert.text
    return None


def _why(who: Visitor, seen: Observation | None, alerts: Sequence[Alert]) -> str:
    """Returns the summary of the rule that fires, else what the probe said."""
    text = firing_text(alerts)
    if text is not None:
        return who.say(text)
    said = "" if seen is None else _said(who, seen.reading)
    waiting = [alert.rule for alert in alerts if alert.state is AlertState.PENDING and alert.rule != NO_DATA]
    return who.say(page_texts.PENDING).format(waiting[0]) if waiting and not said else said


def _said(who: Visitor, reading: Reading) -> str:
    """What the probe said, or from where it is seen how, unless all locations see it up."""
    measured = reading.measurements
    if measured.get("locations.up") != measured.get("locations.total"):
        return str(measured[who.both("locations.because", "locations.because_zh")])
    return reading.detail or reading.reason


def _foreseen(who: Visitor, status: Status, series: tuple[str, str]) -> str:
    """What a loss that begins now would lead to, and what is missing for seeing it well."""
    said = [who.say(page_texts.NO_ZONE)] if series in status.without_zone else []
    for one in status.losses.get(series, ()):
        if one.seconds is not None:
            said.append(who.say(page_texts.LOSS_SEEN).format(one.share, one.rule, who.span(one.seconds)))
        elif one.not_before is None or one.not_before <= status.at:
            said.append(who.say(page_texts.LOSS_UNSEEN).format(one.share, who.span(one.played)))
        elif one.not_before == inf:
            said.append(who.say(page_texts.LOSS_NEVER).format(one.share, who.span(one.played)))
        else:
            when = units.moment(one.not_before, who.zone, who.language, at=status.at)
            said.append(who.say(page_texts.LOSS_NOT_BEFORE).format(one.share, when))
    return who.both("; ", "；").join(said)


def by_flow(found: Iterable[SeriesLook]) -> Mapping[str, list[SeriesLook]]:
    out: dict[str, list[SeriesLook]] = defaultdict(list)
    for one in found:
        out[one.flow].append(one)
    return out
