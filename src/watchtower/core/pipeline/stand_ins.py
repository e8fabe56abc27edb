"""The stage of on-call overrides: people make and take them back."""

from __future__ import annotations

from watchtower.core.events import OverrideAsked, OverrideEnded, Refused
from watchtower.core.people.overrides import BOOK, OverrideCancelled, ShiftOverridden
from watchtower.core.state import Step


def handle(step: Step, event: OverrideAsked | OverrideEnded) -> None:
    """Carries out what a person asks for, or refuses it with the reason."""
    book = step.state.overrides
    book.forget(step.at)
    why = ""
    match event:
        case OverrideAsked(asked):
            why = book.why_not(step.plan, asked, step.at)
            if not why:
                made = ShiftOverridden(
                    f"O-{book.last + 1}", asked.schedule, asked.who, asked.begins_at, asked.ends_at
                )
                step.log(BOOK, made, asked.reason, asked.by)
        case OverrideEnded(id, by):
            if id in book.overrides:
                step.log(BOOK, OverrideCancelled(id), "", by)
            else:
                why = f"there is no override {id}, or it is over"
    if why:
        step.decide(Refused(step.at, "refused", "", why))
