"""iCalendar out, read by another program's parser; and in, as other programs write it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import icalendar
import pytest
from click.testing import CliRunner

from tests.core.oncall.calendars import BERLIN, SHANGHAI, at, lines, override, rotation, schedule
from watchtower.cli.commands import group
from watchtower.config.calendars import CalendarFault, shifts_in
from watchtower.core.oncall.schedule import on_call, shifts
from watchtower.core.oncall.shifts import Shift
from watchtower.report.ical import calendar

NOW = at("2026-10-20 12:00", BERLIN)


def test_another_parser_reads_every_shift_at_its_second_across_the_change_of_the_clocks() -> None:
    weekly = schedule(
        rotation("li wang", BERLIN, "2026-10-12 10:00"),
        overrides=[override("zhao", "2026-10-24 18:00", "2026-10-25 12:00", BERLIN)],
    )
    found = shifts(weekly, NOW, NOW + 28 * 86400.0)
    text = calendar("weekly", "Shop", "Europe/Berlin", found, NOW)
    read = icalendar.Calendar.from_ical(text)
    assert not read.errors
    events = [
        Shift(
            str(one["summary"]),
            one["dtstart"].dt.timestamp(),
            one["dtend"].dt.timestamp(),
            str(one["categories"].cats[0]),
        )
        for one in read.walk("VEVENT")
    ]
    assert events == [one for one in found if one.who]
    assert "2026-10-25 12:00" in [f"{datetime.fromtimestamp(e.end, BERLIN):%Y-%m-%d %H:%M}" for e in events]


def test_names_of_any_kind_come_through_and_no_line_is_too_long() -> None:
    name = "张三, 李四; " + "很长的名字" * 12 + "\\ end"
    text = calendar("weekly", "商城", "Asia/Shanghai", [Shift(name, NOW, NOW + 60)], NOW)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert str(event["summary"]) == name


def test_a_shift_keeps_its_uid_and_gaps_are_left_out() -> None:
    one = calendar("w", "p", "UTC", [Shift("", 0.0, 10.0), Shift("li", 10.0, 20.0)], 5.0)
    two = calendar("w", "p", "UTC", [Shift("li", 10.0, 20.0)], 6.0)
    assert [line for line in one.splitlines() if line.startswith("UID")] == ["UID:w-10-li@watchtower"]
    assert "UID:w-10-li@watchtower" in two


GOOGLE = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Google Inc//Google Calendar 70.9054//EN\r
BEGIN:VTIMEZONE\r
TZID:Europe/Berlin\r
BEGIN:DAYLIGHT\r
TZOFFSETFROM:+0100\r
TZOFFSETTO:+0200\r
TZNAME:CEST\r
DTSTART:19700329T020000\r
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r
END:DAYLIGHT\r
BEGIN:STANDARD\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
TZNAME:CET\r
DTSTART:19701025T030000\r
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
UID:1@google.com\r
DTSTART;TZID=Europe/Berlin:20261012T100000\r
DTEND;TZID=Europe/Berlin:20261019T100000\r
RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261123T090000Z\r
EXDATE;TZID=Europe/Berlin:20261109T100000\r
SUMMARY:li\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2@google.com\r
DTSTART;VALUE=DATE:20261019\r
DTEND;VALUE=DATE:20261021\r
SUMMARY:wang\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:3@google.com\r
DTSTART:20261101T000000\r
DURATION:PT12H\r
SUMMARY:zhao\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:4@google.com\r
DTSTART:20261102T000000Z\r
DTEND:20261103T000000Z\r
STATUS:CANCELLED\r
SUMMARY:nobody\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_events_recur_on_the_wall_skip_what_was_taken_out_and_end_when_they_should(tmp_path: Path) -> None:
    path = tmp_path / "google.ics"
    path.write_text(GOOGLE, newline="")
    found = [Shift(one.who, one.begin, one.end) for one in shifts_in(path, SHANGHAI)]
    assert [line for line in lines(found, BERLIN) if line.endswith("li")] == [
        "Mon 10-12 10:00+0200 - Mon 10-19 10:00+0200 li",
        "Mon 10-26 10:00+0100 - Mon 11-02 10:00+0100 li",
        "Mon 11-23 10:00+0100 - Mon 11-30 10:00+0100 li",
    ]
    # What has no zone of its own is in the schedule's.
    assert [line for line in lines(found, SHANGHAI) if not line.endswith("li")] == [
        "Mon 10-19 00:00+0800 - Wed 10-21 00:00+0800 wang",
        "Sun 11-01 00:00+0800 - Sun 11-01 12:00+0800 zhao",
    ]


def test_what_goes_out_comes_in_again_the_same(tmp_path: Path) -> None:
    weekly = schedule(rotation("li wang zhao", BERLIN, "2026-10-12 02:30"))
    out = shifts(weekly, NOW, NOW + 60 * 86400.0)
    path = tmp_path / "weekly.ics"
    path.write_text(calendar("weekly", "Shop", "Europe/Berlin", out, NOW), newline="")
    assert [(s.who, s.begin, s.end) for s in shifts_in(path, BERLIN)] == [
        (s.who, s.begin, s.end) for s in out
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "cannot be read"), ("nothing of the kind", "is no iCalendar file")],
    ids=["none", "other"],
)
def test_a_file_that_is_none_is_a_fault_and_not_a_crash(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "x.ics"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CalendarFault) as fault:
        shifts_in(path, BERLIN)
    assert said in fault.value.what


RULES = """
[[rule]]
name = "down"
match = {}
when = 'outcome == "down"'
severity = "P1"

