"""A page as HTML: for phones, light and dark; inline styles, no images, everything escaped."""

from __future__ import annotations

from html import escape

from watchtower.channels import sentences
from watchtower.channels.contract import Letter
from watchtower.channels.mail_body import SITUATION, body_of, subject
from watchtower.model import Severity, Text
from watchtower.texts import units

# White text on each of these has a contrast of 4.5 or more, and each shows on white and on black.
_COLOURS = {
    Severity.P0: "#b3001b",
    Severity.P1: "#c2410c",
    Severity.P2: "#8f6200",
    Severity.P3: "#0b62c4",
    Severity.P4: "#57606a",
}
_FONT = "-apple-system,'Segoe UI',Roboto,'PingFang SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif"


def html(letter: Letter) -> str:
    """The HTML part: inline styles, no images, the reader's own colours, everything escaped."""
    message, language, body = letter.message, letter.language, body_of(letter)
    over = message.kind.ends
    colour = message.kind.traits.colour or _COLOURS[message.severity]
    badge = sentences.marker(message, language).strip("[]")
    kind = message.kind.traits.word.in_(language)
    word = units.severity_word(message.severity, language)
    head = sentences.lead(message, language) or kind
    if message.kind.traits.of_incident and not over:
        head = f"{head} · {word}"
    out = []
    out.append(
        f'<!DOCTYPE html><html lang="{language.tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(subject(message, language))}</title></head>"
        f'<body style="margin:0;color-scheme:light dark;font:16px/1.5 {_FONT}">'
        '<div style="max-width:600px;margin:0 auto;padding:16px">'
        f'<div style="border-left:5px solid {colour};padding:2px 0 2px 14px">'
        f'<span style="background:{colour};color:#fff;font-weight:bold;padding:2px 9px;border-radius:4px">{escape(badge)}</span> '
        f"<b>{escape(head)}</b>"
        f'<div style="font-size:22px;line-height:1.3;font-weight:bold;margin-top:8px">'
        f"{escape(sentences.subject_of(message, language))}</div>"
    )
    comma = Text(", ", "，").in_(language)
    if said := comma.join(
        filter(None, (sentences.summary(message, language), sentences.now(message, language)))
    ):
        out.append(f'<div style="font-size:17px;margin-top:4px">{escape(said)}</div>')
    out.append("</div>")
    if body.links:
        out.append(
            f'<div style="margin:18px 0 6px">{"".join(_button(n, u, colour, i) for i, (n, u) in enumerate(body.links))}</div>'
        )
    cells = "".join(
        f'<tr><td style="padding:3px 16px 3px 0;opacity:.7;vertical-align:top;white-space:nowrap">{escape(name)}</td>'
        f'<td style="padding:3px 0;word-break:break-word">{escape(value)}</td></tr>'
        for name, value in body.rows
    )
    out.append(
        f'<table role="presentation" style="border-collapse:collapse;margin:12px 0;font-size:15px">{cells}</table>'
    )
    if body.situation:
        out.append(_heading(SITUATION.in_(language)))
        out += [
            f'<div style="margin:3px 0;white-space:pre-wrap">{escape(line)}</div>' for line in body.situation
        ]
    if body.steps or body.sop:
        out.append(_heading(Text("First steps", "处置步骤").in_(language)))
        if body.sop:
            out.append(f"<div>{_link(body.sop, body.sop_url)}</div>")
        steps = "".join(f'<li style="margin:3px 0">{escape(step)}</li>' for step in body.steps)
        out.append(f'<ol style="margin:6px 0;padding-left:24px">{steps}</ol>' if steps else "")
    if body.alerts:
        out.append(_heading(Text("Why", "依据").in_(language)))
        out += [
            f'<div style="margin:6px 0">{escape(said)}<br><span style="opacity:.7;font-size:13px">{escape(detail)}</span></div>'
            for said, detail in body.alerts
        ]
    out.append(
        '<div style="margin-top:22px;border-top:1px solid #8888;padding-top:8px;opacity:.7;font-size:13px">'
        f"{escape(body.foot)}</div>"
        "</div></body></html>"
    )
    return "\n".join(out)


def _heading(text: str) -> str:
    return f'<div style="font-weight:bold;margin-top:18px">{escape(text)}</div>'


def _button(name: str, url: str, colour: str, index: int) -> str:
    """The first is the thing to do; the second is quieter."""
    look = (
        f"background:{colour};color:#fff;border:1px solid {colour}"
        if index == 0
        else "border:1px solid #8888;color:inherit"
    )
    return (
        f'<a href="{escape(url)}" style="{look};display:inline-block;padding:10px 18px;margin:0 8px 8px 0;'
        f'border-radius:6px;text-decoration:none;font-weight:bold">{escape(name)}</a>'
    )


def _link(text: str, url: str) -> str:
    """A link only where it leads to the web: a URL from a file must not run anything."""
    if url.lower().startswith(("https://", "http://")):
        return f'<a href="{escape(url)}" style="color:inherit">{escape(text)}</a>'
    return escape(f"{text} {url}".strip())
