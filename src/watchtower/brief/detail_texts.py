"""The detail of a log entry in both languages: the engine writes it in English, mostly names and a word between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from watchtower.channels import channel_title, kinds
from watchtower.core.notify.channel_choice import ANY_NUMBER, NAMED, NO_OTHER
from watchtower.model import Text
from watchtower.page_kinds import PageKind

_KINDS: Mapping[str, PageKind] = {str(kind): kind for kind in PageKind}
_WHY: Mapping[str, str] = {text.en: text.zh for text in (ANY_NUMBER, NAMED, NO_OTHER)}


def _address(found: re.Match[str]) -> str:
    name, channel, kind = found.groups()
    if channel not in kinds():
        return found[0]
    said = _KINDS[kind].traits.word.zh if kind in _KINDS else kind
    return f"{name}（{channel_title(channel).zh}）" + (f"：{said}" if said else "")


def _through(found: re.Match[str]) -> str:
    channel, why = found.groups()
    return f"，经 {channel}（{_WHY.get(why, why.removeprefix('for ') + ' 号段')}）"


_CHINESE: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"^(\S+) on (\S+)$"), r"\2 的 \1"),
    (re.compile(r"([^\s,]+) by (\w+)(?:: (\w+))?"), _address),
    (re.compile(r", through (\S+) \(([^)]*)\)"), _through),
    (re.compile(r"(?<=）) after "), "，此前失败："),
    (re.compile(r": over budget (\S+)(?: with failed)?$"), r"：额度已用完（\1）"),
)
"""Forms of details: `bank-down on bank`, `li by sms: new`, `…, through sms.cn (for +86) after sms.abroad (timeout)`."""

_FIXED: Mapping[str, str] = {
    "what saw it has left the configuration": "相应监控已从配置中移除",
    "nothing fires, and its users are back": "告警全部恢复，用户请求已恢复",
    "its users are missing again": "用户请求再次缺失",
    "calm for long enough": "已稳定足够长时间",
    **{f"{kind}: nobody to page": f"{one.traits.word.zh}：没有可通知的人" for kind, one in _KINDS.items()},
}
"""Details that are always the same."""


def detail_text(detail: str) -> Text:
    """The detail as people read it; what has no known form is the same in both."""
    zh = _FIXED.get(detail, detail)
    for form, chinese in _CHINESE:
        zh = form.sub(chinese, zh)
    return Text(detail, zh)
