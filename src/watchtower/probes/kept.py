"""What probes must still know after a restart: a small table a check, which the daemon saves in its store."""

from __future__ import annotations

from typing import Any


class Kept:
    """Notes by check. `unsaved` is set whenever one changes."""

    def __init__(self) -> None:
        self.notes: dict[str, dict[str, Any]] = {}
        self.unsaved = False

    def of(self, check: str) -> dict[str, Any]:
        """The check's own, of values that JSON has; call `changed` after a change."""
        return self.notes.setdefault(check, {})

    def changed(self) -> None:
        self.unsaved = True

    def state(self) -> dict[str, dict[str, Any]]:
        """All of them."""
        return self.notes

    def restore(self, state: dict[str, dict[str, Any]]) -> None:
        """Adds those of an earlier run."""
        self.notes.update(state)
