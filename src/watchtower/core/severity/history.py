"""The levels of an incident over time, projected from its log: each change with the sentence that explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from watchtower.core.entry import LogEntry
from watchtower.model import Instant, Severity, Text

CHANGED = ("opened", "raised", "lowered", "relapsed", "promoted")
"""Words of entries `levels.*` that set the response level."""

_KEPT = 200
"""Changes that are remembered; the log itself forgets none."""


@dataclass(frozen=True, slots=True)
class LevelChange:
    """`why` is one of `CHANGED`; `previous` is None at the opening. `cells` are those that decided it, as JSON."""

    at: Instant
    why: str
    previous: Severity | None
    level: Severity
    record: Severity
    computed: Severity | None
    sentence: Text
    by: str = "watchtower"
    reason: str = ""
    cells: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody must confirm that the response is lowered to `level`. `by_hand`: a person asked for it, and another
    one must confirm; else it has been well for long enough, and the commander must."""

    level: Severity
    at: Instant
    by: str
    reason: str
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Levels:
    """`computed` is the matrix' own answer, `response` what people act by, `record` the worst response there was.

    `override` is the level that a person set last, None where none did. `accepted` is the computed level beneath
    which the response was lowered on purpose: only a worse one raises it again. `calm` is whether the last lowering
    was because all was well: a relapse then goes back to the record. `promoted` are levels whose resolve target
    passed. `held_since` is since when a low-confidence level has been held down, `corrected` when an estimate was
    corrected that has not been looked at yet.
    """

    computed: Severity | None = None
    response: Severity | None = None
    record: Severity | None = None
    changes: tuple[LevelChange, ...] = ()
    override: Severity | None = None
    override_by: str = ""
    override_reason: str = ""
    accepted: Severity | None = None
    calm: bool = False
    proposed: Proposal | None = None
    promoted: tuple[Severity, ...] = ()
    held_since: Instant | None = None
    corrected: Instant | None = None
    corrected_by: str = ""
    corrected_reason: str = ""
    sentence: Text = field(default_factory=lambda: Text("", ""))
    """Why it is computed as it is, as of the last time that an answer changed."""

    @property
    def changed_at(self) -> Instant | None:
        """When the response level changed last."""
        return self.changes[-1].at if self.changes else None

    def after(self, entry: LogEntry) -> Levels:
        """This slice of the history with one more entry of its own kind."""
        data = entry.data
        word = entry.kind.partition(".")[2]
        if word in CHANGED:
            return self._changed(word, entry)
        match word:
            case "computed":
                return replace(self, computed=_level(data, "computed"), sentence=_text(data))
            case "proposed":
                level = _level(data, "level")
                if level is None:
                    return self
                reason, by_hand = str(data.get("reason", "")), data.get("by_hand") is True
                return replace(self, proposed=Proposal(level, entry.at, entry.by, reason, by_hand))
            case "withdrawn":
                return replace(self, proposed=None)
            case "held":
                return replace(self, held_since=entry.at)
            case "let_go":
                return replace(self, held_since=None)
            case "corrected":
                reason = str(data.get("reason", ""))
                return replace(self, corrected=entry.at, corrected_by=entry.by, corrected_reason=reason)
            case "kept":
                return replace(self, corrected=None)
        return self

    def _changed(self, word: str, entry: LogEntry) -> Levels:
        data = entry.data
        level = _level(data, "level")
        if level is None:
            return self
        record = level if level.worse_than(self.record) else self.record or level
        computed, cells = _level(data, "computed"), data.get("cells", ())
        change = LevelChange(
            entry.at, word, self.response, level, record, computed, _text(data), entry.by,
            str(data.get("reason", "")), tuple(one for one in cells if isinstance(one, Mapping))
            if isinstance(cells, (list, tuple)) else (),
        )  # fmt: skip
        down = word == "lowered"
        by_hand = data.get("by_hand") is True
        return replace(
            self,
            computed=computed,
            response=level,
            record=record,
            changes=(*self.changes, change)[-_KEPT:],
            override=level if by_hand else None,
            override_by=entry.by if by_hand else self.override_by,
            override_reason=change.reason if by_hand else self.override_reason,
            accepted=(computed or level) if down else None,
            calm=(self.calm or data.get("calm") is True) if down else False,
            proposed=None,
            promoted=(*self.promoted, self.response)
            if word == "promoted" and self.response
            else self.promoted,
            corrected=None if down else self.corrected,
            sentence=change.sentence if not by_hand else self.sentence,
        )


def _level(data: Mapping[str, Any], name: str) -> Severity | None:
    value = data.get(name)
    return Severity(value) if isinstance(value, str) and value in Severity.__members__ else None


def _text(data: Mapping[str, Any]) -> Text:
    en = data.get("en")
    en = en if isinstance(en, str) else ""
    zh = data.get("zh")
    return Text(en, zh if isinstance(zh, str) else en)
