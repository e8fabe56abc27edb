"""The pages of a check and of a flow: its curves, what would page now, samples, incidents and changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf, isnan
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from watchtower.api import views
from watchtower.api.aside import aside, standing
from watchtower.api.check_status import MARKS, WORDS, Look, look
from watchtower.api.contract import CheckHistory, RunningDaemon, Status
from watchtower.api.history import span_of, why
from watchtower.api.parameters import read_by
from watchtower.api.responses import ApiError
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.explain_check import Explanation, counted_first
from watchtower.core.plan.checks import Check
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.reviews.record import Record
from watchtower.core.silences.labels import checks_of
from watchtower.core.silences.silence import AlertSilence
from watchtower.core.sources import Series
from watchtower.errors import StoreError
from watchtower.explain.check import rows_of, rules_of, say_of
from watchtower.explain.say import Row
from watchtower.history.kept import unit_of
from watchtower.model import Instant, Observation
from watchtower.texts import units
from watchtower.values import Frozen
from watchtower.web import curves, history_texts
from watchtower.web.board.checks import name_of
from watchtower.web.locale import Piece, Visitor, visitor
from watchtower.web.pages import page

LATEST = 12
"""Samples in the table, the newest."""
LISTED = 30
"""Incidents and changes that are listed, the newest."""
SHADED = 60
"""Times of one silence or window that are shaded."""
LOOKS_BACK = 7 * 86400.0
"""Incidents that opened before the span and may still have been open in it."""


Silences = Sequence[tuple[AlertSilence, Instant]]
"""Each with when it ended; infinite: it has not."""


class Subject(Frozen):
    """What the page is about: a series of a check, or a flow with several. `path` is the page's own address."""

    path: str
    title: str
    small: str
    flow: str
    series: Series | None
    all_series: Sequence[Series]


class SeriesRow(Frozen):
    look: Look
    name: str
    href: str
    value: str
    seen: Piece | None


async def show_check(request: Request) -> Response:
    """`?series=card`, `?span=6h`, or `?from=` and `?to=`."""
    daemon, who = read_by(request), visitor(request)
    status, name = standing(daemon), request.path_params["name"]
    check = status.plan.checks.get(name)
    if check is None:
        raise ApiError(404, who.say(history_texts.NO_CHECK))
    every = series_of(status, [check])
    asked = request.query_params.get("series", "")
    chosen = (name, asked) if (name, asked) in every or asked else every[0]
    small = who.say(history_texts.EVERY).format(check.probe, who.span(check.every))
    subject = Subject(
        f"/checks/{quote(name, safe='')}", name_of(who, check, chosen[1]), small,
        check.flow_of(chosen[1]), chosen, every if len(every) > 1 else (),
    )  # fmt: skip
    return await _show(request, daemon, who, status, subject)


async def show_flow(request: Request) -> Response:
    """The curve of the series that counts its requests, and all its checks."""
    daemon, who = read_by(request), visitor(request)
    status, name = standing(daemon), request.path_params["name"]
    flow = status.plan.flows.get(name)
    if flow is None:
        raise ApiError(404, who.say(history_texts.NO_FLOW))
    checks = status.plan.checks
    every = [one for one in series_of(status, checks.values()) if checks[one[0]].flow_of(one[1]) == name]
    first = next(iter([*counted_first(status.plan, every), *every]), None)
    subject = Subject(f"/flows/{quote(name, safe='')}", who.say(flow.title), "", name, first, every)
    return await _show(request, daemon, who, status, subject)


def series_of(status: Status, checks: Iterable[Check]) -> list[Series]:
    """All series of these checks that are known. There may be ten thousand of both."""
    seen: dict[str, list[str]] = {}
    for name, series in status.last:
        seen.setdefault(name, []).append(series)
    return [
        (check.name, one)
        for check in checks
        for one in dict.fromkeys([*check.flows, *seen.get(check.name, ())]) or [""]
    ]


