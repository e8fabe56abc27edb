"""The board at `/`: what is broken first, then every check by its flow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside, standing
from watchtower.api.check_status import MARKS, WORDS, Look, look
from watchtower.api.contract import Daemon, Status
from watchtower.core.alerts import Alert
from watchtower.core.incidents import Incident
from watchtower.core.plan.checks import Check
from watchtower.core.state import BLIND
from watchtower.model import AlertState, IncidentState, Observation, Outcome
from watchtower.texts import units
from watchtower.web import words
from watchtower.web.locale import Visitor, visitor
from watchtower.web.markup import EMPTY, Html, fill, join, safe
from watchtower.web.pages import REFRESH, page

MEASUREMENTS = 3
"""How many of a check's measurements are shown, in the order its probe declares them."""
_WORST_FIRST = {each: rank for rank, each in enumerate(Look)}
_WELL = (Look.OK, Look.QUIET)


async def board(request: Request) -> Response:
    request.app.state.access.may_read(request)
    daemon: Daemon = request.app.state.daemon
    who, status, reasons = visitor(request), standing(daemon), daemon.ready()
    return await aside(request, lambda: render(who, status, reasons))


def render(who: Visitor, status: Status, not_ready: Sequence[str] = ()) -> Response:
    """The whole board. Pure: everything it says is in `status`."""
    rows = _rows(who, status)
    firing: dict[str, list[Alert]] = defaultdict(list)
    for alert in status.alerts:
        if alert.state is AlertState.FIRING:
            firing[alert.incident].append(alert)
    about = who.say(words.ABOUT).format(
        status.version,
        who.span(status.at - status.started_at),
        len(status.plan.checks),
        len(status.plan.rules),
    )
    report = fill("anchor", href=who.here("/report"), words=who.say(words.REPORT))
    body = fill(
        "board",
        own_trouble=_own_trouble(who, not_ready),
        refused=_refused(who, status),
        headline=_headline(who, status, [seen for group in rows.values() for seen, _ in group]),
        incidents=join(_card(who, status, incident, firing[incident.id]) for incident in status.incidents),
        flows=join(_flow(who, status, name, group) for name, group in rows.items()),
        about=Html(f"{safe(about)} · {report}"),
    )
    count = len(status.incidents)
    product = who.say(status.plan.product)
    title = f"({count}) {product}" if count else product
    icon = "bad" if count or not_ready else "ok"
    return page(who, title, body, product=status.plan.product, icon=icon, refresh=REFRESH)


def _own_trouble(who: Visitor, not_ready: Sequence[str]) -> Html:
    """Before everything else: it says how far the rest can be believed."""
    if not not_ready:
        return EMPTY
    reasons = [who.say(words.READINESS[r]) if r in words.READINESS else r for r in not_ready]
    return fill("note", title=who.say(words.NOT_READY), text="\n".join(reasons))


def _refused(who: Visitor, status: Status) -> Html:
    if not status.problems and not status.held:
        return EMPTY
    title = who.say(words.REFUSED if status.problems else words.HELD)
    return fill("note", title=title, text="\n".join(map(str, status.problems or status.held)))


def _headline(who: Visitor, status: Status, looks: Sequence[Look]) -> Html:
    as_of = Html(who.say(words.AS_OF).format(who.moment(status.at, status.at)))
    unwell = sum(each not in _WELL for each in looks)
    if status.incidents:
        waiting = sum(incident.state is IncidentState.TRIGGERED for incident in status.incidents)
        text = who.say(words.OPEN_INCIDENTS).format(len(status.incidents))
        if waiting:
            text += who.both(", ", "，") + who.say(words.UNACKNOWLEDGED).format(waiting)
        return fill("headline", kind="bad", words=text, small=as_of)
    if not looks:
        return fill("headline", kind="", words=who.say(words.NO_CHECKS), small=as_of)
    if unwell:
        text = who.say(words.NEED_A_LOOK).format(unwell, len(looks))
        return fill("headline", kind="warn", words=text, small=as_of)
    return fill("headline", kind="ok", words=who.say(words.ALL_WELL).format(len(looks)), small=as_of)


