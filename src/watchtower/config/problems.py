"""Collecting what is wrong, each with its place, so that people can mend it all at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from watchtower.config.lines import Lines, Step
from watchtower.errors import Problem
from watchtower.values import Frozen, Mutable, field, replace

_CLOSE = 0.6


class Report(Mutable):
    """Everything found so far. The same thing in the same place is said once."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def problem(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def warning(self, problem: Problem) -> None:
        if problem not in self.warnings:
            self.warnings.append(problem)


class Entry(Frozen):
    """One table of a file: what people call it, where it stands and what it says.

    `raw` is the table after `${…}` was filled in; `unset` are the paths in it that could not be.
    """

    file: str
    lines: Lines
    loc: tuple[Step, ...]
    label: str
    raw: Mapping[str, Any]
    report: Report
    unset: frozenset[tuple[Step, ...]] = frozenset()
    filled: frozenset[tuple[Step, ...]] = frozenset()
    """Paths whose value came from the environment."""

    def having(self, raw: Mapping[str, Any]) -> Entry:
        """Returns the same place with these keys."""
        return Entry(self.file, self.lines, self.loc, self.label, raw, self.report, self.unset, self.filled)

    def line(self, *path: Step) -> int:
        return self.lines.line((*self.loc, *path))

    @property
    def place(self) -> str:
        """`checks/checkout.toml:12`"""
        return f"{self.file}:{self.line()}"

    def at(self, path: Sequence[Step], what: str, hint: str = "") -> Problem:
        """Returns a problem at a key of this table."""
        where = ": ".join(part for part in (self.label, dotted(path)) if part)
        return Problem(self.file, self.line(*path), where, what, hint)

    def wrong(self, path: Sequence[Step], what: str, hint: str = "") -> None:
        variable = re.search(r'"\$([A-Za-z_]\w*)"', what)
        if variable and not hint:
            hint = f'write "${{{variable[1]}}}" for the environment variable {variable[1]}'
        self.report.problem(self.at(path, what, hint))

    def look_up(
        self, path: Sequence[Step], kind: str, name: str, known: Iterable[str], what: str = "", otherwise: str = ""
    ) -> bool:  # fmt: skip
        """Returns whether there is such a thing. Reports a fault where `name` is none of those
        `known`, which are called `what`."""
        if name in known:
            return True
        several = what or (f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s")
        self.wrong(path, f'there is no {kind} "{name}"', did_you_mean(name, known, several) or otherwise)
        return False

    def unknown(self, path: Sequence[Step], hint: str) -> None:
        """Reports a key that means nothing here."""
        place = self.at(path[:-1], f'unknown key "{path[-1]}"', hint)
        self.report.problem(replace(place, line=self.line(*path)))

    def doubtful(self, name: str, path: Sequence[Step], what: str, hint: str = "") -> None:
        """Warns, under the name by which the warning can be ignored."""
        self.report.warning(replace(self.at(path, what, hint), name=name))

    def text(self, key: str) -> str:
        """Returns a text as it was written, however wrong the rest is; empty when there is none."""
        value = self.raw.get(key)
        return value if isinstance(value, str) else ""

    def inner(self, *path: Step, label: str = "") -> Entry:
        """Returns the table at `path` in this one."""
        raw: Any = self.raw
        for step in path:
            raw = raw[step]
        size = len(path)
        return replace(
            self,
            loc=(*self.loc, *path),
            label=label or self.label,
            raw=raw,
            unset=frozenset(p[size:] for p in self.unset if p[:size] == path),
            filled=frozenset(p[size:] for p in self.filled if p[:size] == path),
        )


def dotted(path: Sequence[Step]) -> str:
    """`("steps", 1, "en")` as people count it: `steps[2].en`."""
    out = ""
    for step in path:
        out += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if out else step
    return out


RENAMED = {
    "agree": "quorum",
    "blind": "no_data",
    "blind_after": "no_data_after",
    "duty": "description",
    "http2": "http_version",
    "ladder": "thresholds",
    "level": "severity",
    "levels": "severities",
    "rota": "schedule",
    "rota-gap": "schedule-gap",
    "traffic.surprise": "traffic.anomaly_score",
    "unused-rota": "unused-schedule",
    "weak_agree": "weak_for",
}
"""Keys of an earlier release -> what they are called now, so that the hint names it."""


def did_you_mean(name: str, known: Iterable[str], what: str = "", limit: int = 12) -> str:
    """Gives a hint: the nearest known name, then all that there are."""
    names = sorted(set(known))
    renamed = RENAMED.get(name)
    folded = {known.lower(): known for known in names}
    close = [folded[one] for one in difflib.get_close_matches(name.lower(), folded, n=1, cutoff=_CLOSE)]
    close = [renamed] if renamed in names else close
    parts = [f'did you mean "{close[0]}"?'] if close else []
    if names and what:
        rest = f" and {len(names) - limit} more" if len(names) > limit else ""
        parts.append(f"{what}: {', '.join(names[:limit])}{rest}")
    return " ".join(parts)
