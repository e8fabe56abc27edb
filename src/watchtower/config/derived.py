"""Checks that are derived from others: these must be there, and must measure what is asked of them."""

from __future__ import annotations

from watchtower.config.check_drafts import CheckDraft, ChecksDraft
from watchtower.config.problems import did_you_mean
from watchtower.core.plan.checks import BASE_FACTS


def check_derived(draft: ChecksDraft) -> None:
    """Reports every count that nothing measures."""
    checks = {check.name: check for check in draft.checks}
    for check in draft.checks:
        if check.traits.probe == "derive" and check.settings is not None:
            for side in ("part", "whole"):
                for text in getattr(check.settings, side):
                    _check_count(check, side, text, checks, draft.complete)


def counted_for_others(draft: ChecksDraft) -> set[str]:
    """The names of checks from which others are derived."""
    from watchtower.probes.derive import counted_by

    derived = [check.settings for check in draft.checks if check.traits.probe == "derive" and check.settings]
    return {counted_by(text).check for settings in derived for text in (*settings.part, *settings.whole)}


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
    if there.facts is not None and source.measurement not in there.facts:
        own = [name for name in there.facts if name not in BASE_FACTS and "." not in name]
        what = f'check "{source.check}" has no measurement "{source.measurement}"'
        check.entry.wrong(
            (side,), what, did_you_mean(source.measurement, own, f"measurements of {source.check}")
        )
