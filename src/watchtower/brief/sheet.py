"""A brief as it is said: in one language and one zone, plain text in rows. What every page and print is made from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from watchtower.brief.brief import Brief
from watchtower.model import Language, Text
from watchtower.texts.phrases import Tongue
from watchtower.texts.units import moment
from watchtower.values import Frozen

VERSION = 1
"""Of the JSON, raised when a field changes its meaning."""
_MORE = Text("{} more", "另有 {} 条")
_AS_OF = Text("as of {}", "截至 {}")


class Row(Frozen):
    """`tone` is one of `sections.Tone`."""

    text: str
    label: str = ""
    tone: str = ""

    @property
    def whole(self) -> str:
        """`14:43 text`, `commander li`."""
        return f"{self.label} {self.text}" if self.label else self.text


class Block(Frozen):
    """`folded` counts rows that are not here; `keep` as in `sections.Section`."""

    name: str
    title: str
    rows: tuple[Row, ...]
    folded: int = 0
    keep: int = 1


class Sheet(Frozen):
    """`facts` stand below the title; `as_of` is the moment of the brief, with its zone."""

    title: str
    severity: str
    state: str
    facts: tuple[str, ...]
    as_of: str
    blocks: tuple[Block, ...]
    language: Language = Language.EN

    def more(self, block: Block) -> str:
        """`12 more`, or nothing."""
        return _MORE.in_(self.language).format(block.folded) if block.folded else ""

    @property
    def colon(self) -> str:
        return Text(": ", "：").in_(self.language)


def sheet_of(brief: Brief, tongue: Tongue, names: Iterable[str] | None = None) -> Sheet:
    """All of it; with `names` these sections only."""
    head, say = brief.headline, tongue.say
    wanted = None if names is None else set(names)
    return Sheet(
        f"{head.response} {say(head.name)} · {head.incident}",
        str(head.response),
        str(head.state),
        tuple(say(fact) for fact in head.facts(brief.at)),
        _AS_OF.in_(tongue.language).format(moment(brief.at, tongue.zone, tongue.language)),
        tuple(
            Block(
                s.name,
                say(s.title),
                tuple(
                    Row(one_line(say(line.text)), one_line(say(line.label)), str(line.tone))
                    for line in s.lines
                ),
                s.elsewhere,
                s.keep,
            )
            for s in brief.sections
            if wanted is None or s.name in wanted
        ),
        tongue.language,
    )


def one_line(text: str) -> str:
    """Without line breaks, and without what would move a terminal's cursor."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def plain(sheet: Sheet) -> list[str]:
    """Lines of text: the title, its facts, and each section with its name before its first row."""
    out = [sheet.title, " · ".join((*sheet.facts, sheet.as_of))]
    for block in sheet.blocks:
        for index, row in enumerate(block.rows):
            start = f"{block.title}{sheet.colon}" if index == 0 else "  "
            more = f" ({sheet.more(block)})" if block.folded and index == len(block.rows) - 1 else ""
            out.append(f"{start}{row.whole}{more}")
    return out


def to_json(sheet: Sheet) -> dict[str, Any]:
    return {
        "title": sheet.title,
        "severity": sheet.severity,
        "state": sheet.state,
        "facts": list(sheet.facts),
        "as_of": sheet.as_of,
        "language": str(sheet.language),
        "sections": [
            {
                "name": b.name,
                "title": b.title,
                "lines": [{"label": r.label, "text": r.text, "tone": r.tone} for r in b.rows],
                "more": b.folded,
                "keep": b.keep,
            }
            for b in sheet.blocks
        ],
    }


def from_json(data: dict[str, Any]) -> Sheet:
    """What `to_json` wrote, read by the command. Raises KeyError for what is none."""
    blocks = tuple(
        Block(
            b["name"],
            b["title"],
            tuple(Row(r["text"], r["label"], r["tone"]) for r in b["lines"]),
            b["more"],
            b["keep"],
        )
        for b in data["sections"]
    )
    facts, language = tuple(data["facts"]), Language(data["language"])
    return Sheet(data["title"], data["severity"], data["state"], facts, data["as_of"], blocks, language)
