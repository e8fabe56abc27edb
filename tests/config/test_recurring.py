"""RFC 5545's ways to change a recurring event, each with its right shifts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.core.oncall.calendars import BERLIN, SHANGHAI, lines
from watchtower.config.calendars import CalendarFault, shifts_in
from watchtower.core.oncall.shifts import Shift

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
HEAD = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n"


def event(*lines: str, uid: str = "1", who: str = "li") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{who}", *lines, "END:VEVENT", ""])


WEEKLY = ("DTSTART;TZID=Europe/Berlin:20261012T100000", "DTEND;TZID=Europe/Berlin:20261019T100000")
TURN = event(*WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=3")


def found(tmp_path: Path, *events: str, head: str = HEAD) -> list[str]:
    path = tmp_path / "x.ics"
    path.write_text(head + "".join(events) + "END:VCALENDAR\n")
    shifts = shifts_in(path, SHANGHAI, NOW)
    return lines([Shift(one.who, one.begin, one.end) for one in shifts], BERLIN)


FIRST, SECOND, THIRD = (
    "Mon 10-12 10:00+0200 - Mon 10-19 10:00+0200 li",
    "Mon 10-19 10:00+0200 - Mon 10-26 10:00+0100 li",
    "Mon 10-26 10:00+0100 - Mon 11-02 10:00+0100 li",
)
ID = "RECURRENCE-ID;TZID=Europe/Berlin:20261019T100000"

RIGHT = {
    "as it is, and the week with the change of the clocks ends on the wall": ([TURN], [FIRST, SECOND, THIRD]),
    "one instance swapped": (
        [TURN, event(ID, *(line.replace("1019", "1026").replace("1012", "1019") for line in WEEKLY), who="wang")],
        [FIRST, SECOND.replace("li", "wang"), THIRD],
    ),
    "one instance moved": (
        [TURN, event(ID, "DTSTART;TZID=Europe/Berlin:20261020T100000", "DTEND;TZID=Europe/Berlin:20261021T100000")],
        [FIRST, "Tue 10-20 10:00+0200 - Wed 10-21 10:00+0200 li", THIRD],
    ),
    "one instance cancelled": (
        [TURN, event(ID, "DTSTART;TZID=Europe/Berlin:20261019T100000", "STATUS:CANCELLED")],
        [FIRST, THIRD],
    ),
    "one instance cancelled, its id in UTC": (
        [TURN, event("RECURRENCE-ID:20261019T080000Z", "DTSTART:20261019T080000Z", "STATUS:CANCELLED")],
        [FIRST, THIRD],
    ),
    "taken out": ([TURN.replace("RRULE", "EXDATE;TZID=Europe/Berlin:20261019T100000\nRRULE")], [FIRST, THIRD]),
    "taken out, in UTC": ([TURN.replace("RRULE", "EXDATE:20261019T080000Z\nRRULE")], [FIRST, THIRD]),
    "put in": (
        [event(*WEEKLY, "RDATE;TZID=Europe/Berlin:20261026T100000")],
        [FIRST, THIRD],
    ),
    "put in with a length of its own": (
        [event(*WEEKLY, "RDATE;VALUE=PERIOD:20261026T090000Z/20261026T100000Z")],
        [FIRST, "Mon 10-26 10:00+0100 - Mon 10-26 11:00+0100 li"],
    ),
    "this one and those that follow": (
        [TURN, event(ID.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE"), "DTSTART;TZID=Europe/Berlin:20261019T120000", "DTEND;TZID=Europe/Berlin:20261026T120000", who="wang")],
        [FIRST, "Mon 10-19 12:00+0200 - Mon 10-26 12:00+0100 wang", "Mon 10-26 12:00+0100 - Mon 11-02 12:00+0100 wang"],
    ),
    "start and end in different zones": (
        [event("DTSTART;TZID=Asia/Shanghai:20261012T160000", "DTEND;TZID=Europe/Berlin:20261012T200000")],
        ["Mon 10-12 10:00+0200 - Mon 10-12 20:00+0200 li"],
    ),
    "start and end in different zones, every day": (
        [event("DTSTART;TZID=Asia/Shanghai:20261012T160000", "DTEND;TZID=Europe/Berlin:20261012T200000", "RRULE:FREQ=DAILY;COUNT=2")],
        ["Mon 10-12 10:00+0200 - Mon 10-12 20:00+0200 li", "Tue 10-13 10:00+0200 - Tue 10-13 20:00+0200 li"],
    ),
    "a whole day, in the schedule's zone": (
        [event("DTSTART;VALUE=DATE:20261012", "RRULE:FREQ=DAILY;COUNT=2")],
        ["Sun 10-11 18:00+0200 - Mon 10-12 18:00+0200 li", "Mon 10-12 18:00+0200 - Tue 10-13 18:00+0200 li"],
    ),
    "a time without a zone, in the schedule's": (
        [event("DTSTART:20261012T160000", "DURATION:PT4H", "RRULE:FREQ=DAILY;COUNT=1")],
        ["Mon 10-12 10:00+0200 - Mon 10-12 14:00+0200 li"],
    ),
    "a zone as Windows calls it": (
        [event("DTSTART;TZID=W. Europe Standard Time:20261012T100000", "DURATION:PT1H")],
        ["Mon 10-12 10:00+0200 - Mon 10-12 11:00+0200 li"],
    ),
    "the last Friday of each month": (
        [event("DTSTART;TZID=Europe/Berlin:20261030T100000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2")],
        ["Fri 10-30 10:00+0100 - Fri 10-30 11:00+0100 li", "Fri 11-27 10:00+0100 - Fri 11-27 11:00+0100 li"],
    ),
    "a later version of the same event": (
        [event(*WEEKLY, "SEQUENCE:0"), event(*WEEKLY, "SEQUENCE:1", who="wang")],
        [FIRST.replace("li", "wang")],
    ),
    "cancelled altogether": ([event(*WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=3", "STATUS:CANCELLED")], []),
}  # fmt: skip


@pytest.mark.parametrize(("events", "right"), RIGHT.values(), ids=RIGHT)
def test_what_a_calendar_says_is_what_counts(tmp_path: Path, events: list[str], right: list[str]) -> None:
    assert found(tmp_path, *events) == right


WRONG = {
    "a zone that nobody knows": (event("DTSTART;TZID=Mars/Base:20261012T100000", "DURATION:PT1H"), 'there is no zone "Mars/Base"'),
    "no start": (event("DURATION:PT1H"), "has no DTSTART"),
    "every second": (event(*WEEKLY, "RRULE:FREQ=SECONDLY"), "repeats every minute or second"),
    "for ever": (event(*WEEKLY, "RRULE:FREQ=WEEKLY;INTERVAL=0"), "repeats with an INTERVAL below 1"),
    "another calendar": (event(*WEEKLY, "RRULE:RSCALE=CHINESE;FREQ=YEARLY"), "RSCALE"),
    "EXRULE": (event(*WEEKLY, "RRULE:FREQ=WEEKLY", "EXRULE:FREQ=MONTHLY"), "EXRULE"),
    "those before": (TURN + event(ID.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDPRIOR"), *WEEKLY), "THISANDPRIOR"),
    "twice": (event(*WEEKLY) + event(*WEEKLY, who="wang"), "twice with the same UID"),
    "no date": (event("DTSTART:tomorrow", "DURATION:PT1H"), "x.ics"),
    "no rule": (event(*WEEKLY, "RRULE:FREQ=OFTEN"), "x.ics"),
    "too many": (event("DTSTART:20200101T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"), "more than 5000 shifts"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_not_understood_is_said_and_not_left_out(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CalendarFault) as fault:
        found(tmp_path, text)
    assert said in fault.value.what
