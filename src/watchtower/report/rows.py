"""What every form of the report says: its figures as rows of words, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from watchtower.core.reviews.record import DetectionSource
from watchtower.daily_hours import zone_of
from watchtower.model import Language, Text
from watchtower.report.month import Listed, MonthReport
from watchtower.review.metrics import Figures, Ratio, SeverityFigures, Spread
from watchtower.review.timeline import SOURCES
from watchtower.texts.units import duration_words, number
from watchtower.values import Frozen

TIMES = {
    "detect": Text("Detected", "发现"),
    "acknowledge": Text("Acknowledged", "认领"),
    "identify_cause": Text("Cause identified", "定位"),
    "mitigate": Text("Mitigated", "止损"),
    "resolve": Text("Resolved", "恢复"),
}
ATTAINED: tuple[tuple[str, Text], ...] = (
    ("detected", Text("1: detected within 1 min", "1：1 分钟内发现")),
    ("acknowledged", Text("5: acknowledged within 5 min", "5：5 分钟内认领")),
    ("cause_identified", Text("5: cause identified within 5 min", "5：5 分钟内定位")),
    ("mitigated", Text("10: mitigated within 10 min", "10：10 分钟内止损")),
    ("all_three", Text("all three (cause identified)", "三项全达标（含定位）")),
    ("all_three_acknowledged", Text("all three (acknowledged)", "三项全达标（含认领）")),
)
KINDS = {
    "drill": Text("drill", "演练"),
    "false_page": Text("false page", "误报"),
    "warning": Text("warning", "预警"),
    "own": Text("watchtower", "监控自身"),
}
TITLE = Text("Incidents of {}", "{} 事件月报")
SO_FAR = Text("so far, as of {}", "截至 {}")
NONE = Text("Nothing happened that counts.", "本月没有计入统计的事件。")
BY_DAY, TREND = Text("By day", "按日分布"), Text("Six months", "近六个月")
ONE_FIVE_TEN = Text("1-5-10 (P0 to P2)", "1-5-10 达标（P0–P2）")
SEEN_BY = Text("Seen first by", "最先发现者")
TIMES_TITLE = Text(
    "Times from the onset (min:s): median · 90 % · mean", "自开始起的用时（分:秒）：中位 · 90 分位 · 平均"
)
FIGURES, LIST, OVERDUE, REPEATS = (
    Text("Figures", "其他指标"),
    Text("Incidents", "事件清单"),
    Text("Overdue actions", "逾期的改进措施"),
    Text("Causes repeated within six months", "六个月内重复出现的原因"),
)
UNLISTED = Text("{} more are left out", "另有 {} 起未列出")
ROOT = Text(
    "Log root of {0}: {1} (watchtower verify --root {1})",
    "{0} 日志根哈希：{1}（watchtower verify --root {1}）",
)
MEDIAN_MITIGATE = Text("median until mitigated", "止损用时中位数")
MINUTES = Text("min:s", "分:秒")

WELL = 0.8
"""Shares below it are drawn as wanting."""
_IDS = 8
"""Incidents of one cause that are named, the newest."""


class FigureRow(Frozen):
    """`share` 0..1 is drawn as a bar where there is one; `bad` where it is the wrong way."""

    label: str
    value: str
    share: float | None = None
    bad: bool = False


def heading(made: MonthReport, language: Language) -> str:
    title = TITLE.in_(language).format(made.month)
    if made.at < made.figures.until:
        when = f"{datetime.fromtimestamp(made.at, UTC):%Y-%m-%d %H:%M} UTC"
        title += f" · {SO_FAR.in_(language).format(when)}"
    return title


def counts(made: MonthReport, language: Language) -> str:
    """`3 incidents: P0 1, P1 2 · 1 drill · 1 warning · ...`."""
    it = made.figures
    levels = ", ".join(f"{each.level} {each.incidents}" for each in it.levels if each.level is not None)
    zh = language is Language.ZH
    parts = [f"{it.incidents} 起事件" if zh else f"{it.incidents} incident{'' if it.incidents == 1 else 's'}"]
    if levels:
        parts[0] += f"：{levels}" if zh else f": {levels}"
    for count, one, many, chinese in (
        (it.warnings, "warning", "warnings", "次预警"), (it.false_pages.kept, "false page", "false pages", "次误报"),
        (it.drills, "drill", "drills", "次演练"), (it.own, "of watchtower itself", "of watchtower itself", "次监控自身"),
    ):  # fmt: skip
        if count:
            parts.append(f"{count} {chinese}" if zh else f"{count} {one if count == 1 else many}")
    return " · ".join(parts)


def root(made: MonthReport, language: Language) -> str:
    """The root of the log, which `watchtower verify` compares; empty for none."""
    return ROOT.in_(language).format(made.root_day, made.root) if made.root else ""


def attained(it: Figures, language: Language) -> list[FigureRow]:
    shares: list[tuple[Text, Ratio]] = [(title, getattr(it, name)) for name, title in ATTAINED]
    return [_share(title, one, language, one.share is not None and one.share < WELL) for title, one in shares]


def _share(title: Text, share: Ratio, language: Language, bad: bool) -> FigureRow:
    return FigureRow(title.in_(language), of(share), share.share, bad)


def sources(it: Figures, language: Language) -> list[FigureRow]:
    total = sum(it.sources.values()) or 1
    return [
        FigureRow(SOURCES[DetectionSource(name)].in_(language), str(n), n / total)
        for name, n in it.sources.items()
    ]


def times(it: Figures, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads, and a row for each level: how many, and median, 90th percentile and mean of each time."""
    heads = ["", Text("n", "数量").in_(language), *(title.in_(language) for title in TIMES.values())]
    return heads, [_times(each, language) for each in it.levels if each.incidents]


