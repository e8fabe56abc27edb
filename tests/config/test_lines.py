"""The line finder points at the line where a person would look."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchtower.config.lines import Lines, Loc

TEXT = '''\
# a comment with [brackets] and "quotes
a = 1
b.c."d e" = { x = 1, y = [1,
  2, { z = 3 }] }
several = """
[not.a.table]
a = "no key" """
literal = \'\'\'it's \\ ''\'\'\'
date = 1979-05-27 07:32:00 # it holds a space
'quoted # key' = "x"

[[rule]]
name = "one"
match = {}
[[rule.sub]]
k = 1
[[rule.sub]]
k = 2
[rule.table.inner]
z = 1

[[rule]]
name = 'two' # ]
list = [
  # a comment, with a comma
  "a",
  "b", # another
]
[rule.table]
w = inf

[late.inner]
x = 1
[late]
y = 2
'''

PLACES: list[tuple[Loc, int]] = [
    (("a",), 2),
    (("b", "c", "d e"), 3),
    (("b", "c", "d e", "x"), 3),
    (("b", "c", "d e", "y", 0), 3),
    (("b", "c", "d e", "y", 1), 4),
    (("b", "c", "d e", "y", 2, "z"), 4),
    (("several",), 5),
    (("literal",), 8),
    (("date",), 9),
    (("quoted # key",), 10),
    (("rule", 0), 12),
    (("rule", 0, "match"), 14),
    (("rule", 0, "sub", 0, "k"), 16),
    (("rule", 0, "sub", 1), 17),
    (("rule", 0, "table", "inner", "z"), 20),
    (("rule", 1), 22),
    (("rule", 1, "name"), 23),
    (("rule", 1, "list", 1), 27),
    (("rule", 1, "table", "w"), 30),
    (("late", "inner", "x"), 33),
    (("late",), 34),
    (("late", "y"), 35),
]


@pytest.mark.parametrize(("loc", "line"), PLACES, ids=[str(loc) for loc, _ in PLACES])
def test_a_key_is_found_on_its_line(loc: Loc, line: int) -> None:
    assert Lines(TEXT).line(loc) == line


@pytest.mark.parametrize(
    ("loc", "line"),
    [
        (("rule", 1, "when"), 22),  # a missing key: its table's header
        (("rule", 1, "list", 1, "deeper"), 27),
        (("rule", 0, "match", "check", 0), 14),
        (("nothing", "of", "this"), 1),
    ],
)
def test_what_is_not_there_is_looked_for_in_the_innermost_table_that_is(loc: Loc, line: int) -> None:
    assert Lines(TEXT).line(loc) == line


def test_every_value_that_tomllib_reads_has_a_line() -> None:
    lines = Lines(TEXT)
    for loc in _locs(tomllib.loads(TEXT)):
        assert loc in lines, loc


def test_windows_line_ends_count_the_same() -> None:
    assert Lines(TEXT.replace("\n", "\r\n")).line(("rule", 1, "name")) == 23


def _locs(value: Any, loc: Loc = ()) -> Iterator[Loc]:
    if loc:
        yield loc
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _locs(inner, (*loc, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _locs(inner, (*loc, index))


KEYS = st.sampled_from(["a", "b-c", '"d.e"', "'f g'", '"h\\"i"', "1"])
SCALARS = st.sampled_from(
    ['"x"', "'y#'", "1", "-2.5", "true", '"""a\nb"""', "'''c''d'''", "1979-05-27", '"]"', '"}"', '""']
)


def _inline(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inner, max_size=3).map(lambda items: "[ # c\n" + ",\n".join(items) + " ]")
    tables = st.dictionaries(KEYS, inner.filter(lambda text: "\n" not in text), max_size=3)
    return lists | tables.map(lambda pairs: "{" + ", ".join(f"{k} = {v}" for k, v in pairs.items()) + "}")


VALUES = st.recursive(SCALARS, _inline, max_leaves=6)
BODIES = st.dictionaries(KEYS, VALUES, max_size=4).map(
    lambda pairs: "".join(f"{k} = {v}\n" for k, v in pairs.items())
)
TABLES = st.tuples(st.sampled_from(["[[t]]\n", "[[t.u]]\n", "[[ v . w ]]\n"]), BODIES).map("".join)


@given(BODIES, st.lists(TABLES, max_size=5))
def test_whatever_tomllib_reads_is_found_in_order(top: str, tables: list[str]) -> None:
    text = top + "".join(tables)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = Lines(text)
    found = [lines.line(loc) for loc in _locs(data) if loc in lines]
    assert len(found) == len(list(_locs(data)))
    assert all(1 <= line <= lines.count for line in found)
    tops = [lines.line((key,)) for key in data if key not in ("t", "v")]
    assert tops == sorted(tops)


def test_a_thousand_lines_take_no_time() -> None:
    text = "".join(
        f'[[check]]\nname = "c{n}"\nurl = "http://x/{n}"\nlabels = {{ a = "b" }}\n' for n in range(250)
    )
    began = time.process_time()
    lines = Lines(text)
    assert lines.line(("check", 249, "labels", "a")) == 1000
    assert time.process_time() - began < 0.1
