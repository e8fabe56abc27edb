"""Which losses the rules would see now, by what the daemon's detectors have learnt; for all flows in a few lines."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from watchtower.core.explain_check import PARTIAL, LossForeseen, counted_first, losses_of
from watchtower.core.pipeline.engine import Engine
from watchtower.detectors import DETECTORS
from watchtower.errors import StoreError
from watchtower.model import Language
from watchtower.texts.units import duration_words

if TYPE_CHECKING:
    from watchtower.config.environment import EnvironmentSettings
    from watchtower.core.plan import Plan
    from watchtower.core.state import Series

_MOST = 20
"""Series that are looked at, those of core flows first: one takes some 20 ms."""


def learnt_losses(plan: Plan, settings: EnvironmentSettings) -> list[tuple[Series, Sequence[LossForeseen]]]:
    """By check and series. Empty without a file of learnt detectors: no database is asked, and no file is made."""
    from watchtower.cli.explain_sources import saved_in

    try:
        learned = saved_in(settings).detectors if settings.store.startswith("sqlite:///") else {}
    except StoreError:
        learned = {}
    counted, now = counted_first(plan, learned)[:_MOST], time.time()
    engine = Engine(plan, DETECTORS, now)
    engine.restore((), (), (), {one: learned[one] for one in counted}, 0, now)
    found = ((one, losses_of(engine, plan.checks[one[0]], one[1], now, (1.0, *PARTIAL))) for one in counted)
    return [(series, losses) for series, losses in found if losses]


def sentence(losses: Sequence[LossForeseen]) -> str:
    """`a loss of 100 % after 40 s, of 50 % after 3 min, of 25 % not within 40 min`."""
    said = []
    for one in losses:
        span = one.played if one.seconds is None else one.seconds
        after = "not within" if one.seconds is None else "after"
        said.append(f"of {one.share:.0%} {after} {duration_words(span, Language.EN)}")
    return f"a loss {', '.join(said)}"
