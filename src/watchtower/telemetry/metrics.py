"""Every metric of the daemon in one list, `metrics.tsv`, against which the documentation is tested."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files

from watchtower.values import Frozen, Mutable, field


class Type(StrEnum):
    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Metric(Frozen):
    """One family: its name as scraped (counters end in `_total`), its help, its labels in order."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()


def _read() -> Iterator[tuple[str, Metric]]:
    for row in (files("watchtower.telemetry") / "metrics.tsv").read_text("utf-8").splitlines()[1:]:
        code, name, kind, labels, what = row.split("\t")
        yield code, Metric(f"watchtower_{name}", Type(kind), what, tuple(labels.split()))


_ALL = dict(_read())
DETECTED = {fact: metric for fact, metric in _ALL.items() if "." in fact}
"""What detectors know of each series, by the name of the fact. Facts in days are exported in seconds."""
METRICS = tuple(_ALL.values())
"""Besides these, `process_*` and `python_*` come from the Prometheus client."""


def __getattr__(name: str) -> Metric:
    if name not in _ALL:
        raise AttributeError(name)
    return _ALL[name]


REASONS = ("store", "store_behind", "scheduler_late", "delivery", "probe_threads", "log")
"""Why the daemon may not be ready; each is exported from the start."""

FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bounds in seconds for what happens on this machine."""
LONG = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0, 28800.0, 86400.0, 172800.0, 432000.0)
"""Bounds in seconds for what people do: the targets of the levels are among them."""
SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Bounds in seconds for what crosses the network to people."""


class Histogram(Mutable):
    """Counts by bucket. Cheaper than the client's: one thread writes it, so it needs no lock."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[str, float]]:
        """`[("0.05", 3), …, ("+Inf", 7)]`."""
        out, running = [], 0
        for bound, count in zip((*map(repr, self.bounds), "+Inf"), self.counts, strict=True):
            running += count
            out.append((bound, float(running)))
        return out
