"""History out of the product's own tables: the query of the probe `sql`, window after window."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from watchtower.core.plan.checks import Check
from watchtower.curl import CurlFleet
from watchtower.errors import UsageError
from watchtower.model import Instant, Outcome, Reading, Value
from watchtower.probes.contract import Services
from watchtower.probes.sql import Sql
from watchtower.replay.samples import Samples

_IN_VAIN = 5
"""So many windows in a row without an answer: the database is asked no more."""
_ABREAST = 4
"""Windows that are asked for at once: each has a connection of its own, whose making is most of its time."""


async def fetch(
    probe: Sql,
    check: Check,
    span: tuple[Instant, Instant],
    step: float,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Samples]:
    """What the query counts in each `step` seconds of `span`, a series each. Raises UsageError.

    A window without an answer is an absent row: no data, never zero. `progress` is told the windows so far.
    """
    if probe.settings.gives != "count":
        raise UsageError("totals say nothing of the past: write --query with :since and :until")
    fleet = CurlFleet()
    fleet.start(asyncio.get_running_loop())
    try:
        await probe.open(Services(curl=fleet))
        return await _windows(probe, check, span, step, progress)
    finally:
        fleet.stop()


async def _windows(
    probe: Sql, check: Check, span: tuple[Instant, Instant], step: float, progress: Callable[[int], None]
) -> list[Samples]:
    rows: dict[str, list[tuple[Instant, Mapping[str, Value]]]] = {}
    failed = asked = 0
    async for since, until, readings in _answers(probe, span, step):
        counted = [one for one in readings if one.outcome is Outcome.UP and one.measurements]
        why = next((f"{one.reason}: {one.detail}" for one in readings if one.outcome is not Outcome.UP), "")
        failed = failed + 1 if why else 0
        if failed == _IN_VAIN or (why and not rows):
            raise UsageError(f"the database, from {since:%Y-%m-%d %H:%M} UTC on: {why}")
        for one in counted:
            rows.setdefault(one.series, []).append((until.timestamp(), one.measurements))
        asked += 1
        progress(asked)
    if not rows:
        raise UsageError("the query gives nothing in all that time")
    return [_samples(check, series, step, counted) for series, counted in rows.items()]


async def _answers(
    probe: Sql, span: tuple[Instant, Instant], step: float
) -> AsyncIterator[tuple[datetime, datetime, Sequence[Reading]]]:
    """The windows in order, each with its answer."""
    ends = [
        datetime.fromtimestamp(span[0] + n * step, UTC) for n in range(int((span[1] - span[0]) / step) + 1)
    ]
    windows = list(pairwise(ends))
    for first in range(0, len(windows), _ABREAST):
        some = windows[first : first + _ABREAST]
        answers = await asyncio.gather(*(probe.count(lambda _, one=one: one) for one in some))
        for window, readings in zip(some, answers, strict=True):
            yield *window, readings


def _samples(
    check: Check, series: str, step: float, rows: list[tuple[Instant, Mapping[str, Value]]]
) -> Samples:
    names = dict.fromkeys(name for _, measured in rows for name in measured)
    cells = {name: [measured.get(name) for _, measured in rows] for name in names}
    return Samples(
        check.name, series, "the database", step, "requests", array("d", [at for at, _ in rows]), cells
    )
