"""The board at `/`, in parts: each is rendered once for all visitors of a language, and sent anew when it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from watchtower.api.aside import aside
from watchtower.api.board import BoardDaemon, BoardStatus
from watchtower.api.check_status import MARKS, WORDS
from watchtower.api.contract import Status
from watchtower.api.parameters import read_by
from watchtower.core.incident.incidents import Incident
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.silences.silence import AlertSilence
from watchtower.model import IncidentState
from watchtower.texts import counted, units
from watchtower.values import Frozen
from watchtower.web import page_texts
from watchtower.web.board import checks, flows, incidents, side, texts
from watchtower.web.board.checks import SeriesLook
from watchtower.web.board.flows import Drawings, FlowRow
from watchtower.web.board.query import Query, owners
from watchtower.web.locale import Visitor, visitor
from watchtower.web.pages import REFRESH, macros, page

DRAWN, NAMED = 36, 120
"""Flows with a curve, and further ones by their names: a page stays below 150 kB."""
LISTED, FOUND = 25, 150
"""Checks that are listed where nobody looked for any, and on a page of what somebody looked for."""
EVERYBODY = Query()
ILL = Query(state="ill")


class Board(Frozen):
    """`parts` are HTML by name, in the order of the page; `flows` are the names of the rows among them."""

    title: str
    icon: str
    parts: Mapping[str, str]
    flows: Sequence[str]


async def show(request: Request) -> Response:
    daemon: BoardDaemon = read_by(request)  # type: ignore[assignment]  # the API needs no board
    who, query = visitor(request), Query.of(request.query_params)
    if query.empty:
        frame = await request.app.state.live.frame(who)
        return whole(who, frame.status, query, frame.board, frame.number)
    board, drawings = daemon.board(), request.app.state.live.drawings
    return await aside(request, lambda: whole(who, board.status, query, render(who, board, query, drawings)))


def whole(who: Visitor, status: Status, query: Query, board: Board, frame: int = 0) -> Response:
    """The page around the parts. A board that somebody searched is asked for anew; the other gets its `frame`s."""
    return page(
        who, "board.html", board.title, product=status.plan.product, icon=board.icon, refresh=REFRESH,
        board=board, query=query, frame=frame, owners=owners(status.plan), words=texts,
        parts={name: Markup(html) for name, html in board.parts.items()},  # noqa: S704 - rendered by our templates
    )  # fmt: skip


def render(
    who: Visitor, board: BoardStatus, query: Query = EVERYBODY, drawings: Drawings | None = None
) -> Board:
    """All parts. It is pure: `board` holds everything that they say."""
    status = board.status
    looks = checks.look_at(status)
    by_flow = checks.by_flow(looks)
    rows = flows.rows(who, board, by_flow, drawings or Drawings())
    found = query.checks(status.plan, looks) if not query.empty else [one for one in looks if not one.well]
    open_: Sequence[Incident] = status.incidents
    if not query.empty:
        rows = [row for row in rows if query.flow(row.flow, by_flow[row.flow.name], row.well)]
        open_ = _incidents(status, query, looks)
    macro = macros(
        who, "board_parts.html", at=status.at, words=texts, counted=counted, marks=MARKS, looks=WORDS
    )
    count, product = len(status.incidents), who.say(status.plan.product)
    ill = sum(not one.well for one in looks)
    kind, headline = _headline(who, status, ill, len(looks))
    drawn, named = rows[:DRAWN], rows[DRAWN:]
    shown = (
        found[query.start : query.start + FOUND] if not query.empty else checks.worst_first(found)[:LISTED]
    )
    sizes = counted.FLOWS.of(len(rows)), counted.INCIDENTS.of(len(open_)), counted.CHECKS.of(len(found))
    runways, more_runways = side.runways(who, board)
    parts = {
        "head": macro.head(kind, headline, [_reason(who, one) for one in board.not_ready]),
        "found": "" if query.empty else macro.found(query, sizes),
        "incidents": macro.incidents(incidents.shown(who, board, open_)),
        "notes": macro.notes(_held_back(who, status), _gap(who, status), status.problems, status.held),
        **{part: html for row in drawn for part, html in _flow(macro, row)},
        "more-flows": macro.more_flows(named[:NAMED], len(named), sum(not row.well for row in named)),
        "checks": macro.checks(
            query, checks.counted(looks), sum(one.held for one in looks),
            [checks.row(who, status, one) for one in shown], len(found) - query.start - len(shown), FOUND,
        ),
        "oncall": macro.on_call(*side.on_call(who, board), *side.people(who, board)),
        "runway": macro.runway(runways, more_runways),
        "pages": macro.pages(side.pages(who, board)),
        "itself": macro.itself(side.itself(who, board), _about(who, status)),
    }  # fmt: skip
    return Board(
        f"({count}) {product}" if count else product, "bad" if count or board.not_ready else "ok",
        {name: str(html).strip() for name, html in parts.items()}, [row.flow.name for row in drawn],
    )  # fmt: skip


def _flow(macro: object, row: FlowRow) -> Sequence[tuple[str, str]]:
    name = row.flow.name
    return (f"flow.{name}", macro.flow(row)), (f"curve.{name}", row.drawing or "")  # type: ignore[attr-defined]


def _incidents(status: Status, query: Query, looks: Sequence[SeriesLook]) -> list[Incident]:
    about: dict[str, list[SeriesLook]] = {}
    for one in looks:
        for alert in one.alerts:
            about.setdefault(alert.incident, []).append(one)
    return [
        one for one in status.incidents
        if query.incident(status.plan, one, about.get(one.id, ()), one.id in status.suppressed)
    ]  # fmt: skip


def _headline(who: Visitor, status: Status, ill: int, count: int) -> tuple[str, str]:
    """Returns the state of everything (bad, warn, ok or empty), and a sentence about it."""
    if status.incidents:
        waiting = sum(incident.state is IncidentState.TRIGGERED for incident in status.incidents)
        levels = Counter(str(incident.severity) for incident in status.incidents)
        text = who.say(page_texts.OPEN_INCIDENTS).format(len(status.incidents))
        if len(status.incidents) > 1:
            by = who.both(", ", "，").join(f"{name} × {n}" for name, n in sorted(levels.items()))
            text += who.both(f" ({by})", f"（{by}）")
        if waiting:
            text += who.both(", ", "，") + who.say(page_texts.UNACKNOWLEDGED).format(waiting)
        return "bad", text
    if not count:
        return "", who.say(page_texts.NO_CHECKS)
    if ill:
        return "warn", who.say(page_texts.NEED_A_LOOK.of(count, ill))
    return "ok", who.say(page_texts.ALL_WELL.of(count))


def _reason(who: Visitor, reason: str) -> str:
    return who.say(page_texts.READINESS[reason]) if reason in page_texts.READINESS else reason


def _gap(who: Visitor, status: Status) -> list[str]:
    if status.gap is None:
        return []
    return [
        f"{who.moment(status.gap.since, status.at).words} – {who.moment(status.gap.until, status.at).words}"
    ]


def _about(who: Visitor, status: Status) -> str:
    # In whole minutes: what changes each second would be sent each second.
    up = max(0.0, status.at - status.started_at)
    up = up // 60 * 60 or up
    sizes = counted.CHECKS.of(len(status.plan.checks)), counted.RULES.of(len(status.plan.rules))
    return who.say(page_texts.ABOUT).format(status.version, who.span(up), *map(who.say, sizes))


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
