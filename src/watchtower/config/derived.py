"""Checks that are derived from others: these must be there, and must measure what is asked of them."""

from __future__ import annotations

from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.problems import did_you_mean
from watchtower.core.plan.checks import BASE_FACTS
from watchtower.fields import format_duration
from watchtower.model import FactKind, Unit

_COUNTED = (Unit.NONE, Unit.MONEY)
"""Values of these units can be added up."""
_SIDES = {"derive": ("part", "whole"), "reconcile": ("left", "right")}
"""The settings that name what other checks measure, by the probe."""


def check_derived(draft: ChecksDraft) -> None:
    """Reports every count that nothing measures."""
    checks = {check.name: check for check in draft.checks}
    for check in draft.checks:
        sides = _SIDES.get(check.traits.probe, ())
        if not sides or check.settings is None:
            continue
        for side in sides:
            for text in getattr(check.settings, side):
                _check_count(check, side, text, checks, draft.complete)
        if check.traits.probe == "derive":
            _check_times(check, checks)
        one, other = sides
        if set(getattr(check.settings, one)) == set(getattr(check.settings, other)):
            check.entry.wrong(
                (one,), f"is the same as {other}: their ratio is always 1, and their difference 0"
            )


def sources_of(check: CheckDraft) -> list[str]:
    """The names of the checks from which this one is derived."""
    from watchtower.probes.derive import counted_by

    sides = _SIDES.get(check.traits.probe, ()) if check.settings else ()
    return [counted_by(text).check for side in sides for text in getattr(check.settings, side)]


def counted_for_others(draft: ChecksDraft) -> set[str]:
    """Returns the names of checks from which others are derived."""
    return {name for check in draft.checks for name in sources_of(check)}


def _check_count(
    check: CheckDraft, side: str, text: str, checks: dict[str, CheckDraft], complete: bool
) -> None:
    from watchtower.probes.derive import counted_by

    source = counted_by(text)
    there = checks.get(source.check)
    if there is None or there is check:
        if complete:
            others = [name for name in checks if name != check.name]
            what = "it cannot be derived from itself" if there else f'there is no check "{source.check}"'
            check.entry.wrong((side,), what, did_you_mean(source.check, others, "checks"))
        return
    known = there.facts
    own = (
        {}
        if known is None
        else {name: one for name, one in known.items() if name not in BASE_FACTS and "." not in name}
    )
    counts = [name for name, fact in own.items() if fact.kind is FactKind.NUMBER and fact.unit in _COUNTED]
    if known is not None and source.measurement not in counts:
        what = f'check "{source.check}" has no measurement "{source.measurement}"'
        if source.measurement in known:
            what = f'"{source.measurement}" of check "{source.check}" is no count'
        check.entry.wrong(
            (side,), what, did_you_mean(source.measurement, counts, f"counts of {source.check}")
        )


def _check_times(check: CheckDraft, checks: dict[str, CheckDraft]) -> None:
    """Reports counts that cannot be set in proportion: their times are too different."""
    from watchtower.probes.derive import counted_by

    named = [
        [checks.get(counted_by(text).check) for text in texts]
        for texts in (check.settings.part, check.settings.whole)
    ]
    if any(one is None or one.traits.probe == "push" for side in named for one in side):
        return  # a push covers the time since the one before
    short, long = sorted(max(one.every or 0.0 for one in side if one) for side in named)
    if long > 2.0 * max(short, check.every or 0.0):
        slow = format_duration(long)
        what = f"one of its counts comes every {slow}: it never covers the same time as the other"
        check.entry.wrong(("every",), what, f'write every = "{slow}"')
