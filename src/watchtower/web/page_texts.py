"""What the pages say; `texts/pages.tsv` has the words."""

from __future__ import annotations

from collections.abc import Mapping

from watchtower.model import Text
from watchtower.page_kinds import PageKind
from watchtower.texts import page_states
from watchtower.texts.counted import CountWords
from watchtower.texts.reasons import SUPPRESSING
from watchtower.texts.text_file import TextFile

_TEXTS = TextFile("pages")
TIERS, PAGE_STATES, VIA = _TEXTS["TIERS"], page_states.PAGE_STATES, page_states.VIA
TIMELINE: Mapping[str, Text] = {
    **{state: page_states.PAGE_STATES[state] for state in page_states.RECEIPTS},
    **{f"page_{kind}": kind.traits.logged for kind in PageKind if kind.traits.logged},
    **{
        reason: Text(f"nobody paged: {reason.text.en}", f"未通知：{reason.text.zh}") for reason in SUPPRESSING
    },
    **_TEXTS["TIMELINE"],
}
"""Kinds without an entry are shown as they are."""
READINESS, PROVEN_BY = _TEXTS["READINESS"], _TEXTS["PROVEN_BY"]
ALL_WELL = CountWords("The check is well", "All {} checks are well", "{} 项检查全部正常")
NEED_A_LOOK = CountWords(
    "No open incident; look at the check",
    "No open incident; look at {1} of {0} checks",
    "无未恢复事件；{1}/{0} 项检查需留意",
)
SILENCE_FOR, SILENCE_STATES = _TEXTS["SILENCE_FOR"], _TEXTS["SILENCE_STATES"]
REPEATS = _TEXTS["REPEATS"]
"""Rules of RFC 5545 that a page offers."""
PRESS_AGAIN = _TEXTS["PRESS_AGAIN"]
"""Why a button has to be pressed once more."""


def __getattr__(name: str) -> Text:
    return _TEXTS.one(name)
