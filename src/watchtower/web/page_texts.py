"""Texts of the pages, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.core.incident.incidents import PageState
from watchtower.model import Text, Tier
from watchtower.page_kinds import PageKind
from watchtower.texts.reasons import SUPPRESSING, PageReason

TIERS: Mapping[Tier, Text] = {
    Tier.CORE: Text("core flow", "核心业务"),
    Tier.SUPPORTING: Text("supporting flow", "次核心业务"),
    Tier.PERIPHERAL: Text("peripheral flow", "非核心业务"),
}
PAGE_STATES: Mapping[PageState, Text] = {
    PageState.HELD: Text("shares a page with others", "合并通知"),
    PageState.QUEUED: Text("on its way", "发送中"),
    PageState.FAILING: Text("failing, still trying", "发送失败，重试中"),
    PageState.DELIVERED: Text("delivered", "已送达"),
    PageState.FAILED: Text("failed", "未送达"),
    PageState.CANCELLED: Text("no longer needed", "已取消"),
}
TIMELINE: Mapping[str, Text] = {
    "opened": Text("opened", "事件创建"),
    "alert_added": Text("another alert", "新增告警"),
    "alert_resolved": Text("an alert resolved", "一项告警恢复"),
    "alert_unwatched": Text("an alert is no longer watched", "一项告警不再监控"),
    "raised": Text("severity raised", "级别上调"),
    "lowered": Text("severity lowered", "级别下调"),
    "acknowledged": Text("acknowledged", "已认领"),
    "mitigated": Text("mitigated, being watched", "已止损，观察中"),
    "recurred": Text("reopened", "复发"),
    "resolved": Text("resolved", "已恢复"),
    "unwatched": Text("no longer watched", "不再监控"),
    "reopened": Text("reopened after the end", "恢复后复发"),
    "explained_by_dependency": Text(
        "another flow, explained by what it depends on", "新增受影响业务，由其依赖故障引起"
    ),
    "dependency_found": Text("what it depends on fails too", "其依赖也发生故障"),
    "merged": Text("merged: another incident, whose dependency this is", "已合并另一事件：其依赖即本故障"),
    "merged_into": Text(
        "merged into another incident: what it depends on fails", "已并入另一事件：其依赖发生故障"
    ),
    "shares_dependency": Text("another flow with the same dependency", "新增依赖相同的受影响业务"),
    "began_together": Text("another flow, since the same time", "同一时间新增受影响业务"),
    "settled": Text("closed, everyone has been notified", "已结案，相关人员均已通知"),
    "notified": Text("delivered", "已送达"),
    "not_notified": Text("not delivered", "未送达"),
    "passed_on": Text("escalated", "转发他人"),
    **{f"page_{kind}": kind.traits.logged for kind in PageKind if kind.traits.logged},
    **{
        reason: Text(f"nobody paged: {reason.text.en}", f"未通知：{reason.text.zh}") for reason in SUPPRESSING
    },
    PageReason.STILL_FIRING: Text("not resolved: an alert still fires", "未能关闭：告警仍在触发"),
}
"""Kinds without an entry are shown as they are."""
VIA: Mapping[str, Text] = {
    "api": Text("through the API", "通过 API"),
    "link": Text("by the link in a page", "通过通知中的链接"),
    "board": Text("on the board", "通过看板"),
}
"""By which way somebody acknowledged."""
READINESS: Mapping[str, Text] = {
    "plan_error": Text("the configuration could not be loaded", "配置未能加载"),
    "store": Text("the store cannot be written", "存储无法写入"),
    "store_behind": Text("the store is behind: decisions wait to be written", "存储写入滞后"),
    "scheduler_late": Text("checks run late", "检查执行滞后"),
    "delivery": Text("pages are not being delivered", "告警无法送达"),
    "probe_threads": Text("a hanging probe holds every thread", "探测线程全部卡住"),
    "log": Text("the log cannot be written", "日志无法写入"),
}

OTHER_CHECKS = Text("Other checks", "其他检查")
ALL_WELL = Text("All {} checks are well", "{} 项检查全部正常")
NO_CHECKS = Text("Nothing is watched yet", "尚未配置检查")
NEED_A_LOOK = Text("No open incident; look at {} of {} checks", "无未恢复事件；{}/{} 项检查需留意")
OPEN_INCIDENTS = Text("{} open", "{} 个未恢复事件")
UNACKNOWLEDGED = Text("{} not acknowledged", "{} 个无人认领")
AS_OF = Text("as of {}", "截至 {}")
REFUSED = Text(
    "The last change of the configuration was refused; the one before it is in force",
    "最近一次配置变更未通过校验，仍在使用之前的配置",
)
HELD = Text(
    "A change of the configuration would drop what was there, and waits to be confirmed; the one before it is in force",
    "配置变更将删除原有内容，等待确认；仍在使用之前的配置",
)
DRILL = Text("DRILL: ", "【演练】")
NOT_READY = Text("Watchtower itself needs help", "监控系统自身异常")
LOST = Text("No contact with watchtower: what you see is old.", "与监控系统失去联系：以下内容已过时。")
ABOUT = Text(
    "watchtower {} · up {} · {} checks, {} rules", "watchtower {} · 已运行 {} · {} 项检查，{} 条规则"
)
REVIEW = Text("review", "复盘")
REPORT = Text("this month", "本月报告")
NOT_SEEN = Text("not measured yet", "尚未测量")
PENDING = Text("about to alert: {}", "即将告警：{}")

MORE = Text("{} more", "另有 {} 条")
IN_TIMELINE = Text("{} more in the full timeline", "完整时间线中另有 {} 条")
ACTIONS = Text("Actions", "处置操作")
ACT_HINT = Text(
    "Your name and the API token once, then the line that you need.",
    "先填写姓名和 API 令牌，再使用所需的一行。",
)
ACT_NOTE = Text("What happened", "记录内容")
ACT_RESULT = Text("Result", "结果")
ACT_TRIED = Text("What was tried", "尝试了什么")
ACT_ROLE = Text("Role", "角色")
ACT_STEP = Text("Step", "步骤")
ACT_LEVEL = Text("Severity", "级别")
ACT_WHY = Text("Why", "原因")
ACT_AUDIENCE = Text("To whom", "对象")
ACT_SAID = Text("What was said", "通报内容")
ACT_NEXT = Text("Next in minutes", "多少分钟后再次通报")
DO_NOTE, DO_TAKE = Text("Note it", "记录"), Text("Take the role", "认领角色")
DO_STEP, DO_RAISE = Text("Step is done", "完成步骤"), Text("Raise the severity", "上调级别")
DO_NORMAL = Text("This is the new normal", "确认为新常态")
DO_SAID, DO_TRIED = Text("Record the update", "记录通报"), Text("Record the try", "记录尝试")
DO_SILENCE, ACT_UNTIL = Text("Silence its alerts", "静默其告警"), Text("For", "时长")
DO_EXPIRE, ACT_SILENCE = Text("End the silence", "结束静默"), Text("Silence", "静默")
SILENCE_HALF_HOUR = Text("Silence 30 min", "静默 30 分钟")
SILENCE_FOR: Mapping[str, Text] = {
    "30m": Text("30 minutes", "30 分钟"),
    "1h": Text("1 hour", "1 小时"),
    "2h": Text("2 hours", "2 小时"),
    "4h": Text("4 hours", "4 小时"),
    "12h": Text("12 hours", "12 小时"),
}
HELD_BACK = Text("{}: {}", "{}：{}")
SILENCES = Text("Pages are held back", "部分通知已抑制")
SILENCE_LINE = Text("{} until {}: {}", "{} 至 {}：{}")
DRAFTS = Text("Drafts of status updates", "进展通报草稿")
DRAFTS_HINT = Text(
    "Read it before it goes; nothing is sent from here.", "请核对后再发布；此处不会发送任何内容。"
)

BEGAN = Text("began {}", "始于 {}")
LASTED = Text("lasted {}", "持续 {}")
ALERTS = Text("Alerts", "告警")
NOTIFICATIONS = Text("Notifications", "通知")
TIMELINE_TITLE = Text("Timeline", "时间线")
NOBODY_NOTIFIED = Text("Nobody has been notified yet.", "尚未通知任何人。")
NOTHING_FIRES = Text("No alert fires any more.", "已无告警触发。")
WHAT_TO_DO = Text("What to do", "处置步骤")
OPEN_SOP = Text("Open the procedure", "查看处置预案")
TRIES = Text("{} attempts", "已尝试 {} 次")
ACKNOWLEDGED_BY = Text("Acknowledged by {}", "已由 {} 认领")
ACKNOWLEDGE = Text("Acknowledge", "认领")
ACKNOWLEDGE_AS = Text(
    "You are {}. Acknowledging stops the reminders; whoever opens the incident sees that you are on it.",
    "您是 {}。认领后将停止提醒，打开事件的人会看到由您处理。",
)
ACKNOWLEDGE_HERE = Text("Acknowledge from this page", "在本页认领")
YOUR_NAME = Text("Your name", "姓名")
API_TOKEN = Text("API token", "API 令牌")
THANKS = Text("Thank you. You have acknowledged it.", "已认领，由您负责处理。")
ALREADY_OVER = Text("This incident is over. There is nothing to acknowledge.", "事件已恢复，无需认领。")
ALREADY_YOURS = Text("Acknowledged by {} already.", "已由 {} 认领。")
LINK_INVALID = Text("This link is not valid", "链接无效")
LINK_INVALID_HINT = Text(
    "It may have been cut off on its way. Open the newest page you were sent, or the board.",
    "链接可能被截断，请打开最近一次收到的通知，或前往看板。",
)
LINK_EXPIRED = Text("This link has expired", "链接已过期")
NO_INCIDENT = Text("There is no such incident", "没有该事件")
ERROR_BACK = Text("To the board", "返回看板")
TO_INCIDENT = Text("the incident", "事件页面")
REVIEW_OPEN = Text("This review is open", "复盘未完成")
REVIEW_HOW = Text(
    "To write it: watchtower review {} --markdown FILE, then watchtower review {} --import FILE",
    "撰写方法：watchtower review {} --markdown 文件，编辑后 watchtower review {} --import 文件",
)
ACTION_ITEMS = Text("Action items", "改进措施")
LOSS_SEEN = Text("a loss of {:.0%} fires {} after {}", "丢失 {:.0%} 请求时 {} 于 {}后触发")
LOSS_UNSEEN = Text("a loss of {:.0%} fires nothing within {}", "丢失 {:.0%} 请求在 {}内不触发任何规则")
LOSS_NOT_BEFORE = Text(
    "a loss of {:.0%} is not seen before {}, when enough has been learnt",
    "丢失 {:.0%} 请求要到 {}学够之后才能发现",
)
LOSS_NEVER = Text(
    "a loss of {:.0%} fires nothing within {}, nor after a week more of learning",
    "丢失 {:.0%} 请求在 {}内不触发任何规则，再学习一周也不行",
)
NO_ZONE = Text(
    "Traffic goes by the hours of the day, and no zone is declared: write zone in [check.detect]",
    "流量随时段变化，但未声明时区：请在 [check.detect] 中写明 zone",
)
