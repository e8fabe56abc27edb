"""Warns of budgets that cannot carry the pages of one P0: two hours of it are played with the people and the paging of the
plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from watchtower.config.rule_drafts import RulesDraft
from watchtower.core.incident.incidents import Page
from watchtower.core.notify.channel_choice import chosen, kind_of
from watchtower.core.plan import Plan
from watchtower.model import Severity

LINTS: Mapping[str, str] = {
    "small-budget": "a channel's budget that cannot carry the pages of one P0 of two hours",
}


def warn(rules: RulesDraft, plan: Plan) -> None:
    """Call this only when no problem was reported. Budgets that are neither written nor a vendor's own are not played."""
    written = {
        name: draft.entry
        for name, draft in rules.channel_drafts.items()
        if draft.entry.raw.get("budget") or draft.entry.raw.get("provider")
    }
    if not written or not any(Severity.P0 in rule.levels for rule in plan.rules.values()):
        return
    from watchtower.config.budget_play import play  # the engine, which few files need

    sent, held = play(plan, datetime.now(UTC).timestamp())
    for name, entry in written.items():
        people = [one for one in plan.responders.values() if kind_of(name) in one.addresses]
        mine = [one.name for one in people if name == chosen(plan.channels, one, kind_of(name))[0]]
        worst = max(mine, key=lambda who: len(held.get((who, kind_of(name)), ())), default="")
        lacking = held.get((worst, kind_of(name)), ())
        if lacking:
            budget = ", ".join(map(str, plan.channels[name].budget))
            carried = _counted(sent.get((worst, kind_of(name)), ()))
            what = f"of a P0 of two hours that nobody acknowledges, {budget} carries to {worst} {carried}"
            what = f"{what}; not {_counted(lacking)}"
            hint = "these go by this person's other channels; ask the provider for more, and have alarm phones allow-listed"
            entry.doubtful("small-budget", ("budget",), what, hint)


def _counted(pages: Sequence[Page]) -> str:
    """`1 first page, 23 reminders, 1 all-clear`."""
    words = Counter(_word(page) for page in pages)
    return (
        ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for word, count in words.items()) or "nothing"
    )


def _word(page: Page) -> str:
    traits = page.kind.traits
    if traits.ends:
        return "all-clear"
    return "first page" if traits.tells_duty else "reminder" if traits.repeats else "update"
