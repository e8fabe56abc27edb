"""The kinds of refusals, and the body of each (RFC 9457): `type` is stable, everything else is for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from watchtower.api.refusals import in_language
from watchtower.model import Language, Text

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:watchtower:problem:"
KINDS: Mapping[str, tuple[int, Text]] = {
    "malformed": (400, Text("The request cannot be read", "请求无法解析")),
    "token-needed": (401, Text("A token is needed", "需要令牌")),
    "token-wrong": (401, Text("The token is not the right one", "令牌不正确")),
    "forbidden": (403, Text("That is not permitted", "没有权限")),
    "not-found": (404, Text("There is no such thing", "不存在")),
    "method": (405, Text("This address takes another method", "该地址不支持此方法")),
    "conflict": (409, Text("That cannot be done now", "当前无法执行")),
    "acknowledged": (409, Text("Somebody else has acknowledged it", "已被他人认领")),
    "over": (409, Text("It is over already", "已经结束")),
    "firing": (409, Text("Its alerts still fire", "告警仍在触发")),
    "held": (409, Text("The configuration waits to be confirmed", "配置等待确认")),
    "key-busy": (409, Text("The same request is under way", "相同的请求正在处理")),
    "gone": (410, Text("It is no longer there", "已不存在")),
    "too-large": (413, Text("The body is too large", "请求体过大")),
    "host": (421, Text("Watchtower is not known by this name", "不认识该主机名")),
    "not-usable": (422, Text("Something in the request is not usable", "请求内容不可用")),
    "configuration": (422, Text("The configuration is refused", "配置被拒绝")),
    "key-reused": (422, Text("The key was used for another request", "该键已用于另一请求")),
    "too-many": (429, Text("Too many attempts", "尝试次数过多")),
    "crashed": (500, Text("An error inside watchtower", "内部错误")),
    "unavailable": (503, Text("It is not available now", "暂不可用")),
    "busy": (503, Text("Too much is asked for at once", "请求过多")),
    "store": (503, Text("The store cannot be read or written", "存储无法读写")),
    "standby": (503, Text("This daemon does not lead", "本实例不是主实例")),
}
"""The end of each `type`, with its status and title."""
_OF_STATUS = {status: name for name, (status, _) in reversed([*KINDS.items()])}


def problem_body(
    language: Language, status: int, detail: str, hint: str = "", kind: str = "", **more: Any
) -> Mapping[str, Any]:
    """The members of a problem. `kind` is one of KINDS; without it, the first of this status."""
    name = kind or _OF_STATUS.get(status, "")
    title = KINDS[name][1].in_(language) if name else detail
    return {
        "type": f"{PREFIX}{name}" if name else "about:blank",
        "title": title,
        "status": status,
        "detail": in_language(detail, language),
        **({"hint": in_language(hint, language)} if hint else {}),
        **more,
    }
