"""Roles of people, scopes of tokens, and the caller: who asks, as far as that is proven."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from watchtower.model import AccessRole
from watchtower.values import Frozen


class SignInMethod(StrEnum):
    """How a caller is known. `SHARED` is the API token of the daemon: it proves a right, and no person."""

    NOBODY = "nobody"
    SHARED = "shared"
    TOKEN = "token"  # noqa: S105 - a word
    SESSION = "session"


WORKER, PUSH = "worker", "push"
SCOPES = {
    "read": AccessRole.VIEW,
    "respond": AccessRole.RESPOND,
    WORKER: AccessRole.VIEW,
    "admin": AccessRole.ADMIN,
}
EVERY_CHECK = "*"


class Principal(Frozen):
    """`name` is proven, and empty where only a right is. `session` is the key of the session, for its forms. `checks` are
    those to which it may push."""

    way: SignInMethod = SignInMethod.NOBODY
    name: str = ""
    role: AccessRole | None = None
    checks: frozenset[str] = frozenset()
    session: str = ""

    def may(self, needed: AccessRole) -> bool:
        return self.role is not None and self.role.covers(needed)

    def pushes(self, check: str) -> bool:
        return self.may(AccessRole.ADMIN) or not self.checks.isdisjoint((check, EVERY_CHECK))

    def via(self, place: str) -> str:
        """How an action came: `place` ("api", "board") where a name is only claimed, else what proves it."""
        return self.way if self.name else place


def granted(scopes: Iterable[str], owner: AccessRole) -> tuple[AccessRole | None, frozenset[str]]:
    """What a token with these scopes may do: never more than its owner now. Its role, and the checks to push to."""
    roles = [SCOPES[scope] for scope in scopes if scope in SCOPES]
    role = max(roles, key=list(AccessRole).index, default=None)
    if role is not None and not owner.covers(role):
        role = owner
    checks = frozenset(
        scope.partition(":")[2] or EVERY_CHECK
        for scope in scopes
        if scope == WORKER or scope.partition(":")[0] == PUSH
    )
    return role, checks if owner.covers(AccessRole.RESPOND) else frozenset()


def wrong_scope(scopes: Iterable[str]) -> str:
    """The first that is no scope; "" where all are."""
    for scope in scopes:
        word, colon, check = scope.partition(":")
        if not (scope in (*SCOPES, PUSH) or (word == PUSH and colon and check)):
            return scope
    return ""
