"""Loads the plan for a replay. Nothing is sent, so secrets are not needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.config.stand_ins import StandIns


def load_for_replay(
    rules: Path, checks: Path, environ: Mapping[str, str], note: Callable[[str], None] = lambda _: None
) -> Loaded:
    """The plan of these files, with placeholders for secrets that are not set. `note` gets warnings, one a
    call. Raises errors.ConfigError."""
    standing_in = StandIns(environ, rules, checks)
    loaded = load(rules, checks, standing_in, sending=False)
    for warning in loaded.warnings:
        note(f"warning: {warning}")
    if standing_in.used:
        note(f"not set, and not needed here: {', '.join(sorted(standing_in.used))}")
    return loaded
