"""The result of reading a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from watchtower.config.secrets import Secrets
from watchtower.core.plan import Plan
from watchtower.errors import Problem
from watchtower.fields import Secret
from watchtower.values import Frozen, field

Texts = Mapping[Path, bytes]
"""What each file of the configuration said, compressed. Files of secrets are not among them."""


class Loaded(Frozen):
    """It holds what the files mean, the secrets to keep out of texts, and the files and folders to watch for changes."""

    plan: Plan
    secrets: Secrets
    files: tuple[Path, ...] = ()
    warnings: tuple[Problem, ...] = ()
    tokens: Secret | None = None
    """WATCHTOWER_TOKENS, or what its file holds now."""
    texts: Texts = field(default_factory=dict)


def nothing_judged(plan: Plan, rules: Path) -> list[Problem]:
    """Returns a problem when there is no rule: the file is probably empty. (A reload of it is held.)"""
    if plan.rules:
        return []
    what = "there is no [[rule]] in this file: nothing would be evaluated, and nobody paged"
    return [
        Problem(
            str(rules),
            1,
            "",
            what,
            "is the file empty or cut off? write a [[rule]] with name, match, when and severity",
        )
    ]
