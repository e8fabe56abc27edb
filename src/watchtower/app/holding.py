"""Holds a reload that would drop much, because an empty, truncated or missing file is seldom intended."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

from watchtower.app.watch import Signature
from watchtower.config.loaded import Loaded, Texts
from watchtower.core.plan import Plan
from watchtower.errors import Problem
from watchtower.values import Frozen, field

HINT = "if it is meant so: watchtower reload --confirm"


class Held(Frozen):
    """Files that looked like `seen` when they were read, and what taking them would drop. Nothing but a person's word
    lets it through where `all` rules or people would go; else `until` does, if the files stay as they are."""

    problems: tuple[Problem, ...]
    seen: Signature
    all: bool
    until: float
    """By the monotonic clock."""
    at: float = field(default_factory=time.time)


def hash_of(texts: Texts) -> str:
    """The same for files of the same names and texts, wherever they lie. Takes a while for many files."""
    known = sorted((file.name, zlib.decompress(text)) for file, text in texts.items())
    return blake2b(repr(known).encode(), digest_size=6).hexdigest()


def weigh(old: Loaded, new: Loaded, rules: Path) -> tuple[list[Problem], bool]:
    """Returns what the reload would drop, and whether no rule or no responder would be left."""
    names, left = _names(old.plan), {kind: set(some) for kind, some in _names(new.plan).items()}
    every = [kind for kind in ("rule", "responder") if names[kind] and not left[kind]]
    found = [
        Problem(str(rules), 1, "", f"every {kind} is gone: {_some(names[kind])}", HINT) for kind in every
    ]
    gone = [f'{kind} "{name}"' for kind in names for name in names[kind] if name not in left[kind]]
    if gone:
        found += [
            Problem(str(file), 1, "", f"{what}: {_some(gone)}", HINT)
            for file, what in _less(old.texts, new.texts)
        ]
    return found, bool(every)


def _names(plan: Plan) -> Mapping[str, Sequence[str]]:
    return {
        "rule": list(plan.rules), "responder": list(plan.responders), "check": list(plan.checks),
        "flow": list(plan.flows), "procedure": [sop.name for sop in plan.sops.values() if not sop.shipped],
        "degradation plan": list(plan.degrade), "drill": list(plan.drills), "role": list(plan.people.roles),
        "channel": [str(name) for name in plan.channels],
    }  # fmt: skip


def _less(before: Texts, after: Texts) -> Iterable[tuple[Path, str]]:
    """Files that were not empty and now are, or that end where they went on before."""
    for file, packed in before.items():
        then, now = zlib.decompress(packed), zlib.decompress(after.get(file, _NOTHING))
        if now == then or not _says(then):
            continue
        if not _says(now):
            yield (
                file,
                "it is gone, and with it" if file not in after else "it holds nothing any more; missing",
            )
        elif then.startswith(now.rstrip()):
            yield file, "it looks cut off; missing"


def _says(text: bytes) -> bool:
    """Whether a file has more than blanks and comments."""
    lines = (line.strip() for line in text.removeprefix(b"\xef\xbb\xbf").splitlines())
    return any(line and not line.startswith(b"#") for line in lines)


def _some(names: Sequence[str], most: int = 5) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


_NOTHING = zlib.compress(b"")
