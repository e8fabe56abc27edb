"""The length of a test, and whether its expectations lie within."""

from __future__ import annotations

from collections.abc import Sequence

from watchtower.config.problems import Entry
from watchtower.replay.chart import span
from watchtower.rule_tests.rule_test import Expectation, Input
from watchtower.rule_tests.tests_file import DoTable, ExpectTable

_AT = ("alerts", "pending", "incidents")
_BETWEEN = ("fires", "resolves", "never")
_SAYS = (*_AT, "paged", *_BETWEEN)


def check_times(
    entry: Entry,
    actions: Sequence[tuple[Entry, DoTable]],
    expects: Sequence[Expectation],
    inputs: Sequence[Input],
) -> float:
    """Seconds that the test lasts: as long as its longest input, or up to its last moment where all are
    endless."""
    for key, tables in (("input", inputs), ("expect", expects)):
        if not tables:
            entry.wrong((key,), "must not be empty", f"write at least one [[test.{key}]]")
    for expectation in expects:
        _shape(expectation.entry, expectation.table)
    moments = [m for e in expects for m in (e.table.at, e.table.from_, e.table.until) if m is not None]
    moments += [one.at for _, one in actions]
    closed = [one.closed * one.every for one in inputs if one.closed is not None]
    lasts = max(closed) if closed else max(moments, default=0.0)
    for one in inputs:
        if one.closed is not None and one.closed * one.every < lasts - one.every / 2:
            what = f"ends after {span(one.closed * one.every)}, the test goes on to {span(lasts)}"
            one.entry.wrong((), what, 'end its lines with "..." to let the last poll go on')
    if not closed and not lasts:
        entry.wrong(("input",), "the test has no length", 'write how often a value comes, such as "40x10m"')
    for expectation in expects:
        given = expectation.table
        for key, moment in (("at", given.at), ("from", given.from_), ("until", given.until)):
            _within(expectation.entry, (key,), moment, lasts)
    for inner, action in actions:
        _within(inner, ("at",), action.at, lasts)
    return lasts


def _within(entry: Entry, path: tuple[str | int, ...], moment: float | None, lasts: float) -> None:
    if moment is not None and moment > lasts:
        what = f"{span(moment)} is after the end of the test, which is at {span(lasts)}"
        entry.wrong(path, what, 'write longer inputs, or end their lines with "..."')


def _shape(entry: Entry, table: ExpectTable) -> None:
    said = [key for key in _SAYS if getattr(table, key) is not None]
    if not said:
        entry.wrong((), "expects nothing", f"what can be expected: {', '.join(_SAYS)}")
    if table.at is not None and (table.from_ is not None or table.until is not None):
        entry.wrong(("at",), "a moment and a window at once", "write at, or from and until")
        return
    if table.from_ is not None and table.until is not None and table.until < table.from_:
        entry.wrong(("until",), "lies before from")
    for key in said:
        if key in _AT and table.at is None:
            entry.wrong((key,), "needs a moment", 'add at = "10m"')
        elif key in _BETWEEN and table.at is not None:
            entry.wrong((key,), "is about a window, not a moment", "write from and until instead of at")
