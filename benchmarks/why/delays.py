"""How long a silence lasts until it pages: by the law of chance, and by the detector as it is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean as mean_of

from benchmarks.why.flows import DAY, EVERY, START, hurricane, poisson, poll, traffic, with_budget
from watchtower.model import Language
from watchtower.texts.units import duration_words

RATES = (1, 5, 14, 50, 100, 1000)
"""Requests per minute."""
BUDGETS = ("1 per 1d", "1 per 7d", "1 per 30d", "1 per 90d", "1 per 365d")


_DAYS, _MOMENTS = 4, 48
"""Days that are learnt; moments of the last one at which the next request could be the last."""


@dataclass(frozen=True)
class Delay:
    """Means over the moments, in seconds of silence: `limit` where the rate is known and nothing is polled; `ours`
    polled every ten seconds."""

    per_minute: int
    false_pages: str
    limit: float
    ours: float


def delays(rates: Sequence[int] = RATES) -> list[Delay]:
    """Of steady flows without bursts."""
    return [one for rate in rates for one in _at(rate)]


def _at(per_minute: int) -> list[Delay]:
    detector, dice, mean = traffic(), random.Random(per_minute), per_minute / 60.0 * EVERY
    seen: dict[str, list[tuple[float, float]]] = {budget: [] for budget in BUDGETS}
    polls, apart = round(_DAYS * DAY / EVERY), round(DAY / EVERY / _MOMENTS)
    for n in range(1, polls + 1):
        at = START + n * EVERY
        poll(detector, at, float(poisson(dice, mean)))
        if polls - n >= apart * _MOMENTS or n % apart:
            continue
        for budget, delays in seen.items():
            view = with_budget(detector, budget).reasons(at)
            delays.append((view["why"][0]["requests"] / per_minute * 60.0, view["pages_after_seconds"]))
    return [Delay(per_minute, budget, *map(mean_of, zip(*two, strict=True))) for budget, two in seen.items()]


def rows(found: Sequence[Delay], language: Language) -> list[str]:
    """Of Markdown: one a rate, a column a budget, `limit / ours`."""
    lines = []
    for rate in dict.fromkeys(one.per_minute for one in found):
        cells = [one for one in found if one.per_minute == rate]
        shown = (f" {_words(one.limit, language)} / {_words(one.ours, language)} |" for one in cells)
        lines.append(f"| {rate} |" + "".join(shown))
    return lines


def table(found: Sequence[Delay], language: Language = Language.EN) -> str:
    """Markdown, with a head."""
    head = "| requests/min |" if language is Language.EN else "| 请求/分 |"
    lines = [head + "".join(f" {budget} |" for budget in BUDGETS), "|---:|" + "---:|" * len(BUDGETS)]
    return "\n".join([*lines, *rows(found, language)])


def _words(seconds: float, language: Language) -> str:
    """Two digits are all that such figures are worth."""
    if seconds >= 59.5:
        return duration_words(round(seconds / 10.0) * 10.0, language)
    return duration_words(round(seconds) if seconds >= 0.95 else round(seconds, 1), language)


def last_polls(language: Language = Language.EN) -> str:
    """Markdown: the polls after the hurricane's last request, up to the page."""
    detector, since, rows = traffic(zone="America/New_York"), 0.0, list[str]()
    for at, requests in hurricane():
        facts = poll(detector, at, requests)
        if requests > 0.0:
            since, rows = at, []
        missing, anomaly_score = facts["traffic.missing"], facts["traffic.anomaly_score"]
        if not isinstance(missing, float) or not isinstance(anomaly_score, float):
            continue
        chance = f"1 / {10.0**anomaly_score:,.0f}"
        rows.append(f"| {at - since:.0f} s | {missing:.1f} | {anomaly_score:.1f} | {chance} |")
        if facts["traffic.silent"]:
            break
    head = {
        Language.EN: "| after the last request | requests missing | anomaly score | by chance |",
        Language.ZH: "| 距最后一笔请求 | 少了几笔 | 异常评分 | 偶然概率 |",
    }[language]
    return "\n".join([head, "|---:|---:|---:|---:|", *rows[1:]])
