"""The view of the detector `anomaly` in words."""

from __future__ import annotations

from datetime import UTC, datetime

from watchtower.explain.plot import Point, plot
from watchtower.explain.say import Json, Row, Say, epoch
from watchtower.texts.units import number

_BY = {
    "level": ("its recent average", "近期水平"),
    "daily": ("its time of day", "每日同一时刻"),
    "weekly": ("its time of week", "每周同一时刻"),
}


def rows(view: Json, every: float, say: Say) -> list[Row]:
    """The expected value, and the values from which on it is anomalous."""
    if not view["known"]:
        have, need = say.span(view["measured_seconds"]), say.span(view["needed_seconds"])
        text = say(f"not known yet: {have} measured of {need}", f"尚不清楚：已测 {have}，需 {need}")
        return [(say("Expected now", "当前预期"), text)]
    by, usual = say(*_BY[view["forecast_by"]]), number(view["expected"])
    parts = []
    if (above := view["anomalous_above"]) is not None:
        parts.append(say(f"at {number(above)} and above", f"达到 {number(above)} 及以上"))
    if (below := view["anomalous_below"]) is not None:
        parts.append(say(f"at {number(below)} and below", f"低至 {number(below)} 及以下"))
    none = say("no single value is; several in a row may be", "单个值不会；连续多个可能")
    budget = say.span(view["false_alarms_every_seconds"])
    rare = f"{10.0 ** view['anomalous_at_score']:,.0f}"
    why = say(
        f"one false alarm in {budget} is allowed: all ways of straying together must be as rare as one in {rare} polls",
        f"允许每 {budget} 一次误报：各种偏离合计须罕见到 {rare} 次采样一次",
    )
    return [
        (say("Watches", "观测量"), str(view["measurement"])),
        (say("Expected now", "当前预期"), say(f"{usual}, by {by}", f"{usual}（依据{by}）")),
        (say("Anomalous", "异常界限"), say(", or ", "，或").join(parts) or none),
        (say("Why there", "为何如此"), why),
    ]


def picture(view: Json, week: bool, width: int, say: Say) -> list[str]:
    """The expected day in UTC, which this detector uses, up and down to the anomalous values."""
    usual, above, below = view["curve"]["expected"], view["anomalous_above"], view["anomalous_below"]
    if not view["known"] or any(one is not None and one < 0.0 for one in usual):
        return []
    up = 0.0 if above is None else above - view["expected"]
    down = 0.0 if below is None else view["expected"] - below
    points: list[Point] = [None if one is None else (max(0.0, one - down), one, one + up) for one in usual]
    labels = {hour / 24: f"{hour:02}" for hour in range(0, 24, 3)}
    return plot(points, width, labels, (say.at - epoch(view["curve"]["starts_at"])) / 86400.0, "")


def title(view: Json, week: bool, say: Say) -> str:
    """What the plot shows."""
    return say(
        f"Expected {view['measurement']}, {datetime.fromtimestamp(say.at, UTC):%Y-%m-%d}, UTC",
        f"预期的 {view['measurement']}，{datetime.fromtimestamp(say.at, UTC):%Y-%m-%d}，UTC",
    )
