"""What the configuration says of roles and rotas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from watchtower.core.people.rota import Rota
from watchtower.model import Text

NEXT = "next"
"""As a backup: whoever comes next on the rota."""


@dataclass(frozen=True, slots=True)
class Role:
    """Who fills a role: `primary` (all of them), or who is on call on the `rota`; `backup` when these are not there or
    do not answer. `duty` is what the role is to do, told to who fills it; None: the text that we ship, if any."""

    name: str
    primary: tuple[str, ...] = ()
    rota: str = ""
    backup: tuple[str, ...] = ()
    duty: Text | None = None


@dataclass(frozen=True, slots=True)
class PeoplePolicy:
    """Roles and rotas by name. Roles that are not here are filled by the responders that name them."""

    roles: Mapping[str, Role] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
