"""Passwords: hashed by Argon2 in a thread, one at a time, so that a storm of guesses takes the memory of one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from watchtower.access.refusals import TooBusy

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
"""Characters."""
WAITING = 8
"""Guesses that may wait for their turn; a hash takes 26 ms."""


def unusable(password: str, name: str) -> bool:
    """Whether it is too short, too long, the name itself, or of hardly any different characters."""
    few = len(set(password.casefold())) < 5
    return not SHORTEST <= len(password) <= LONGEST or few or password.casefold().startswith(name.casefold())


class Passwords:
    """Owned by the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="passwords")
        self._inside = 0

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's least

    @cached_property
    def _nobodys(self) -> str:
        """The hash that is compared for an account that is not there, so that it takes as long."""
        return self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Raises TooBusy."""
        return await self._run(password, None) or ""

    async def right(self, password: str, hashed: str) -> tuple[bool, str]:
        """Whether this is the password, and a new hash where the old one was made with other settings. An empty `hashed`
        is nobody's, and takes as long. Raises TooBusy."""
        new = await self._run(password[: LONGEST + 1], hashed)
        return new is not None, new or ""

    async def _run(self, password: str, hashed: str | None) -> str | None:
        if self._inside >= WAITING:
            raise TooBusy("too many passwords are being tried")
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._work, password, hashed
            )
        finally:
            self._inside -= 1

    def _work(self, password: str, hashed: str | None) -> str | None:
        """Makes a hash, or compares: None where it is wrong, "" where it is right, a new hash where that is due."""
        from argon2.exceptions import Argon2Error, InvalidHashError

        if hashed is None:
            return self._hasher.hash(password)
        try:
            self._hasher.verify(hashed or self._nobodys, password)
        except (Argon2Error, InvalidHashError):
            return None
        if not hashed:
            return None
        return self._hasher.hash(password) if self._hasher.check_needs_rehash(hashed) else ""
