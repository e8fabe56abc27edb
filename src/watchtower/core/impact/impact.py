"""What an incident costs: expected minus observed, by flow."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.entry import Entry


@dataclass(frozen=True, slots=True)
class Impact:
    """The newest numbers."""

    def after(self, entry: Entry) -> Impact:
        """This slice of the story with one more entry of its own kind."""
        return self
