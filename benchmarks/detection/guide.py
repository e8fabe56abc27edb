"""`python -m benchmarks.detection.guide`: writes the table of docs/detectors/by-business.md, with the settings shown there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.detection.arrivals import Outage
from benchmarks.detection.judge import Verdict, judge, play
from benchmarks.detection.scenarios import (
    DAY_OF_CONSUMERS,
    HOUR,
    NIGHTLY_SHOP,
    Outages,
    Scenario,
    Season,
    batches,
    during,
    market,
    spans,
    trickle,
)
from watchtower.model import Language
from watchtower.texts.units import duration_words

PAGE = Path(__file__).parents[2] / "docs" / "detectors" / "by-business.md"
_SEED = 1
_SILENT, _HALF = (14, 16, 18, 22, 24), (15, 17, 21, 23, 25)
"""Working days, 15:00 before and after; the 23rd is the 25th of March, a payday."""
_BLOCK = re.compile(r"```toml\n# checks/([a-z-]+)\.toml\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Business:
    """`name` is the file's in the page; `title` and `requests` stand in the table. Losses last from `begin` to `end` (hours)."""

    name: str
    title: str
    requests: str
    season: Season
    begin: float = 10.25
    end: float = 11.25


BUSINESSES = (
    Business("shop", "shop, nearly closed at night", "20 to 90 a minute by day", NIGHTLY_SHOP),
    Business("market", "market, two sessions", "120 a minute while open", market((9.5, 11.5), (13, 15))),
    Business(
        "payday", "payday, six times the usual", "6 to 90 a minute",
        during(DAY_OF_CONSUMERS, 6.0, spans(3 * HOUR, (23, 9.0))),
    ),
    Business("batch", "batch client", "200 every five minutes", batches(0.0)),
    Business("slow", "low-volume flow", "one a minute", lambda clock: np.full(len(clock.times), 1.0)),
    Business("night", "nights of a trickle, by night", "one in five minutes, 60 a minute by day", trickle(0.2), 1.0, 7.0),
)  # fmt: skip


def settings(page: str) -> Mapping[str, Mapping[str, Any]]:
    """The check that each block of the page declares, by the block's file."""
    return {name: tomllib.loads(text)["check"][0] for name, text in _BLOCK.findall(page)}


def verdicts() -> Iterator[tuple[Business, Mapping[float, Verdict]]]:
    """Of each business five silences (0) and five losses of a half (0.5) in the third and fourth week."""
    declared = settings(PAGE.read_text(encoding="utf-8"))
    for one in BUSINESSES:
        scenario = Scenario(
            one.name, one.season, _losses(one), days=28, every=60.0, detect=declared[one.name]["detect"]
        )
        traffic = scenario.traffic(_SEED)
        stories = play(traffic)
        whole = judge(one.name, traffic, stories)
        yield (
            one,
            {
                keep: replace(whole, found=judge(one.name, some, stories).found, outages=len(some.outages))
                for keep in (0.0, 0.5)
                for some in [replace(traffic, outages=[out for out in traffic.outages if out.keep == keep])]
            },
        )


def _losses(one: Business) -> Outages:
    return lambda clock, rng: [
        Outage(clock.at(day, one.begin), clock.at(day, one.end), keep)
        for days, keep in ((_SILENT, 0.0), (_HALF, 0.5))
        for day in days
    ]


def table() -> str:
    """Markdown."""
    lines = [
        "| business | requests | all missing | half missing | pages for nothing, two weeks | two more |",
        "|---|---|---|---|---|---|",
    ]
    for one, found in verdicts():
        false = found[0.0].false_first, found[0.0].false_later
        seen = " | ".join(_seen(verdict, one.end - one.begin) for verdict in found.values())
        lines.append(f"| {one.title} | {one.requests} | {seen} | {false[0]} | {false[1]} |")
    return "\n".join(lines)


def _seen(verdict: Verdict, hours: float) -> str:
    if 2 * len(verdict.found) < verdict.outages:
        return "not within an hour" if hours == 1.0 else f"not within {hours:.0f} hours"
    seconds, lost = (np.median([getattr(one, name) for one in verdict.found]) for name in ("seconds", "lost"))
    few = "" if len(verdict.found) == verdict.outages else f" ({len(verdict.found)} of {verdict.outages})"
    return f"{duration_words(float(seconds), Language.EN)}, {lost:.0f} requests{few}"


def main() -> None:
    """Writes the table into the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(re.sub(r"\| business .*\n(\|.*\n)*", lambda _: table() + "\n", page), encoding="utf-8")


if __name__ == "__main__":
    main()
