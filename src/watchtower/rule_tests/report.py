"""Reports the results of tests for people, for scripts (JSON) and for CI (JUnit XML)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from watchtower.model import AlertState
from watchtower.replay.chart import Chart
from watchtower.replay.columns import main_measurement
from watchtower.rule_tests.expectations import Unmet
from watchtower.rule_tests.play import RuleTestRun, Spell
from watchtower.values import Frozen


class RuleTestResult(Frozen):
    """One played test. `seconds` is its duration."""

    course: RuleTestRun
    unmet: Sequence[Unmet]
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.unmet


def words(result: RuleTestResult) -> list[str]:
    """`ok` and the name; or the expected and the actual result, with the timeline around it."""
    test = result.course.test
    if result.passed:
        return [f"ok    {test.name}"]
    lines = [f"FAIL  {test.name}  ({test.place})"]
    for moment in dict.fromkeys(one.moment for one in result.unmet):
        if len(lines) > 1:
            lines.append("")
        for one in result.unmet:
            if one.moment == moment:
                lines += _unmet(one)
        drawn = draw(result.course, moment)
        clock = datetime.fromisoformat(test.table.start) + timedelta(seconds=moment)
        lines += ["", *(f"    {line}" for line in drawn[:-1]), f"    {drawn[-1]} ({clock:%H:%M:%S})"]
    told = "\n".join(line for one in result.unmet for line in (*one.missing, *one.surplus))
    endless = {(one.rule, one.check) for one in result.course.spells if one.end is None}
    for (rule, check), needed in result.course.unmeasured.items():
        if rule in told or (rule, check) in endless:
            lines.append(
                f"  {rule} cannot tell where {check} is up: the test does not say its {', '.join(needed)}"
            )
    return lines


def _unmet(one: Unmet) -> list[str]:
    lines = [f"  {one.place}: {one.when}: {one.what}"]
    never = one.key == "never"
    many = len(one.missing) + len(one.surplus) > 2
    if not many or never:
        lines.append(
            f"    expected  {'none of them' if never else '; '.join((*one.met, *one.missing)) or 'nothing'}"
        )
        lines.append(f"    got       {'; '.join((*one.met, *one.surplus)) or 'nothing'}")
    elif one.met:
        lines.append(f"    met       {'; '.join(one.met)}")
    if one.met or many:
        # Where some lines agree, say which do not.
        lines += [f"    missing   {line}" for line in one.missing]
        lines += [f"    surplus   {line}" for line in one.surplus if not never]
    return lines


def as_json(results: Sequence[RuleTestResult], never_fired: Sequence[str]) -> dict[str, Any]:
    """`ok`, `passed`, `failed`, `never_fired`, and each test with what is unmet."""
    return {
        "ok": all(result.passed for result in results),
        "passed": sum(result.passed for result in results),
        "failed": sum(not result.passed for result in results),
        "never_fired": list(never_fired),
        "tests": [
            {
                "name": result.course.test.name,
                "file": result.course.test.entry.file,
                "line": result.course.test.entry.line(),
                "ok": result.passed,
                "unmet": [asdict(one) for one in result.unmet],
                "timeline": draw(result.course, result.unmet[0].moment) if result.unmet else [],
            }
            for result in results
        ],
    }


def junit(results: Sequence[RuleTestResult]) -> bytes:
    """JUnit XML as CI systems read it: a suite a file, a case a test."""
    suites = ElementTree.Element("testsuites", name="watchtower test-rules")
    for file in dict.fromkeys(result.course.test.entry.file for result in results):
        mine = [result for result in results if result.course.test.entry.file == file]
        failed = sum(not result.passed for result in mine)
        suite = ElementTree.SubElement(
            suites, "testsuite", name=file, tests=str(len(mine)), failures=str(failed), errors="0", skipped="0",
            time=f"{sum(result.seconds for result in mine):.3f}",
        )  # fmt: skip
        for result in mine:
            entry = result.course.test.entry
            case = ElementTree.SubElement(
                suite, "testcase", classname=file, name=result.course.test.name, file=file, line=str(entry.line()),
                time=f"{result.seconds:.3f}",
            )  # fmt: skip
            if result.unmet:
                first = result.unmet[0]
                failure = ElementTree.SubElement(
                    case, "failure", message=f"{first.place}: {first.when}: {first.what}"
                )
                failure.text = "\n".join(words(result))
    ElementTree.indent(suites)
    out: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return out


def never_fired(results: Sequence[RuleTestResult], rules: Sequence[str]) -> list[str]:
    """Rules that fired in no test, so that nothing shows that they can."""
    fired = {spell.rule for result in results for spell in result.course.spells if spell.state == "firing"}
    return [rule for rule in rules if rule not in fired]


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
