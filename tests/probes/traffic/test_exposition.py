"""Reading expositions: the official parser is the second reader, and odd lines are read as it reads them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from watchtower.probes.exposition import Exposition, parse_sample
from watchtower.probes.selectors import Matcher, Selector, parse_selector

SAMPLES = [
    ("up 1", ("up", {}, 1.0)),
    ("up 1 1700000000000", ("up", {}, 1.0)),
    ("up\t1", ("up", {}, 1.0)),
    ('a{b="c"} 2', ("a", {"b": "c"}, 2.0)),
    ('a{b="c",} 2', ("a", {"b": "c"}, 2.0)),
    ('a { b = "c" , d = "e" } 2e3', ("a", {"b": "c", "d": "e"}, 2000.0)),
    ("a{} 2", ("a", {}, 2.0)),
    ('a{b="}"} 2', ("a", {"b": "}"}, 2.0)),
    (r'a{b="\"x\\y\n"} 2', ("a", {"b": '"x\\y\n'}, 2.0)),
    ('a{b="c"} 2 # {trace="}1"} 0.5', ("a", {"b": "c"}, 2.0)),
    ('{"http.requests",route="/x"} 2', ("http.requests", {"route": "/x"}, 2.0)),
    ("a +Inf", ("a", {}, math.inf)),
    ('a{b="c" 2', None),
    ('a{b=c} 2', None),
    ("a", None),
    ("a two", None),
    ("", None),
    ("# HELP a b", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "sample"), SAMPLES)
def test_a_line_is_read(line: str, sample: object) -> None:
    assert parse_sample(line) == sample


names = st.text("abc_", min_size=1, max_size=4)
values = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=12
)


@given(
    st.lists(st.tuples(names, values), min_size=1, max_size=5, unique_by=lambda pair: pair[0]),
    st.floats(0, 1e18),
)
def test_labels_are_read_as_the_official_parser_reads_them(
    labels: list[tuple[str, str]], value: float
) -> None:
    registry = CollectorRegistry()
    gauge = Gauge("m", "", ["x" + name for name, _ in labels], registry=registry)
    gauge.labels(*(value for _, value in labels)).set(value)
    text = generate_latest(registry).decode()
    (family,) = text_string_to_metric_families(text)
    ours = Exposition(text).series(Selector("m"))
    assert ours == {tuple(sorted(sample.labels.items())): sample.value for sample in family.samples}


@pytest.fixture
def exposition() -> Exposition:
    """One of each, from the official client."""
    registry = CollectorRegistry()
    Counter("http_requests", "Requests.", ["route"], registry=registry).labels("/a").inc(3)
    Counter("http_requests_other", "A name that begins alike.", registry=registry).inc(9)
    Gauge("depth_total", "A gauge with a counter's name.", registry=registry).set(4)
    Histogram("latency", "Latency.", registry=registry).observe(0.1)
    Summary("size", "Sizes.", registry=registry).observe(5)
    return Exposition(
        generate_latest(registry).decode() + 'size{quantile="0.5"} 5\nuntyped_total 7\nuntyped 7\n'
    )


@pytest.mark.parametrize(
    ("name", "grows"),
    [
        ("http_requests_total", True),
        ("depth_total", False),  # its TYPE says gauge, whatever its name
        ("latency_count", True),
        ("latency_sum", True),
        ("latency_bucket", True),
        ("size_count", True),
        ("size", False),  # a summary's quantiles
        ("untyped_total", True),
        ("untyped", False),
        ("not_there_total", True),
    ],
)
def test_what_only_grows_is_told_by_type_and_else_by_name(
    exposition: Exposition, name: str, grows: bool
) -> None:
    assert exposition.cumulative(name) is grows


def test_a_name_that_begins_alike_is_another(exposition: Exposition) -> None:
    assert exposition.series(Selector("http_requests_total")) == {(("route", "/a"),): 3.0}
    assert not exposition.has("http_requests")
    assert exposition.has("http_requests_other_total")


def test_when_a_series_was_created_is_known_by_its_labels(exposition: Exposition) -> None:
    (created,) = exposition.created(Selector("http_requests_total")).items()
    assert created[0] == (("route", "/a"),)


def test_openmetrics_types_are_written_without_the_ending() -> None:
    assert Exposition("# TYPE x counter\nx_total 1\n# EOF\n").cumulative("x_total")
    assert not Exposition("# TYPE x_total gauge\nx_total 1\n# EOF\n").cumulative("x_total")


def test_the_last_line_needs_no_end_and_the_first_no_beginning() -> None:
    assert Exposition("a 1\nb 2").series(Selector("b")) == {(): 2.0}
    assert Exposition("a 1\nb 2").series(Selector("a")) == {(): 1.0}


SELECTORS = [
    # selector, labels, matches
    ("up", {"a": "b"}, True),
    ("up{}", {}, True),
    ('up{a="b"}', {"a": "b"}, True),
    ('up{a="b",}', {"a": "c"}, False),
    ("up{a='b'}", {"a": "b"}, True),
    ('up{a!="b"}', {"a": "c"}, True),
    ('up{a!="b"}', {}, True),  # a label that is not there equals ""
    ('up{a=""}', {}, True),
    ('up{a=~"b|c"}', {"a": "c"}, True),
    ('up{a=~"b"}', {"a": "bb"}, False),  # anchored at both ends
    ('up{a!~"5.."}', {"a": "200"}, True),
    ('up{a!~"5.."}', {"a": "503"}, False),
    ('up{ a = "b" , c = "}" }', {"a": "b", "c": "}"}, True),
    (r'up{a="\"\\"}', {"a": '"\\'}, True),
    ('{__name__="up", a="b"}', {"a": "b"}, True),
    ('{"up", a="b"}', {"a": "b"}, True),
]


@pytest.mark.parametrize(("text", "labels", "matches"), SELECTORS)
def test_a_selector_matches_as_in_prometheus(text: str, labels: dict[str, str], matches: bool) -> None:
    selector = parse_selector(text)
    assert selector.name == "up"
    assert selector.matches(labels) is matches


WRONG = [
    ("", "is not a series selector"),
    ("rate(x[5m])", "is not a series selector"),
    ("{}", "does not name a metric"),
    ('{a="b"}', "does not name a metric"),
    ('up{a=b}', "cannot read 'a=b'"),
    ('up{a="b"', "is not a series selector"),
    ('up{a=~"("}', "'(' is not a regular expression"),
    ('up{__name__="down"}', "names two metrics"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_wrong_selector_is_explained(text: str, said: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is compared below
        parse_selector(text)
    assert said in str(raised.value)


ESCAPED = [("a", "a"), ('a"b', r"a\"b"), ("a\\b", r"a\\b"), ("a\nb", r"a\nb"), ("", "")]


@pytest.mark.parametrize(("value", "written"), ESCAPED)
def test_a_line_is_not_passed_over_for_the_way_it_is_written(value: str, written: str) -> None:
    exposition = Exposition(f'm{{x="{written}",y="1"}} 5\nm{{x="other",y="1"}} 7\n')
    selector = Selector("m", (Matcher("y", "=", "1"), Matcher("x", "=", value)))
    assert exposition.series(selector) == {(("x", value), ("y", "1")): 5.0}