def others(it: Figures, language: Language) -> list[FigureRow]:
    """The rest; what had nothing to count is left out."""
    say = language
    shares = (
        (Text("Detected by ourselves", "自主发现率"), it.self_detected, False),
        (Text("Status updates in time", "进展通报准时率"), it.cadence, False),
        (Text("Checklist steps in time", "处置步骤准时率"), it.steps, False),
        (Text("Duties filed in time", "合规报送准时率"), it.duties, False),
        (Text("Action items done in time", "改进措施准时率"), it.actions, False),
        (Text("P0 and P1 reviewed", "P0/P1 复盘完成率"), it.reviews, False),
        (Text("Warnings acted on before 3 days", "预警提前 3 天处理率"), it.ladder, False),
        (Text("Pages delivered", "通知送达率"), it.pages, False),
        (Text("False pages", "误报率"), it.false_pages, True),
        (Text("Severity raised late", "级别上调滞后"), it.late_raises, True),
    )
    rows = [
        _share(title, share, say, share.kept > 0 if down else (share.share or 0) < WELL)
        for title, share, down in shares
        if share.of
    ]
    spans = (
        (Text("Full-outage equivalent", "等效全中断时长"), it.flow_minutes * 60),
        (Text("No data", "监控盲区"), it.no_data_minutes * 60),
    )
    rows += [FigureRow(title.in_(say), duration_words(span, say)) for title, span in spans if span]
    if it.level_changes:
        title = Text("Severity changes per incident", "每起事件级别变化")
        rows.append(FigureRow(title.in_(say), number(it.level_changes)))
    if it.estimate_error.median is not None:
        off = f"{it.estimate_error.median:.0%}"
        rows.append(FigureRow(Text("Live estimate of users off by", "实时估算偏差（中位）").in_(say), off))
    rows += [FigureRow(Text("Amount affected", "影响金额").in_(say), amount) for amount in it.amounts]
    rows += [FigureRow(Text("Money lost", "资损").in_(say), amount) for amount in it.losses]
    return rows


def listed(made: MonthReport, language: Language) -> tuple[list[str], list[list[str]]]:
    """Heads and a row for each incident of the month."""
    zone = zone_of(made.zone)
    heads = [Text("", ""), Text("Incident", "事件"), Text("Began", "开始"), TIMES["detect"], TIMES["acknowledge"],
             TIMES["mitigate"], Text("Seen by", "发现者"), Text("Cause", "原因")]  # fmt: skip
    return [head.in_(language) for head in heads], [_listed(one, language, zone) for one in made.incidents]


def repeats(it: Figures) -> list[str]:
    out = []
    for each in it.repeats:
        newest = ", ".join(each.incidents[-_IDS:])
        earlier = "… " if len(each.incidents) > _IDS else ""
        out.append(f"{each.cause_tag} ×{len(each.incidents)}: {earlier}{newest}")
    return out


def of(share: Ratio) -> str:
    """`67 % (2 of 3)`, `–` of none."""
    return "–" if share.share is None else f"{share.share:.0%} ({share.kept}/{share.of})"


def span(seconds: float | None, language: Language) -> str:
    return "–" if seconds is None else duration_words(round(seconds) if seconds >= 1 else seconds, language)


def short(seconds: float | None) -> str:
    """`0:40`, `8:49`, `1:10:00`, `26:00:00`: narrow, and the same in every language."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _spread(it: Spread) -> str:
    if it.median is None:
        return "–"
    return " · ".join(dict.fromkeys(short(each) for each in (it.median, it.p90, it.mean)))


def _times(each: SeverityFigures, language: Language) -> list[str]:
    name = str(each.level) if each.level is not None else Text("all", "全部").in_(language)
    return [name, str(each.incidents), *(_spread(each.times.get(key, Spread())) for key in TIMES)]


def _listed(one: Listed, language: Language, zone: tzinfo) -> list[str]:
    kind = KINDS[one.kind].in_(language) if one.kind in KINDS else ""
    title = f"{one.incident} {one.title.in_(language)}" + (f" ({kind})" if kind else "")
    began = one.opened_at - one.detect
    return [
        str(one.level), title, f"{datetime.fromtimestamp(began, zone):%m-%d %H:%M}", span(one.detect, language),
        span(one.acknowledge, language), span(one.mitigate, language), SOURCES[DetectionSource(one.source)].in_(language),
        one.cause_tag,
    ]  # fmt: skip


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown."""

    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"

    return "\n".join([line(heads), line(["---"] * len(heads)), *map(line, rows)])
