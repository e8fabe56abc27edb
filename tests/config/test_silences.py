"""`[[maintenance]]` and `[[inhibit]]`: what the files say is what the plan holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from watchtower.config.load import load
from watchtower.config.loaded import Loaded
from watchtower.config.summary import summary, words
from watchtower.core.plan import Plan
from watchtower.errors import ConfigError

CHECKS = (
    '[[check]]\nname = "bank"\nprobe = "http"\nurl = "https://bank.example/"\nevery = "10s"\ntimeout = "3s"\n'
)
RULES = """
[[rule]]
name = "down"
match = {}
when = "outcome == 'down'"
severity = "P1"

[[responder]]
name = "li"
webhook = "https://hooks.example/li"

[channel.webhook]
"""


def read(tmp_path: Path, text: str) -> Loaded:
    (tmp_path / "rules.toml").write_text(RULES + text)
    (tmp_path / "checks").mkdir(exist_ok=True)
    (tmp_path / "checks" / "a.toml").write_text(CHECKS)
    return load(tmp_path / "rules.toml", tmp_path / "checks", {})


def made(tmp_path: Path, text: str) -> Plan:
    return read(tmp_path, text).plan


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def window(**keys: str) -> str:
    given = {
        "name": '"release"',
        "matchers": "['check=\"bank\"']",
        **{key.strip("_"): v for key, v in keys.items()},
    }
    return "\n[[maintenance]]\n" + "\n".join(f"{key} = {value}" for key, value in given.items())


def test_once(tmp_path: Path) -> None:
    text = window(from_='"2026-11-26T23:00"', for_='"3h"', zone='"Asia/Shanghai"', announce='"off"')
    [one] = made(tmp_path, text).maintenance
    assert one.spans == ((at("2026-11-26T15:00Z"), at("2026-11-26T18:00Z")),)
    assert one.announce is None
    assert [str(matcher) for matcher in one.matchers] == ['check="bank"']


def test_every_week_over_midnight_and_over_a_change_of_the_clocks(tmp_path: Path) -> None:
    year = datetime.now(UTC).year
    text = window(
        from_=f'"{year}-01-03T23:30"', for_='"2h"', rrule='"FREQ=WEEKLY;BYDAY=SA"', zone='"Europe/Berlin"'
    )
    [one] = made(tmp_path, text).maintenance
    begins = [datetime.fromtimestamp(begin, UTC) for begin, _ in one.spans]
    assert {when.hour for when in begins} == {21, 22}
    assert all(end - begin == 7200.0 for begin, end in one.spans)
    assert len(one.spans) > 100
    first = one.spans[0]
    assert one.at(first[0]) == one.at(first[1] - 1) == first
    assert one.at(first[1]) is None
    assert one.at(first[0] - 1) is None
    assert one.next(first[0]) == one.spans[1]


def test_days_of_an_icalendar_file(tmp_path: Path) -> None:
    year = datetime.now(UTC).year
    (tmp_path / "nights.ics").write_text(
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:night\r\nDTSTART:{year}0601T200000Z\r\n"
        f"DTEND:{year}0601T220000Z\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:{year}0602T200000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    [one] = made(tmp_path, window(ical='"nights.ics"')).maintenance
    assert [begin for begin, _ in one.spans] == [at(f"{year}-06-01T20:00Z"), at(f"{year}-06-03T20:00Z")]


def test_one_alert_inhibits_another(tmp_path: Path) -> None:
    text = """
