"""Words that go by a number: English has others for one."""

from __future__ import annotations

from watchtower.model import Text
from watchtower.values import Frozen


class CountWords(Frozen):
    """`CountWords("{} check", "{} checks", "{} 项检查")`. The number goes into the first place."""

    one: str
    several: str
    zh: str

    def of(self, count: int, *more: object) -> Text:
        """The words for so many."""
        en = self.one if count == 1 else self.several
        return Text(en.format(count, *more), self.zh.format(count, *more))


CHECKS = CountWords("{} check", "{} checks", "{} 项检查")
FLOWS = CountWords("{} flow", "{} flows", "{} 项业务")
RULES = CountWords("{} rule", "{} rules", "{} 条规则")
INCIDENTS = CountWords("{} incident", "{} incidents", "{} 个事件")
RESPONDERS = CountWords("{} responder", "{} responders", "{} 位响应人")