async def _show(
    request: Request, daemon: RunningDaemon, who: Visitor, status: Status, subject: Subject
) -> Response:
    since, until = span_of(request, status.at)
    found, problem, explained = None, "", None
    if subject.series is not None:
        try:
            found = await daemon.history(*subject.series, since, until, curves.POINTS)
        except StoreError as error:
            problem = str(error)
        try:
            explained = await daemon.explain(*subject.series)
        except (KeyError, ValueError):  # a series that is gone
            explained = None
    records = await daemon.records(since - LOOKS_BACK, until)
    silences = await daemon.ever_silenced()
    changes = [one for one in await daemon.changes(since, until) if one.about(subject.flow)]
    asked = {key: request.query_params[key] for key in ("span", "series") if key in request.query_params}
    return await aside(
        request,
        lambda: render(
            who, status, subject, (since, until), found, problem, explained, records, changes, silences, asked
        ),
    )


def render(
    who: Visitor, status: Status, subject: Subject, span: tuple[Instant, Instant], found: CheckHistory | None,
    problem: str, explained: Explanation | None, records: Sequence[Record],
    changes: Sequence[ChangeEvent], silences: Silences, asked: dict[str, str],
) -> Response:  # fmt: skip
    """Returns the whole page. It is pure."""
    check = status.plan.checks[subject.series[0]] if subject.series else None
    concerned = [one for one in records if _concerns(one, subject) and _in(one, span)]
    shades = [
        *(_of_incident(who, one) for one in concerned),
        *_silenced(status, subject, span, silences),
        *map(_of_change, changes),
    ]
    pictures = curves.pictures(who, found, check, shades) if found else []
    rows, rules = _explained(who, explained)
    names = [one.names.observed for one in pictures]
    base, length = subject.path, span[1] - span[0]
    return page(
        who,
        "measured.html",
        subject.title,
        product=status.plan.product,
        icon="bad"
        if any(one.open for one in status.incidents if one.flow and one.flow == subject.flow)
        else "ok",
        at=status.at,
        words=history_texts,
        subject=subject,
        flow=status.plan.flows.get(subject.flow),
        problem=why(problem or status.no_history),
        pictures=pictures,
        step=who.span(found.step) if found else "",
        axis=curves.axis(who, *span, status.at),
        described=curves.description(who, found, pictures, shades, _api(who, subject)) if found else "",
        spans=[
            (
                words,
                _link(who, base, asked, span=key),
                abs(length - seconds) < 1.0 and status.at - span[1] < 1.0,
            )
            for key, (seconds, words) in history_texts.SPANS.items()
        ],
        earlier=_link(who, base, asked, **{"from": f"{span[0] - length:.0f}", "to": f"{span[0]:.0f}"}),
        later=_link(who, base, asked, **{"from": f"{span[1]:.0f}", "to": f"{span[1] + length:.0f}"})
        if span[1] < status.at - 1.0
        else "",
        rows=rows,
        rules=rules,
        series=[_row(who, status, one) for one in subject.all_series],
        marks=MARKS,
        looks=WORDS,
        samples=_samples(who, found, names, check, status.at) if found else [],
        sampled=[curves.name_of(who, name) for name in names],
        changes=[
            (one, units.CHANGE_KINDS.get(one.kind), who.moment(one.begun(), status.at))
            for one in changes[: -LISTED - 1 : -1]
        ],
        incidents=sorted(concerned, key=lambda one: -one.opened_at)[:LISTED],
    )


def _explained(who: Visitor, explained: Explanation | None) -> tuple[list[Row], list[tuple[str, bool]]]:
    """What `watchtower explain` says of it; of its rules line by line, and whether a line begins one."""
    if explained is None:
        return [], []
    body = views.explanation(explained)
    say = say_of(body, who.language)
    return rows_of(body, say), [(line.strip(), not line.startswith("    ")) for line in rules_of(body, say)]


