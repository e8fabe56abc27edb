"""Silences that recur by a rule of RFC 5545: they hold back at each of their times, and are announced before it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.core.builders import Story, whys
from tests.core.silences.release import later, made, refusal
from watchtower.core.events import Logged, SilenceAsked
from watchtower.core.incident.entry import LogEntry
from watchtower.core.matchers import parse_matchers
from watchtower.core.silences.silence import SilenceBook, SilenceState

ZONE = "Asia/Shanghai"
BEGIN = datetime(2026, 11, 26, 23, 0, tzinfo=ZoneInfo(ZONE)).timestamp()
HOUR, WEEK = 3600.0, 7 * 86400.0


def release_night(
    told: Story, rrule: str = "FREQ=WEEKLY;BYDAY=TH", zone: str = ZONE, begin: float = BEGIN
) -> str:
    """A silence of three hours that recurs; why there is none, where it is refused."""
    matchers = parse_matchers(['check="bank"'])
    return refusal(
        told.feed(SilenceAsked(matchers, begin, begin + 3 * HOUR, "li", "release", "", rrule, zone))
    )


def test_it_holds_back_each_week_and_not_between() -> None:
    told = Story(made(), BEGIN - 2 * HOUR)
    assert release_night(told) == ""
    for week in range(3):
        told.at = BEGIN + week * WEEK + HOUR
        assert "silenced" in whys(told.down("bank"))
        told.wait(60).up("bank")
        told.past_reopening("bank", "card")
        told.at = BEGIN + week * WEEK + 4 * HOUR
        assert "silenced" not in whys(told.down("bank"))
        told.wait(60).up("bank")
        told.past_reopening("bank", "card")
    assert "S-1" in told.engine.state.book.silences


def test_each_time_is_announced_an_hour_before() -> None:
    told = Story(made(), BEGIN + WEEK - HOUR - 300)
    release_night(told)
    assert later(told, 290, latency=0.1) == []
    assert later(told, 30, latency=0.1) == ["maintenance P4 li email"]
    assert later(told, 600, latency=0.1) == []


def test_it_keeps_to_the_clocks_of_its_zone() -> None:
    """Berlin's clocks go forward on 28 March 2027: 23:00 there is an hour earlier for the world."""
    berlin = datetime(2027, 3, 25, 23, 0, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    told = Story(made(), berlin - HOUR)
    release_night(told, zone="Europe/Berlin", begin=berlin)
    silence = told.engine.state.book.silences["S-1"]
    assert [begin - berlin for begin, _ in silence.spans[:3]] == [0.0, WEEK - HOUR, 2 * WEEK - HOUR]
    assert [end - begin for begin, end in silence.spans[:2]] == [3 * HOUR, 3 * HOUR]


@pytest.mark.parametrize("rrule", ["FREQ=WEEKLY;COUNT=2", "FREQ=WEEKLY;UNTIL=20261203T150000Z"])
def test_it_is_over_with_its_rule(rrule: str) -> None:
    told = Story(made(), BEGIN)
    release_night(told, rrule)
    silence = told.engine.state.book.silences["S-1"]
    assert len(silence.spans) == 2
    assert silence.state(BEGIN + 4 * HOUR) is SilenceState.PENDING
    told.at = silence.over_at
    told.tick()
    assert told.engine.state.book.silences == {}


def test_it_is_read_back_from_the_log() -> None:
    told = Story(made(), BEGIN)
    release_night(told)
    entries = [d.entry for d in told.decisions if isinstance(d, Logged)]
    assert SilenceBook.of(entries).silences == told.engine.state.book.silences
    broken = [LogEntry(e.at, e.kind, e.by, e.detail, {**e.data, "rrule": "FREQ=SOMETIMES"}) for e in entries]
    silence = SilenceBook.of(broken).silences["S-1"]
    assert (silence.at(BEGIN) is not None, silence.at(BEGIN + WEEK)) == (True, None)


HALF_AN_HOUR = ",".join(map(str, range(30)))
REFUSED = [
    ("FREQ=SOMETIMES", "is no rule of RFC 5545"),
    ("FREQ=MINUTELY", "recurs every minute or second"),
    ("RRULE:FREQ=SECONDLY", "recurs every minute or second"),
    ("FREQ=DAILY\nFREQ=WEEKLY", "is more than one rule"),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never recurs"),
    ("FREQ=DAILY;INTERVAL=0", "an INTERVAL is 1 at least"),
    (f"FREQ=HOURLY;BYMINUTE={HALF_AN_HOUR};BYSECOND={HALF_AN_HOUR}", "recurs more than 20000 times"),
    ("every Thursday", "is no rule of RFC 5545"),
]


@pytest.mark.parametrize(("rrule", "words"), REFUSED, ids=[one[:24] for one, _ in REFUSED])
def test_a_rule_that_is_none_or_never_comes_true_is_refused_at_once(rrule: str, words: str) -> None:
    told = Story(made(), BEGIN)
    why = release_night(told, rrule)
    assert words in why
    assert 'write one such as "FREQ=WEEKLY;BYDAY=TH"' in why
    assert told.engine.state.book.silences == {}


@pytest.mark.parametrize("begin", [1e300, -1e300, 2.534e11])
def test_a_rule_that_begins_at_no_moment_of_the_calendar_is_refused(begin: float) -> None:
    told = Story(made(), BEGIN)
    assert "begins at no moment of the calendar" in release_night(told, begin=begin)
