"""The board at `/`: what is broken first, then every check by its flow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.check_status import MARKS, WORDS, Look, look
from watchtower.api.contract import ProvenWay, Status
from watchtower.api.parameters import read_by
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident
from watchtower.core.incident.kinds import NO_DATA
from watchtower.core.plan.checks import Check
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.silences.silence import AlertSilence
from watchtower.core.silences.suppress import Suppression
from watchtower.model import AlertState, IncidentState, Instant, Observation, Outcome
from watchtower.texts import units
from watchtower.web import page_texts
from watchtower.web.locale import Visitor, visitor
from watchtower.web.pages import REFRESH, page

MEASUREMENTS = 3
"""How many of a check's measurements are shown, in the order its probe declares them."""
_WORST_FIRST = {each: rank for rank, each in enumerate(Look)}
_WELL = (Look.OK, Look.QUIET)
Ways = Mapping[tuple[str, str], ProvenWay]
"""By responder and configured channel, as "sms.cn"."""


async def show(request: Request) -> Response:
    daemon = read_by(request)
    who, status, reasons = visitor(request), standing(daemon), daemon.ready()
    return await aside(request, lambda: render(who, status, reasons, daemon.proven()))


@dataclass(frozen=True, slots=True)
class Card:
    """An open incident. `because` is its worst alert; `state` says who acknowledged it."""

    incident: Incident
    because: str
    state: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A responder, and by which channels they are reached; `proven_at` is None for a way that was never shown to work."""

    name: str
    role: str
    ways: Sequence[tuple[str, Instant | None, str]]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check, or one series of it. `values` are its measurements by name, `seen_at` when it was last measured."""

    look: Look
    name: str
    probe: str
    values: Sequence[tuple[str, str]]
    seen_at: Instant | None
    why: str


def render(who: Visitor, status: Status, not_ready: Sequence[str], proven: Ways) -> Response:
    """Returns the board. It is pure: `status` holds everything it says."""
    rows = _rows(who, status)
    firing: dict[str, list[Alert]] = defaultdict(list)
    for alert in status.alerts:
        if alert.state is AlertState.FIRING:
            firing[alert.incident].append(alert)
    about = who.say(page_texts.ABOUT).format(
        status.version,
        who.span(status.at - status.started_at),
        len(status.plan.checks),
        len(status.plan.rules),
    )
    kind, headline = _headline(who, status, [row.look for group in rows.values() for row in group])
    count = len(status.incidents)
    product = who.say(status.plan.product)
    return page(
        who,
        "board.html",
        f"({count}) {product}" if count else product,
        product=status.plan.product,
        icon="bad" if count or not_ready else "ok",
        refresh=REFRESH,
        at=status.at,
        kind=kind,
        headline=headline,
        not_ready=[who.say(page_texts.READINESS[r]) if r in page_texts.READINESS else r for r in not_ready],
        cards=[
            _card(who, incident, firing[incident.id], status.suppressed.get(incident.id))
            for incident in status.incidents
        ],
        held_back=_held_back(who, status),
        gap=status.gap
        and [f"{who.moment(status.gap.since, status.at)} – {who.moment(status.gap.until, status.at)}"],
        refused=status.problems,
        held=status.held,
        flows=[(status.plan.flows.get(name), group) for name, group in rows.items()],
        marks=MARKS,
        looks=WORDS,
        people=_people(who, status, proven),
        ways=who.say(page_texts.WAYS).format(sum(bool(way.by) for way in proven.values()), len(proven)),
        about=about,
    )


def _headline(who: Visitor, status: Status, looks: Sequence[Look]) -> tuple[str, str]:
    """Returns the state of everything (bad, warn, ok or empty), and a sentence about it."""
    unwell = sum(each not in _WELL for each in looks)
    if status.incidents:
        waiting = sum(incident.state is IncidentState.TRIGGERED for incident in status.incidents)
        text = who.say(page_texts.OPEN_INCIDENTS).format(len(status.incidents))
        if waiting:
            text += who.both(", ", "，") + who.say(page_texts.UNACKNOWLEDGED).format(waiting)
        return "bad", text
    if not looks:
        return "", who.say(page_texts.NO_CHECKS)
    if unwell:
        return "warn", who.say(page_texts.NEED_A_LOOK).format(unwell, len(looks))
    return "ok", who.say(page_texts.ALL_WELL).format(len(looks))


