"""What the board says; `texts/board.tsv` has the words."""

from __future__ import annotations

from watchtower.model import Text
from watchtower.texts.counted import CountWords
from watchtower.texts.text_file import TextFile

_TEXTS = TextFile("board")
PAGES = _TEXTS["PAGES"]
"""The pages that stand at the top of every page."""
MORE_FLOWS = CountWords("{} more flow, well", "{} more flows, all well", "另有 {} 项业务，全部正常")
MORE_FLOWS_ILL = CountWords(
    "{} more flow, not well", "{} more flows, {} of them not well", "另有 {} 项业务，其中 {} 项异常"
)
MORE_INCIDENTS = CountWords("{} more incident", "{} more incidents", "另有 {} 个事件")
AT_PLACE = CountWords(
    "{} worker, shards held: {}", "{} workers, shards held: {}", "{} 个工作进程，持有分片 {}"
)
PROVEN = CountWords("{} way proven", "{} ways proven", "{} 条渠道已验证")
_AGAINST = {"store": {"store", "store_behind"}, "scheduler": {"scheduler_late", "probe_threads"}}
PARTS = {part: (text, frozenset(_AGAINST.get(part, {part}))) for part, text in _TEXTS["PARTS"].items()}
"""What watchtower is made of, and the reasons of unreadiness that speak against each."""
STATES, KEY_HELP = _TEXTS["STATES"], _TEXTS["KEY_HELP"]


def __getattr__(name: str) -> Text:
    return _TEXTS.one(name)
