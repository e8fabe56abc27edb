"""Degradation plans: suggested, approved, run, verified, rolled back."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.entry import Entry


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of degradation plans."""

    def after(self, entry: Entry) -> Runs:
        """This slice of the story with one more entry of its own kind."""
        return self
