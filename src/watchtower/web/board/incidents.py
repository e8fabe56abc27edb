"""Open incidents on the board, the worst first: a card each, one for a storm, and a line for those that are left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from watchtower.api.board import BoardStatus
from watchtower.core.incident.alerts import Alert
from watchtower.core.incident.incidents import Incident
from watchtower.core.notify.in_common import in_common
from watchtower.core.plan.targets import CLOCKS
from watchtower.core.silences.suppress import Suppression
from watchtower.model import AlertState, Instant, Severity, Text
from watchtower.texts import units
from watchtower.values import Frozen
from watchtower.web import page_texts
from watchtower.web.board import texts
from watchtower.web.locale import Visitor

CARDS, LINES = 8, 40
"""Cards at most, and lines at most in a card or below all."""
_STORM, _APART = 4, 60.0
"""Incidents that make a storm, and seconds between the onsets of two of them at most."""
Said = Sequence[object]


class Card(Frozen):
    """An open incident. `because` is its worst alert; `state` says who acknowledged it; `due` is the next deadline."""

    incident: Incident
    because: str
    state: str
    due: Said
    late: bool = False


class StormCard(Frozen):
    """Incidents that began together; `number` 0 is the storm that began first. `counts` are by severity, `shared` is what
    they have in common."""

    number: int
    severity: Severity
    counts: Sequence[tuple[Severity, int]]
    shared: str
    since: Instant
    waiting: int
    cards: Sequence[Card]
    more: int


class Shown(Frozen):
    """`items` are cards and storms, `rest` the lines of others, `more` how many are left out."""

    items: Sequence[Card | StormCard]
    rest: Sequence[Card]
    more: int


def shown(who: Visitor, board: BoardStatus, incidents: Sequence[Incident]) -> Shown:
    """`incidents` are the worst first."""
    firing: dict[str, list[Alert]] = defaultdict(list)
    for alert in board.status.alerts:
        if alert.state is AlertState.FIRING:
            firing[alert.incident].append(alert)

    def card(incident: Incident) -> Card:
        return _card(who, board, incident, firing.get(incident.id, []))

    storms, alone = _storms(incidents, max(_APART, board.status.plan.storm.window))
    found: list[tuple[tuple[int, float], Incident | list[Incident]]] = [
        *((_order(storm[0]), storm) for storm in storms),
        *((_order(one), one) for one in alone),
    ]
    found.sort(key=lambda one: one[0])
    items = [
        card(it) if isinstance(it, Incident)
        else _storm(who, board, storms.index(it), it, firing, [card(one) for one in it[:LINES]])
        for _, it in found[:CARDS]
    ]  # fmt: skip
    rest = [one for _, it in found[CARDS:] for one in ([it] if isinstance(it, Incident) else it)]
    return Shown(items, [card(one) for one in rest[:LINES]], max(0, len(rest) - LINES))


def _order(incident: Incident) -> tuple[int, float]:
    return incident.severity.rank, -incident.onset


def _storms(incidents: Sequence[Incident], apart: float) -> tuple[list[list[Incident]], list[Incident]]:
    """Those that began one soon after the other, the worst of each first, and those that stand alone. A P0 always does."""
    alone = [one for one in incidents if one.severity is Severity.P0]
    chains: list[list[Incident]] = []
    for one in sorted((i for i in incidents if i.severity is not Severity.P0), key=lambda i: i.onset):
        if chains and one.onset - chains[-1][-1].onset <= apart:
            chains[-1].append(one)
        else:
            chains.append([one])
    alone += [one for chain in chains if len(chain) < _STORM for one in chain]
    return [sorted(chain, key=_order) for chain in chains if len(chain) >= _STORM], alone


def _storm(
    who: Visitor, board: BoardStatus, number: int, incidents: Sequence[Incident], firing: Mapping[str, list[Alert]],
    cards: Sequence[Card],
) -> StormCard:  # fmt: skip
    count = Counter(one.severity for one in incidents)
    common = in_common(board.status.plan, [firing.get(one.id, []) for one in incidents])
    return StormCard(
        number, incidents[0].severity, sorted(count.items()), who.say(common) if common else "",
        min(one.onset for one in incidents), sum(not one.acknowledged_by for one in incidents),
        cards, len(incidents) - len(cards),
    )  # fmt: skip


def _card(who: Visitor, board: BoardStatus, incident: Incident, firing: list[Alert]) -> Card:
    held: Suppression | None = board.status.suppressed.get(incident.id)
    firing = sorted(firing, key=lambda alert: alert.severity.rank)
    more = f" +{len(firing) - 1}" if len(firing) > 1 else ""
    state = units.status_word(incident.state, who.language)
    if incident.acknowledged_by:
        state = who.say(page_texts.ACKNOWLEDGED_BY).format(incident.acknowledged_by)
    if held is not None:
        state = f"{state} · {who.say(held.reason.text)}"
    due, late = _due(who, board, incident)
    return Card(incident, who.say(firing[0].text) + more if firing else "", state, due, late)


def _due(who: Visitor, board: BoardStatus, incident: Incident) -> tuple[Said, bool]:
    """The clock or filing that comes due next, and whether it is overdue."""
    history, at = board.histories.get(incident.id), board.status.at
    found = history.deadlines.next_due() if history is not None else None
    if found is None:
        return (), False
    name, due = found
    clock = CLOCKS.get(name)
    title: Text | str = clock.title if clock is not None else name
    if due > at:
        return (texts.DUE_IN, title, who.left(due, at)), False
    return (texts.OVERDUE, title, who.lasting(due, at)), True
