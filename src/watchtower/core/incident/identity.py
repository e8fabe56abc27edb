"""The identity of an incident for outside, which no two faults share, and which two daemons give the same fault.

Where several daemons may lead, one that cannot reach the store goes on paging about what is urgent, while another may take
over with what the store has. Both would give the next number to different faults, and each its own to the same one. So
what receivers recognise a page by is a word of what the incident is about, of the term in which it began, and of how often
that had failed before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from hashlib import blake2b

from watchtower.core.incident.alerts import Alert
from watchtower.model import Instant
from watchtower.values import Mutable, field

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_WORD, _SPOKEN = 10, 6
"""Letters of a word, and of its beginning, by which people call an incident that has no number yet."""
OVERLAP = 5.0
"""Seconds for which a leader that was cut off may go on beside its successor, until it hears of it."""
TOLD_AS = re.compile(rf"INC-[{_LETTERS}]{{{_SPOKEN}}}")
"""Such a name."""


def told_as(incident: str, origin: str) -> str:
    """`INC-KFDBMT`: what stands for the number of this incident where another daemon may give the same number to another
    fault; its number where none can."""
    word = origin.rpartition("-")[2]
    return f"INC-{word[:_SPOKEN]}" if word.isalpha() and word.isupper() else incident


class Identities(Mutable):
    """`term` is a token of who leads; empty where no other daemon may. `before` is that of who led before, who may have told
    of more than the store knows, and `left` how many incidents of each key it left there."""

    term: str = ""
    before: str = ""
    left: Mapping[str, int] = field(default_factory=dict)
    _opened: Counter[str] = field(default_factory=Counter)
    _first: dict[tuple[str, str], Instant] = field(default_factory=dict)
    _shared: set[str] = field(default_factory=set)

    def looked(self, series: tuple[str, str], at: Instant) -> None:
        """Remembers when each series was first looked at in this term."""
        if self.before:
            self._first.setdefault(series, at)

    def origin(self, instance: str, key: str, alert: Alert, at: Instant, told: str = "") -> str:
        """The origin of an incident with this key, which this alert opens; `told`: with which another daemon has told of
        it."""
        if told:
            self._shared.add(told)
            return told
        if not (instance and self.term):
            return f"{instance}-{int(at):x}" if instance else ""
        opened, self._opened[key] = self._opened[key], self._opened[key] + 1
        first = self._first.get((alert.check, alert.series))
        if first is not None and alert.holds_since is not None and alert.holds_since <= first + OVERLAP:
            # Bad at our first look, or when the one before may not have heard of us yet: it may have told of it.
            shared = f"{instance}-{_word(key, self.before, self.left.get(key, 0) + opened)}"
            self._shared.add(shared)
            return shared
        return f"{instance}-{_word(key, self.term, opened)}"

    def told_as(self, incident: str, origin: str) -> str:
        """By which name the daemon that led before may have told of this incident; empty where it cannot have."""
        return told_as(incident, origin) if origin in self._shared else ""


def _word(*parts: object) -> str:
    digest = blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    number, out = int.from_bytes(digest, "big"), ""
    for _ in range(_WORD):
        number, letter = divmod(number, len(_LETTERS))
        out += _LETTERS[letter]
    return out
