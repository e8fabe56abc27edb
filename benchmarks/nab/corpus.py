"""NAB's files as observations, and what the detector says of each row."""

from __future__ import annotations

import csv
import hashlib
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from watchtower.detectors.anomaly import Anomaly
from watchtower.model import Observation, Outcome, Reading

NAME = "watchtower"
"""What the detector is called in NAB's results."""


@dataclass(frozen=True, slots=True)
class Series:
    """One file: its name within NAB's data, its timestamps as written, in seconds, and its values."""

    name: str
    stamps: list[str]
    times: list[float]
    values: list[float]

    @property
    def every(self) -> float:
        return statistics.median(b - a for a, b in zip(self.times, self.times[1:], strict=False))

    @property
    def half(self) -> str:
        """`tuned` or `held-out`: by a hash of the name, so that nobody chose."""
        return ("tuned", "held-out")[int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % 2]


def corpus(nab: Path) -> Iterator[Series]:
    data = nab / "data"
    for file in sorted(data.glob("*/*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines))[1:]
        stamps = [row[0] for row in rows]
        times = [datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() for stamp in stamps]
        yield Series(str(file.relative_to(data)), stamps, times, [float(row[1]) for row in rows])


def observations(series: Series) -> list[Observation]:
    return [
        Observation("nab", at, Reading(Outcome.UP, {"value": value}))
        for at, value in zip(series.times, series.values, strict=True)
    ]


def detector(every: float) -> Anomaly:
    """With its defaults, for every file the same."""
    return Anomaly(Anomaly.Settings(), every)


def scores(series: Series) -> list[float]:
    """What NAB is given: `anomaly.news`, 0 while nothing is known."""
    watching = detector(series.every)
    out = [watching.update(observation)["anomaly.news"] for observation in observations(series)]
    return [score if isinstance(score, float) and math.isfinite(score) else 0.0 for score in out]


def write(series: Series, anomaly_scores: list[float], results: Path) -> None:
    """In the layout of NAB's `results/<detector>/<category>/<detector>_<file>.csv`; labels are NAB's to add."""
    category, _, file = series.name.partition("/")
    folder = results / NAME / category
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{NAME}_{file}").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["timestamp", "value", "anomaly_score", "label"])
        rows = zip(series.stamps, series.values, anomaly_scores, strict=True)
        table.writerows([stamp, value, repr(score), 0] for stamp, value, score in rows)
