"""The words of pages that are tables and forms."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Severity, Text
from watchtower.texts.units import SEVERITIES

ITEMS_CSV = Text("Open action items (CSV)", "未完成的改进措施（CSV）")
NO_TITLE = Text("", "")
INCIDENTS, FIND = Text("Incidents", "事件"), Text("Search", "查询")
WORDS, FLOW, SEVERITY = Text("Words", "关键词"), Text("Flow", "业务"), Text("Severity", "级别")
STATE, PERIOD, ANY = Text("Status", "状态"), Text("Period", "时间范围"), Text("any", "不限")
STATES: Mapping[str, Text] = {"open": Text("open", "未恢复"), "over": Text("over", "已恢复")}
PERIODS: Mapping[str, Text] = {
    "7": Text("7 days", "7 天"),
    "30": Text("30 days", "30 天"),
    "90": Text("90 days", "90 天"),
    "365": Text("a year", "一年"),
}
INCIDENT, TITLE, BEGAN = Text("Incident", "事件"), Text("Title", "标题"), Text("Began", "开始时间")
LASTED, CAUSE = Text("Until resolved", "恢复用时"), Text("Cause", "原因")
NONE_FOUND = Text("No incident fits.", "没有符合条件的事件。")
NEWER, OLDER = Text("newer", "较新"), Text("older", "较早")
STILL = Text("open", "未恢复")

DECLARE = Text("Declare an incident", "上报事件")
WHAT_USERS_NOTICE = Text("What users notice", "故障现象")
SINCE = Text("Since when", "何时开始")
SINCES: Mapping[str, Text] = {
    "0": Text("now", "刚刚"),
    "600": Text("10 minutes ago", "10 分钟前"),
    "1800": Text("half an hour ago", "半小时前"),
    "3600": Text("an hour ago", "1 小时前"),
    "14400": Text("4 hours ago", "4 小时前"),
    "86400": Text("a day ago", "1 天前"),
}
BY_NUMBERS = Text("computed from the numbers below", "按下方数字自动定级")
LEVELS: Mapping[str, Text] = {
    **{str(one): Text(f"{one} {SEVERITIES[one].en}", f"{one} {SEVERITIES[one].zh}") for one in Severity},
    "": BY_NUMBERS,
}
USERS = Text("Affected users, if known", "受影响用户数（如已知）")
COMPLAINTS = Text("Complaints, if known", "投诉数（如已知）")
NO_FLOW = Text("none, or not known", "无，或尚不清楚")
DECLARE_IT = Text("Declare it: people are paged", "上报并通知")
DECLARE_HINT = Text(
    "It pages as any other incident. What fires on the flow joins it, and people resolve it.",
    "上报后按级别正常通知；该业务的告警会并入，由人工确认恢复。",
)

RESPONDERS, NAME, ROLE = Text("Responders", "响应人"), Text("Name", "姓名"), Text("Role", "角色")
CHANNEL, PROVEN = Text("Channel", "渠道"), Text("Shown to work", "验证情况")
CANARY, CANARY_HINT = Text("Send everybody a test page", "向所有人发送拨测通知"), Text("Who", "对象")
EVERYBODY = Text("everybody", "所有人")
NOBODY = Text("Nobody is configured.", "尚未配置响应人。")

SCHEDULES, OF_SCHEDULE = Text("On-call schedule", "值班表"), Text("{} ({})", "{}（{}）")
WHO, FROM, UNTIL, WHY = Text("Who", "人员"), Text("From", "开始"), Text("Until", "结束"), Text("Why", "依据")
GAP = Text("nobody", "无人")
NO_SCHEDULE = Text("No schedule is configured.", "尚未配置值班表。")
WHYS: Mapping[str, Text] = {
    "rotation": Text("rotation", "轮转"),
    "override": Text("override", "临时替班"),
    "calendar": Text("calendar", "日历"),
}
NUMBER = Text("Override", "替班编号")
OVERRIDE = Text("Somebody else stands in", "临时替班")
STAND_IN, STANDS_IN_FOR = Text("Stand in", "确认替班"), Text("For how long", "时长")
OVERRIDES = Text("Overrides by people", "人工替班")
NO_OVERRIDES = Text("None.", "无。")
END_OVERRIDE = Text("End an override", "取消替班")
LASTS: Mapping[str, Text] = {
    "1h": Text("1 hour", "1 小时"),
    "4h": Text("4 hours", "4 小时"),
    "8h": Text("8 hours", "8 小时"),
    "12h": Text("12 hours", "12 小时"),
    "24h": Text("1 day", "1 天"),
    "72h": Text("3 days", "3 天"),
    "168h": Text("1 week", "1 周"),
}
FROM_WHEN = Text("From, on the clocks of the schedule; empty: now", "开始时间（按值班表时区，留空为立即）")

DRILLS, DRILL, ANSWERED = Text("Drills", "演练"), Text("Drill", "演练"), Text("Answered", "响应情况")
FIRST_ANSWER, STEPS = Text("First answer", "首次响应"), Text("Steps done", "完成步骤")
NO_DRILLS = Text("There was no drill yet.", "尚未进行过演练。")
BEGIN_DRILL, STOP_DRILLS = Text("Begin a drill", "开始演练"), Text("Stop running drills", "停止进行中的演练")

CONFIGURATION = Text("Configuration", "配置")
IN_FORCE = Text("in force since {}: {}, {}, {}, {}", "自 {} 起生效：{}、{}、{}、{}")
PROBLEMS = Text(
    "The newest files are refused; what was in force before stays", "最新配置未通过校验，仍使用之前的配置"
)
HELD = Text(
    "A change waits to be confirmed: it would drop what was there", "配置变更等待确认：将删除原有内容"
)
RELOAD, CONFIRM = Text("Read the files again", "重新加载"), Text("What it would drop", "删除内容")
CONFIRMS: Mapping[str, Text] = {"": Text("stays", "保留"), "true": Text("is dropped", "确认删除")}
RULES, RULE, WHEN = Text("Rules", "规则"), Text("Rule", "规则"), Text("When", "条件")
FLOWS, TIER, CHECKS = Text("Flows", "业务"), Text("Tier", "等级"), Text("Checks", "检查")
FOR, NOTHING = Text("For", "持续"), Text("Nothing.", "无。")

CHANGES, CHANGE, KIND, BY = (
    Text("Changes", "变更"),
    Text("Change", "变更"),
    Text("Kind", "类型"),
    Text("By", "操作人"),
)
NO_CHANGES = Text("No change was reported in this time.", "该时段内没有上报的变更。")
LINK, REPORT_CHANGE = Text("Link", "链接"), Text("Report a change", "上报变更")

STATUS_TITLE, AND = Text("Status", "服务状态"), Text(", ", "、")
WELL = Text("No known problems.", "目前没有已知问题。")
DISRUPTED = Text("There is a disruption.", "部分服务受到影响。")
FLOW_WELL, FLOW_DISRUPTED = Text("no known problem", "正常"), Text("disrupted", "受影响")
PAST, NO_PAST = Text("The last 90 days", "最近 90 天"), Text("There was no disruption.", "没有中断记录。")
STATUS_AS_OF, FEED = Text("As of", "截至"), Text("Feed of all updates", "订阅通报（Atom）")
BY_MAIL, SUBSCRIBE = (
    Text("Updates by mail: your address", "邮件订阅通报：邮箱地址"),
    Text("Subscribe", "订阅"),
)
UNSUBSCRIBE, LEAVE_EMPTY = Text("Unsubscribe", "退订"), Text("Leave this empty", "请留空")
SUBSCRIPTION_ASKED = Text(
    "If this address can get mail, one is on its way. Open its link within a day, or nothing more is sent.",
    "如果该邮箱可以收信，确认邮件已发出。请在一天内打开其中的链接，否则不会再发送任何邮件。",
)
CONFIRM_SUBSCRIPTION = Text("Get these updates by mail?", "确认通过邮件接收通报？")
SUBSCRIBED = Text("You get the next update by mail.", "订阅成功，之后的通报将发送到您的邮箱。")
END_SUBSCRIPTION = Text("Get these updates no more?", "确认不再接收通报？")
UNSUBSCRIBED = Text("You get no more updates by mail.", "已退订，不会再收到通报邮件。")
SUBSCRIPTION_LINK_OVER = Text(
    "This link is cut off, or older than a day. Subscribe anew on the status page.",
    "链接不完整或已超过一天，请在服务状态页重新订阅。",
)
ASKED_TOO_OFTEN = Text(
    "That was asked too often. Try again in ten minutes.", "请求过于频繁，请十分钟后再试。"
)
NO_ROOM = Text("There is no room for more subscribers.", "订阅人数已达上限。")

SAVE, REVIEW_DONE = Text("Save", "保存"), Text("Close the review", "完成复盘")
NEW_ITEM, END_ITEM = (
    Text("Add an action item", "添加改进措施"),
    Text("An action item is done", "改进措施已完成"),
)
ITEM, FOR_WHAT, OWNER = (
    Text("What is to be done", "要做什么"),
    Text("What it is for", "用途"),
    Text("Owner", "负责人"),
)
DUE, ACCEPTANCE = Text("Until when", "截止时间"), Text("Acceptance criterion", "验收标准")
TAG_CAUSE, TAG = Text("Tag the cause", "标记原因"), Text("The cause in a word or two", "用一两个词概括原因")
HELPED, DROPPED = (
    Text("What ended it", "什么措施使其恢复"),
    Text("Dropped, and why; empty: done", "取消原因（留空表示已完成）"),
)
OWN_REVIEW, MEETING = (
    Text("Owner and meeting", "负责人与复盘会"),
    Text("The meeting (UTC)", "复盘会时间（UTC）"),
)

AT, ABOUT = Text("When", "时间"), Text("Details", "详情")
AUDIT_FIELDS = (Text("Who", "人员"), Text("Action", "操作"), Text("Address", "来源地址"))
CAME_OF_IT, DONE, REFUSED = Text("Result", "结果"), Text("done", "成功"), Text("refused", "拒绝")
AUDIT_WORDS: Mapping[str, Text] = {
    "sign in": Text("sign in", "登录"),
    "set password": Text("set password", "设置密码"),
    "password": Text("password", "密码"),
    "wrong password": Text("wrong password", "密码错误"),
    "no such account": Text("no such account", "账号不存在"),
    "one-time link": Text("one-time link", "一次性链接"),
}
NO_ENTRIES, NEWEST = Text("No entry fits.", "没有符合条件的记录。"), Text("newest", "最新")
SEARCH_ON = Text(
    "None of the ten thousand newest fits; search on among the older ones.",
    "最近一万条中没有符合条件的记录，请继续查询更早的记录。",
)
