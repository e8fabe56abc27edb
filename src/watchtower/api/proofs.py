"""The proofs in the forms of a link's page: that a person pressed the button, and how often.

What looks into mails follows links, runs scripts, and some of it posts forms. A proof is the value of the button itself,
so it is sent by whoever presses the button, not by a script that submits the form. It counts from a second after the page
was made, for an hour, and once. A form that nobody can see stands before the others: what sends that is a program, and
the other proofs of the page no longer count.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

SOONEST, LONGEST = 1.0, 3600.0
"""Seconds after the page was made between which its buttons can be pressed."""
TRAP = "nothing"
"""The action of the form that nobody can see."""
_KEPT = 10_000


class ProofState(StrEnum):
    """What a proof is worth. `OLD` is also what is none of ours, such as one from before a restart."""

    GOOD = "good"
    EARLY = "early"
    OLD = "old"
    USED = "used"


class Proofs:
    """Makes proofs, and remembers which were used. At a restart it forgets all: pages that are open are then shown again.
    With a `key` that daemons share it also takes the others' proofs, by the wall clock, so that what was pressed while one
    took over from another counts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, key: bytes = b"") -> None:
        self._key, self._clock = key or secrets.token_bytes(32), clock
        self._own = secrets.token_hex(4)
        self._used: dict[str, asyncio.Future[Any]] = {}
        self._barred: dict[str, None] = {}

    def showing(self) -> str:
        """A name for one showing of a page; it says when."""
        return f"{self._clock():.3f}-{time.time():.0f}-{self._own}-{secrets.token_hex(4)}"

    def make(self, showing: str, link: str, action: str) -> str:
        signed = "\0".join(("press", showing, link, action)).encode()
        return f"{showing}_{hmac.new(self._key, signed, hashlib.sha256).hexdigest()[:24]}"

    def look(self, proof: str, link: str, action: str) -> ProofState:
        """What this proof is worth for an action of this link's page, now."""
        showing = proof.rpartition("_")[0]
        if not hmac.compare_digest(proof.encode(), self.make(showing, link, action).encode()):
            return ProofState.OLD
        if action == TRAP:
            _keep(self._barred, showing, None)
        if showing in self._barred:
            return ProofState.OLD
        if name_of(proof) in self._used:
            return ProofState.USED
        made, at, by, _ = showing.split("-")
        # Another machine's clock may be ahead.
        age = self._clock() - float(made) if by == self._own else max(SOONEST, time.time() - float(at))
        return ProofState.EARLY if age < SOONEST else ProofState.OLD if age > LONGEST else ProofState.GOOD

    def use(self, proof: str) -> asyncio.Future[Any]:
        """Takes it. The future is for the result of its action, which `result` tells to who sends the form again."""
        result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        _keep(self._used, name_of(proof), result)
        return result

    def give_back(self, proof: str) -> None:
        """Its action could not be carried out: it may be sent again."""
        self._used.pop(name_of(proof)).cancel()

    async def result(self, name: str) -> Any:
        """The result of the action whose proof has this name, once there is one; None for one that is not known."""
        result = self._used.get(name)
        return None if result is None else await asyncio.shield(result)


def name_of(proof: str) -> str:
    """A used proof's name in addresses: it opens nothing."""
    return proof.rpartition("_")[2]


def _keep(kept: dict[str, Any], name: str, value: object) -> None:
    kept[name] = value
    if len(kept) > _KEPT:
        del kept[next(iter(kept))]
