"""What a configuration means, once it was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from watchtower.config.secrets import Secrets
from watchtower.core.plan import Plan
from watchtower.errors import Problem


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the files mean; the secrets to keep out of texts; what to watch for changes (files and folders)."""

    plan: Plan
    secrets: Secrets
    files: tuple[Path, ...] = ()
    warnings: tuple[Problem, ...] = ()
