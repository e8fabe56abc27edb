"""Texts of the board, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Text
from watchtower.texts.counted import CountWords

PAGES: Mapping[str, Text] = {
    "/": Text("Board", "看板"),
    "/incidents": Text("Incidents", "事件"),
    "/changes": Text("Changes", "变更"),
    "/silences": Text("Silences", "静默"),
    "/schedule": Text("On call", "值班"),
    "/responders": Text("Responders", "响应人"),
    "/drills": Text("Drills", "演练"),
    "/report": Text("Reports", "报告"),
    "/configuration": Text("Configuration", "配置"),
}
"""The pages that stand at the top of every page."""
CHECKS = Text("Checks", "检查")
FLOWS = Text("Flows · last 24 h over what was expected", "业务 · 近 24 小时与预期")
SILENT = Text("no requests for {}", "已 {}无请求")
TOO_LOW = Text("too low", "过低")
OF_USUAL = Text("too low, {} of usual", "过低，为通常的 {}")
SURGE = Text("more than usual", "高于通常")
LEARNING = Text("learning", "学习中")
CLOSED = Text("closed", "已停业")
FAILS = Text("{}: {}", "{}：{}")
EXPECTED = Text("expected {}–{}", "预期 {}–{}")
PER_MINUTE, PER_HOUR = Text("/min", "/分"), Text("/h", "/小时")
SUCCESS = Text("success", "成功率")
CURVE_OF = Text(
    "{}: requests of the last 24 hours over the expected range; now {}",
    "{}：近 24 小时请求量与预期范围；当前 {}",
)
PAGED = Text("notified: {}", "已通知：{}")
SILENCE_PAGES = Text("without requests from now on: pages {} in {}", "若从现在起无请求，将通知 {}：{}后")
SILENCE_NOBODY = Text(
    "without requests from now on: {} fires in {}, and pages nobody",
    "若从现在起无请求，将触发 {}：{}后，但不通知任何人",
)
SILENCE_UNSEEN = Text(
    "without requests from now on: nothing fires within {}", "若从现在起无请求：{}内不触发任何规则"
)
HALF = Text("half of them: in {}", "减半：{}后")
MORE_FLOWS = CountWords("{} more flow, well", "{} more flows, all well", "另有 {} 项业务，全部正常")
MORE_FLOWS_ILL = CountWords(
    "{} more flow, not well", "{} more flows, {} of them not well", "另有 {} 项业务，其中 {} 项异常"
)

TOGETHER = Text("{} incidents that began together", "同时开始的 {} 个事件")
SINCE = Text("since {}", "始于 {}")
DUE_IN = Text("{}: {} left", "{}：剩余 {}")
OVERDUE = Text("{}: overdue for {}", "{}：已超时 {}")
MORE_INCIDENTS = CountWords("{} more incident", "{} more incidents", "另有 {} 个事件")

ALL_CHECKS = Text("show all checks", "显示全部检查")
MORE_CHECKS = Text("{} more", "另有 {} 项")
EARLIER, LATER = Text("back", "上一页"), Text("further", "下一页")
FOUND_NOTHING = Text("Nothing fits.", "无匹配项。")

ON_CALL, NOBODY = Text("On call", "值班"), Text("nobody", "无人")
UNTIL = Text("until {}", "至 {}")
THEN = Text("then {}", "之后 {}")
PROVEN = CountWords("{} way proven", "{} ways proven", "{} 条渠道已验证")
UNPROVEN = Text("{} never shown to work", "{} 从未验证")
NO_PEOPLE = Text("Nobody is configured.", "未配置响应人。")
RUNWAY = Text("Runway", "余量与有效期")
MORE_RUNWAYS = Text("{} more, {} at least", "另有 {} 项，至少 {}")
LAST_PAGES, NO_PAGES = Text("Last pages", "最近通知"), Text("No page was sent yet.", "尚未发送通知。")
AFTER = Text("{} after {}", "{}，用时 {}")
WATCHTOWER = Text("Watchtower", "监控系统")
PARTS: Mapping[str, tuple[Text, frozenset[str]]] = {
    "delivery": (Text("pages are delivered", "通知发送"), frozenset({"delivery"})),
    "store": (Text("store", "存储"), frozenset({"store", "store_behind"})),
    "scheduler": (Text("checks run on time", "检查准时"), frozenset({"scheduler_late", "probe_threads"})),
    "log": (Text("log", "日志"), frozenset({"log"})),
}
"""What watchtower is made of, and the reasons of unreadiness that speak against each."""
HISTORY = Text("history", "历史数据")
WELL = Text("well", "正常")
WAITING = Text("{} wait, the oldest for {}", "{} 条待发，最早已等 {}")
LEADS = Text("leads since {}", "自 {} 起为主")
TOOK_OVER = Text("leads since {}; nobody led for {} before", "自 {} 起为主；此前 {} 内没有主实例")
STANDS_BY = Text("stands by since {}", "自 {} 起备用")
OTHER_PLAN = Text(
    "stands by since {} with another configuration, and would take over later",
    "自 {} 起备用，但配置不同，接管会更晚",
)

SEARCH = Text("Search flows, checks, incidents", "搜索业务、检查、事件")
FIND = Text("Search", "搜索")
FILTERS = Text("Filters", "筛选")
TIER, STATE, OWNER, LABEL = (
    Text("Tier", "层级"),
    Text("State", "状态"),
    Text("Owner", "负责人"),
    Text("Label", "标签"),
)
ANY = Text("any", "不限")
STATES: Mapping[str, Text] = {
    "ill": Text("not well", "异常"),
    "well": Text("well", "正常"),
    "silenced": Text("silenced", "已静默"),
}
RESULTS = Text("Found: {}, {}, {}", "匹配：{}，{}，{}")
CLEAR = Text("show everything", "清除筛选")
WRONG_LABEL = Text('"{}" is no label: write name=value', "“{}”不是标签：请写作 名称=值")

KEYS = Text("Keys", "快捷键")
KEY_HELP: Mapping[str, Text] = {
    "/": Text("search", "搜索"),
    "j k": Text("to the next, to the previous", "下一项、上一项"),
    "Enter": Text("open it", "打开"),
    "?": Text("show or hide this", "显示或隐藏本说明"),
    "Esc": Text("leave the search, close this", "退出搜索、关闭本说明"),
}
LIVE, STILL = Text("live", "实时"), Text("every {} s", "每 {} 秒")
