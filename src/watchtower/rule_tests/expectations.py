"""Compares what happened with what was expected: every unmet line, with expected and got."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from watchtower.model import AlertState
from watchtower.replay.chart import span
from watchtower.rule_tests.incident_view import ASPECTS, IncidentView, met, shown
from watchtower.rule_tests.play import Acted, RuleTestRun, Sent, Spell
from watchtower.rule_tests.rule_test import Expectation
from watchtower.rule_tests.tests_file import AlertTable, IncidentTable, PageTable
from watchtower.values import Frozen

Got = TypeVar("Got")
Wanted = TypeVar("Wanted")


class Unmet(Frozen):
    """One unmet key of an expectation. `missing`, `surplus` and `met` are lines for people; `moment` is where
    in the timeline to look (seconds from the start)."""

    key: str
    place: str
    when: str
    what: str
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    met: tuple[str, ...]
    moment: float


def unmet(course: RuleTestRun) -> list[Unmet]:
    """Everything that is not as the test expects."""
    refused = [one for acted in course.acted for one in _refused(acted)]
    return refused + [one for expectation in course.test.expects for one in _of(expectation, course)]


def _refused(acted: Acted) -> Iterable[Unmet]:
    """An action that was refused and should not have been, or the other way round."""
    table, entry = acted.expected.table, acted.expected.entry
    why = [why for why in acted.refused.values() if why]
    if not acted.refused:
        got = "there is no such incident"
    elif table.refused is None:
        if not why:
            return
        got = f"refused: {'; '.join(why)}"
    else:
        if any(table.refused in one for one in why):
            return
        got = f"refused: {'; '.join(why)}" if why else "done"
    wanted = f"done: {table.action} by {table.by}" if table.refused is None else f"refused: {table.refused}"
    place = f"{entry.file}:{entry.line()}"
    yield Unmet("do", place, f"at {span(acted.at)}", "an action", (wanted,), (got,), (), acted.at)


def _of(expectation: Expectation, course: RuleTestRun) -> Iterable[Unmet]:
    table, lasts = expectation.table, course.test.lasts
    if table.at is not None:
        at = table.at
        firing = course.alerts_at(at, AlertState.FIRING)
        yield from _exactly(
            expectation, "alerts", "alerts that fire", table.alerts, firing, _fits, _alert_said
        )
        pending = course.alerts_at(at, AlertState.PENDING)
        yield from _exactly(
            expectation, "pending", "alerts that are pending", table.pending, pending, _fits, _alert_said
        )
        open_now = course.incidents.get(at, [])
        yield from _exactly(
            expectation,
            "incidents",
            "incidents that are open",
            table.incidents,
            open_now,
            _incident_fits,
            _incident_said(table.incidents or ()),
        )
    begin = 0.0 if table.from_ is None else table.from_
    end = table.at if table.at is not None else lasts if table.until is None else table.until
    sent = [one for one in course.sent if begin <= one.at <= end]
    yield from _exactly(
        expectation, "paged", "people who are paged", table.paged, sent, _page_fits, _page_said
    )
    firing = [s for s in course.spells if s.state is AlertState.FIRING]
    begun = [s for s in firing if begin <= s.begin <= end]
    yield from _each(expectation, "fires", "alerts that begin to fire", table.fires, begun)
    ended = [s for s in firing if s.end is not None and begin <= s.end <= end]
    yield from _each(expectation, "resolves", "alerts that cease to fire", table.resolves, ended)
    if table.never is not None:
        during = [s for s in firing if s.begin <= end and (s.end is None or s.end > begin)]
        wrong = [s for s in during if any(_fits(one, s) for one in table.never)]
        if wrong:
            surplus = tuple(dict.fromkeys(map(_spell_said, wrong)))
            yield _unmet(
                expectation,
                "never",
                "alerts that must never fire",
                (),
                surplus,
                (),
                max(begin, wrong[0].begin),
            )


def _exactly(
    expectation: Expectation, key: str, what: str, wanted: Sequence[Wanted] | None, got: Sequence[Got],
    fits: Callable[[Wanted, Got], bool], said: Callable[[Got], str],
) -> Iterable[Unmet]:  # fmt: skip
    """Requires each expected one, and no other."""
    if wanted is None:
        return
    missing = tuple(_wanted_said(one) for one in wanted if not any(fits(one, g) for g in got))
    surplus = [g for g in got if not any(fits(one, g) for one in wanted)]
    if missing or surplus:
        met = tuple(dict.fromkeys(said(g) for g in got if g not in surplus))
        told = tuple(dict.fromkeys(map(said, surplus)))
        first = next((g.at for g in surplus if isinstance(g, Sent)), None)
        yield _unmet(expectation, key, what, missing, told, met, first)


def _each(
    expectation: Expectation,
    key: str,
    what: str,
    wanted: Sequence[str | AlertTable] | None,
    got: Sequence[Spell],
) -> Iterable[Unmet]:
    """Requires each expected one, and permits others."""
    if wanted is None:
        return
    missing = tuple(_wanted_said(one) for one in wanted if not any(_fits(one, g) for g in got))
    if missing:
        yield _unmet(expectation, key, what, missing, (), tuple(dict.fromkeys(map(_spell_said, got))), None)


def _unmet(
    expectation: Expectation, key: str, what: str, missing: tuple[str, ...], surplus: tuple[str, ...],
    met: tuple[str, ...], moment: float | None,
) -> Unmet:  # fmt: skip
    table, entry = expectation.table, expectation.entry
    if table.at is not None:
        when, looked = f"at {span(table.at)}", table.at
    else:
        until = span(table.until) if table.until is not None else "the end"
        looked = table.from_ or 0.0
        when = f"from {span(looked)} to {until}"
    place = f"{entry.file}:{entry.line(key)}"
    return Unmet(key, place, when, what, missing, surplus, met, looked if moment is None else moment)


def _fits(wanted: str | AlertTable, got: Spell) -> bool:
    if isinstance(wanted, str):
        return wanted in ("*", got.rule)
    return (
        wanted.rule in ("*", got.rule)
        and wanted.check in (None, got.check)
        and wanted.series in (None, got.series)
        and wanted.severity in (None, got.severity)
    )


def _incident_fits(wanted: IncidentTable, got: IncidentView) -> bool:
    return not _unlike(wanted, got)


def _unlike(wanted: IncidentTable, got: IncidentView) -> dict[str, object]:
    """What is not as wanted, by its key."""
    seen = {key: ASPECTS[key].of(got, getattr(wanted, key)) for key in _asked(wanted)}
    return {key: one for key, one in seen.items() if not met(getattr(wanted, key), one)}


def _asked(wanted: IncidentTable) -> list[str]:
    return [key for key in ASPECTS if getattr(wanted, key) is not None]


def _page_fits(wanted: str | PageTable, got: Sent) -> bool:
    if isinstance(wanted, str):
        return wanted == f"{got.responder} by {got.channel}"
    return (
        wanted.to == got.responder
        and wanted.by in (None, got.channel)
        and wanted.kind in (None, got.kind)
        and wanted.severity in (None, got.severity)
    )


def _wanted_said(wanted: object) -> str:
    match wanted:
        case AlertTable():
            on = f"{wanted.check or 'any check'}{f'[{wanted.series}]' if wanted.series else ''}"
            where = f" on {on}" if wanted.check or wanted.series else ""
            return f"{wanted.rule}{f' {wanted.severity}' if wanted.severity else ''}{where}"
        case PageTable():
            how = f" by {wanted.by}" if wanted.by else ""
            kind = " ".join(str(one) for one in (wanted.kind, wanted.severity) if one)
            return f"{wanted.to}{how}{f' ({kind})' if kind else ''}"
        case IncidentTable():
            return _aspects({key: getattr(wanted, key) for key in _asked(wanted)}) or "any incident"
    return str(wanted)


def _alert_said(got: Spell) -> str:
    where = f"{got.check}[{got.series}]" if got.series else got.check
    return f"{got.rule} {got.severity} on {where}"


def _spell_said(got: Spell) -> str:
    until = f" to {span(got.end)}" if got.end is not None else " on"
    return f"{_alert_said(got)}, from {span(got.begin)}{until}"


def _page_said(got: Sent) -> str:
    return f"{got.responder} by {got.channel} ({got.kind} {got.severity}, at {span(got.at)})"


def _incident_said(wanted: Sequence[IncidentTable]) -> Callable[[IncidentView], str]:
    """Shows of an incident what every one has, and what is not as in that table which it meets best."""

    def said(got: IncidentView) -> str:
        unlike = min((_unlike(one, got) for one in wanted), key=len, default={})
        return _aspects(
            {key: unlike.get(key) or ASPECTS[key].got(got) for key in ASPECTS if key in _ALWAYS | {*unlike}}
        )

    return said


_ALWAYS = frozenset({"title", "flow", "severity", "state"})
_PLAIN = {"title", "severity", "state"}
"""What is understood without its name."""


def _aspects(values: Mapping[str, object]) -> str:
    return " ".join(
        shown(one) if key in _PLAIN else f"{key} {shown(one)}" for key, one in values.items() if one != ""
    )
