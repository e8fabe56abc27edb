"""Keeping secrets out of texts, in whatever spelling a far side echoes them.

A text is read as it means: percent, JSON, HTML and backslash escapes are undone, blanks, quotes and `+` are dropped, and
in what is left each secret is looked for plain, in base64 (at all three alignments, so that `user:secret` is found) and
in hexadecimal. What is found is struck out of the text as it was. The time grows with the text, not with the number of
secrets: every fourth position of the text is looked up in one table of four-letter pieces.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape
from html.entities import html5
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

SHORTEST = 4
"""Values shorter than this are not looked for in texts: they would be found everywhere."""
_SHORT = 8
"""Shorter ones are looked for as they are spelled and in URLs only: other spellings would be found by chance."""
_PIECE = 4
_DROPPED = re.compile(r"[\s\"'+\\`\u200b]")
_DROP = {ord(sign): None for sign in "\t\n\v\f\r \"'+\\`\u200b\x85\xa0"}
_ESCAPE = re.compile(
    r"%(?P<hex>[0-9A-Fa-f]{2})|\\u(?P<u>[0-9A-Fa-f]{4})|\\x(?P<x>[0-9A-Fa-f]{2})|&#(?P<n>[0-9]{1,7});"
    r"|&#[xX](?P<h>[0-9A-Fa-f]{1,6});|&(?P<name>amp|lt|gt|quot|apos);|=(?P<q>[0-9A-F]{2})|(?P<drop>(?:[\s\"'+`\u200b]|\\(?!u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}))+)"
)
_LAYERS = 3
"""How often an escape may be escaped again."""
_BASE64 = re.compile(r"[A-Za-z0-9/_=-]")


class Redaction:
    """`***` for each of these values."""

    def __init__(self, values: Iterable[str]) -> None:
        known = {part for value in values for part in _parts(value) if len(part) >= SHORTEST}
        short = {spelling for value in known for spelling in _as_spelled(value)}
        self._plain = (
            re.compile("|".join(map(re.escape, sorted(short, key=len, reverse=True)))) if short else None
        )
        self._pieces: dict[str, set[int]] = defaultdict(set)
        self._begun: dict[str, dict[int, dict[str, bool]]] = defaultdict(lambda: defaultdict(dict))
        for spelling, coded in {one for value in known if len(value) >= _SHORT for one in _spellings(value)}:
            self._begun[spelling[:_SHORT]][len(spelling)][spelling] = coded
            for offset in range(_PIECE):
                self._pieces[spelling[offset : offset + _PIECE]].add(offset)

    def __call__(self, text: str) -> str:
        if self._plain is not None:
            text = self._plain.sub("***", text)
        if self._pieces and next(self._found(_meaning(text)), None) is not None:
            text = self._struck(text)
        return text

    def _found(self, text: str) -> Iterator[tuple[int, int, bool]]:
        """Where a spelling begins and ends: one of its first four pieces lies at a fourth position. Spellings that
        begin alike are told apart by their length, and those of one length by one look."""
        pieces, begun = self._pieces, self._begun
        for at in range(0, len(text) - _PIECE + 1, _PIECE):
            for offset in pieces.get(text[at : at + _PIECE], ()):
                begin = at - offset
                for length, spellings in (
                    begun.get(text[begin : begin + _SHORT], {}).items() if begin >= 0 else ()
                ):
                    coded = spellings.get(text[begin : begin + length])
                    if coded is not None:
                        yield begin, begin + length, coded

    def _struck(self, text: str) -> str:
        meant, layers = text, []
        for _ in range(_LAYERS):
            layer = _Layer(meant)
            layers.append(layer)
            changed, meant = layer.meant != meant, layer.meant
            if not changed:
                break
        spans = []
        for begin, end, coded in self._found(meant):
            if coded:  # the user's name in front, and what is padded behind, belong to it
                while begin > 0 and _BASE64.match(meant[begin - 1]):
                    begin -= 1
                while end < len(meant) and _BASE64.match(meant[end]):
                    end += 1
            spans.append((begin, end))
        out, last = [], 0
        for begin, end in sorted(spans):
            for layer in reversed(layers):
                begin, end = layer.span(begin, end)
            if begin >= last:
                out += [text[last:begin], "***"]
            last = max(last, end)
        return "".join([*out, text[last:]])


class _Layer:
    """A text with its escapes undone, and where each part of the result stood."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._from: list[tuple[int, int, bool]] = []
        out: list[str] = []
        length = last = 0
        for found in _ESCAPE.finditer(text):
            begin, end = found.span()
            for part, start, stop, plain in (
                (text[last:begin], last, begin, True),
                (_undone(found), begin, end, False),
            ):
                if part:
                    self._starts.append(length)
                    self._from.append((start, stop, plain))
                    out.append(part)
                    length += len(part)
            last = end
        self._starts.append(length)
        self._from.append((last, len(text), True))
        self.meant = "".join([*out, text[last:]])

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Where this part of the result stood in the text."""
        return self._where(begin)[0], self._where(end - 1)[1]

    def _where(self, at: int) -> tuple[int, int]:
        index = bisect_right(self._starts, at) - 1
        start, stop, plain = self._from[index]
        return (
            (start + at - self._starts[index], start + at - self._starts[index] + 1)
            if plain
            else (start, stop)
        )


def _undone(found: re.Match[str]) -> str:
    kind, value = found.lastgroup, found[found.lastgroup or 0]
    if kind == "drop":
        return ""
    if kind == "name":
        sign = html5[f"{value};"]
    else:
        number = int(value, 10 if kind == "n" else 16)
        sign = chr(number) if number < 0x110000 else "\ufffd"
    return "" if _DROPPED.match(sign) else sign


def _meaning(text: str) -> str:
    for _ in range(_LAYERS):
        undone = (
            _ESCAPE.sub(_undone, text) if any(sign in text for sign in "%\\&=") else text.translate(_DROP)
        )
        if undone == text:
            break
        text = undone
    return text


def _parts(value: str) -> Iterator[str]:
    """The value, and what of it is a secret by itself: a URL's password, the token after `Bearer`."""
    yield value
    scheme, _, rest = value.partition(" ")
    if scheme.lower() in ("bearer", "basic", "token") and rest:
        yield rest.strip()
    if "://" in value:
        try:
            parts = urlsplit(value)
            carried = [
                parts.password or "",
                *(one for _, one in parse_qsl(parts.query) if len(one) >= _SHORT),
            ]
        except ValueError:
            return
        yield from (unquote(one) for one in carried if one)


def _as_spelled(value: str) -> set[str]:
    quoted = {value, quote(value, safe=""), quote(value), quote_plus(value), escape(value)}
    quoted |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    return quoted | {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in quoted}


def _spellings(value: str) -> Iterator[tuple[str, bool]]:
    """As they look once a text's escapes are undone; true for those that are coded."""
    for raw in {value.encode("utf-8", "replace"), value.encode("utf-16-le", "replace")}:
        if not raw.count(0):
            yield from (
                (one, False)
                for one in {_meaning(value), _meaning(raw.decode("latin-1"))}
                if len(one) >= _SHORT
            )
        for shift in range(3):
            # What of the code depends on these bytes alone.
            code = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
            inner = code[(0, 2, 3)[shift] : len(code) - ((len(raw) + shift) % 3 > 0)]
            for one in {inner.replace("+", ""), inner.replace("+", "-").replace("/", "_")}:
                if len(one) >= _SHORT:
                    yield one, True
        for one in {raw.hex(), raw.hex().upper()}:
            yield one, True
