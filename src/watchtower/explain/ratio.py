"""The view of the detector `ratio` in words."""

from __future__ import annotations

from watchtower.explain.say import Json, Row, Say
from watchtower.texts.units import number


def rows(view: Json, every: float, say: Say) -> list[Row]:
    """The usual ratio, and how low it must fall over which time to be seen."""
    if not view["known"]:
        measured = say.span(view["measured_seconds"])
        text = say(
            f"not known yet: {measured} measured; it takes 1 h and 50 of the whole, or `usual`",
            f"尚不清楚：已测 {measured}；需 1 小时且整体满 50，或声明 `usual`",
        )
        return [(say("Usual ratio", "通常比率"), text)]
    value = say("not known", "未知") if view["value"] is None else _percent(view["value"])
    pace = say.rate(view["whole_per_second"])
    out = [
        (
            say("Usual ratio", "通常比率"),
            say(
                f"{_percent(view['usual'])}; over the last hour {value} of {pace}",
                f"{_percent(view['usual'])}；最近一小时 {value}，整体 {pace}",
            ),
        )
    ]
    if view["since_at"] is not None:
        way = say("fallen", "下降") if view["way"] < 0 else say("risen", "上升")
        missing = (
            say(f", {number(view['missing'])} missing", f"，少 {number(view['missing'])}")
            if view["way"] < 0
            else ""
        )
        out.append((say("Now", "当前"), f"{way} {say('since', '自')} {say.when(view['since_at'])}{missing}"))
    for one in view["seen"]:
        span = say.span(one["seconds"])
        seen = (
            say(f"below {_percent(one['below'])} over {span}", f"{span} 内低于 {_percent(one['below'])}")
            if one["below"] is not None
            else say(f"over {span} not at all: too few are counted", f"{span} 内看不出：计数太少")
        )
        out.append((say("A fall shows", "可见的下降") if one is view["seen"][0] else "", seen))
    return out


def picture(view: Json, week: bool, width: int, say: Say) -> list[str]:
    """None: the usual ratio has no hours."""
    return []


def title(view: Json, week: bool, say: Say) -> str:
    return ""


def _percent(share: float) -> str:
    return f"{share * 100:.4g}%"
