"""One test of the rules: what goes in, what people do, and what is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchtower.config.problems import Entry
from watchtower.core.plan.checks import Check
from watchtower.model import Instant
from watchtower.replay.people_actions import PersonAction
from watchtower.rule_tests.notation import Strand
from watchtower.rule_tests.tests_file import DoTable, ExpectTable, TestTable
from watchtower.values import Frozen


class Input(Frozen):
    """The samples of one series of a check: strands of equal length where they are closed. `every` in
    seconds."""

    entry: Entry
    check: Check
    series: str
    every: float
    measured: Mapping[str, Strand]
    outcome: Strand | None
    reason: str
    main: str
    locations: tuple[str, ...] = ("",)

    @property
    def strands(self) -> list[Strand]:
        return [*self.measured.values(), *([self.outcome] if self.outcome else [])]

    @property
    def closed(self) -> int | None:
        """The number of polls; None when it goes on to the end."""
        return max((len(s) for s in self.strands if not s.open), default=None)


class Expectation(Frozen):
    entry: Entry
    table: ExpectTable


class ExpectedAction(Frozen):
    """What somebody does, and whether it is `refused`."""

    entry: Entry
    table: DoTable
    action: PersonAction


class RuleTest(Frozen):
    """One test, ready to be played. `lasts` is its length in seconds."""

    entry: Entry
    table: TestTable
    start: Instant
    lasts: float
    inputs: Sequence[Input]
    actions: Sequence[ExpectedAction]
    expects: Sequence[Expectation]

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def place(self) -> str:
        return self.entry.place
