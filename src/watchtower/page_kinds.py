"""The kinds of page: why one is sent, what it is called, and how its mail, its SMS and the engine treat it.

A new kind is an entry here, and the place that asks for its page. Everything else follows from its traits.
"""

from __future__ import annotations

from enum import StrEnum

from watchtower.model import Text
from watchtower.values import Frozen


class PageTraits(Frozen, kw_only=True):
    word: Text
    """What it is called, on pages and in messages."""
    short: Text | None = None
    """The same in at most six characters, where the word is longer."""
    logged: Text | None = None
    """What the incident's log says when such pages are queued; None: they are of no incident."""
    of_incident: bool = True
    """It is about an incident. Others, such as a test, ask nothing, and nobody else is asked when they fail."""
    opens: bool = False
    """Its mail begins a thread."""
    ends: bool = False
    """It is the last word on an incident, unless it comes back."""
    named: bool = False
    """Its word stands before the title."""
    note_is_all: bool = False
    """What it is about is its note, not the alerts; it asks nobody to take the incident."""
    notes: bool = True
    """Its headline ends with its note."""
    rings: bool = False
    """It asks to act: a phone rings for it."""
    tells_duty: bool = False
    """An SMS for a role says what the role is to do."""
    repeats: bool = False
    """It repeats a page: nobody else is asked when it fails where that was delivered."""
    reaches_known: bool = False
    """Also those who knew of the incident at its severity before are paged."""
    colour: str = ""
    """Of its mail; empty: that of the severity."""


class PageKind(StrEnum):
    """Why a page is sent. The value stands in the store, in JSON, in mail headers and in the log."""

    traits: PageTraits

    NEW = "new", PageTraits(
        word=Text("New incident", "新事件"), short=Text("new", "新事件"),
        logged=Text("paged", "发出告警"), opens=True, tells_duty=True,
        rings=True,
    )  # fmt: skip
    UPDATE = "update", PageTraits(
        word=Text("Update", "进展更新"), logged=Text("paged: update", "发出进展更新"), named=True, note_is_all=True,
    )  # fmt: skip
    UPGRADE = "upgrade", PageTraits(
        word=Text("Raised", "级别上调"), logged=Text("paged: severity raised", "通知级别上调"), tells_duty=True,
        reaches_known=True, rings=True,
    )  # fmt: skip
    DOWNGRADE = "downgrade", PageTraits(
        word=Text("Lowered", "级别下调"), short=Text("milder", "下调"),
        logged=Text("notified: severity lowered", "通知级别下调"),
    )  # fmt: skip
    MITIGATED = "mitigated", PageTraits(
        word=Text("Users are back", "用户已恢复"), short=Text("better", "已止损"),
        logged=Text("notified: users are back", "通知用户已恢复"), named=True,
        colour="#1a7f37",
    )  # fmt: skip
    REMINDER = "reminder", PageTraits(
        word=Text("Reminder", "提醒"), short=Text("again", "提醒"),
        logged=Text("reminded", "发出提醒"), named=True, repeats=True,
        rings=True,
    )  # fmt: skip
    RESOLVED = "resolved", PageTraits(
        word=Text("Resolved", "已恢复"), short=Text("over", "已恢复"),
        logged=Text("notified: resolved", "通知已恢复"), ends=True, named=True,
        colour="#1a7f37",
    )  # fmt: skip
    UNWATCHED = "unwatched", PageTraits(
        word=Text("No longer watched", "不再监控"), short=Text("gone", "不再监控"),
        logged=Text("notified: no longer watched", "通知不再监控"), ends=True,
        named=True, colour="#57606a",
    )  # fmt: skip
    SILENCE = (
        "silence",
        PageTraits(
            word=Text("Silence", "静默"), short=Text("silent", "静默"), of_incident=False, note_is_all=True
        ),
    )
    MAINTENANCE = "maintenance", PageTraits(
        word=Text("Maintenance window", "维护窗口"), short=Text("window", "维护窗口"), of_incident=False, note_is_all=True,
    )  # fmt: skip
    TEST = (
        "test",
        PageTraits(word=Text("TEST", "测试"), of_incident=False, opens=True, notes=False, rings=True),
    )

    def __new__(cls, value: str, traits: PageTraits) -> PageKind:
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.traits = traits
        return kind

    @property
    def ends(self) -> bool:
        return self.traits.ends
