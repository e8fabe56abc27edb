"""Why somebody was paged for an incident, or was not: one word for programs, a clause in each language for people.

The words stand in the incident's log, in the log of the process, in the API, in pages and in backtests.
"""

from __future__ import annotations

from enum import StrEnum

from watchtower.model import Text


class PageReason(StrEnum):
    """A word, with its `text`. Those from `SEVERITY_UNCHANGED` on say why nobody was notified."""

    text: Text

    def __new__(cls, word: str, en: str = "", zh: str = "") -> PageReason:
        made = str.__new__(cls, word)
        made._value_, made.text = word, Text(en, zh)
        return made

    OPENED = "opened", "an incident was opened", "事件创建"
    REOPENED = "reopened", "the incident came back", "事件复发"
    RAISED = "raised", "its severity was raised", "级别上调"
    GOT_WORSE = "got_worse", "more fails than people knew", "影响加重"
    RECURRED = "recurred", "it is bad again", "再次恶化"
    DEPENDENCY_FAILS = "dependency_fails", "what it depends on fails", "其依赖发生故障"
    USERS_BACK = "users_back", "its users are back", "用户已恢复"
    LOWERED = "lowered", "its severity was lowered", "级别下调"
    RESOLVED = "resolved", "it is over", "已恢复"
    UNWATCHED = "unwatched", "it is no longer watched", "不再监控"
    MERGED_INTO = "merged_into", "it was merged into another incident", "已并入其他事件"
    NOT_ACKNOWLEDGED = "not_acknowledged", "nobody has acknowledged it", "无人认领"
    ACK_EXPIRED = "ack_expired", "its acknowledgement expired", "认领已失效"
    ESCALATED = "escalated", "nobody acknowledged it in time", "逾时无人认领"
    NEXT_WARNING = "next_warning", "the next warning came", "进入下一档预警"
    ALERTS_JOINED = "alerts_joined", "more alerts joined it", "新增告警"
    NEW_NORMAL = "new_normal", "it has lasted so long that it may be the new normal", "持续已久，可能是新常态"
    FAILOVER = "failover", "a page to somebody else, or by another channel, failed", "此前的通知未送达"
    UNPROVEN = "unproven", "nothing shows that an earlier page arrived", "无法证明此前的通知已到达"
    TOGETHER = "together", "several incidents share one page", "多个事件合并通知"
    LOWERING_PROPOSED = "lowering_proposed", "a lower severity was proposed", "有人建议下调级别"
    CLOCK_SOON = "clock_soon", "an SLA clock runs out soon", "时限即将到期"
    CLOCK_LATE = "clock_late", "an SLA clock ran out", "已超时限"
    DUTY_WATCH = "duty_watch", "a duty may soon apply", "可能触发合规义务"
    DUTY_TRIGGERED = "duty_triggered", "a duty applies", "已触发合规义务"
    DUTY_SOON = "duty_soon", "a filing is due soon", "报送即将到期"
    DUTY_LATE = "duty_late", "a filing is overdue", "报送已逾期"
    STEP_OVERDUE = "step_overdue", "steps of the checklist are overdue", "处置清单步骤已逾期"
    APPROVAL_NEEDED = "approval_needed", "a degradation plan asks for approval", "降级预案待审批"
    DEGRADE_STARTED = "degrade_started", "a degradation plan was started", "降级预案已启动"
    DEGRADE_FAILED = "degrade_failed", "a degradation plan failed", "降级预案执行失败"
    DEGRADE_ENDS = "degrade_ends", "a degradation plan is rolled back", "降级预案正在回退"
    DEGRADE_IN_FORCE = "degrade_in_force", "a degradation plan is still in force", "降级预案仍在生效"
    P0_HELD_BACK = "p0_held_back", "pages about a P0 are held back", "P0 的通知正被抑制"
    SILENCE_OVER = "silence_over", "what held its pages back is over", "静默或抑制已结束"
    SILENCE_ENDS = "silence_ends", "a silence ends soon", "静默即将结束"
    SILENCE_IDLE = "silence_idle", "a silence fits no check", "静默未匹配任何检查"
    STATUS_UPDATE = "status_update", "a status update was sent", "发送进展通报"
    CANARY = "canary", "each channel is tried", "渠道例行自检"
    MAINTENANCE_AHEAD = "maintenance_ahead", "a maintenance window begins soon", "维护窗口即将开始"

    SEVERITY_UNCHANGED = "severity_unchanged", "the severity is unchanged", "级别未变"
    STILL_ON_ITS_WAY = "still_on_its_way", "an earlier page is still on its way", "此前的通知仍在发送"
    RECOVERING = "recovering", "it seems to be over, which is still being shown", "似已恢复，正在确认"
    CLOSED = "closed", "what it is about is closed", "相关业务不在开放时段"
    NOBODY_TO_PAGE = "nobody_to_page", "there is nobody to page at this severity", "该级别没有可通知的人"
    NOBODY_FOR_ROLE = "nobody_for_role", "nobody fills the role", "该角色无人担任"
    NOBODY_NOTIFIED = "nobody_notified", "nobody had been notified of it", "此前无人收到通知"
    NO_POLICY = "no_policy", "this severity pages nobody", "该级别不通知任何人"
    NOT_BY_CALL = "not_by_call", "a call is for what asks somebody to act", "电话仅用于需要处理的通知"
    FLAPS = "flaps", "it comes back again and again, and was over soon", "反复复发，且很快恢复"
    OVER = "over", "the incident is over", "事件已结束"
    STILL_FIRING = "still_firing", "an alert still fires", "告警仍在触发"
    SILENCED = "silenced", "a silence holds pages back", "已静默"
    IN_MAINTENANCE = "in_maintenance", "a maintenance window holds pages back", "处于维护窗口"
    INHIBITED = "inhibited", "another alert inhibits it", "被其他告警抑制"


SUPPRESSING = tuple(PageReason)[tuple(PageReason).index(PageReason.SEVERITY_UNCHANGED) :]
"""Why nobody was notified."""
ASKING = frozenset((PageReason.RECURRED, PageReason.APPROVAL_NEEDED, PageReason.NEXT_WARNING))
"""Of updates that ask somebody to act now."""
HOLDING_BACK = (PageReason.SILENCED, PageReason.IN_MAINTENANCE, PageReason.INHIBITED)
"""Why a page that was due was held back: by what people asked for."""


def said_of(word: str) -> Text:
    """Of a word that was read back: a newer or older version may have had others."""
    known = PageReason(word).text if word in frozenset(PageReason) else None
    return known or Text(word.replace("_", " "), word.replace("_", " "))
