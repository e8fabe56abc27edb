"""Texts of the pages, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.api.proofs import ProofState
from watchtower.model import Text, Tier
from watchtower.page_kinds import PageKind
from watchtower.texts import page_states
from watchtower.texts.counted import CountWords
from watchtower.texts.reasons import SUPPRESSING, PageReason

TIERS: Mapping[Tier, Text] = {
    Tier.CORE: Text("core flow", "核心业务"),
    Tier.SUPPORTING: Text("supporting flow", "次核心业务"),
    Tier.PERIPHERAL: Text("peripheral flow", "非核心业务"),
}
PAGE_STATES = page_states.PAGE_STATES
TIMELINE: Mapping[str, Text] = {
    **{state: page_states.PAGE_STATES[state] for state in page_states.RECEIPTS},
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
    "merged": Text("merged: another incident goes on in this one", "已合并另一事件"),
    "merged_into": Text("merged into another incident, where it goes on", "已并入另一事件"),
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
VIA = page_states.VIA
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
ALL_WELL = CountWords("The check is well", "All {} checks are well", "{} 项检查全部正常")
NO_CHECKS = Text("Nothing is watched yet", "尚未配置检查")
NEED_A_LOOK = CountWords(
    "No open incident; look at the check",
    "No open incident; look at {1} of {0} checks",
    "无未恢复事件；{1}/{0} 项检查需留意",
)
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
WAYS = Text("Ways to people: {} of {} were shown to work", "联系渠道：{1} 条中 {0} 条已验证")
PROVEN_BY: Mapping[str, Text] = {
    "receipt": Text("by a receipt", "回执"),
    "acknowledgement": Text("by an acknowledgement", "认领"),
    "canary": Text("by a canary", "拨测"),
    "": Text("never shown to work", "从未验证"),
}
GAP = Text("Watchtower did not run, and saw nothing", "监控未运行，期间无任何记录")
DRILL = Text("DRILL: ", "【演练】")
NOT_READY = Text("Watchtower itself needs help", "监控系统自身异常")
LOST = Text("No contact with watchtower: what you see is old.", "与监控系统失去联系：以下内容已过时。")
ABOUT = Text("watchtower {} · up {} · {}, {}", "watchtower {} · 已运行 {} · {}，{}")
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
ACT_ROLE, ACT_STEP = Text("Role", "角色"), Text("Step", "步骤")
ACT_LEVEL, ACT_PLAN = Text("Severity", "级别"), Text("Degradation plan", "降级预案")
ACT_AUDIENCE, ACT_UNTIL = Text("To whom", "对象"), Text("For", "时长")
ACT_SILENCE = Text("Silence", "静默")
ACT_INTO = Text("The incident in which it goes on; this cannot be undone", "并入的事件，无法撤销")
PAGES_OF = Text("Further pages", "翻页")
DO_SUBSCRIBE, ACT_WHO = Text("Subscribe to status updates", "订阅进展通报"), Text("Who", "订阅人")
DRAFT_TEXT, DRAFT_NEXT = Text("Text", "内容"), Text("Minutes until the next one", "距下次通报（分钟）")
SEND_DRAFT = Text("Send it", "发送")
DO_MERGE = Text("Merge into another (cannot be undone)", "并入其他事件（不可撤销）")
DO_NOTE, DO_TAKE = Text("Note it", "记录"), Text("Take the role", "认领角色")
DO_STEP, DO_RAISE = Text("Step is done", "完成步骤"), Text("Raise the severity", "上调级别")
DO_NORMAL = Text("This is the new normal", "确认为新常态")
DO_SAID, DO_TRIED = Text("Record the update", "记录通报"), Text("Record the try", "记录尝试")
DO_SILENCE, DO_EXPIRE = Text("Silence its alerts", "静默其告警"), Text("End the silence", "结束静默")
DO_APPROVE, DO_REJECT = Text("Approve the plan", "批准预案"), Text("Reject the plan", "否决预案")
DO_ROLLBACK, DO_RESOLVE = (
    Text("Roll back the plan", "回退预案"),
    Text("It is over: resolve", "已恢复：结束事件"),
)
DO_CONFIRM = Text("Confirm the lowering", "确认下调级别")
SILENCE_HALF_HOUR = Text("Silence 30 min", "静默 30 分钟")
SILENCE_FOR: Mapping[str, Text] = {
    "30m": Text("30 minutes", "30 分钟"),
    "1h": Text("1 hour", "1 小时"),
    "2h": Text("2 hours", "2 小时"),
    "4h": Text("4 hours", "4 小时"),
    "12h": Text("12 hours", "12 小时"),
}
SILENCES_TITLE = Text("Silences and maintenance windows", "静默与维护窗口")
SILENCE_ALERTS = Text("Alerts that fire and fit", "命中的告警")
SILENCE_CHECKS = Text("Checks that may fit", "可命中的检查")
SILENCE_STATES: Mapping[str, Text] = {
    "active": Text("holds pages back now", "正在抑制通知"),
    "pending": Text("to come", "未开始"),
    "expired": Text("over", "已结束"),
}
CALENDAR_UNREAD = Text("Its times are those of before", "沿用之前的时间")
NO_SILENCES = Text("Nothing holds pages back.", "当前无静默或维护窗口。")
NEW_SILENCE, SILENCE_BEGIN = Text("Silence alerts", "新建静默"), Text("Silence them", "开始静默")
SILENCE_WHAT, SILENCE_MATCHERS = (
    Text("What", "对象"),
    Text("Further matchers, one a line", "其他匹配条件，每行一个"),
)
SILENCE_FROM = Text("From, on the clocks of the zone; empty: now", "开始时间（按所选时区，留空为立即）")
SILENCE_REPEATS, ONCE = Text("Recurs", "重复"), Text("once", "不重复")
SILENCE_ZONE, SILENCE_WHY = Text("Zone", "时区"), Text("Why", "原因")
REPEATS: Mapping[str, Text] = {
    "FREQ=DAILY": Text("every day", "每天"),
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": Text("every working day", "每个工作日"),
    "FREQ=WEEKLY": Text("every week on that day", "每周同一天"),
    "FREQ=MONTHLY": Text("every month on that day", "每月同一天"),
}
"""Rules of RFC 5545 that a page offers."""
HELD_BACK = Text("{}: {}", "{}：{}")
SILENCES = Text("Pages are held back", "部分通知已抑制")
SILENCE_LINE = Text("{} until {}: {}", "{} 至 {}：{}")
DRAFTS = Text("Drafts of status updates", "进展通报草稿")
DRAFTS_HINT = Text(
    "Read it before it goes: it is sent to who subscribed, and a public one is on the status page.",
    "请核对后再发送：将发给订阅者，对外通报同时显示在状态页。",
)

BEGAN = Text("began {}", "始于 {}")
LASTED = Text("lasted {}", "持续 {}")
ALERTS = Text("Alerts", "告警")
NOTIFICATIONS = Text("Notifications", "通知")
TIMELINE_TITLE = Text("Timeline", "时间线")
UNREAD = Text(
    "The store does not answer: what happened before, and which notifications went out, cannot be shown now.",
    "存储无响应：暂时无法显示此前的经过和已发出的通知。",
)
NOBODY_NOTIFIED = Text("Nobody has been notified yet.", "尚未通知任何人。")
NOTHING_FIRES = Text("No alert fires any more.", "已无告警触发。")
WHAT_TO_DO = Text("What to do", "处置步骤")
OPEN_SOP = Text("Open the procedure", "查看处置预案")
TRIES = Text("{} attempts", "已尝试 {} 次")
ACKNOWLEDGED_BY = Text("Acknowledged by {}", "已由 {} 认领")
ACKNOWLEDGE = Text("Acknowledge", "认领")
LINK_AS = Text("You are {}: what you do here is done in your name.", "您是 {}：在此的操作均以您的名义进行。")
LINK_NARROW = Text(
    "The link of an SMS only acknowledges; for more, open the one in a mail, or the board.",
    "短信链接仅可认领，其他操作请使用邮件中的链接或看板。",
)
LOOK_AGAIN = Text("Look again", "刷新")
NOBODY_PRESSES = Text("A button for programs. It does nothing.", "供程序使用的按钮，不执行任何操作。")
ACKNOWLEDGE_HERE = Text("Acknowledge from this page", "在本页认领")
SIGN_IN = Text("Sign in", "登录")
YOUR_NAME = Text("Your name", "姓名")
API_TOKEN = Text("API token", "API 令牌")
THANKS = Text(
    "Thank you. You have acknowledged it; nobody is reminded any more.", "已认领，由您负责处理，不再提醒。"
)
THANKS_FOR_ALL = Text(
    "Thank you. You have acknowledged it, and {} more of which you were notified together with it.",
    "已认领，由您负责处理；一并通知您的另外 {} 个事件也已认领。",
)
ACKS_MISSING = Text(
    "Your acknowledgement counts; {} more must acknowledge.", "您的认领已计入，还需 {} 人认领。"
)
ALREADY_OVER = Text("This incident is over.", "事件已恢复。")
ALREADY_YOURS = Text("Acknowledged by {} already.", "已由 {} 认领。")
NOT_ASKED = Text(
    "Not done: you were not asked to take this incident, or it is not one of ours.",
    "未执行：该事件未通知您处理，或不在本系统中。",
)
WHICH = Text(
    "Several wait for you: {}. Reply ACK and a number.", "有多个事件待认领：{}。请回复“收到”加编号。"
)
NOT_CONFIRMED = Text(
    "It cannot be confirmed now whether you have acknowledged it: open the incident and look.",
    "暂时无法确认是否已认领，请打开事件查看。",
)
THROUGH = Text("through {}", "通过{}")
DONE_TWICE = Text("You sent this twice; it was done once. {}", "您重复提交了该操作，仅执行一次。{}")
DONE_THIS = Text("Done: {}", "已执行：{}")
NOT_DONE = Text("Not done: {}", "未执行：{}")
NOT_NOW = Text(
    "Not done: that cannot be done any more, or is not for you to do. This is how it stands.",
    "未执行：该操作已无法进行，或不由您执行。当前情况如下。",
)
MISSING = Text("Not done: fill in “{}”, and press again.", "未执行：请填写“{}”后再次提交。")
TOLD = Text("Notified: {}", "已通知：{}")
TOLD_NOBODY = Text(
    "Nobody is paged for it; whoever opens the incident sees it.", "不另行通知，打开事件的人均可看到。"
)
NEXT_STEP = Text("Next: {}", "下一步：{}")
PRESS_AGAIN: Mapping[ProofState, Text] = {
    ProofState.EARLY: Text(
        "Not done yet: that was quicker than a person reads. Press once more.",
        "尚未执行：提交过快，请再按一次。",
    ),
    ProofState.OLD: Text(
        "Not done yet: this page had been open for long. See how it stands now, and press once more.",
        "尚未执行：页面打开时间过长。请核对当前情况后再按一次。",
    ),
}
"""Why a button has to be pressed once more."""
GOES_ON_IN = Text("It goes on in {}.", "已并入 {}。")
COMMA = Text(", ", "、")
OPEN_IT = Text("Open it", "打开")
LINK_INVALID = Text("This link is not valid", "链接无效")
LINK_INVALID_HINT = Text(
    "It may have been cut off on its way. Open the newest page you were sent, or the board.",
    "链接可能被截断，请打开最近一次收到的通知，或前往看板。",
)
LINK_EXPIRED = Text("This link has expired", "链接已过期")
LINK_EXPIRED_HINT = Text(
    "Its incident was over a week ago or longer. Open the newest page you were sent, or the board.",
    "对应事件已结束一周以上，请打开最近一次收到的通知，或前往看板。",
)
LINK_LEFT = Text(
    "This link was for {}, who is no responder any more", "该链接属于 {}，此人已不在响应人名单中"
)
LINK_LEFT_HINT = Text(
    "Ask whoever is on call, or whoever keeps rules.toml to add you again.",
    "请联系值班人员，或请 rules.toml 的维护者重新添加。",
)
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
    "丢失 {:.0%} 请求最早 {} 学习充分后才能发现",
)
LOSS_NEVER = Text(
    "a loss of {:.0%} fires nothing within {}, and another week of learning would not change that",
    "丢失 {:.0%} 请求在 {}内不触发任何规则，再学习一周也不会",
)
NO_ZONE = Text(
    "Traffic goes by the hours of the day, and no zone is declared: write zone in [check.detect]",
    "流量随时段变化，但未声明时区：请在 [check.detect] 中写明 zone",
)
