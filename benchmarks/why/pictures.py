"""The pictures: why at that second, what makes it wait, day and night, and which budget."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.why.delays import BUDGETS, RATES, Delay
from benchmarks.why.flows import DAY, EVERY, START, hurricane, learnt, poisson, poll, shop, traffic

ZONE = "America/New_York"
_QUARTER = round(900.0 / EVERY)
BLUE, RED, GREY, INK = "#1d4ed8", "#b91c1c", "#94a3b8", "#111827"
STYLE: dict[str, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
}
REASONS = {
    "chance": "chance alone, rate known",
    "bursts": "requests come in bursts",
    "drift": "the rate strays",
    "past_silences": "past silences",
}


def that_second(file: Path) -> None:
    """The last minutes before the hurricane's page: requests, and how surprising their absence becomes."""
    detector, rows, view = traffic(zone=ZONE), [], None
    for at, requests in hurricane():
        before = detector.state()
        facts = poll(detector, at, requests)
        rows.append((at, requests, facts["traffic.anomaly_score"], facts["traffic.expected"]))
        if facts["traffic.silent"]:
            other = traffic(zone=ZONE)
            other.restore(before)
            view = other.view(at)
            break
    assert view is not None
    page, limit = rows[-1][0], view["pages_at_anomaly_score"]
    last = next(at for at, requests, *_ in reversed(rows) if requests > 0)
    shown = [row for row in rows if row[0] >= page - 600]
    figure, (above, below) = _two((11, 6.4))
    ago = [at - page for at, *_ in shown]
    above.bar(ago, [requests for _, requests, *_ in shown], width=-EVERY * 0.9, align="edge", color=BLUE)
    above.plot(ago, [float(str(expected)) * EVERY for *_, expected in shown], color=GREY, label="expected")
    above.set_ylabel("requests in 10 s")
    above.legend(frameon=False, loc="upper left")
    _mark(above, last - page, "last request", INK, "right")
    _mark(above, 0.0, f"page, {page - last:.0f} s later", RED, "left")
    below.step(ago, [float(str(anomaly_score)) for _, _, anomaly_score, _ in shown], where="post", color=BLUE)
    below.axhline(limit, color=RED, linewidth=1)
    below.text(-590, limit, f"pages at {limit:.1f}: as rare as {_budget(limit)}", color=RED, va="bottom")
    below.set_ylabel("anomaly score of the silence\n(6 = one in a million)")
    below.set_ylim(0, limit * 1.25)
    for seconds, name in ((60, "a window of 1 min"), (300, "of 5 min")):
        below.axvline(last - page + seconds, color=GREY, linestyle=":")
        below.text(
            last - page + seconds + 4, limit * 0.12, f"{name}\nwould page here", color=GREY, fontsize=9
        )
    below.set_xlabel("seconds before and after the page")
    below.set_xlim(-600, 320)
    day = f"{datetime.fromtimestamp(page, ZoneInfo(ZONE)):%H:%M:%S on %-d %B %Y}"
    _save(figure, above, f"Hurricane Erin: the page of {day}", file)


def what_waits(file: Path) -> None:
    """Each reason to wait, a minute before the hurricane's last request."""
    detector, at = traffic(zone=ZONE), 0.0
    stopped = 807_302_600.0
    for at, requests in hurricane():
        poll(detector, at, requests)
        if at >= stopped - 60.0:
            break
    view = detector.view(at)
    figure, axis = _one((11, 3.2))
    before = 0.0
    steps = [(REASONS[step["reason"]], step["seconds"], step["requests"]) for step in view["why"]]
    steps.append(("the next poll", view["pages_after_seconds"], None))
    for n, (_, seconds, requests) in enumerate(steps):
        axis.barh(n, seconds - before, left=before, color=BLUE if n == 0 else GREY, height=0.6)
        missing = f", {requests:.0f} requests missing" if requests is not None else ""
        axis.text(max(seconds, before) + 0.5, n, f"{seconds:.0f} s{missing}", va="center")
        before = seconds
    axis.set_yticks(range(len(steps)), [name for name, *_ in steps])
    axis.invert_yaxis()
    axis.set_xlim(0, before * 1.35)
    axis.set_xlabel(
        f"seconds of silence, at {view['expected_per_second'] * 60:.0f} requests a minute expected"
    )
    _save(figure, axis, "What makes it wait: each reason on top of those before", file)


