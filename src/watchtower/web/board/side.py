"""The board's side: who is on call, how long balances and certificates last, the last pages, and watchtower itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from watchtower.api.board import BoardStatus
from watchtower.api.contract import BEHIND, InstanceStatus, LocationStatus, ProvenWay
from watchtower.channels import way_title
from watchtower.core.incident.incidents import PageState
from watchtower.core.oncall.schedule import current, following
from watchtower.core.people.assignment import fillers
from watchtower.core.people.role_descriptions import DUTIES
from watchtower.core.plan import Plan
from watchtower.core.sources import Series
from watchtower.model import Instant, Text, Unit
from watchtower.texts import units
from watchtower.values import Frozen
from watchtower.web import page_texts
from watchtower.web.board import texts
from watchtower.web.board.checks import name_of
from watchtower.web.locale import Visitor

ROWS, RUNWAYS = 6, 6
PLENTY = 90.0
"""Days that fill a runway's bar."""
_SOON, _SHORT = 30.0, 7.0
Said = Sequence[object]
Ways = Mapping[tuple[str, str], ProvenWay]
_DAY, _YEAR = 86400.0, 365 * 86400.0


class OnCallRow(Frozen):
    """Who fills a role now, until when, and who is next; `ways` says which of their channels are proven."""

    role: str
    who: str
    until: Said
    then: str
    ways: str
    proven: bool


class RunwayRow(Frozen):
    """`width` is the bar's length of 100; `tone` is bad, warn or ok."""

    name: str
    left: str
    width: int
    tone: str


class PageRow(Frozen):
    incident: str
    at: Instant
    who: str
    channel: Text
    state: PageState
    said: Said


class PartRow(Frozen):
    """A part of watchtower: whether it is well, and what is to be said of it."""

    name: object
    well: bool
    said: Said


def on_call(who: Visitor, board: BoardStatus) -> tuple[list[OnCallRow], int]:
    """The first rows, and how many there are besides."""
    found = list(_on_call(who, board.status.plan, board.status.at, board.proven))
    return found[:ROWS], max(0, len(found) - ROWS)


def people(
    who: Visitor, board: BoardStatus
) -> tuple[str, list[tuple[str, list[tuple[str, Instant | None, str]]]]]:
    """How many ways to people were shown to work; and each responder's ways, since when (None: never) and by what."""
    ways: dict[str, list[tuple[str, Instant | None, str]]] = {
        name: [] for name in board.status.plan.responders
    }
    for (name, channel), way in board.proven.items():
        ways.setdefault(name, []).append(
            (channel, way.at if way.by else None, who.say(page_texts.PROVEN_BY[way.by]))
        )
    proven = sum(bool(way.by) for way in board.proven.values())
    return who.say(page_texts.WAYS).format(proven, len(board.proven)), list(ways.items())


def _on_call(who: Visitor, plan: Plan, at: Instant, proven: Ways) -> Iterator[OnCallRow]:
    declared = list(plan.people.roles)
    roles = [
        *declared,
        *dict.fromkeys(one.role for one in plan.responders.values() if one.role not in declared),
    ]
    for role in roles:
        schedule = plan.people.schedules.get(plan.people.roles[role].schedule) if role in declared else None
        title = who.say(DUTIES[role].title) if role in DUTIES else role
        names = fillers(plan, role, at)
        ways, well = _ways(who, names, proven)
        until: Said = ()
        then = ""
        if schedule is not None:
            now, after = current(schedule, at), following(schedule, at)
            if now.end < at + _YEAR:
                until = (texts.UNTIL, who.moment(now.end, at))
            then = after.who if after is not None else ""
        yield OnCallRow(title, ", ".join(names), until, then, ways, well)


def _ways(who: Visitor, names: Sequence[str], proven: Ways) -> tuple[str, bool]:
    mine = [(channel, bool(way.by)) for (name, channel), way in proven.items() if name in names]
    never = [who.say(way_title(channel)) for channel, shown in mine if not shown]
    if never:
        return who.say(texts.UNPROVEN).format(who.both(", ", "、").join(dict.fromkeys(never))), False
    return (who.say(texts.PROVEN.of(len(mine))), True) if mine else ("", False)


