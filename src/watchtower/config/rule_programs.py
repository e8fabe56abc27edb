"""Compiling rules: each rule's `when` and summary against the facts of every check that it matches.

Checks with equal facts share one program: compiling costs milliseconds and some 100 KiB each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from watchtower.config.cel_words import in_rule_words
from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.matching import matches, nearest
from watchtower.config.problems import Entry
from watchtower.config.rule_drafts import Draft
from watchtower.core.expressions import Expression, Template, compile_expression, compile_summary
from watchtower.core.plan.checks import BASE_FACTS
from watchtower.core.plan.locations import LOCATION_FACTS, alone
from watchtower.core.plan.rules import Match, Rule
from watchtower.detectors import DETECTORS
from watchtower.errors import ExpressionError
from watchtower.model import Facts, Text
from watchtower.values import Mutable, field

_UNKNOWN_NAME = "unknown name"
Summary = tuple[Template, Template]


class Compiled(Mutable):
    """One rule's matched checks, and its programs by check name."""

    matched: list[CheckDraft] = field(default_factory=list)
    programs: dict[str, Expression] = field(default_factory=dict)
    summaries: dict[str, Summary] = field(default_factory=dict)


class Compiler:
    """Compiles rules; remembers what it compiled by text and set of facts."""

    def __init__(self, checks: ChecksDraft) -> None:
        self._checks = checks
        self._expressions: dict[tuple[str, int], Expression | ExpressionError] = {}
        self._summaries: dict[tuple[Text, int], Summary | ExpressionError] = {}
        self._alone: dict[int, Facts] = {}
        # Keyed by identity: the drafts keep equal sets of facts once, and alive.
        self._all: Facts = {
            **BASE_FACTS,
            **LOCATION_FACTS,
            **{name: fact for check in checks.checks for name, fact in (check.facts or {}).items()},
            **{name: fact for detector in DETECTORS.values() for name, fact in detector.facts.items()},
        }

    def compile(self, rule: Draft[Rule]) -> Compiled:
        """Compiles all of this rule that can be compiled, even where other keys of it are wrong."""
        compiled = Compiled()
        match = rule.table.match if rule.table else _match_of(rule.entry)
        if match is None:
            return compiled
        compiled.matched = [check for check in self._checks.checks if matches(match, check.traits)]
        if not compiled.matched and self._checks.complete:
            rule.entry.wrong(
                ("match",), "matches no check", nearest(match, [c.traits for c in self._checks.checks])
            )
        when, summary = rule.entry.text("when"), _summary_of(rule)
        if when:
            self._when(rule.entry, when, compiled, match)
        if summary is not None:
            self._summary(rule.entry, summary, compiled, match)
        return compiled

    def _facts(self, check: CheckDraft, match: Match) -> Facts | None:
        """What a rule may name of this check; None where the check is wrong."""
        if match.location is None or check.facts is None:
            return check.facts
        return self._alone.setdefault(id(check.facts), alone(check.facts))

    def _when(self, entry: Entry, when: str, compiled: Compiled, match: Match) -> None:
        failed: dict[str, list[tuple[CheckDraft, ExpressionError]]] = {}
        for check in compiled.matched:
            facts = self._facts(check, match)
            if facts is None:
                continue
            found = self._expression(when, facts, check.traits.probe)
            if isinstance(found, Expression):
                compiled.programs[check.name] = found
            else:
                failed.setdefault(found.what, []).append((check, found))
        _tell(entry, "when", when, failed, compiled, compiled.programs, alone=bool(match.location))
        if not compiled.programs and not failed:
            found = self._expression(when, self._all, "")
            # Against all names there are, a name that is unknown may belong to a check that could not be read.
            if isinstance(found, ExpressionError) and not found.what.startswith(_UNKNOWN_NAME):
                entry.wrong(("when",), *in_rule_words(found, when))

    def _summary(self, entry: Entry, summary: Text, compiled: Compiled, match: Match) -> None:
        failed: dict[str, list[tuple[CheckDraft, ExpressionError]]] = {}
        for check in compiled.matched:
            facts = self._facts(check, match)
            if facts is None:
                continue
            key = (summary, id(facts))
            if key not in self._summaries:
                self._summaries[key] = _attempt_summary(summary, facts, check.traits.probe)
            found = self._summaries[key]
            if isinstance(found, ExpressionError):
                failed.setdefault(found.what, []).append((check, found))
            else:
                compiled.summaries[check.name] = found
        _tell(entry, "summary", "", failed, compiled, compiled.summaries, alone=bool(match.location))

    def _expression(self, when: str, facts: Facts, probe: str) -> Expression | ExpressionError:
        key = (when, id(facts))
        if key not in self._expressions:
            try:
                self._expressions[key] = compile_expression(when, facts, f"probe {probe}" if probe else "")
            except ExpressionError as error:
                self._expressions[key] = error
        return self._expressions[key]


def _attempt_summary(summary: Text, facts: Facts, probe: str) -> Summary | ExpressionError:
    try:
        return compile_summary(summary, facts, f"probe {probe}")
    except ExpressionError as error:
        return error


def _tell(
    entry: Entry,
    key: str,
    text: str,
    failed: Mapping[str, Sequence[tuple[CheckDraft, ExpressionError]]],
    compiled: Compiled,
    good: Mapping[str, object],
    *,
    alone: bool,
) -> None:
    """Reports one problem a rule and fault, however many checks it is about."""
    for cases in failed.values():
        check, error = cases[0]
        said, hint = in_rule_words(error, text) if key == "when" else (error.what, error.hint)
        if alone and said.startswith(_UNKNOWN_NAME) and "." in error.what:
            hint = "a rule about one location has what is measured there; for all of them take location out of match"
        if good:
            more = f" and {len(cases) - 1} more" if len(cases) > 1 else ""
            kind = check.traits.probe
            hint = f'this is wrong for check "{check.name}" (probe {kind}){more} and right for the others: narrow `match`'
            right = {one.traits.detector for one in compiled.matched if one.name in good}
            if len(right) == 1 and not right & {one.traits.detector for one, _ in cases}:
                hint += f', as by detector = "{right.pop()}"'
        entry.wrong((key,), said, hint)


def _match_of(entry: Entry) -> Match | None:
    """Returns the `match` of a rule that has other faults."""
    try:
        return Match.model_validate(entry.raw.get("match"))
    except ValidationError:
        return None


def _summary_of(rule: Draft[Rule]) -> Text | None:
    if rule.table is None:
        written = rule.entry.raw.get("summary")
        return Text(written, written) if isinstance(written, str) else None
    return rule.table.summary
