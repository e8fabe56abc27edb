"""What the bytes of an answer say: content encoding and character set, in one place for probes and channels.

Only the decoders of a fixed list are ever run. Python's own registry also knows `punycode` (quadratic), `zlib`
(a bomb) and `unicode_escape`, and a far side may write any of these into its Content-Type. Everything is decoded
in slices, so that a thread that reads a long answer hands the interpreter on in between.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from watchtower.collector import resting

MOST_BYTES = 4 << 20
"""Of a body once it is decoded, unless the caller says otherwise."""

MOST_JSON = 1 << 20
"""Characters of JSON that are read. The parser holds the interpreter: 60 ms for the worst document of this length."""

_SLICE = 1 << 17
_MOST_ENCODINGS = 3
_LOOKED_AT = 1024
"""Bytes in which an HTML page must declare its character set (HTML standard, "prescan")."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PLAIN = ("", "identity", "none", "utf-8", "utf8", "binary")
"""What says that nothing is packed, and what servers write there by mistake."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(
    rb"<meta\s[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})"
    rb"|<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})",
    re.IGNORECASE,
)
_TEXT = re.compile(
    r"utf-(?:8|16|32)(?:-[lb]e)?|gb18030|big5hkscs|cp932|cp949|euc_jp|iso2022_jp"
    r"|cp125[0-8]|cp866|cp874|iso8859-[0-9]{1,2}|koi8-[ru]"
)
_WIDER = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""What people write, and the superset that is meant by it (WHATWG, "Encoding")."""


class BodyUnreadable(ValueError):
    """Why a body says nothing: one word (`encoding`, `charset`, `garbage`, `too_large`), and a sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


def body_text(body: bytes, headers: Mapping[str, str], most: int = MOST_BYTES) -> str:
    """The text of an answer's body. Raises BodyUnreadable when it cannot be told, or is longer than `most` bytes.

    `headers` has lower-case names, or does not mind the case. The character set is that of a byte order mark, of
    Content-Type, of the document's own declaration, or else UTF-8; single bytes that do not fit are replaced.
    """
    plain = body_bytes(body, headers, most)
    for mark, charset in _BOMS:
        if plain.startswith(mark):
            return _decoded(plain, len(mark), charset)
    found = _CHARSET.search(headers.get("content-type") or "")
    inside = None if found else _DECLARED.search(plain, 0, _LOOKED_AT)
    name = found[1] if found else (inside[1] or inside[2]).decode("ascii", "replace") if inside else "utf-8"
    if not found and name.lower().startswith(("utf-16", "utf-32")):
        name = "utf-8"  # what declares it in single bytes is none
    charset = _charset(name)
    if charset:
        return _decoded(plain, 0, charset)
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyUnreadable("charset", f"the character set {name} is not supported") from None


def body_bytes(body: bytes, headers: Mapping[str, str], most: int = MOST_BYTES) -> bytes:
    """The body without its content encodings. Raises BodyUnreadable."""
    encodings = (headers.get("content-encoding") or "").lower().split(",")
    names = [name for name in map(str.strip, encodings) if name not in _PLAIN]
    if len(names) > _MOST_ENCODINGS:
        raise BodyUnreadable("encoding", f"{len(names)} content encodings, one over the other")
    for name in reversed(names):
        if name not in ("gzip", "x-gzip", "deflate"):
            raise BodyUnreadable("encoding", f"the content encoding {name[:20]!r} is not supported")
        try:
            body = _inflated(body, name, most) if body else body
        except zlib.error:
            raise BodyUnreadable("garbage", f"the answer says that it is {name}, and is not") from None
    if len(body) > most:
        raise BodyUnreadable("too_large", f"the answer is longer than {most} bytes")
    return body


def json_of(text: str, *, exact: bool = False) -> Any:
    """The JSON document in this text; with `exact`, numbers with a point are Decimals. Raises BodyUnreadable."""
    if len(text) > MOST_JSON:
        raise BodyUnreadable("too_large", f"the answer's JSON is longer than {MOST_JSON} characters")
    try:
        with (
            resting()
        ):  # each new list would be looked at, several times over: 120 ms for a MiB of `[[[]]],`, not 30
            return json.loads(text.removeprefix("\ufeff"), parse_float=Decimal if exact else None)
    except (ValueError, RecursionError):
        raise BodyUnreadable("garbage", "the answer is no JSON") from None


def _inflated(body: bytes, name: str, most: int) -> bytes:
    """One encoding taken off. `deflate` is sent with zlib's wrapping and without it."""
    wrapped = name != "deflate" or (body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0)
    bits = zlib.MAX_WBITS | 16 if name != "deflate" else zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
    out, size, rest = [], 0, body
    while rest:  # gzip may have several members
        engine = zlib.decompressobj(bits)
        for part in _inflating(engine, rest):
            out.append(part)
            size += len(part)
            if size > most:
                raise BodyUnreadable(
                    "too_large", f"the answer is longer than {most} bytes once it is unpacked"
                )
        if not engine.eof:
            raise zlib.error("cut off")
        rest = engine.unused_data if name != "deflate" and engine.unused_data[:2] == b"\x1f\x8b" else b""
    return b"".join(out)


def _inflating(engine: Any, body: bytes) -> Iterator[bytes]:
    yield engine.decompress(body, _SLICE)
    while engine.unconsumed_tail and not engine.eof:
        yield engine.decompress(engine.unconsumed_tail, _SLICE)
    while not engine.eof and (more := engine.decompress(b"", _SLICE)):
        yield more


def _charset(name: str) -> str:
    """The decoder for this label, or "" when there is none for it."""
    try:
        known = codecs.lookup(name.lower().removeprefix("x-")).name
    except (LookupError, ValueError):
        return ""
    known = _WIDER.get(known, known)
    return known if _TEXT.fullmatch(known) else ""


_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def _decoded(body: bytes, start: int, charset: str) -> str:
    if len(body) - start <= _SLICE:
        return body[start:].decode(charset, "replace")
    if charset in ("utf-16", "utf-32") and not body.startswith(_MARKS, start):
        charset += (
            "-le"  # in slices Python refuses it without a mark; whole, and by WHATWG, it is little-endian
        )
    decoder = codecs.getincrementaldecoder(charset)("replace")
    slices = [decoder.decode(body[at : at + _SLICE]) for at in range(start, len(body), _SLICE)]
    return "".join([*slices, decoder.decode(b"", final=True)])