def runways(who: Visitor, board: BoardStatus) -> tuple[list[RunwayRow], Said]:
    """What lasts shortest first, and what there is besides."""
    found = sorted(_runways(board), key=lambda one: one[0])
    shown = [_runway(who, board.status.plan, days, series) for days, series in found[:RUNWAYS]]
    rest = found[RUNWAYS:]
    more: Said = ()
    if rest:
        more = (texts.MORE_RUNWAYS, str(len(rest)), units.show(rest[0][0], Unit.DAYS, who.language))
    return shown, more


def _runways(board: BoardStatus) -> Iterator[tuple[float, Series]]:
    for name, check in board.status.plan.checks.items():
        if check.detector != "runway":
            continue
        place = list(check.facts).index("runway.days_left")
        for series in {**dict.fromkeys(check.flows), "": None}:
            values = board.facts.get((name, series), ())
            days = values[place] if place < len(values) else None
            if isinstance(days, float):
                yield days, (name, series)


def _runway(who: Visitor, plan: Plan, days: float, series: Series) -> RunwayRow:
    tone = "bad" if days < _SHORT else "warn" if days < _SOON else "ok"
    name = name_of(who, plan.checks[series[0]], series[1])
    return RunwayRow(
        name, units.show(days, Unit.DAYS, who.language), round(min(1.0, days / PLENTY) * 100), tone
    )


def pages(who: Visitor, board: BoardStatus) -> list[PageRow]:
    return [
        PageRow(
            one.page.incident, one.page.created_at, one.page.responder, way_title(one.page.channel), one.state,
            (texts.AFTER, page_texts.PAGE_STATES[one.state], who.span(round(one.at - one.page.created_at, 1)))
            if one.at > one.page.created_at else (page_texts.PAGE_STATES[one.state],),
        )
        for one in board.pages
    ]  # fmt: skip


def itself(who: Visitor, board: BoardStatus) -> list[PartRow]:
    """Each part of watchtower, then reasons that belong to none, then who leads."""
    reasons, (count, oldest) = set(board.not_ready), board.queued
    out = []
    for name, (title, against) in texts.PARTS.items():
        wrong = [page_texts.READINESS[one] for one in page_texts.READINESS if one in reasons & against]
        said: Said = (wrong[0],) if wrong else (texts.WELL,)
        if name == "delivery" and count and not wrong:
            said = (texts.WAITING, str(count), who.span(round(oldest)))
        out.append(PartRow(title, not wrong, said))
    if board.status.no_history:
        out.append(PartRow(texts.HISTORY, False, (board.status.no_history,)))
    standing, at = board.standing, board.status.at
    if standing.epoch:
        led: Said = (texts.LEADS, who.moment(standing.leads_since or standing.since, at))
        if standing.unled is not None and at - standing.leads_since < _DAY:
            led = (
                texts.TOOK_OVER,
                who.moment(standing.leads_since, at),
                who.span(max(1, round(standing.unled))),
            )
        out.append(PartRow(standing.leader, True, led))
    if standing.unfenced:
        out.append(
            PartRow(texts.UNFENCED, "store" not in reasons, (texts.UNFENCED_PAGES, str(standing.unfenced)))
        )
    if standing.behind > BEHIND:
        out.append(PartRow(texts.BEHIND, False, (texts.BEHIND_BY, who.span(round(standing.behind)))))
    if (jobs := standing.jobs) and jobs.queued:
        waiting = texts.JOBS_WAIT, jobs.queued, who.span(round(jobs.oldest))
        out.append(PartRow(texts.JOBS, jobs.oldest < 3600.0, waiting))
    for one in standing.standbys:
        stands = texts.STANDS_BY if one.same_plan else texts.OTHER_PLAN
        out.append(PartRow(one.name, one.same_plan, (stands, who.moment(one.since, at))))
    return out + [_place(standing, one, who, at) for one in standing.locations]


def _place(standing: InstanceStatus, place: LocationStatus, who: Visitor, at: Instant) -> PartRow:
    """A location with its workers; without any, checks that name no other location are made by the daemon."""
    if place.lost_since is not None:
        return PartRow(place.name, False, (texts.LOST, who.moment(place.lost_since, at)))
    if place.home and not place.workers:
        return PartRow(place.name or texts.HERE, True, (texts.BY_ITSELF,))
    odd = sum(one.location == place.name and one.odd for one in standing.workers)
    said = texts.AT_PLACE.of(place.workers, f"{place.held}/{place.shards}")
    text: Said = (texts.WITH_OTHERS, said, odd) if odd else (said,)
    return PartRow(place.name or texts.HERE, not odd and not place.free, text)
