"""The view of the detector `traffic` in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from watchtower.explain.plot import Point, plot
from watchtower.explain.say import Json, Row, Say, epoch
from watchtower.texts.units import number

_WEEKDAYS = (("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), ("一", "二", "三", "四", "五", "六", "日"))


_CLOSED = {
    "hours": ("nothing: it is closed by `hours`", "无：按 `hours` 已停业"),
    "quiet": ("nothing: these are quiet hours", "无：当前为静默时段"),
    "deploys": ("nothing: a pause of `deploys` lasts", "无：`deploys` 声明的暂停中"),
}
_DAILY = 1.5
"""The busiest half hour over the mean, from which a day has a shape."""


def rows(view: Json, every: float, say: Say) -> list[Row]:
    """The expected rate, the silence that pages, and why then."""
    out = [(say("Expected now", "当前预期"), _expected(view, say))]
    if text := learning(view, say):
        out.append((say("Learning", "学习中"), text))
    if view["silent_since_at"] is not None:
        out.append((say("Silent", "无请求"), _silent(view, say)))
    out.append((say("Silence pages", "静默告警"), _pages(view, every, say)))
    if view["learnt_rule"] and view.get("why"):
        out += _why(view, every, say)
    last = view["last_silence"]
    if last:
        when, span = say.when(last["began_at"]), say.span(last["seconds"])
        missing, anomaly_score = number(last["missing_requests"]), f"{last['anomaly_score']:.1f}"
        limit = f"{view['pages_at_anomaly_score']:.1f}" if "pages_at_anomaly_score" in view else "?"
        text = say(
            f"{when}, {span}: {missing} requests missing, anomaly score {anomaly_score} of the {limit} that pages",
            f"{when}，{span}：少 {missing} 笔，异常评分 {anomaly_score}（达 {limit} 告警）",
        )
        out.append((say("Last long silence", "上次长静默"), text))
    if text := _zone(view, say):
        out.append((say("Zone", "时区"), text))
    if view["capacity_per_second"]:
        out.append((say("Capacity", "容量上限"), say.rate(view["capacity_per_second"])))
    if view["gaps"]:
        out.append((say("Learnt gaps", "已学到的间隙"), ", ".join(_gap(gap, say) for gap in view["gaps"])))
    if view["clock_moved_seconds"]:
        out.append((say("Timetable", "作息"), _moved(view, say)))
    return out


def _gap(gap: Json, say: Say) -> str:
    minutes, seconds = divmod(round(gap["start_seconds"]), 60)
    span = say.span(gap["seconds"])
    if gap["period_seconds"] < 86400.0:
        return say(
            f"{span} at {minutes:02}:{seconds:02} past each hour",
            f"每小时 {minutes:02}:{seconds:02} 起 {span}",
        )
    clock = f"{minutes // 60:02}:{minutes % 60:02}"
    return say(f"{span} at {clock} each day", f"每天 {clock} 起 {span}")


def _moved(view: Json, say: Say) -> str:
    span = say.span(abs(view["clock_moved_seconds"]))
    sooner = view["clock_moved_seconds"] > 0.0
    return say(
        f'everything comes {span} {"earlier" if sooner else "later"} than it did: is zone = "{view["zone"]}" right?',
        f'整体较以往{"提前" if sooner else "推迟"} {span}：zone = "{view["zone"]}" 是否正确？',
    )


def _until(view: Json, say: Say) -> str:
    until = view["declared_until_at"]
    return say(f", until {say.when(until)}", f"，至 {say.when(until)}") if until is not None else ""


def _zone(view: Json, say: Say) -> str:
    """That the zone is missing, where the day has a shape."""
    usual = [one for one in view["curve"]["usual_per_second"] if one is not None]
    if view["zone_declared"] or not usual or max(usual) < _DAILY * sum(usual) / len(usual):
        return ""
    return say(
        "`zone` is not declared: days, nights and weekends are those of UTC",
        "未声明 `zone`：昼夜与周末按 UTC 划分",
    )


def _expected(view: Json, say: Say) -> str:
    if view["quiet"]:
        return say(*_CLOSED[view["declared_by"]]) + _until(view, say)
    if view["closed"]:
        return say("nothing: it is never open at this time", "无：此时段从未有请求")
    rate = view["expected_per_second"]
    if rate is None:
        measured = say.span(view["measured_seconds"])
        return say(
            f"not known yet: {measured} measured; it takes 10 min and 16 requests, `expect_at_least`, or `watchtower learn`",
            f"尚不清楚：已测 {measured}；需 10 分钟且 16 笔请求，或声明 `expect_at_least`，或用 `watchtower learn` 学习历史",
        )
    low, high = say.rate(view["low_per_second"]), say.rate(view["high_per_second"])
    text = say(
        f"{say.rate(rate)}, nine times in ten from {low} to {high}",
        f"{say.rate(rate)}，九成概率在 {low} 到 {high}",
    )
    if view["usual_per_second"]:
        usual, level = say.rate(view["usual_per_second"]), f"{view['level']:.2f}"
        text += say(
            f"; usual at this time {usual}, lately {level} times that",
            f"；此时段通常 {usual}，近来为其 {level} 倍",
        )
    if view["campaign"]:
        text += say("; declared in `events`", "；已在 `events` 声明") + _until(view, say)
    return text


def learning(view: Json, say: Say) -> str:
    """The time until it can evaluate a silence; empty once it can."""
    if view["known"]:
        return ""
    left, measured = view.get("learns_for_seconds", 0.0), say.span(view["measured_seconds"])
    if not left:
        return say(
            f"{measured} measured, but fewer than 16 requests came: it can tell once they have",
            f"已测 {measured}，但不足 16 笔请求：满 16 笔后方可判断",
        )
    when = say.when(datetime.fromtimestamp(say.at + left, say.zone).isoformat())
    return say(
        f"{measured} measured of the 10 min that it needs: it can tell from about {when} on, once 16 requests have come",
        f"已测 {measured}，共需 10 分钟：约 {when} 起、且满 16 笔请求后方可判断",
    )


def _silent(view: Json, say: Say) -> str:
    when, span = say.when(view["silent_since_at"]), say.span(view["silent_seconds"])
    missing, anomaly_score = number(view["missing_requests"]), f"{view['anomaly_score']:.1f}"
    return say(
        f"since {when} ({span}): {missing} requests missing, anomaly score {anomaly_score}",
        f"自 {when} 起（{span}）：少 {missing} 笔，异常评分 {anomaly_score}",
    )


def _pages(view: Json, every: float, say: Say) -> str:
    after = view["pages_after_seconds"]
    if after is None:
        if not view["known"]:
            return say("not yet: it is still learning", "暂不告警：仍在学习")
        return say("not within a week, however long it lasts", "一周内无论多久都不告警")
    span, polls = say.span(after), max(1, round(after / every))
    many = say(
        f"{polls} {'poll' if polls == 1 else 'polls'} in a row without a request",
        f"连续 {polls} 次采样无请求",
    )
    text = say(f"after {span}: {many}", f"持续 {span} 后：{many}")
    if not view["known"]:
        text += say("; the rest of its learning is among them", "；其中包括剩余的学习时间")
    if view["zero_for_seconds"]:
        text += say("; ", "；") + f"zero_for = {say.span(view['zero_for_seconds'])}"
    return text


def _why(view: Json, every: float, say: Say) -> list[Row]:
    one_in = 10.0 ** view["pages_at_anomaly_score"]
    per_day = view["false_pages_per_day"]
    budget = (
        say(f"{number(per_day)} a day", f"每天 {number(per_day)} 次")
        if per_day >= 1.0
        else say(f"once in {number(1.0 / per_day)} days", f"每 {number(1.0 / per_day)} 天一次")
    )
    rare, anomaly_score = f"{one_in:,.0f}", f"{view['pages_at_anomaly_score']:.1f}"
    head = say(
        f"chance alone may page {budget}, so it must be rarer than one in {rare} (anomaly score {anomaly_score})",
        f"纯属偶然的告警限 {budget}，故须比 {rare} 分之一更罕见（异常评分 {anomaly_score}）",
    )
    drift, bursts = f"{view['drift'] * 100:.0f}", f"{view['dispersion']:.2f}"
    names = {
        "chance": say("by chance alone, rate known", "纯属偶然、速率已知"),
        "bursts": say(
            f"and requests come in bursts (variance {bursts} x mean)", f"请求成簇（方差为均值的 {bursts} 倍）"
        ),
        "drift": say(f"and the rate strays (± {drift} %)", f"速率会漂移（± {drift} %）"),
        "past_silences": say("and as past silences tell", "参照以往的静默"),
    }
    out = [(say("Why then", "为何此时"), head)]
    requests = {step["reason"]: step["requests"] for step in view["why"]}
    if requests["drift"] > 1.99 * requests["bursts"]:
        names["drift"] += say(", counted as twice at most", "，至多计为两倍")
    for before, step in zip([None, *view["why"]], view["why"], strict=False):
        if before and abs(step["requests"] - before["requests"]) < 0.05:
            continue  # this reason changes nothing
        span = "?" if step["seconds"] is None else say.span(step["seconds"])
        missing, why = f"{step['requests']:.1f}", names[step["reason"]]
        out.append(("", say(f"{missing:>7} missing, {span:>9}: {why}", f"少 {missing} 笔，{span}：{why}")))
    poll = say(
        f"a poll comes every {say.span(every)}: on the next one it pages",
        f"每 {say.span(every)} 采样一次：在下一次采样时告警",
    )
    return [*out, ("", poll)]


def picture(view: Json, week: bool, width: int, say: Say) -> list[str]:
    """The usual day, or week, of the flow's own zone; empty while no half hour is known."""
    curve, spread = view["curve"], view["spread"] or 1.0
    start, step = epoch(curve["starts_at"]), curve["step_seconds"]
    usual = curve["usual_per_second"]
    if not any(usual):
        return []
    day = round(86400.0 / step)
    if not week:
        first = min(len(usual) - day, max(0, int((say.at - start) // 86400.0) * day))
        start, usual = start + first * step, usual[first : first + day]
    factor, unit = say.pace(max(one for one in usual if one is not None) if any(usual) else 0.0)
    points: list[Point] = [
        None if one is None else (one / spread * factor, one * factor, one * spread * factor) for one in usual
    ]
    return plot(points, width, _labels(week, say), (say.at - start) / (len(usual) * step), unit)


def _labels(week: bool, say: Say) -> dict[float, str]:
    if not week:
        return {hour / 24: f"{hour:02}" for hour in range(0, 24, 3)}
    return {day / 7: say(_WEEKDAYS[0][day], "MTWTFSS"[day]) for day in range(7)}


def title(view: Json, week: bool, say: Say) -> str:
    """What the plot shows."""
    local = datetime.fromtimestamp(say.at, say.zone)
    if week:
        monday = local - timedelta(days=local.weekday())
        return say(
            f"Usual requests, week of {monday:%Y-%m-%d}, {view['zone']}",
            f"通常请求量，{monday:%Y-%m-%d} 起一周，{view['zone']}",
        )
    return say(
        f"Usual requests, {local:%a %Y-%m-%d}, {view['zone']}",
        f"通常请求量，{local:%Y-%m-%d}，{view['zone']}",
    )
