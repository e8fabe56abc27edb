"""Reads the few series that a check wants out of a Prometheus or OpenMetrics exposition.

Expositions run to tens of thousands of lines, and a check wants a handful: the lines are found by their
name with a plain text search, and only those are taken apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping

from watchtower.probes.selectors import Selector, unescape
from watchtower.values import Frozen

Labels = tuple[tuple[str, str], ...]
"""A series' labels, sorted: what tells it from the others of its name."""

_HEAD = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*(\{)?")
_LABEL = re.compile(
    r'\s*(?:"((?:[^"\\]|\\.)*)"|([a-zA-Z_][a-zA-Z0-9_]*))\s*(?:=\s*"((?:[^"\\]|\\.)*)"\s*)?(,|(?=\}))'
)
_PLAIN = re.compile(
    r'([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-zA-Z_][a-zA-Z0-9_]*="[^"\\]*",)*[a-zA-Z_][a-zA-Z0-9_]*="[^"\\]*"),?\} ([0-9.e+-]+)'
)
"""A line as nearly all are written; it is read four times as fast as one in which anything may stand."""
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\]*)"')
_AFTER_NAME = ("", " ", "\t", "{", ",", "}")
_CLOSE = re.compile(r"\s*\}")
_LONGEST_LINE = 65_536
_LOOKED_AT = 65_536
"""Characters by which it is told whether a text is an exposition."""
_COUNTER_ENDS = ("_total", "_count", "_sum", "_bucket")
_CUMULATIVE = {"counter": True, "histogram": True, "summary": True, "gauge": False}


class Malformed(ValueError):
    """A line of the wanted series cannot be parsed."""


class Exposition(Frozen):
    """The text of one scrape."""

    text: str
    says: str = ""
    """Its Content-Type, in lower case."""

    @property
    def whole(self) -> bool:
        """It is an exposition beyond doubt, with its end: what is not in it is not there.

        No proxy's "temporarily unavailable", no empty body, and nothing that broke off halfway.
        """
        openmetrics = "openmetrics-text" in self.says
        if not self.text.endswith("# EOF\n" if openmetrics else "\n"):
            return False
        lines = [line for line in self.text[:_LOOKED_AT].splitlines() if line.strip()]
        if len(self.text) > _LOOKED_AT:
            lines.pop()
        samples = [line for line in lines if not line.startswith("#")]
        declared = "version=" in self.says or any(line.startswith(("# TYPE ", "# HELP ")) for line in lines)
        return len(lines) > (0 if declared else 1) and None not in map(parse_sample, samples)

    def series(self, selector: Selector, most: int = 20_000) -> dict[Labels, float]:
        """Value by labels of every matching series, `most` + 1 at most. A value may be NaN or infinite.

        Raises Malformed.
        """
        found: dict[Labels, float] = {}
        for labels, value in self._samples(selector.name, selector.may_match):
            if selector.matches(labels):
                found[tuple(sorted(labels.items()))] = value
                if len(found) > most:
                    break
        return found

    def has(self, name: str) -> bool:
        """Whether there is a series of this name, whatever its labels."""
        return next(self._samples(name), None) is not None

    def cumulative(self, name: str) -> bool:
        """Whether it only grows until a restart: by its TYPE, else by its name."""
        for family in (name, *_families(name)):
            at = self._find(f"# TYPE {family} ")
            declared = self._line(at).split()[-1] if at >= 0 else ""
            if declared == "summary" and family == name:
                return False  # its quantiles bear the family's own name; its _sum and _count grow
            if declared in _CUMULATIVE:
                return _CUMULATIVE[declared]
        return name.endswith(_COUNTER_ENDS)

    def created(self, selector: Selector) -> dict[Labels, float]:
        """When each series began (OpenMetrics `_created`), for those that have it."""
        base = next(iter(_families(selector.name)), selector.name)
        return self.series(Selector(f"{base}_created", selector.matchers))

    def process_start(self) -> float | None:
        """`process_start_time_seconds`, when the scrape has exactly one process."""
        started = self.series(Selector("process_start_time_seconds"), 2)
        found = next(iter(started.values())) if len(started) == 1 else math.nan
        return found if math.isfinite(found) else None

    def _samples(
        self, name: str, may_match: Callable[[str], bool] = lambda _: True
    ) -> Iterator[tuple[dict[str, str], float]]:
        for head in (name, '{"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'):
            at = self._find(head)
            while at >= 0:
                line = self._line(at)
                sample = parse_sample(line) if may_match(line) else None
                if sample is not None and sample[0] == name:
                    yield sample[1], sample[2]
                elif sample is None and line[len(head) : len(head) + 1] in _AFTER_NAME and may_match(line):
                    raise Malformed(f"a line of {name} cannot be read")
                at = self._find(head, at)

    def _find(self, head: str, after: int = -1) -> int:
        """Where the next line that begins with `head` starts, or -1."""
        if after < 0 and self.text.startswith(head):
            return 0
        found = self.text.find("\n" + head, max(after, 0))
        return found + 1 if found >= 0 else -1

    def _line(self, at: int) -> str:
        end = self.text.find("\n", at)
        return self.text[at:] if end < 0 else self.text[at:end]


def _families(name: str) -> Iterator[str]:
    for end in _COUNTER_ENDS:
        if name.endswith(end):
            yield name.removesuffix(end)


def parse_sample(line: str) -> tuple[str, dict[str, str], float] | None:
    """Name, labels and value of one line; None when it is no sample. Timestamp and exemplar are ignored."""
    if len(line) > _LONGEST_LINE:
        return None
    plain = _PLAIN.fullmatch(line)
    if plain is not None:
        try:
            return plain[1], dict(_PAIR.findall(plain[2])), float(plain[3])
        except ValueError:
            return None
    head = _HEAD.match(line)
    if head is None:
        return None
    name, at, labels = head[1] or "", head.end(), dict[str, str]()
    if head[2]:
        while (close := _CLOSE.match(line, at)) is None:
            label = _LABEL.match(line, at)
            if label is None:
                return None
            at = label.end()
            if label[3] is not None:
                labels[label[2] or unescape(label[1] or "")] = unescape(label[3])
            elif not name and label[1]:  # {"a name beyond ASCII", label="…"}
                name = unescape(label[1])
            else:
                return None
        at = close.end()
    value = line[at:].split(maxsplit=1)
    if not name or not value:
        return None
    try:
        # Python's own spellings of a number, such as 1_000, are nobody else's.
        return (name, labels, float(value[0])) if value[0].isascii() and "_" not in value[0] else None
    except ValueError:
        return None


def sums_by(series: Mapping[Labels, float], label: str) -> dict[str, float]:
    """The sum of the series for each value of one label; of those without it, and of all where no label is named, under ""."""
    sums: dict[str, float] = {}
    for labels, value in series.items():
        group = dict(labels).get(label, "") if label else ""
        sums[group] = sums.get(group, 0.0) + value
    return sums