def day_and_night(file: Path) -> None:
    """A shop's day: how long a silence lasts until it pages, beside fixed windows."""
    detector, dice = learnt(shop, 11.0), random.Random(2)
    hours, pages = [n / 4 for n in range(96)], []
    for n in range(round(DAY / EVERY)):
        at = START + 11 * DAY + n * EVERY
        if n % _QUARTER == 0:
            pages.append(detector.reasons(at)["pages_after_seconds"])
        poll(detector, at + EVERY, float(poisson(dice, shop(n * EVERY) * EVERY)))
    figure, (above, below) = _two((11, 6.4))
    above.fill_between(
        hours, [shop(hour * 3600.0) * 60.0 for hour in hours], color=BLUE, alpha=0.25, linewidth=0
    )
    above.set_ylabel("usual requests\na minute")
    below.semilogy(hours, pages, color=BLUE, linewidth=2)
    for seconds, name in ((60, "window of 1 min"), (300, "window of 5 min")):
        below.axhline(seconds, color=GREY, linestyle=":")
        noisy = [hour for hour in hours if pages[int(hour * 4)] > seconds]
        early = [(seconds if hour in noisy else float("nan")) for hour in hours]
        below.plot(hours, early, color=RED, linewidth=4, alpha=0.5)
        below.text(24.1, seconds, name, color=GREY, va="center")
    below.text(0.2, 52, "red: a fixed window pages on chance", color=RED, va="top")
    below.text(14, min(pages) * 1.15, "watchtower", color=BLUE, ha="center")
    below.set_yticks([10, 20, 60, 300, 600], ["10 s", "20 s", "1 min", "5 min", "10 min"])
    below.minorticks_off()
    below.set_ylabel("silence that pages")
    below.set_xlabel("hour of the day")
    below.set_xlim(0, 24)
    below.set_xticks(range(0, 25, 3))
    _save(figure, above, "One budget, one page in 90 days: seconds by day, minutes by night", file)


def which_budget(found: list[Delay], file: Path) -> None:
    """The table as curves."""
    figure, axis = _one((11, 4.6))
    shades = [0.25, 0.4, 0.55, 0.75, 1.0]
    for budget, shade in zip(BUDGETS, shades, strict=True):
        mine = [one for one in found if one.false_pages == budget]
        axis.loglog(
            RATES,
            [one.ours for one in mine],
            "o-",
            color=BLUE,
            alpha=shade,
            label=budget,
        )
        axis.loglog(RATES, [one.limit for one in mine], ":", color=GREY, alpha=shade)
    axis.plot([], [], ":", color=GREY, label="the limit: no polling, rate known")
    axis.set_xticks(RATES, [str(rate) for rate in RATES])
    axis.set_yticks([1, 10, 60, 600], ["1 s", "10 s", "1 min", "10 min"])
    axis.minorticks_off()
    axis.set_xlabel("requests a minute")
    axis.set_ylabel("silence that pages")
    axis.legend(frameon=False, title="false pages")
    _save(figure, axis, "Rarer false pages cost little; a busier flow gains much", file)


def _budget(anomaly_score: float) -> str:
    return f"one in {10.0**anomaly_score:,.0f}"


def _one(size: tuple[float, float]) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")


def _two(size: tuple[float, float]) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
    from matplotlib import pyplot

    return pyplot.subplots(2, 1, figsize=size, sharex=True, layout="constrained", height_ratios=(1, 1.4))


def _mark(axis: Any, x: float, text: str, colour: str, side: str) -> None:
    axis.axvline(x, color=colour, linewidth=1)
    shift = -4 if side == "right" else 4
    axis.text(x + shift, axis.get_ylim()[1] * 0.92, text, color=colour, ha=side, va="top")


def _save(figure: Any, axis: Any, title: str, file: Path) -> None:
    from matplotlib import pyplot

    axis.set_title(title, loc="left", fontweight="bold", color=INK)
    figure.savefig(file, dpi=100)
    pyplot.close(figure)
