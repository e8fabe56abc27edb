"""Texts of the pages with curves: checks, flows, and the impact of an incident."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Text

SPANS: Mapping[str, tuple[float, Text]] = {
    "1h": (3600.0, Text("1 hour", "1 小时")),
    "6h": (6 * 3600.0, Text("6 hours", "6 小时")),
    "24h": (86400.0, Text("24 hours", "24 小时")),
    "7d": (7 * 86400.0, Text("7 days", "7 天")),
    "30d": (30 * 86400.0, Text("30 days", "30 天")),
    "365d": (365 * 86400.0, Text("a year", "一年")),
}
"""Spans that are offered, as the address writes them."""

NAMES: Mapping[str, Text] = {
    "up": Text("up", "正常比例"),
    "traffic.rate": Text("requests", "请求"),
    "traffic.success_ratio": Text("success ratio", "成功率"),
    "ratio.value": Text("ratio", "比率"),
    "runway.days_left": Text("days left", "剩余天数"),
    "latency": Text("latency", "耗时"),
    "error_ratio": Text("error ratio", "错误率"),
    "balance": Text("balance", "余额"),
    "users": Text("users", "用户数"),
    "status": Text("HTTP status", "HTTP 状态码"),
}
"""What a kept value is called; others by their own names."""

SPAN = Text("Span", "时间范围")
EARLIER = Text("earlier", "更早")
LATER = Text("later", "更晚")
SERIES = Text("Series", "序列")
MEAN = Text("mean {}, from {} to {}", "均值 {}，最低 {}，最高 {}")
EXPECTED = Text("expected range", "预期范围")
INCIDENT = Text("incident", "事件")
SILENCED = Text("silence", "静默")
CHANGE = Text("change", "变更")
STEP = Text("A point is the mean of {}.", "每个点为 {} 的均值。")
NO_SAMPLE = Text("no sample", "无采样")
GAPS = Text("no sample in {} of the span", "{} 的时段无采样")
NOTHING = Text("Nothing was measured in this span.", "此时段内没有采样。")
NOT_KEPT = Text("The history cannot be shown", "历史曲线无法显示")
NOT_WRITTEN = Text("The history is not being written", "历史数据未能写入")
WOULD_PAGE = Text("What would page now", "当前何种情况会通知")
RULES = Text("Rules that evaluate it", "评估它的规则")
NO_RULE = Text("No rule evaluates it.", "没有规则评估它。")
SAMPLES = Text("Samples", "采样")
SAMPLED_AT = Text("time", "时间")
CHECKS = Text("Checks", "检查")
LAST_INCIDENTS = Text("Incidents", "事件")
NO_INCIDENTS = Text("No incident in this span.", "此时段内没有事件。")
CHANGES = Text("Changes", "变更")
NO_CHANGES = Text("No change was reported in this span.", "此时段内没有上报变更。")
NO_FLOW = Text("there is no such flow", "没有该业务")
NO_CHECK = Text("there is no such check", "没有该检查")
FLOW = Text("flow {}", "业务 {}")
EVERY = Text("probe {}, every {}", "探针 {}，每 {}")
ZOOM = Text("Drag over the curve to zoom in; double-click to zoom out.", "拖选曲线可放大，双击还原。")
IMPACT = Text("Impact over time", "影响随时间变化")
AFFECTED_USERS = Text("affected users", "受影响用户")
AFFECTED_REQUESTS = Text("missing requests", "缺失请求")
ACKNOWLEDGED = Text("acknowledged", "已认领")
MITIGATED = Text("mitigated", "已止损")
RESOLVED = Text("resolved", "已恢复")
