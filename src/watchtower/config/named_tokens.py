"""`WATCHTOWER_TOKENS`: tokens of programs, a line each: `grafana read 5f3a…`."""

from __future__ import annotations

import re
from typing import NamedTuple

from watchtower.fields import Secret

_SCOPE = re.compile(r"read|respond|worker|admin|push(:[^,\s]+)?|probe:[a-z0-9_-]*")


class NamedToken(NamedTuple):
    """`name` is who acts in the log."""

    name: str
    scopes: tuple[str, ...]
    secret: str


def named_tokens(text: str) -> list[NamedToken]:
    """All of them. Raises ValueError with everything that is wrong, never with a secret."""
    found, wrong = list[NamedToken](), list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or line.lstrip().startswith("#"):
            continue
        if len(words) != 3:
            wrong.append(f"line {number} is not NAME SCOPES TOKEN, such as grafana read 5f3a…")
            continue
        name, scopes, secret = words
        for one in scopes.split(","):
            if not _SCOPE.fullmatch(one):
                wrong.append(
                    f'line {number}: "{one[:50]}" is none of read, respond, worker, admin, push, push:CHECK, probe:LOCATION'
                )
        if len(name) > 100 or name.casefold() == "watchtower" or name in [one.name for one in found]:
            wrong.append(f'line {number}: "{name[:100]}" is too long, taken, or the daemon\'s own name')
        if (
            len(secret) < 16
            or not (secret.isascii() and secret.isprintable())
            or secret in [o.secret for o in found]
        ):
            wrong.append(
                f"line {number}: the token has fewer than 16 characters, others than ASCII, or stands here twice"
            )
        found.append(NamedToken(name, tuple(scopes.split(",")), secret))
    if wrong:
        raise ValueError("; ".join(wrong))
    return found


def usable(value: Secret) -> Secret:
    """Raises ValueError."""
    named_tokens(value.get_secret_value())
    return value