def _card(who: Visitor, status: Status, incident: Incident, firing: list[Alert]) -> Html:
    firing.sort(key=lambda alert: alert.severity.rank)
    more = f" +{len(firing) - 1}" if len(firing) > 1 else ""
    state = units.status_word(incident.state, who.language)
    if incident.acknowledged_by:
        state = who.say(words.ACKNOWLEDGED_BY).format(incident.acknowledged_by)
    return fill(
        "card",
        severity=incident.severity,
        state=incident.state,
        href=who.here(f"/incidents/{incident.id}"),
        title=(who.say(words.DRILL) if incident.drill else "") + who.say(incident.title),
        because=who.say(firing[0].text) + more if firing else "",
        state_word=state,
        id=incident.id,
        since=who.ago(incident.onset, status.at),
    )


Rows = dict[str, list[tuple[Look, Html]]]


def _rows(who: Visitor, status: Status) -> Rows:
    """By flow, in the plan's order; the checks without a flow last; the worst first in each."""
    alerts: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in status.alerts:
        alerts[alert.check, alert.series].append(alert)
    seen: dict[str, dict[str, Observation]] = defaultdict(dict)
    for (name, series), observation in status.last.items():
        seen[name][series] = observation
    flows = sorted(status.plan.flows.values(), key=lambda flow: list(words.TIERS).index(flow.tier))
    groups: Rows = {name: [] for name in [*(flow.name for flow in flows), ""]}
    for check in status.plan.checks.values():
        declared = dict.fromkeys(check.flows) if check.flows else {}
        for series in {**declared, **dict.fromkeys(seen[check.name])} or {"": None}:
            last, concerned = seen[check.name].get(series), alerts[check.name, series]
            each = look(check, last, concerned, status.at)
            flow = check.flow_of(series)
            groups[flow if flow in groups else ""].append(
                (each, _row(who, check, series, last, concerned, each, status.at))
            )
    return {name: sorted(rows, key=lambda row: _WORST_FIRST[row[0]]) for name, rows in groups.items() if rows}


def _flow(who: Visitor, status: Status, name: str, rows: list[tuple[Look, Html]]) -> Html:
    flow = status.plan.flows.get(name)
    return fill(
        "flow",
        title=who.say(flow.title if flow else words.OTHER_CHECKS),
        tier=who.say(words.TIERS[flow.tier]) if flow else "",
        rows=join(html for _, html in rows),
    )


def _row(
    who: Visitor,
    check: Check,
    series: str,
    seen: Observation | None,
    alerts: Sequence[Alert],
    each: Look,
    at: float,
) -> Html:
    name = who.say(check.title) if check.title else check.name
    return fill(
        "row",
        look=each,
        mark=MARKS[each],
        word=who.say(WORDS[each]),
        name=f"{name} · {series}" if series else name,
        probe=check.probe,
        value=_value(who, check, seen, at),
        when=who.ago(seen.at, at) if seen else who.say(words.NOT_SEEN),
        why=_why(who, seen, alerts),
    )


def _value(who: Visitor, check: Check, seen: Observation | None, at: float) -> Html:
    if seen is None or seen.reading.outcome is Outcome.UNKNOWN:
        return EMPTY
    measured = seen.reading.measurements
    known = [(name, fact) for name, fact in check.facts.items() if measured.get(name) is not None][
        :MEASUREMENTS
    ]
    return join(
        fill(
            "value",
            name=name.replace("_", " "),
            value=units.show(measured[name], fact.unit, who.language, at=at),
        )
        for name, fact in known
    )


def _why(who: Visitor, seen: Observation | None, alerts: Sequence[Alert]) -> str:
    """The rule's own words when one fires, else what the probe said."""
    for alert in sorted(alerts, key=lambda alert: alert.severity.rank):
        if alert.state is AlertState.FIRING and alert.rule != BLIND:
            return who.say(alert.text)
    said = "" if seen is None else seen.reading.detail or seen.reading.reason
    waiting = [alert.rule for alert in alerts if alert.state is AlertState.PENDING and alert.rule != BLIND]
    return who.say(words.PENDING).format(waiting[0]) if waiting and not said else said
