"""What receipts say of the pages to those who were asked, and by which way each of them answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from watchtower.brief.sections import Line, Section, Tone
from watchtower.channels import channel_title
from watchtower.core.incident.entry import LogEntry
from watchtower.core.scene import Scene
from watchtower.model import Instant, Text
from watchtower.texts.page_states import PAGE_STATES, RECEIPTS, VIA
from watchtower.texts.phrases import Phrase, When, fill, many
from watchtower.values import Frozen

_SHOWN = ("undelivered", "failed", "failing", "queued", "delivered", "answered", "received", "read")
"""Of one way, from the worst to the best: the best that was seen of any page counts."""
_TONES: Mapping[str, Tone] = {
    "undelivered": Tone.WARN,
    "failed": Tone.WARN,
    "read": Tone.GOOD,
    "received": Tone.GOOD,
}


class PageNews(Frozen):
    """What the log says of a page at one time: `channel` is the configured one once a page went by it."""

    at: Instant
    responder: str
    channel: str
    state: str


def page_news(log: Sequence[LogEntry]) -> Iterator[PageNews]:
    """Everything that the log says of pages, in its order."""
    known: dict[str, tuple[str, str]] = {}
    for entry in log:
        page = str(entry.data.get("page", ""))
        if "responder" in entry.data:
            known[page] = str(entry.data["responder"]), str(entry.data["channel"])
        if page in known:
            who, kind = known[page]
            through = str(entry.data.get("through") or kind)
            known[page] = who, through
            yield PageNews(entry.at, who, through, str(entry.data.get("state", "")))


def reached(scene: Scene) -> Section | None:
    """A line for each person who was asked; nothing where no receipt says more than the rest of the brief."""
    best: dict[tuple[str, str], PageNews] = {}
    asked = {who for (who, _), known in scene.incident.notified.items() if not known.informed}
    for one in page_news(scene.log):
        key = one.responder, one.channel
        if one.responder in asked and one.state in _SHOWN:
            if key not in best or _SHOWN.index(one.state) >= _SHOWN.index(best[key].state):
                best[key] = one
    if not any(one.state in RECEIPTS for one in best.values()):
        return None
    lines = []
    for who in dict.fromkeys(one.responder for one in best.values()):
        ways = [one for one in best.values() if one.responder == who]
        last = max(ways, key=lambda one: _SHOWN.index(one.state))
        said: list[Phrase] = [_said(one) for one in ways]
        said += [
            fill("acknowledged: {}", "已认领：{}", VIA.get(via) or channel_title(via))
            for via in _answered(scene, who)
        ]
        lines.append(Line(many(said), who, _TONES.get(last.state, Tone.PLAIN)))
    return Section("reached", Text("Who was reached", "送达情况"), tuple(lines))


def _said(one: PageNews) -> Phrase:
    return fill("{}: {} {}", "{}：{} {}", one.channel, PAGE_STATES[one.state], When(one.at))


def _answered(scene: Scene, who: str) -> list[str]:
    """By what this person acknowledged: a channel, a link, the board."""
    lines = (e for e in scene.log if e.kind in ("acknowledged", "acknowledged_in_part") and e.by == who)
    return list(dict.fromkeys(line.detail for line in lines if line.detail))
