"""Shows the comparison of two backtests: alerts that were added, removed or changed, and pages for each
person."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from watchtower.model import Instant, Language
from watchtower.replay.comparison import Comparison, Firing, FiringChange
from watchtower.replay.report import STYLES, moment
from watchtower.texts.units import duration_words

_STYLES = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def show(found: Comparison, end: Instant, console: Console) -> None:
    """The table of alerts, the table of people, and one sentence."""
    if found.changes:
        console.print(_alerts(found, end))
    if found.graded:
        console.print(_graded(found))
    if found.pages:
        console.print(_people(found))
    if not found.differs:
        console.print(f"Nothing changes: {_many(found.same, 'alert')}, the same pages.")
        return
    count = {kind: sum(change.kind == kind for change in found.changes) for kind in _STYLES}
    alerts = ", ".join(f"{n} {kind}" for kind, n in count.items() if n) or "none differs"
    if found.graded:
        console.print(f"Incidents: {len(found.graded)} graded otherwise.")
    old, new = (sum(pair[n] for pair in found.pages.values()) for n in (0, 1))
    console.print(
        f"Alerts: {alerts}, {found.same} as before. Pages: {old} before, {new} now.", soft_wrap=True
    )


def _alerts(found: Comparison, end: Instant) -> Table:
    table = Table(title="What the new rules change", title_justify="left", pad_edge=False)
    table.add_column("")
    table.add_column("Fires (UTC)", no_wrap=True)
    table.add_column("Alert", ratio=2, overflow="fold")
    table.add_column("Old", ratio=1, overflow="fold")
    table.add_column("New", ratio=1, overflow="fold")
    for change in found.changes:
        sign, style = _STYLES[change.kind]
        one = change.either
        name = f"{one.rule} on {one.check}{f'[{one.series}]' if one.series else ''}"
        table.add_row(Text(sign, style), moment(one.begin), name, _old(change, end), _new(change, end))
    return table


def _graded(found: Comparison) -> Table:
    table = Table(title="Incidents that are graded otherwise", title_justify="left", pad_edge=False)
    table.add_column("Old")
    table.add_column("New")
    table.add_column("Opened (UTC)", no_wrap=True)
    table.add_column("Why", overflow="fold")
    for one in found.graded:
        old, new = one.old.severity, one.new.severity
        why = one.new.explanation or f"{new} by its rule."
        table.add_row(
            Text(old, STYLES[old]),
            Text(new, STYLES[new]),
            moment(one.new.opened_at),
            f"{one.new.title}: {why}",
        )
    return table


def _old(change: FiringChange, end: Instant) -> str:
    return _lasted(change.old, end) if change.old else ""


def _new(change: FiringChange, end: Instant) -> str:
    if change.new is None:
        return ""
    said = _lasted(change.new, end)
    if change.old is None or change.old.begin == change.new.begin:
        return said
    moved = change.new.begin - change.old.begin
    return f"{said}, {duration_words(abs(moved), Language.EN)} {'later' if moved > 0 else 'earlier'}"


def _lasted(one: Firing, end: Instant) -> str:
    until = end if one.end is None else one.end
    return f"{one.severity} {duration_words(until - one.begin, Language.EN)}"


def _people(found: Comparison) -> Table:
    table = Table(title="Whom they wake", title_justify="left", pad_edge=False)
    table.add_column("Who")
    for name in ("Old", "New", "", "at night: old", "new"):
        table.add_column(name, justify="right")
    for (responder, channel), (old, new) in found.pages.items():
        before, after = found.nights[responder, channel]
        step = Text(
            f"{new - old:+d}" if new != old else "=", "red" if new > old else "green" if new < old else ""
        )
        table.add_row(f"{responder} by {channel}", str(old), str(new), step, str(before), str(after))
    return table


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
