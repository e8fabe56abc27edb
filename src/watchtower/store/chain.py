"""The chain of hashes through the log of an incident, and the daily root over all logs.

An entry's digest is the SHA-256 of its text, its chain the SHA-256 of the chain before it and of its digest: whoever
changes, removes or inserts an entry must change all chains after it, and the roots of all days since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from json import JSONEncoder
from typing import Any

from watchtower.model import Instant
from watchtower.values import Frozen

_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Head = tuple[str, int, str]
"""How far a log has come: its incident, and the number and chain of its last entry."""


def entry_text(incident: str, at: Instant, kind: str, detail: str, actor: str, data: str) -> str:
    """One entry as a JSON array on one line; `data` is JSON already. Different entries have different texts."""
    return f"{_encode([incident, at, kind, detail, actor])[:-1]},{data}]"


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def link(before: str, digest_: str) -> str:
    """The chain after an entry: `before` is that of the entry before, empty for the first."""
    return sha256((before + digest_).encode()).hexdigest()


class LogRoot(Frozen):
    """The root of a day in UTC, `2026-11-28`: it covers the roots before it and `heads`, the logs that grew since."""

    day: str
    heads: str
    """A JSON array of heads."""
    root: str

    @classmethod
    def after(cls, before: str, day: str, heads: Iterable[Head]) -> LogRoot:
        """The root of this day; `before` is the root of an earlier day, empty for the first."""
        text = _encode(list(heads))
        return cls(day, text, link(before, digest(f"{day} {text}")))


def grown(heads: Iterable[Head], rooted: Mapping[str, Any]) -> Iterable[Head]:
    """The heads whose chain is not among those of the roots before."""
    return (head for head in heads if rooted.get(head[0]) != head[2])
