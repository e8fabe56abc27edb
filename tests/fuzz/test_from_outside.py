"""Whatever bytes come from outside: they are read, or refused in the declared way, and soon."""

from __future__ import annotations

import gzip
import json
import math
import time
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.bodies import BodyUnreadable, body_text, json_of
from watchtower.numbers import as_number, parse_number
from watchtower.patterns import Pattern, parse_pattern
from watchtower.probes.command import perfdata
from watchtower.probes.exposition import Exposition, Malformed, parse_sample
from watchtower.probes.log_lines import LoggedRequest, by_itself, by_json, by_pattern
from watchtower.probes.selectors import parse_selector

SOON = 0.5
"""Seconds of this thread's own processor time, with much to spare: what is quadratic takes minutes."""

SEEDS = [
    b'{"total": "1,828.72", "items": [{"a": 1e400}, null, "\\ud83d"]}',
    '<html><head><meta charset=gbk></head><body>正常 OK</body></html>'.encode("gbk"),
    b'# HELP x y\n# TYPE x counter\nx_total{a="b\\n"} 1.5 1700000000\nx_created NaN\n# EOF\n',
    b'127.0.0.1 - li [22/Nov/2026:15:43:53 +0000] "GET /pay?x=1 HTTP/1.1" 200 12 "-" "curl"',
    '{"status": 200, "uri": "/支付", "request_time": "0.012", "amount": "12,5"}'.encode("gb18030"),
    b"OK - offset=-0,082s | offset=-0.082s;0.5;1 'free space'=14145580kB;;;0",
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\x1f\x8b", b"",
]  # fmt: skip

ODD = [
    "\ud83d",
    "\udc00",
    "\0",
    "\u202e",
    "\x1b[2J",
    "\ufeff",
    "\\ud83d",
    "[" * 50,
    "{",
    "1e400",
    "NaN",
    "\r\n",
]

scraps = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(st.text(max_size=20), st.sampled_from(ODD)), max_size=8).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    ),
    st.sampled_from(SEEDS),
    st.sampled_from(SEEDS).flatmap(
        lambda seed: st.tuples(st.integers(0, len(seed)), st.integers(0, 8), st.binary(max_size=8)).map(
            lambda cut: seed[: cut[0]] + cut[2] + seed[cut[0] + cut[1] :]
        )
    ),
)
bodies = st.tuples(scraps, st.sampled_from([1, 1, 1, 50, 3000])).map(lambda drawn: drawn[0] * drawn[1])
headers = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.one_of(
            st.sampled_from(["application/json", "text/html; charset=gb2312", "text/plain; charset=utf-7",
                             "text/html; charset=punycode", "text/plain; charset=\"utf-16\"", "a/b; charset=idna"]),
            st.text(max_size=60),
        ),
        "content-encoding": st.sampled_from(["gzip", "deflate", "x-gzip, gzip", "br", "identity", "gzip,gzip,gzip,gzip", ""]),
    },
)  # fmt: skip


def soon(work: Callable[[], Any], *refusals: type[Exception]) -> Any:
    begun = time.thread_time()
    try:
        return work()
    except refusals:
        return None
    finally:
        assert time.thread_time() - begun < SOON


@given(bodies, headers, st.sampled_from(["as it is", "gzip", "deflate"]))
def test_a_body_is_text_or_refused(body: bytes, says: dict[str, str], packed: str) -> None:
    sent = gzip.compress(body) if packed == "gzip" else zlib.compress(body) if packed == "deflate" else body
    text = soon(lambda: body_text(sent, says), BodyUnreadable)
    if text is not None:
        text.encode()  # no half characters
        soon(lambda: json_of(text), BodyUnreadable)


@given(
    st.one_of(
        st.text(max_size=120), st.floats(), st.integers(), st.none(), st.booleans(), st.binary(max_size=9)
    )
)
def test_a_number_is_finite_or_refused(written: object) -> None:
    number = soon(
        lambda: parse_number(written, units={"ms": "0.001", "s": 1}, grouped=True, exponent=True), ValueError
    )
    assert number is None or (isinstance(number, Decimal) and math.isfinite(float(number)))
    guess = as_number(written)
    assert guess is None or math.isfinite(guess)


PATTERN = Pattern(r"^(?P<method>\w+) (?P<path>\S+) (?P<status>\d+)(?: (?P<latency>\S+))?")
READERS = [by_itself({}), by_json({"amount": "amount"}), by_pattern(PATTERN)]


@pytest.mark.parametrize("read", READERS, ids=["itself", "json", "pattern"])
@given(line=bodies)
def test_a_line_of_a_log_is_an_entry_or_none(
    read: Callable[[bytes], LoggedRequest | None], line: bytes
) -> None:
    entry = soon(lambda: read(line))
    if entry is not None:
        assert entry.latency is None or math.isfinite(entry.latency)
        (entry.method + entry.path + entry.user).encode()


@given(bodies)
def test_an_exposition_is_read_or_malformed(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    selector = parse_selector('x_total{a=~"b.*"}')
    exposition = Exposition(text)
    soon(lambda: exposition.whole)
    soon(lambda: exposition.series(selector), Malformed)
    for line in text.splitlines()[:50]:
        soon(lambda line=line: parse_sample(line))  # type: ignore[misc]


@given(st.text(max_size=100))
def test_a_selector_is_parsed_or_refused(text: str) -> None:
    soon(lambda: parse_selector(text), ValueError)


@given(bodies)
def test_a_plugins_output_gives_finite_numbers(body: bytes) -> None:
    found = soon(lambda: perfdata(body.decode("utf-8", "replace")))
    assert all(math.isfinite(value) for value in found.values())


@given(st.text(max_size=60), bodies)
def test_a_pattern_is_linear_or_refused(written: str, body: bytes) -> None:
    pattern = soon(lambda: parse_pattern(written), ValueError)
    if pattern is not None:
        soon(lambda: pattern.search(body.decode("utf-8", "replace")))


@given(
    st.recursive(
        st.one_of(st.none(), st.floats(), st.text(max_size=5)), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_json_goes_there_and_back(document: Any) -> None:
    text = json.dumps(document)
    assert json.dumps(json_of(text)) == text
