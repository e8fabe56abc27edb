"""Regular expressions that meet text from outside."""

from __future__ import annotations

import copy
import subprocess
import sys
import time

import pytest

from watchtower.patterns import Pattern, parse_pattern

PAGE = "<html><body>" + " " * 25 + "maintenance</body></html>"
SLOW = [
    (r"<body>(.|\s)*OK(.|\s)*</body>", PAGE),
    (r"<body>(.|\s)*OK(.|\s)*</body>", "<body>" + " x" * 500_000),
    ("status.*ok", "status " * 150_000),
    (r"(a+)+$", "a" * 1_000_000 + "b"),
    (r"(x+x+)+y", "x" * 1_000_000),
    (r"^(\w+\s?)*$", "word " * 200_000 + "!"),
    (r"(.*),(.*),(.*),(.*);", "," * 1_000_000),
    (r"(正|常|正常)+$", "正常" * 300_000 + "!"),
    (r"(?i)(([a-z])+.)+[A-Z]([a-z])+!", "a" * 1_000_000),
    (r"(a?){60}a{60}b", "a" * 1_000_000),
]


@pytest.mark.parametrize(("pattern", "text"), SLOW, ids=[case[0] for case in SLOW])
def test_the_time_grows_with_the_text_and_no_faster(pattern: str, text: str) -> None:
    started = time.process_time()
    assert not Pattern(pattern).search(text)
    assert time.process_time() - started < 2.5


CANNOT = [
    ("(?=a)b", "looks ahead"),
    ("a(?!b)", "looks ahead"),
    ("(?<=a)b", "looks behind"),
    ("(?<!a)b", "looks behind"),
    (r"(a)\1", "refers back"),
    (r"(?P<n>a)(?P=n)", "refers back"),
    (r"(a)?(?(1)b|c)", "condition"),
    (r"ok\Z", r"\\z"),
    (r"\u6b63", "the character itself"),
    ("(?x)a b", "flags"),
    ("a(?#b)", "comment"),
    ("a{1001}", "1000 times"),
    (r"\w{500}", "too large"),
    ("x" * 200_000, "too large"),
    ("(", "is not a regular expression"),
    ("*a", "is not a regular expression"),
    ("[z-a]", "is not a regular expression"),
]


@pytest.mark.parametrize(("pattern", "why"), CANNOT, ids=[case[0][:20] for case in CANNOT])
def test_what_is_not_possible_in_one_pass_is_refused_with_the_reason(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        Pattern(pattern)
    assert len(str(caught.value)) < 450


def test_it_finds_what_people_expect() -> None:
    assert Pattern("正常").search("系统正常")
    assert Pattern("正常").search("系统正常".encode())
    assert Pattern("(?i)OK|well").search("all ok")
    assert Pattern("OK$").search("OK\n")  # as everywhere else
    assert not Pattern("OK$").search("OK\n\n")
    assert Pattern("(?m)^OK$").search("a\nOK\nb")
    assert Pattern("a.c").search("a\udcc3c")  # half a character breaks nothing
    assert Pattern("5..").fullmatch("503")
    assert not Pattern("5..").fullmatch("5030")


def test_named_groups() -> None:
    pattern = Pattern(r"(?P<method>\S+) (?P<path>/\S*)(?: (?P<user>\w+))?")
    assert sorted(pattern.groups) == ["method", "path", "user"]
    assert pattern.named("GET /支付") == {"method": "GET", "path": "/支付", "user": None}
    assert pattern.named(b"GET") is None


def test_two_of_the_same_text_are_equal_and_survive_a_journey_between_processes() -> None:
    pattern = parse_pattern("a+")
    assert pattern == Pattern("a+") == copy.deepcopy(pattern)
    assert len({pattern, Pattern("a+"), Pattern("b")}) == 2
    assert copy.deepcopy(pattern).search("caat")
    with pytest.raises(ValueError, match="as text"):
        parse_pattern(5)


def test_it_costs_nothing_where_nobody_writes_a_pattern() -> None:
    code = (
        "import sys; from watchtower.probes.registry import Registry; r = Registry.load(None)\n"
        "[r.get(kind) for kind in ('http', 'tcp', 'metrics', 'access_log')]\n"
        "from watchtower.probes.log_lines import by_itself\n"
        "from watchtower.probes.selectors import parse_selector\n"
        "by_itself({})(b'{}'); parse_selector('a{b=\"c\"}')\n"
        "sys.exit('re2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
