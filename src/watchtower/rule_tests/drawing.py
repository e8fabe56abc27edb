"""The course of a test as a chart, so that a person sees what came when."""

from __future__ import annotations

from collections.abc import Iterable

from watchtower.model import AlertState
from watchtower.replay.chart import Chart
from watchtower.replay.columns import main_measurement
from watchtower.rule_tests.play import RuleTestRun, Spell

_LETTERS = {AlertState.PENDING: "p", AlertState.FIRING: "F"}


def draw(course: RuleTestRun, moment: float) -> list[str]:
    """Draws lines of text around `moment` (seconds from the start), which is marked."""
    chart = Chart.around(moment, course.test.lasts)
    main = {one.check.name: main_measurement(one.check) for one in course.test.inputs}
    rows = [
        (f"{check}[{series}]" if series else check, chart.polls(polls, main[check]))
        for (check, series), polls in course.polls.items()
    ]
    alerts: dict[tuple[str, str, str], list[Spell]] = {}
    for one in course.spells:
        alerts.setdefault((one.rule, one.check, one.series), []).append(one)
    rows += [(key[0], chart.holds(_changes(spells))) for key, spells in alerts.items()]
    rows += [(id, chart.holds(changes)) for id, changes in course.severities.items()]
    rows.append(("pages", chart.counts((one.at for one in course.sent), (one.at for one in course.acted))))
    return [*chart.lines(rows), chart.mark(moment, rows)]


def _changes(spells: Iterable[Spell]) -> Iterable[tuple[float, str]]:
    for one in spells:
        yield one.begin, _LETTERS[one.state]
        if one.end is not None:
            yield one.end, "."
