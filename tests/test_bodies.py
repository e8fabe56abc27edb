"""What the bytes of an answer say."""

from __future__ import annotations

import gzip
import json
import time
import zlib

import pytest

from watchtower.bodies import MOST_JSON, BodyUnreadable, body_text, json_of

TEXT = '{"state": "正常"}'
PACKED = gzip.compress(TEXT.encode())
RAW_DEFLATE = zlib.compress(TEXT.encode())[2:-4]


def why(body: bytes, most: int = 1 << 20, **headers: str) -> str:
    with pytest.raises(BodyUnreadable) as caught:
        body_text(body, {name.replace("_", "-"): value for name, value in headers.items()}, most)
    return caught.value.reason


READ = [
    ("plain", TEXT.encode(), {}),
    ("gzip", PACKED, {"content-encoding": "gzip"}),
    ("capitals", PACKED, {"content-encoding": " GZIP "}),
    ("old name", PACKED, {"content-encoding": "x-gzip"}),
    ("identity", TEXT.encode(), {"content-encoding": "identity"}),
    ("a mistake for charset", TEXT.encode(), {"content-encoding": "UTF-8"}),
    ("twice", gzip.compress(PACKED), {"content-encoding": "gzip, gzip"}),
    ("deflate", zlib.compress(TEXT.encode()), {"content-encoding": "deflate"}),
    ("deflate without wrapping", RAW_DEFLATE, {"content-encoding": "deflate"}),
    (
        "members",
        gzip.compress(TEXT[:5].encode()) + gzip.compress(TEXT[5:].encode()),
        {"content-encoding": "gzip"},
    ),
    ("byte order mark", TEXT.encode("utf-8-sig"), {"content-type": "application/json; charset=gbk"}),
    ("utf-16", TEXT.encode("utf-16"), {}),
    ("gb2312 means gb18030", TEXT.encode("gb18030"), {"content-type": "text/html; Charset=GB2312"}),
    ("quoted", TEXT.encode("gbk"), {"content-type": "text/html; charset='gbk'"}),
    ("a label of old browsers", TEXT.encode("gbk"), {"content-type": "text/html; charset=x-gbk"}),
    ("big5", TEXT.encode("big5"), {"content-type": "text/html; charset=Big5"}),
    ("an unknown charset that is UTF-8", TEXT.encode(), {"content-type": "text/html; charset=utf8mb4"}),
]


@pytest.mark.parametrize(("body", "headers"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_the_text_is_what_was_meant(body: bytes, headers: dict[str, str]) -> None:
    assert body_text(body, headers) == TEXT


@pytest.mark.parametrize(
    "head",
    ['<html><head><meta charset="gbk">', "<META http-equiv=Content-Type content='text/html; charset=gb2312'>",
     "<?xml version='1.0' encoding='GB18030'?>"],
)  # fmt: skip
def test_a_document_may_declare_its_own_character_set(head: str) -> None:
    assert body_text((head + "正常").encode("gbk"), {"content-type": "text/html"}) == head + "正常"


def test_what_cannot_be_read_has_a_reason() -> None:
    assert why(PACKED, content_encoding="br") == "encoding"
    assert why(PACKED, content_encoding="gzip,gzip,gzip,gzip") == "encoding"
    assert why(b"hello", content_encoding="gzip") == "garbage"
    assert why(PACKED[:-9], content_encoding="gzip") == "garbage"
    assert why(gzip.compress(b"0" * 2_000_000), content_encoding="gzip") == "too_large"
    assert why(TEXT.encode("gbk"), content_type="text/plain; charset=x-klingon") == "charset"


@pytest.mark.parametrize(
    "codec", ["punycode", "zlib", "bz2", "unicode_escape", "idna", "rot13", "undefined", "utf-7"]
)
def test_a_far_side_cannot_choose_one_of_pythons_odd_decoders(codec: str) -> None:
    body, started = b"a-" + b"9" * 500_000, time.process_time()
    assert body_text(body, {"content-type": f"text/plain; charset={codec}"}) == body.decode()
    assert time.process_time() - started < 2


def test_a_bomb_is_given_up_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20), 1)
    started = time.process_time()
    assert why(bomb, most=1 << 20, content_encoding="gzip") == "too_large"
    assert time.process_time() - started < 0.5


def test_json() -> None:
    assert json_of('\ufeff{"a": 1}') == {"a": 1}
    assert str(json_of("[0.10]", exact=True)) == "[Decimal('0.10')]"
    for text in ("", "{", "nope", "[" * 100_000, "1" * 10_000):
        with pytest.raises(BodyUnreadable, match="no JSON"):
            json_of(text)
    with pytest.raises(BodyUnreadable) as caught:
        json_of(json.dumps("a" * MOST_JSON))
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("charset", ["utf-16", "utf-32"])
def test_a_long_body_without_a_byte_order_mark_is_read_as_a_short_one_is(charset: str) -> None:
    """Found by `make fuzz`: in slices it raised what nobody caught."""
    text = "well " * 200_000
    assert body_text(text.encode(f"{charset}-le"), {"content-type": f"text/plain; charset={charset}"}) == text
