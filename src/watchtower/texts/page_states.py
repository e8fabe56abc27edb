"""What became of a page, and by which way somebody answered, in words."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Text

PAGE_STATES: Mapping[str, Text] = {
    "held": Text("shares a page with others", "合并通知"),
    "queued": Text("on its way", "发送中"),
    "failing": Text("failing, still trying", "发送失败，重试中"),
    "delivered": Text("delivered", "已送达"),
    "failed": Text("failed", "未送达"),
    "cancelled": Text("no longer needed", "已取消"),
    "received": Text("received, by its receipt", "回执：已到达"),
    "answered": Text("answered, perhaps by a mailbox", "已接听（可能为语音信箱）"),
    "read": Text("read", "已读"),
    "undelivered": Text("undelivered, by its receipt", "回执：未到达"),
}
"""By `PageState`."""
RECEIPTS = ("received", "answered", "read", "undelivered")
"""States that a receipt tells of."""
VIA: Mapping[str, Text] = {
    "api": Text("through the API", "通过 API"),
    "link": Text("by the link in a page", "通过通知中的链接"),
    "board": Text("on the board", "通过看板"),
    "session": Text("on the board, signed in", "登录后通过看板"),
    "token": Text("through the API, by a personal token", "通过 API（个人令牌）"),
}
"""By which way somebody acknowledged."""
