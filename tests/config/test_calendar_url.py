"""A maintenance window whose calendar is behind a URL: fetched within bounds, the last good one kept, a failure said."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.config.test_silences import CHECKS, RULES, at, read, window
from tests.parts.httpserver import Answer, HttpServer
from watchtower.app.configuration import CALENDARS, Configuration
from watchtower.config.calendars import LARGEST

YEAR = datetime.now(UTC).year + 1
NIGHT = (at(f"{YEAR}-06-01T20:00Z"), at(f"{YEAR}-06-01T22:00Z"))
CALENDAR = (
    f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:night\r\nDTSTART:{YEAR}0601T200000Z\r\n"
    f"DTEND:{YEAR}0601T220000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_its_events_are_windows(tmp_path: Path, http_server: HttpServer) -> None:
    http_server.on("/nights.ics", Answer(200, CALENDAR))
    loaded = read(tmp_path, window(ical=f'"{http_server.url("/nights.ics")}"'))
    [one] = loaded.plan.maintenance
    assert (one.spans, one.unread) == ((NIGHT,), "")
    assert all("nights.ics" not in str(file) for file in loaded.files)


BAD = [
    (Answer(503, "no"), "cannot be fetched: HTTP 503"),
    (Answer(200, "x" * (LARGEST + 1)), "cannot be fetched: too_large"),
    (Answer(200, "<html>sign in</html>"), "is no iCalendar file"),
    (Answer(200, CALENDAR.replace("DTSTART", "DTSTAMP")), "has no DTSTART"),
]


@pytest.mark.parametrize(("answer", "words"), BAD, ids=[words for _, words in BAD])
def test_one_that_cannot_be_read_is_a_warning_without_its_key(
    tmp_path: Path, http_server: HttpServer, answer: Answer, words: str
) -> None:
    http_server.on("/nights.ics", answer)
    loaded = read(tmp_path, window(ical=f'"{http_server.url("/nights.ics")}?key=hunter2"'))
    [warning] = [one for one in loaded.warnings if one.name == "unread-calendar"]
    assert words in warning.what
    assert "hunter2" not in str(warning)
    [one] = loaded.plan.maintenance
    assert (one.spans, one.unread) == ((), warning.what)


def test_the_last_good_one_is_kept_and_it_is_read_again_after_a_while(
    tmp_path: Path, http_server: HttpServer
) -> None:
    http_server.on("/nights.ics", Answer(200, CALENDAR))
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.toml").write_text(CHECKS)
    (tmp_path / "rules.toml").write_text(RULES + window(ical=f'"{http_server.url("/nights.ics")}"'))
    made = Configuration.first(os.environ, tmp_path / "rules.toml", tmp_path / "checks")
    http_server.on("/nights.ics", Answer(503, "no"))
    loaded, _ = made.read()
    [one] = loaded.plan.maintenance
    assert one.spans == (NIGHT,)
    assert "HTTP 503" in one.unread
    assert not made.changed()
    made.calendars_at -= CALENDARS
    assert made.changed()
    assert not made.changed()