[role.oncall]
schedule = "weekly"

[schedule.weekly]
zone = "Europe/Berlin"
participants = ["li", "wang"]
handover = "Mon 10:00"
start = "2026-10-12"
ical = "holiday.ics"

[[responder]]
name = "li"
email = "li@example.com"
[[responder]]
name = "wang"
email = "wang@example.com"
[channel.email]
mailbox = "var/mailbox"
"""
CHECK = '[[check]]\nname = "bank"\nprobe = "tcp"\naddress = "bank.example:443"\n'


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.toml").write_text(CHECK)
    (tmp_path / "rules.toml").write_text(RULES)
    swap = [Shift("li", at("2026-10-20 00:00", BERLIN), at("2026-10-21 00:00", BERLIN))]
    (tmp_path / "holiday.ics").write_text(calendar("x", "y", "UTC", swap, NOW), newline="")
    return ["--rules", str(tmp_path / "rules.toml"), "--checks", str(tmp_path / "checks")]


def test_the_command_shows_who_is_on_call_and_writes_the_calendar(files: list[str]) -> None:
    shown = CliRunner().invoke(
        group, ["schedule", *files, "--at", "2026-10-20T12:00:00+02:00", "--days", "2"]
    )
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[:3] == [
        "weekly (Europe/Berlin): oncall",
        "  now   li until Wed 2026-10-21 00:00 (calendar)",
        "  next  wang from Wed 2026-10-21 00:00",
    ]
    assert (shown.output.count("█"), shown.output.count("▒")) == (24 + 1, 48 + 1), (
        "half hours, and the legend"
    )
    out = CliRunner().invoke(group, ["schedule", *files, "--at", "2026-10-20T12:00:00+02:00", "--ical"])
    events = icalendar.Calendar.from_ical(out.stdout_bytes).walk("VEVENT")
    assert (str(events[0]["summary"]), events[0]["dtstart"].dt) == (
        "li",
        datetime(2026, 10, 20, tzinfo=BERLIN),
    )


def test_as_json_times_are_utc(files: list[str]) -> None:
    out = CliRunner().invoke(
        group, ["schedule", "weekly", *files, "--at", "2026-10-26T08:00:00Z", "--json", "--days", "1"]
    )
    told = json.loads(out.output)
    assert (told["roles"], told["now"]["who"], told["now"]["until"]) == (
        ["oncall"],
        "wang",
        "2026-10-26T09:00:00Z",
    )


def test_a_schedule_that_there_is_not_is_bad_usage(files: list[str]) -> None:
    out = CliRunner().invoke(group, ["schedule", "nights", *files])
    assert (out.exit_code, out.output) == (2, 'there is no schedule "nights"; there are: weekly\n')


def test_the_same_moment_in_every_way_of_asking() -> None:
    weekly = schedule(rotation("li wang", BERLIN, "2026-10-12 10:00"))
    for hour in range(24 * 21):
        moment = NOW + hour * 3600.0
        (one,) = shifts(weekly, moment, moment + 1.0)
        assert one.who == on_call(weekly, moment)
