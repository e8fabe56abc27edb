"""The view of the detector `runway` in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from watchtower.explain.plot import bar
from watchtower.explain.say import Json, Row, Say, epoch
from watchtower.texts.units import number


def rows(view: Json, every: float, say: Say) -> list[Row]:
    """What is left, the use, how long it lasts, and the next thresholds."""
    if "left" not in view:
        return [(say("Left", "余量"), say("never measured", "尚未测得"))]
    expires = view["mode"] == "expiry"
    left = say.day(view["left"]) if expires else f"{view['left']:,.2f}"
    when = say.when(view["measured_at"])
    out = [(say("Left", "余量"), say(f"{left} at {when}", f"{left}（{when}）"))]
    if view["burn_per_day"] is not None:
        text = say(f"{view['burn_per_day']:,.2f} a day", f"每天 {view['burn_per_day']:,.2f}")
        if view["burn_low"] is not None:
            days, low, high = (
                number(view["days_of_history"]),
                *(f"{view[k]:,.2f}" for k in ("burn_low", "burn_high")),
            )
            text += say(
                f", by {days} days of history {low} to {high}", f"，按 {days} 天历史为 {low} 到 {high}"
            )
        out.append((say("Used", "消耗"), text))
    out.append((say("Lasts", "可用"), _lasts(view, say)))
    if not view["known"]:
        return out
    threshold = view["threshold_days"]
    now = say("none reached", "尚未到达任何一级")
    if threshold is not None:
        now = say(f"{say.day(threshold)} is reached", f"已到 {say.day(threshold)} 一级")
    out.append((say("Thresholds", "预警阈值"), now))
    for one in view["thresholds"]:
        when, early, late = (_date(one[name], say) for name in ("reached_at", "earliest_at", "latest_at"))
        when += "" if early == late else say(f" (between {early} and {late})", f"（{early} 至 {late} 之间）")
        days = say.day(one["days"])
        out.append(("", say(f"{days} on {when}", f"{days}：{when}")))
    return out


def _lasts(view: Json, say: Say) -> str:
    if not view["known"]:
        return say("not known yet: too little history", "尚不清楚：历史不足")
    text = say.day(view["days_left"])
    if view["days_low"] != view["days_high"]:
        low, high = say.day(view["days_low"]), say.day(view["days_high"])
        text += say(f", from {low} to {high}", f"，{low} 到 {high}")
    if view["lead_time_seconds"]:
        lead = say.span(view["lead_time_seconds"])
        text += say(f"; {lead} of lead time are taken off", f"；已扣除 {lead} 准备时间")
    return text


def _date(instant: str, say: Say) -> str:
    return f"{datetime.fromtimestamp(epoch(instant), say.zone):%Y-%m-%d}"


def picture(view: Json, week: bool, width: int, say: Say) -> list[str]:
    """Use of the last seven days; empty when unknown."""
    used = view.get("use_by_day", [])
    most = max((one for one in used if one is not None), default=0.0)
    if most <= 0.0:
        return []
    end = datetime.fromtimestamp(epoch(view["measured_at"]), say.zone)
    out = []
    for back, one in zip(reversed(range(len(used))), used, strict=True):
        day = f"{end - timedelta(days=back):%m-%d %H:%M}"
        shown = say("not known", "未知") if one is None else f"{bar(one, most)} {one:,.2f}"
        out.append(f"  {day}  {shown}")
    return out


def title(view: Json, week: bool, say: Say) -> str:
    """What the plot shows."""
    return say("Used in the 24 hours up to", "截至各时刻的 24 小时消耗")
