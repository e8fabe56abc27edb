"""A brief as an HTML page of its own: no script, nothing from elsewhere, so that it can be mailed and kept."""

from __future__ import annotations

from html import escape

from watchtower.brief.sheet import Block, Row, Sheet
from watchtower.model import Language

_STYLE = """
:root { color-scheme: light dark;
  --line: #d9dde3; --soft: #5b6571; --warn: #9a5b00; --bad: #c8202b; --good: #1a7f45; }
@media (prefers-color-scheme: dark) { :root {
  --line: #2b313a; --soft: #9aa5b1; --warn: #f0a646; --bad: #ff6b70; --good: #4cc27d; } }
body { font: 15px/1.4 system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif;
  max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } p { margin: .2rem 0 1rem; } p, h2, b, small { color: var(--soft); }
section { display: grid; grid-template-columns: 9rem 1fr; gap: 0 1rem;
  border-top: 1px solid var(--line); padding: .35rem 0; }
h2 { font-size: .85rem; line-height: 1.65; margin: 0; }
ul { list-style: none; margin: 0; padding: 0; } b { font-weight: 400; }
.warn { color: var(--warn); } .bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); } .soft { color: var(--soft); }
@media (max-width: 40rem) { section { grid-template-columns: 1fr; } }
"""


def html(sheet: Sheet) -> str:
    """The whole page; ends with a newline."""
    lang = "zh-CN" if sheet.language is Language.ZH else "en"
    facts = escape(" · ".join((*sheet.facts, sheet.as_of)))
    title = escape(sheet.title)
    blocks = "\n".join(_block(sheet, block) for block in sheet.blocks)
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{title}</h1>\n<p>{facts}</p>\n{blocks}\n</body></html>\n"
    )


def _block(sheet: Sheet, block: Block) -> str:
    more = f"<li><small>{escape(sheet.more(block))}</small></li>" if block.folded else ""
    rows = "".join(map(_row, block.rows))
    return f"<section><h2>{escape(block.title)}</h2><ul>{rows}{more}</ul></section>"


def _row(row: Row) -> str:
    label = f"<b>{escape(row.label)}</b> " if row.label else ""
    tone = f' class="{escape(row.tone)}"' if row.tone else ""
    return f"<li>{label}<span{tone}>{escape(row.text)}</span></li>"
