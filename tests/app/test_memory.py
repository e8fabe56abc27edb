"""The garbage collector and what stays."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from watchtower.app.memory import HELD, OLD, YOUNG, keep, settle, sweep, tidy


class Knot:
    """Only the collector can free it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_what_is_alive_is_left_out_of_later_collections() -> None:
    knot = Knot()
    settle()
    assert not any(one is knot for one in gc.get_objects())


def test_what_dies_after_one_settling_is_freed_by_the_next() -> None:
    knot = Knot()
    alive = weakref.ref(knot)
    settle()
    del knot
    gc.collect()
    assert alive() is not None
    settle()
    assert alive() is None


def test_what_came_to_stay_is_left_out_without_being_looked_at() -> None:
    knot = Knot()
    keep()
    assert not any(one is knot for one in gc.get_objects())


def test_in_quiet_what_only_the_collector_finds_is_freed() -> None:
    settle()
    knot = Knot()
    gc.collect(1)  # it has grown old
    alive = weakref.ref(knot)
    del knot
    gc.collect(1)
    assert alive() is not None
    tidy()
    assert alive() is None


def test_a_storm_is_not_collected_while_it_lasts_nor_looked_at_after_it() -> None:
    settle()
    gc.collect()
    before = gc.get_stats()[2]["collections"]
    storm = [[n] for n in range(2 * OLD)]
    tidy()
    assert gc.get_stats()[2]["collections"] == before
    assert len(gc.get_objects(generation=2)) < OLD
    del storm


def test_one_dict_of_thousands_is_as_much_to_look_at_as_thousands() -> None:
    settle()
    gc.collect()
    before = gc.get_stats()[2]["collections"]
    incidents = {n: str(n) for n in range(2 * HELD)}
    holds = [incidents]
    incidents[0] = holds  # type: ignore[assignment]  # what holds only texts is not looked at
    gc.collect(0)
    tidy()
    assert gc.get_stats()[2]["collections"] == before
    assert not any(one is incidents for one in gc.get_objects())


def test_nothing_older_is_collected_by_itself_and_a_storm_s_young_are_left_out() -> None:
    settle()
    before = [generation["collections"] for generation in gc.get_stats()]
    storm = [[n] for n in range(2 * YOUNG)]
    sweep()
    assert [generation["collections"] for generation in gc.get_stats()] == before
    assert len(gc.get_objects(generation=0)) < YOUNG
    del storm


def test_in_quiet_the_young_are_collected_once_a_second() -> None:
    settle()
    knot = Knot()
    alive = weakref.ref(knot)
    del knot
    assert alive() is not None
    sweep()
    assert alive() is None


HANDED_BACK = """
import re, ssl, sqlite3, pycurl, hashlib
from watchtower.app.memory import keep
from watchtower.core.expressions import compile_expression
def resident():
    return int(re.search("VmRSS:\\s+([0-9]+)", open("/proc/self/status").read())[1])
before = resident()
keep()
after = resident()
assert hashlib.sha256(b"x").hexdigest().startswith("2d711642")
assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
assert ssl.create_default_context().protocol
assert "OpenSSL" in pycurl.version
print(before - after)
"""


def test_what_only_the_start_read_is_handed_back_and_comes_again_when_needed() -> None:
    done = subprocess.run([sys.executable, "-c", HANDED_BACK], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 2000, "kB"
