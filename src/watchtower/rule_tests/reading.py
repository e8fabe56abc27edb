"""Reads test files: each `[[test]]` on its own, every problem with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from watchtower.config import sources
from watchtower.config.entries import Context, listed, once, refuse_unknown
from watchtower.config.plain_words import validate
from watchtower.config.problems import Entry, Report, did_you_mean
from watchtower.config.secrets import Secrets
from watchtower.core.incident.kinds import ALWAYS
from watchtower.core.plan import Plan
from watchtower.core.plan.checks import Check
from watchtower.errors import ConfigError
from watchtower.model import FactKind, Instant
from watchtower.replay.columns import main_measurement, measurements_of
from watchtower.replay.people_actions import PersonAction, accepted
from watchtower.rule_tests import notation, tests_file
from watchtower.rule_tests.incident_view import ASPECTS
from watchtower.rule_tests.notation import Strand
from watchtower.rule_tests.rule_test import Expectation, ExpectedAction, Input, RuleTest
from watchtower.rule_tests.windows import check_times
from watchtower.values import replace


def read(files: Sequence[Path], plan: Plan) -> list[RuleTest]:
    """Reads all tests of these files, in their order. Raises ConfigError with everything that is wrong with
    them."""
    report = Report()
    context = Context({}, Secrets(), report)
    found = [source for file in files if (source := sources.read_file(file, report))]
    entries: list[tuple[str, Entry]] = []
    for source in found:
        refuse_unknown(source, tests_file.TestsFile, context)
        for index, entry in enumerate(listed(source, "test", context, None)):
            entries.append((entry.text("name") or f"\0{source.name}{index}", entry))
    reader = _Reader(plan)
    tests = [reader.read(entry) for entry in once(entries, "test").values()]
    if report.problems:
        raise ConfigError(report.problems)
    return [test for test in tests if test is not None]


class _Reader:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def read(self, entry: Entry) -> RuleTest | None:
        step = entry.raw.get("step")
        inputs = [self._input(inner, step) for inner in _inner(entry, "input")]
        acts = [(inner, validate(tests_file.DoTable, inner)) for inner in _inner(entry, "do")]
        expects = [(inner, validate(tests_file.ExpectTable, inner)) for inner in _inner(entry, "expect")]
        # The tables within are told of one by one, above: here only the shape of their lists counts.
        table = validate(tests_file.TestTable, replace(entry, raw={**entry.raw, **_placeholders(entry.raw)}))
        good = [one for one in inputs if one is not None]
        done = [(inner, one) for inner, one in acts if one is not None]
        expected = [Expectation(inner, one) for inner, one in expects if one is not None]
        self._twice(good)
        for expectation in expected:
            self._names(expectation)
        for inner, one in done:
            inner.look_up(("by",), "responder", one.by, self._plan.responders)
            if one.flow:
                inner.look_up(("flow",), "flow", one.flow, self._plan.flows)
        whole = len(good) == len(inputs) and len(done) == len(acts) and len(expected) == len(expects)
        if table is None or not whole:
            return None
        lasts = check_times(entry, done, expected, good)
        start = datetime.fromisoformat(table.start).timestamp()
        actions = [_action(inner, one, start) for inner, one in done]
        return RuleTest(entry, table, start, lasts, good, actions, expected)

    def _input(self, entry: Entry, step: Any) -> Input | None:
        common = replace(entry, raw={k: v for k, v in entry.raw.items() if k in tests_file.INPUT_KEYS})
        table = validate(tests_file.InputTable, common)
        name = entry.text("check")
        check = self._plan.checks.get(name)
        if name:
            entry.look_up(("check",), "check", name, self._plan.checks)
        if table is None or check is None:
            return None
        every = table.every or _step(step) or check.every
        if table.series and check.flows and table.series not in check.flows:
            hint = did_you_mean(table.series, check.flows, "series that the check has flows for")
            entry.wrong(("series",), f'check "{check.name}" has no series "{table.series}"', hint)
        if table.location:
            hint = "" if check.locations else 'the check has none: give it locations = ["...", "..."]'
            entry.look_up(("location",), "location", table.location, check.locations, otherwise=hint)
        measured = self._measured(entry, check, every)
        outcome: Strand | None = None
        if table.outcome:
            try:
                outcome = notation.outcomes(table.outcome, every)
            except ValueError as error:
                entry.wrong(("outcome",), str(error))
        if measured is None or (table.outcome and outcome is None):
            return None
        if not measured and outcome is None:
            hint = f"measurements of {check.name}: {', '.join(sorted(measurements_of(check)))}"
            entry.wrong((), "says neither an outcome nor a measurement", hint)
            return None
        places = (table.location,) if table.location else check.locations or ("",)
        made = Input(
            entry,
            check,
            table.series,
            every,
            measured,
            outcome,
            table.reason,
            main_measurement(check),
            places,
        )
        return made if _same_length(made) else None

    def _measured(self, entry: Entry, check: Check, every: float) -> dict[str, Strand] | None:
        known, out, good = measurements_of(check), dict[str, Strand](), True
        for key, value in entry.raw.items():
            if key in tests_file.INPUT_KEYS:
                continue
            fact = known.get(key)
            if fact is None:
                hint = did_you_mean(key, known, f"measurements of check {check.name}")
                entry.unknown((key,), hint)
                good = False
                continue
            try:
                out[key] = _strand(value, fact.kind, every)
            except ValueError as error:
                entry.wrong((key,), str(error))
                good = False
        return out if good else None

    def _twice(self, inputs: Sequence[Input]) -> None:
        seen: dict[tuple[str, str, str], Input] = {}
        for one in inputs:
            firsts = [seen.setdefault((one.check.name, one.series, place), one) for place in one.locations]
            first = next((first for first in firsts if first is not one), one)
            if first is not one:
                one.entry.wrong(
                    ("check",),
                    f"this check is already at {first.entry.place}",
                    "one input a check, series and location",
                )

    def _names(self, expectation: Expectation) -> None:
        """Checks that the rules and people of an expectation exist, because a misspelt one would never be
        met, or always."""
        entry, table = expectation.entry, expectation.table
        rules = [*self._plan.rules, *ALWAYS]
        for key in ("alerts", "pending", "fires", "resolves", "never"):
            for index, one in enumerate(getattr(table, key) or ()):
                rule = one.rule if isinstance(one, tests_file.AlertTable) else one
                if not (key == "never" and rule == "*"):
                    entry.look_up((key, index), "rule", rule, rules)
                if isinstance(one, tests_file.AlertTable) and one.check is not None:
                    entry.look_up((key, index), "check", one.check, self._plan.checks)
        for index, page in enumerate(table.paged or ()):
            name = page.split(" ")[0] if isinstance(page, str) else page.to
            entry.look_up(("paged", index), "responder", name, self._plan.responders)
        for index, incident in enumerate(table.incidents or ()):
            self._incident(entry, index, incident)

    def _incident(self, entry: Entry, index: int, table: tests_file.IncidentTable) -> None:
        for key, aspect in ASPECTS.items():
            wanted, path = getattr(table, key), ("incidents", index, key)
            if aspect.known is None or not wanted:
                continue
            names = wanted.split(", ") if isinstance(wanted, str) else wanted
            known = list(aspect.known(self._plan))
            for name in filter(None, names):
                entry.look_up(path, NAMED.get(key, key.removesuffix("s")), name, known)
        for role, name in (table.roles or {}).items():
            at = ("incidents", index, "roles", role)
            entry.look_up(at, "responder", name, self._plan.responders)


NAMED = {"duties": "duty", "plans": "degradation plan", "acknowledged_by": "responder"}
"""What people call the names that stand in these keys; of others the key without its s."""


def _action(entry: Entry, table: tests_file.DoTable, start: Instant) -> ExpectedAction:
    """The action with its fields, which are checked as the command `do` checks them."""
    given = {name: value for name, value in entry.raw.items() if name not in tests_file.DO_KEYS}
    at = start + table.at
    try:
        accepted(table.action, given, at)
    except ValueError as error:
        for what in str(error).splitlines():
            entry.wrong((), what)
    return ExpectedAction(entry, table, PersonAction(at, table.by, table.action, given, table.flow))


def _inner(entry: Entry, key: str) -> list[Entry]:
    """Each table of `[[test.KEY]]`; other values are reported with the test's own keys."""
    written = entry.raw.get(key)
    if not isinstance(written, list):
        return []
    return [
        entry.inner(key, n, label=f"{entry.label}: {key} {n + 1}")
        for n, one in enumerate(written)
        if isinstance(one, dict)
    ]


