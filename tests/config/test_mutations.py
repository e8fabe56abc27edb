"""Whatever happens to a right file: it is read, or it is refused with problems at lines that exist. Nothing else."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.config.kinds import FewKinds
from watchtower.config.load import load
from watchtower.errors import ConfigError, Problem

RULES = """\
include = ["more.toml"]

[product]
name = { en = "Shop", zh = "商城" }

[[rule]]
name = "slow api"
match = { probe = "http", labels = { team = ["pay", "x*"] } }
when = "latency > 0.5 && status == 200"
for = "1m"
severity = "P2"
summary = { en = "took {{ latency }}", zh = "耗时 {{ latency }}" }
sop = "restart"

[[rule]]
name = "silent"
match = { tier = "core", probe = "traffic" }
when = '''
traffic.silent
'''
severity = "P1"

[sop.restart]
title = "Restart"
url = "https://wiki.example/restart"
steps = [
  "stop it",
  { en = "start it", zh = "启动" },
]

[[responder]]
name = "li"
email = "li@example.com"
sms = "${PHONE}"
zone = "Asia/Shanghai"

[paging.P1]
roles = ["oncall"]
channels = ["email", "sms"]
remind_every = "5m"

[no_data]
many = 4

[channel.email]
mailbox = "var/mailbox"
"""

MORE = """\
[channel.sms]
file = "var/phone.txt"
"""

CHECKS = """\
[flow.checkout]
title = { en = "Checkout", zh = "下单支付" }
tier = "core"
amount_per_request = "182.50 CNY"

[[check]]
name = "api"
probe = "http"
url = "http://127.0.0.1:8080/health"
every = "10s"
timeout = "2s"
expect = [200, 204]
flow = "checkout"
labels = { team = "pay" }

[[check]]
name = "orders"
probe = "traffic"
flows = { web = "checkout" }
no_data_after = "5m"
[check.detect]
zero_for = "2m"
"""

FILES = {"rules.toml": RULES, "more.toml": MORE, "checks/a.toml": CHECKS}
VALUES = ["5", '"x"', "true", "[]", "{}", "1.5", '""', "-1", '["a", 1]', "{ a = 1 }", "1979-05-27", "nan", '"${NO}"', "99999999999999999999999"]  # fmt: skip


def delete_line(text: str, draw: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    del lines[draw.randrange(len(lines))]
    return "".join(lines)


def change_type(text: str, draw: random.Random) -> str:
    places = list(re.finditer(r"^(\w+ = )(.*)$", text, re.MULTILINE))
    if not places:
        return text
    place = draw.choice(places)
    return text[: place.start(2)] + draw.choice(VALUES) + text[place.end(2) :]


def misspell(text: str, draw: random.Random) -> str:
    words = list(re.finditer(r"[a-z_]{3,}", text))
    if not words:
        return text
    word = draw.choice(words)
    letter = draw.randrange(word.start(), word.end())
    return text[:letter] + draw.choice(["", "x", "é", text[letter] * 2]) + text[letter + 1 :]


def double_table(text: str, draw: random.Random) -> str:
    tables = re.split(r"(?m)^(?=\[)", text)
    return text + "\n" + draw.choice(tables)


def junk(text: str, draw: random.Random) -> str:
    position = draw.randrange(len(text) + 1)
    return (
        text[:position]
        + "".join(draw.choice("\0\x7f\"'[]{}=,.#\n\\$\u2028é🙂\ud7ff ") for _ in range(3))
        + text[position:]
    )


def truncate(text: str, draw: random.Random) -> str:
    return text[: draw.randrange(len(text) + 1)]


def swap_lines(text: str, draw: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


MUTATIONS = [delete_line, change_type, misspell, double_table, junk, truncate, swap_lines]


def _problems(files: dict[str, bytes]) -> list[tuple[str, int]] | None:
    """Where problems are told; None when the files are right. Each must be at a line that exists."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "checks").mkdir()
        for name, content in files.items():
            (root / name).write_bytes(content)
        problems: Sequence[Problem] = ()
        try:
            load(root / "rules.toml", root / "checks", {"PHONE": "+8613800138000"}, FewKinds())
        except ConfigError as error:
            problems = error.problems or [Problem("refused without a problem", 0, "", "")]
        for problem in problems:
            lines = files.get(problem.file.removeprefix(f"{root}/"), b"").count(b"\n") + 1
            assert 1 <= problem.line <= lines, problem
            assert problem.what
        return [(problem.file, problem.line) for problem in problems] or None


def test_the_files_are_right_before_they_are_broken() -> None:
    assert _problems({name: text.encode() for name, text in FILES.items()}) is None


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(FILES)), seed=st.integers(0, 2**32), times=st.integers(1, 3))
def test_a_broken_file_is_refused_or_right_and_never_crashes(
    mutate: Callable[[str, random.Random], str], name: str, seed: int, times: int
) -> None:
    text, draw = FILES[name], random.Random(seed)
    for _ in range(times):
        text = mutate(text, draw)
    _problems({**{n: t.encode() for n, t in FILES.items()}, name: text.encode("utf-8", "surrogatepass")})


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(FILES)), content=st.binary(max_size=200), place=st.integers(0, 2000))
def test_junk_bytes_are_refused_or_right_and_never_crash(name: str, content: bytes, place: int) -> None:
    whole = FILES[name].encode()
    place = min(place, len(whole))
    _problems({**{n: t.encode() for n, t in FILES.items()}, name: whole[:place] + content + whole[place:]})


@pytest.mark.parametrize("name", ["rules.toml", "checks/a.toml"])
def test_every_key_misspelt_is_told_on_its_own_line(name: str) -> None:
    """Not one key may be misspelt without being noticed where it stands."""
    lines = FILES[name].splitlines(keepends=True)
    tried = 0
    for index, line in enumerate(lines):
        if not re.match(r"\w+ = ", line):
            continue
        tried += 1
        changed = "".join([*lines[:index], "zz" + line, *lines[index + 1 :]])
        told = _problems({**{n: t.encode() for n, t in FILES.items()}, name: changed.encode()})
        assert told is not None, f"{name}:{index + 1} was taken: zz{line}"
        assert index + 1 in {number for _, number in told}, (index + 1, told)
    assert tried > 10


@pytest.mark.parametrize("name", ["rules.toml", "checks/a.toml"])
def test_every_value_of_a_wrong_type_is_told_on_its_own_line(name: str) -> None:
    lines = FILES[name].splitlines(keepends=True)
    for index, line in enumerate(lines):
        found = re.match(r"(\w+ = )(.*[^\[\'\n])$", line.rstrip("\n"))
        if not found or line.count("[") != line.count("]") or "'''" in line:
            continue
        changed = "".join([*lines[:index], f"{found.group(1)}-7.5\n", *lines[index + 1 :]])
        told = _problems({**{n: t.encode() for n, t in FILES.items()}, name: changed.encode()})
        assert told is not None, f"{name}:{index + 1} was taken: {found.group(1)}-7.5"
        assert index + 1 in {number for _, number in told}, (index + 1, told)