def _concerns(record: Record, subject: Subject) -> bool:
    if subject.series is not None and subject.path.startswith("/checks/"):
        return subject.series[0] in record.checks
    return subject.flow in (record.flow, *record.flows)


def _in(record: Record, span: tuple[Instant, Instant]) -> bool:
    return record.onset < span[1] and (record.resolved_at is None or record.resolved_at >= span[0])


def _of_incident(who: Visitor, one: Record) -> curves.CurveSpan:
    words = f"{one.record} {who.say(one.title)} · {one.incident}"
    return curves.CurveSpan("incident", one.onset, one.resolved_at, words)


def _of_change(one: ChangeEvent) -> curves.CurveSpan:
    return curves.CurveSpan("change", one.begun(), one.ends_at or one.begun(), one.words)


def _silenced(
    status: Status, subject: Subject, span: tuple[Instant, Instant], silences: Silences
) -> Iterator[curves.CurveSpan]:
    """The times of silences and maintenance windows that hold or held back its pages."""
    if subject.series is None:
        return
    every: list[tuple[str, AlertSilence | Maintenance, Instant]] = [
        *((one.named, one, ended) for one, ended in silences),
        *((one.name, one, inf) for one in status.plan.maintenance),
    ]
    for name, one, ended in every:
        last = min(span[1], ended)
        if ended <= span[0] or subject.series[0] not in checks_of(status.plan, one.matchers):
            continue
        there, count = one.at(span[0]) or one.next(span[0]), 0
        while there is not None and there[0] < last and count < SHADED:
            yield curves.CurveSpan("silence", there[0], min(there[1], ended), name)
            there, count = one.next(there[0]), count + 1


def _row(who: Visitor, status: Status, series: Series) -> SeriesRow:
    check, seen = status.plan.checks[series[0]], status.last.get(series)
    alerts = [alert for alert in status.alerts if (alert.check, alert.series) == series]
    return SeriesRow(
        look(check, seen, alerts, status.at),
        name_of(who, check, series[1]),
        _link(
            who, f"/checks/{quote(series[0], safe='')}", {}, **({"series": series[1]} if series[1] else {})
        ),
        _value(who, check, seen, status.at),
        who.ago(seen.at, status.at) if seen else None,
    )


def _value(who: Visitor, check: Check, seen: Observation | None, at: Instant) -> str:
    measured = seen.reading.measurements if seen else {}
    known = next(((name, fact) for name, fact in check.facts.items() if measured.get(name) is not None), None)
    if known is None:
        return ""
    return (
        f"{known[0].replace('_', ' ')} {units.show(measured[known[0]], known[1].unit, who.language, at=at)}"
    )


def _samples(
    who: Visitor, found: CheckHistory, names: Sequence[str], check: Check | None, at: Instant
) -> list[tuple[Piece, list[str]]]:
    """The newest steps in which anything was measured."""
    rows = []
    columns = [found.curves[name].mean for name in names]
    for n in reversed(range(len(columns[0]) if columns else 0)):
        values = [column[n] for column in columns]
        if not all(map(isnan, values)):
            shown = [
                units.show(value, unit_of(check, name), who.language) if check and not isnan(value) else "–"
                for name, value in zip(names, values, strict=True)
            ]
            rows.append((who.moment(found.since + n * found.step, at), shown))
        if len(rows) == LATEST:
            break
    return rows


def _link(who: Visitor, base: str, asked: dict[str, str], **more: str) -> str:
    kept = {key: value for key, value in asked.items() if key == "series"}
    query = {**({"lang": str(who.language)} if who.chosen else {}), **kept, **more}
    return f"{who.root}{base}?{urlencode(query)}" if query else f"{who.root}{base}"


def _api(who: Visitor, subject: Subject) -> str:
    assert subject.series is not None
    name, series = subject.series
    query = f"?{urlencode({'series': series})}" if series else "?"
    return f"{who.root}/api/v1/checks/{quote(name, safe='')}/history{query}"