def _placeholders(raw: Mapping[str, Any]) -> dict[str, Any]:
    right: dict[str, dict[str, str]] = {
        "input": {"check": "x"}, "do": {"at": "0s", "by": "x"}, "expect": {},
    }  # fmt: skip
    return {
        key: [table if isinstance(one, dict) else one for one in raw[key]]
        for key, table in right.items()
        if isinstance(raw.get(key), list)
    }


def _step(written: Any) -> float | None:
    """The test's own step; an invalid one is reported with the test's keys."""
    from watchtower.fields import parse_duration

    try:
        return parse_duration(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _strand(value: Any, kind: FactKind, every: float) -> Strand:
    if kind is FactKind.STRING and isinstance(value, str):
        return Strand((value,), open=True)
    if kind is FactKind.BOOL and isinstance(value, bool):
        return Strand((value,), open=True)
    if kind is FactKind.NUMBER and not isinstance(value, bool):
        if isinstance(value, str):
            return notation.numbers(value, every)
        if isinstance(value, (int, float)):
            return Strand((float(value),), open=True)
        if (
            isinstance(value, list)
            and value
            and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value)
        ):
            return Strand(tuple(map(float, value)))
    wanted = {
        FactKind.NUMBER: 'a timeline such as "40x60 0x5m", a number, or a list of numbers',
        FactKind.BOOL: "true or false, without quotes",
        FactKind.STRING: "a text in quotes",
    }
    raise ValueError(f"must be {wanted[kind]}")


def _same_length(made: Input) -> bool:
    lengths = {name: len(s) for name, s in made.measured.items() if not s.open}
    if made.outcome is not None and not made.outcome.open:
        lengths["outcome"] = len(made.outcome)
    if len(set(lengths.values())) <= 1:
        longest = max((len(s) for s in made.strands), default=0)
        if not lengths or longest <= next(iter(lengths.values())):
            return True
        lengths |= {name: len(s) for name, s in made.measured.items() if s.open and len(s) == longest}
    told = ", ".join(f"{name} {count}" for name, count in lengths.items())
    made.entry.wrong(
        (), f"its lines have different numbers of polls: {told}", 'end one with "..." to let it go on'
    )
    return False
