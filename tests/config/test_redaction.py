"""A secret that a far side echoes is struck out in whatever spelling; the rest stays as it was."""

from __future__ import annotations

import base64
import html
import json
import shlex
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from watchtower.config.secrets import Secrets
from watchtower.redaction import Redaction

SECRETS = [
    "hunter2hunter2",
    "pa\"ss'wörd+/=&<x>%41",
    "短信密钥-abcdefgh",
    "s3cr3t with blank",
    "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
]
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": lambda s: quote(s, safe=""),
    "percent, small": lambda s: (
        quote(s, safe="").lower() if s.isascii() and s == s.lower() else quote(s, safe="")
    ),
    "percent, all": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()),
    "percent twice": lambda s: quote(quote(s, safe=""), safe=""),
    "form": quote_plus,
    "json": lambda s: json.dumps(s),
    "json, all": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "json in json": lambda s: json.dumps(json.dumps(s)),
    "html": html.escape,
    "html, numbers": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "html, hexadecimal": lambda s: "".join(f"&#x{ord(c):X};" for c in s),
    "python": repr,
    "python, bytes": lambda s: repr(s.encode()),
    "shell": shlex.quote,
    "quoted printable": lambda s: "".join(f"={byte:02X}" for byte in s.encode()),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, url": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "basic": lambda s: "Basic " + base64.b64encode(f"user:{s}".encode()).decode(),
    "basic of a longer name": lambda s: "Basic " + base64.b64encode(f"watchtower:{s}:x".encode()).decode(),
    "basic of another name": lambda s: "Basic " + base64.b64encode(f"li:{s}zz".encode()).decode(),
    "basic, in a URL": lambda s: quote(base64.b64encode(f"u:{s}".encode()).decode(), safe=""),
    "base64 in lines": lambda s: base64.encodebytes(b"x" * 40 + s.encode()).decode(),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "hexadecimal": lambda s: s.encode().hex(),
    "HEXADECIMAL": lambda s: s.encode().hex().upper(),
    "over quotes": lambda s: '"' + s[:5] + '" "' + s[5:] + '"',
    "over lines": lambda s: s[:5] + "\n    " + s[5:],
    "added": lambda s: "'" + s[:6] + "' + '" + s[6:] + "'",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_spelling_is_struck_out(secret: str, spelling: str) -> None:
    secrets = Secrets()
    for one in SECRETS:
        secrets.add(one)
    echoed = SPELLINGS[spelling](secret)
    said = secrets.redact(f'<p>401: "{echoed}", sorry 100 % & more</p>')
    assert echoed not in said
    assert "***" in said
    assert said.startswith("<p>401: ")
    assert said.endswith(", sorry 100 % & more</p>")
    for part in (secret[:6], secret[-6:]):
        assert part not in said


def test_every_one_of_several_is_struck_out_and_the_rest_stays() -> None:
    strike = Redaction(["firstsecret", "secondsecret"])
    assert strike("a firstsecret b secondsecret c firstsecretsecondsecret d") == "a *** b *** c ****** d"
    for text in (
        "nothing here",
        "",
        "%",
        "%4",
        "\\u12",
        "&amp;&nope;",
        "x" * 5000,
        "a\n\tb  c",
        "=3D 100 % \\",
    ):
        assert strike(text) == text


def test_what_a_secret_carries_is_one_too() -> None:
    strike = Redaction(["postgresql://wt:pass%2Fword9@db/x?sslkey=abcdefgh1", "Bearer tok-123456789"])
    assert strike("no pass/word9 for wt") == "no *** for wt"
    assert strike("tok-123456789?") == "***?"
    assert strike("key abcdefgh1") == "key ***"


def test_short_ones_are_struck_out_as_spelled_and_shorter_ones_are_let_alone() -> None:
    strike = Redaction(["1234", "abc", "a/b?c"])
    assert strike("pin 1234, 12 34, abc, a%2Fb%3Fc") == "pin ***, 12 34, abc, ***"


def test_the_time_grows_with_the_text_and_hardly_with_the_secrets() -> None:
    """A megabyte, with a thousand secrets; what a far side says is cut to 20,000 characters before, in fact."""
    few, many = (Redaction([f"secret-{n}-{n * 7919:08x}" for n in range(count)]) for count in (1, 1000))
    for text in (
        "word " * 200_000,
        "%41%42" * 170_000,
        "secret-" * 140_000,
        "=" * 1_000_000,
        "\\" * 1_000_000,
        "AAAA" * 250_000,
    ):
        for strike in (few, many):
            began = time.process_time()
            assert strike(text) == text
            assert time.process_time() - began < 5.0
