"""After the incident: what was learnt, and who does what by when."""

from __future__ import annotations

from dataclasses import dataclass

from watchtower.core.entry import Entry


@dataclass(frozen=True, slots=True)
class Review:
    """The review that people write, and its actions."""

    def after(self, entry: Entry) -> Review:
        """This slice of the story with one more entry of its own kind."""
        return self