[[inhibit]]
name = "bank first"
source_matchers = ['check="bank"']
target_matchers = ['severity=~"P[234]"']
equal = ["flow"]
"""
    [one] = made(tmp_path, text).inhibit
    assert (one.name, one.equal, str(one.source_matchers[0])) == ("bank first", ("flow",), 'check="bank"')


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (window(), "", "has no from"),
        (window(from_='"tomorrow"', for_='"3h"'), "from", '"tomorrow" is no time'),
        (window(from_='"2026-11-26T23:00Z"', for_='"3h"'), "from", "has a zone of its own"),
        (window(from_='"2026-11-26T23:00"', for_='"3"'), "for", "is not a duration"),
        (
            window(from_='"2026-11-26T23:00"', for_='"3h"', rrule='"FREQ=THURSDAYS"'),
            "rrule",
            "is no rule of RFC 5545",
        ),
        (
            window(from_='"2026-11-26T23:00"', for_='"3h"', rrule='"every thursday"'),
            "rrule",
            "is no rule of RFC 5545",
        ),
        (
            window(from_='"2026-11-26T23:00"', for_='"3h"', rrule='"FREQ=MINUTELY"'),
            "rrule",
            "every minute or second",
        ),
        (
            window(from_='"2026-11-26T23:00"', for_='"3h"', rrule='"FREQ=DAILY;UNTIL=20261201T000000"'),
            "rrule",
            "UNTIL",
        ),
        (
            window(from_='"2026-11-26T23:00"', for_='"3h"', zone='"Asia/Shangai"'),
            "zone",
            'there is no time zone "Asia/Shangai"',
        ),
        (window(ical='"none.ics"'), "ical", "none.ics cannot be read"),
        (window(ical='"none.ics"', rrule='"FREQ=DAILY"'), "rrule", "stands beside ical"),
        (window(matchers="['bank']", from_='"2026-11-26T23:00"', for_='"3h"'), "matchers", "is no matcher"),
        (
            window(matchers="['team!=\"db\"']", from_='"2026-11-26T23:00"', for_='"3h"'),
            "matchers",
            "must not fit an empty label",
        ),
        (window(matchers="[]", from_='"2026-11-26T23:00"', for_='"3h"'), "matchers", ""),
        ("\n[[inhibit]]\nname = 'x'\nsource_matchers = ['check=\"bank\"']\n", "", "target_matchers"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, line: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        made(tmp_path, text)
    problems = [problem for problem in caught.value.problems if said in problem.what]
    assert problems, caught.value
    if line:
        assert (RULES + text).splitlines()[problems[0].line - 1].startswith(line)


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (window(from_='"2026-11-26T23:00"', for_='"3h"', rrule='"FREQ=DAILY"'), set()),
        (window(from_='"2020-11-26T23:00"', for_='"3h"'), {"past-window"}),
        (window(matchers="['check=\"bnak\"']", from_='"2090-11-26T23:00"', for_='"3h"'), {"fits-no-check"}),
        (window(matchers="['severity=\"P4\"']", from_='"2090-11-26T23:00"', for_='"3h"'), set()),
        (
            "\n[[inhibit]]\nname = 'x'\nsource_matchers = ['check=\"bnak\"']\ntarget_matchers = ['check=\"bank\"']\n",
            {"fits-no-check"},
        ),
    ],
)
def test_what_holds_back_nothing_is_warned_of(tmp_path: Path, text: str, warned: set[str]) -> None:
    names = {one.name for one in read(tmp_path, text).warnings}
    assert names & {"past-window", "fits-no-check"} == warned


def test_check_config_says_what_will_be_held_back_and_when(tmp_path: Path) -> None:
    text = window(from_='"2090-11-26T23:00"', for_='"3h"', zone='"Asia/Shanghai"')
    text += "\n[[inhibit]]\nname = 'bank first'\nsource_matchers = ['check=bank']\ntarget_matchers = ['severity=P4']\n"
    lines = [": ".join(line) for line in words(summary(read(tmp_path, text)))]
    assert 'maintenance: release: check="bank"; 2090-11-26T15:00+00:00 to 2090-11-26T18:00+00:00' in lines
    assert 'inhibit: bank first: check="bank" holds back severity="P4"' in lines


@pytest.mark.parametrize(("keys", "warned"), [({}, True), ({"zone": '"UTC"'}, False)])
def test_a_window_without_a_zone_is_warned_of(tmp_path: Path, keys: dict[str, str], warned: bool) -> None:
    text = window(from_='"2090-11-26T23:00"', for_='"3h"', **keys)
    assert ("missing-zone" in {one.name for one in read(tmp_path, text).warnings}) is warned
