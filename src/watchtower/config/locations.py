"""The locations of checks: which there are, and what can be wrong with them."""

from __future__ import annotations

from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.problems import did_you_mean
from watchtower.core.plan.checks import Check
from watchtower.core.plan.locations import Location
from watchtower.model import Text

_COUNTING = ("traffic", "ratio")
"""Detectors of counts: what several locations count is the same requests, several times."""


def locations_of(checks: ChecksDraft) -> dict[str, Location]:
    """Returns every location that a check names."""
    names = dict.fromkeys(name for check in checks.checks for name in check.traits.locations)
    declared = {name: one for name, one in checks.locations.items() if one.title.en}
    return {name: declared.get(name) or Location(title=Text(name, name)) for name in names}


def check_locations(draft: ChecksDraft) -> None:
    """Reports locations that are named twice or declared nowhere, numbers that can never agree, and checks that no
    location can make."""
    for check in draft.checks:
        if check.table is not None:
            _check(check, check.table, draft)


def _check(check: CheckDraft, table: Check, draft: ChecksDraft) -> None:
    entry, names, count = check.entry, table.locations, len(table.locations)
    if not names:
        if table.quorum:
            hint = 'name them, such as locations = ["inside", "hk", "sg"], or take this out'
            entry.wrong(("quorum",), "the check names no locations", hint)
        return
    for index, name in enumerate(names):
        if name in names[:index]:
            entry.wrong(("locations", index), f'"{name}" is named twice', "a location has one vote")
        elif draft.locations and draft.complete and name not in draft.locations:
            hint = did_you_mean(name, draft.locations, "locations") + f"; or declare it: [location.{name}]"
            entry.wrong(("locations", index), f'there is no location "{name}"', hint)
    if table.quorum > count:
        what = f"the quorum is {table.quorum}, and locations names {count}"
        entry.wrong(("quorum",), what, f"write {count} or less")
    if check.by_name:
        hint = "take this out: they may report to any daemon"
        entry.wrong(("locations",), f"the probe {check.traits.probe} gets what others report", hint)
    elif count > 1 and check.detector in _COUNTING:
        hint = "name one location, or write a check for each, with requests of its own"
        entry.wrong(("locations",), f"{count} locations would count the same requests {count} times", hint)
