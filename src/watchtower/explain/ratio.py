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
    usual = _percent(view["usual"])
    text = say(f"{usual}; over the last hour {value} of {pace}", f"{usual}；最近一小时 {value}，整体 {pace}")
    out = [(say("Usual ratio", "通常比率"), text)]
    if view["since_at"] is not None:
        way, missing = say("risen", "上升"), ""
        if view["way"] < 0:
            count = number(view["missing"])
            way, missing = say("fallen", "下降"), say(f", {count} missing", f"，少 {count}")
        out.append((say("Now", "当前"), f"{way} {say('since', '自')} {say.when(view['since_at'])}{missing}"))
    for one in view["seen"]:
        span = say.span(one["seconds"])
        seen = say(f"over {span} not at all: too few are counted", f"{span} 内看不出：计数太少")
        if one["below"] is not None:
            below = _percent(one["below"])
            seen = say(f"below {below} over {span}", f"{span} 内低于 {below}")
        out.append((say("A fall shows", "可见的下降") if one is view["seen"][0] else "", seen))
    return out


def picture(view: Json, week: bool, width: int, say: Say) -> list[str]:
    """None: the usual ratio has no hours."""
    return []


def title(view: Json, week: bool, say: Say) -> str:
    return ""


def _percent(share: float) -> str:
    return f"{share * 100:.4g}%"
