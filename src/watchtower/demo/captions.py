"""Texts of the demo around the messages, in both languages, and what is known of those days."""

from __future__ import annotations

from watchtower.model import Instant, Language, Text
from watchtower.values import Frozen


class Caption(Frozen):
    """One line on what happens now."""

    at: Instant
    text: Text

    @classmethod
    def acknowledged(cls, at: Instant, by: str) -> Caption:
        return cls(at, Text(f"{by} acknowledges: no more reminders.", f"{by} 认领了事件：不再提醒。"))

    @classmethod
    def resolved(cls, at: Instant) -> Caption:
        return cls(at, Text("It stays: all clear.", "服务稳定，解除告警。"))


CAPTIONS = (
    Caption(
        807249600.0,
        Text(
            "NASA's web server, 1 August 1995. All is well.", "1995 年 8 月 1 日，NASA 网站服务器，一切正常。"
        ),
    ),
    Caption(
        807302610.0,
        Text("Hurricane Erin is near. The server begins to stutter.", "飓风“艾琳”逼近，服务器开始断断续续。"),
    ),
    Caption(
        807303121.0,
        Text("The server is shut down for the hurricane.", "因飓风关闭服务器。"),
    ),
    Caption(
        807438973.0,
        Text("Reachable again, but it stutters for hours.", "恢复可达，但断断续续持续数小时。"),
    ),
)
"""History: from the trace and its notes (SOURCE.md). What watchtower does is never written here."""

TITLE = Text("watchtower demo: Hurricane Erin, 1995", "watchtower 演示：1995 年飓风“艾琳”")
MAILBOX = Text("Mailbox", "邮箱")
PHONE = Text("Phone", "手机")
THREE_DAYS = Text("requests, 1 to 3 August", "请求数，8 月 1 日至 3 日")
LAST_HOUR = Text("last 60 minutes", "最近 60 分钟")
WELL = Text("no incident", "无事件")
MISSING = Text("about {n:,.0f} requests missing", "约缺失 {n:,.0f} 个请求")
TO = Text("to {who}", "发给 {who}")
LOCAL = Text("Nothing leaves this machine.", "所有消息仅在本机显示。")


def names(people: tuple[str, ...], language: Language) -> str:
    """`li, wang`"""
    return ("、" if language is Language.ZH else ", ").join(people)