def _held_back(who: Visitor, status: Status) -> list[str]:
    """Returns a line for each silence that is active, and each maintenance window that is open."""
    every: list[tuple[str, AlertSilence | Maintenance]] = [
        *((one.named, one) for one in status.silences),
        *((one.name, one) for one in status.plan.maintenance),
    ]
    names = [(name, span[1], one.matchers) for name, one in every if (span := one.at(status.at))]
    return [
        who.say(page_texts.SILENCE_LINE).format(
            name, units.moment(end, who.zone, who.language, at=status.at), ", ".join(map(str, matchers))
        )
        for name, end, matchers in names
    ]


def _people(who: Visitor, status: Status, proven: Ways) -> list[PersonRow]:
    ways: dict[str, list[tuple[str, Instant | None, str]]] = defaultdict(list)
    for (name, channel), way in proven.items():
        by = who.say(page_texts.PROVEN_BY[way.by])
        ways[name].append((channel, way.at if way.by else None, by))
    return [PersonRow(one.name, one.role, ways[one.name]) for one in status.plan.responders.values()]


def _card(who: Visitor, incident: Incident, firing: list[Alert], held: Suppression | None) -> Card:
    firing.sort(key=lambda alert: alert.severity.rank)
    more = f" +{len(firing) - 1}" if len(firing) > 1 else ""
    state = units.status_word(incident.state, who.language)
    if incident.acknowledged_by:
        state = who.say(page_texts.ACKNOWLEDGED_BY).format(incident.acknowledged_by)
    if held is not None:
        state = f"{state} · {who.say(held.reason.text)}"
    return Card(incident, who.say(firing[0].text) + more if firing else "", state)


def _rows(who: Visitor, status: Status) -> dict[str, list[CheckRow]]:
    """Returns the rows by flow, in the plan's order, the worst first in each. Checks without a flow come last."""
    alerts: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in status.alerts:
        alerts[alert.check, alert.series].append(alert)
    seen: dict[str, dict[str, Observation]] = defaultdict(dict)
    for (name, series), observation in status.last.items():
        seen[name][series] = observation
    flows = sorted(status.plan.flows.values(), key=lambda flow: list(page_texts.TIERS).index(flow.tier))
    groups: dict[str, list[CheckRow]] = {name: [] for name in [*(flow.name for flow in flows), ""]}
    for check in status.plan.checks.values():
        declared = dict.fromkeys(check.flows) if check.flows else {}
        title = who.say(check.title) if check.title else check.name
        for series in {**declared, **dict.fromkeys(seen[check.name])} or {"": None}:
            last, concerned = seen[check.name].get(series), alerts[check.name, series]
            flow = check.flow_of(series)
            groups[flow if flow in groups else ""].append(
                CheckRow(
                    look(check, last, concerned, status.at),
                    f"{title} · {series}" if series else title,
                    check.probe,
                    _values(who, check, last, status.at),
                    last.at if last else None,
                    _why(who, last, concerned) or _foreseen(who, status, (check.name, series)),
                )
            )
    return {
        name: sorted(rows, key=lambda row: _WORST_FIRST[row.look]) for name, rows in groups.items() if rows
    }


def _values(who: Visitor, check: Check, seen: Observation | None, at: Instant) -> list[tuple[str, str]]:
    if seen is None or seen.reading.outcome is Outcome.UNKNOWN:
        return []
    measured = seen.reading.measurements
    known = [(name, fact) for name, fact in check.facts.items() if measured.get(name) is not None]
    return [
        (name.replace("_", " "), units.show(measured[name], fact.unit, who.language, at=at))
        for name, fact in known[:MEASUREMENTS]
    ]


def _why(who: Visitor, seen: Observation | None, alerts: Sequence[Alert]) -> str:
    """Returns the summary of the rule that fires, else what the probe said."""
    for alert in sorted(alerts, key=lambda alert: alert.severity.rank):
        if alert.state is AlertState.FIRING and alert.rule != NO_DATA:
            return who.say(alert.text)
    said = "" if seen is None else seen.reading.detail or seen.reading.reason
    waiting = [alert.rule for alert in alerts if alert.state is AlertState.PENDING and alert.rule != NO_DATA]
    return who.say(page_texts.PENDING).format(waiting[0]) if waiting and not said else said


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
