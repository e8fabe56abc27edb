"""The demo, headless: the real rules of the demo on the real engine, in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from watchtower.cli.demo import command
from watchtower.demo.numbers import longest_silence, summary
from watchtower.demo.playback import beats, frames, play
from watchtower.demo.replay import DemoReplay, tell
from watchtower.demo.screen import Screen
from watchtower.model import Language, Severity
from watchtower.page_kinds import PageKind

SHUTDOWN = 807303121.0
"""1 August 1995, 14:52:01 (UTC-4)."""
BACK = 807438973.0
"""3 August 1995, 04:36:13."""


told = cache(tell)


@pytest.fixture(params=list(Language))
def story(request: pytest.FixtureRequest) -> DemoReplay:
    return told(request.param)


@pytest.fixture
def english() -> DemoReplay:
    return told(Language.EN)


def test_people_are_told_in_the_order_of_the_story(story: DemoReplay) -> None:
    for channel in ("email", "sms"):
        kinds = [a.kind for a in story.arrivals if a.channel == channel]
        assert kinds[0] is PageKind.NEW
        assert kinds[-1] is PageKind.RESOLVED
        assert kinds.count(PageKind.NEW) == kinds.count(PageKind.RESOLVED) == 1
        assert PageKind.REMINDER in kinds
        assert PageKind.UPGRADE in kinds
        assert kinds.index(PageKind.NEW) < kinds.index(PageKind.REMINDER) < kinds.index(PageKind.RESOLVED)


def test_the_outage_is_told_within_a_minute_and_a_half_of_its_last_request_and_ends_after_the_return(
    story: DemoReplay,
) -> None:
    first, last = story.arrivals[0], story.arrivals[-1]
    assert first.at <= SHUTDOWN + 90  # it is told in the stutter before, in truth
    assert first.at - story.onset <= 120
    assert last.at > BACK
    assert story.level(SHUTDOWN + 600) is Severity.P0
    assert story.level(last.at) is None


def test_nobody_is_woken_in_the_quiet_night_before(story: DemoReplay) -> None:
    assert min(a.at for a in story.arrivals) > SHUTDOWN - 15 * 60


def test_reminders_end_with_the_acknowledgement(story: DemoReplay) -> None:
    assert story.acknowledged is not None
    at, by = story.acknowledged
    assert by == "li"
    assert all(a.at < at for a in story.arrivals if a.kind is PageKind.REMINDER)


def test_everything_is_said_in_the_language_that_was_asked_for() -> None:
    chinese, english = told(Language.ZH), told(Language.EN)
    assert all(re.search("[\u4e00-\u9fff]", a.text) for a in chinese.arrivals)
    assert all(re.search("[\u4e00-\u9fff]", line) for line in summary(chinese))
    assert not any(re.search("[\u4e00-\u9fff]", a.text) for a in english.arrivals)
    assert [a.at for a in chinese.arrivals] == [a.at for a in english.arrivals]


def test_the_data_are_the_trace_as_its_source_note_says(english: DemoReplay) -> None:
    assert len(english.samples.times) == 3 * 8640
    assert {b - a for a, b in zip(english.samples.times, english.samples.times[1:], strict=False)} == {10.0}
    silence = longest_silence(english)
    assert SHUTDOWN < silence.start < SHUTDOWN + 20
    assert BACK - 20 < silence.end <= BACK


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60), (60, 18)])
def test_every_frame_fits_the_terminal(story: DemoReplay, width: int, height: int) -> None:
    console = Console(width=width, height=height, force_terminal=True, record=False)
    screen = Screen(story, console)
    for at in [story.start, *beats(story), story.end]:
        options = console.options.update(height=height - 1)
        lines = console.render_lines(screen.frame(at), options)
        assert len(lines) <= height - 1
        assert {sum(segment.cell_length for segment in line) for line in lines} == {width}


def test_the_story_pauses_at_every_message_and_lasts_under_a_minute(story: DemoReplay) -> None:
    shown = list(frames(story))
    assert [at for at, _ in shown] == sorted(at for at, _ in shown)
    assert set(beats(story)) <= {at for at, seconds in shown if seconds > 0.5}
    assert shown[-1][0] == story.end
    assert 20 < sum(seconds for _, seconds in shown) < 60


def test_a_slow_terminal_loses_frames_but_neither_messages_nor_the_end(english: DemoReplay) -> None:
    now, shown = [0.0], []

    def show(at: float) -> None:
        shown.append(at)
        now[0] += 0.5  # five times too slow

    def sleep(seconds: float) -> None:
        now[0] += seconds

    play(english, show, sleep, lambda: now[0])
    assert set(beats(english)) <= set(shown)
    assert shown[-1] == english.end
    assert len(shown) < len(list(frames(english)))
    assert now[0] < 60


def test_the_command_headless(tmp_path: Path) -> None:
    picture = tmp_path / "demo.png"
    result = CliRunner().invoke(command, ["--lang", "zh", "--picture", str(picture)], catch_exceptions=False)
    assert result.exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    lines = _mails(result.stdout)
    assert "[P1] NASA" in lines[0]
    assert "已恢复" in lines[-1]
    assert "14:44:30" in lines[0]


def _mails(said: str) -> list[str]:
    return [line for line in said.splitlines() if "  email  " in line]


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        command, ["--fast", "--picture", str(tmp_path / "no" / "such" / "folder.png")]
    )
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_picture_nothing_is_written(tmp_path: Path) -> None:
    code = "from watchtower.cli import main; main()"
    words = [sys.executable, "-c", code, "demo", "--fast", "--no-picture"]
    ran = subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, encoding="utf-8")
    assert "Resolved" in _mails(ran.stdout)[-1]
    assert list(tmp_path.iterdir()) == []
