"""A brief fits a screen, whatever happened: terminal, e-mail, Markdown, HTML."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from tests.brief.night import long, short
from tests.brief.worst import LOG, NOW, ONSET, worst
from watchtower.brief.brief import Brief
from watchtower.brief.mail import LONGEST, brief_text
from watchtower.brief.markdown import escaped, markdown
from watchtower.brief.screen import MOST, cells, cut, height
from watchtower.brief.sheet import Block, Row, Sheet, plain, sheet_of
from watchtower.cli.brief import html
from watchtower.cli.brief_terminal import show
from watchtower.model import Language
from watchtower.texts.phrases import Tongue

EN, ZH = Language.EN, Language.ZH
LONG = long(200)


def sheet(made: Brief, language: Language = EN) -> Sheet:
    return sheet_of(made, Tongue(language, at=made.at))


def terminal(of: Sheet, width: int, lines: int, *, everything: bool = False) -> list[str]:
    out = io.StringIO()
    show(of, everything, Console(file=out, width=width, height=lines, force_terminal=True, color_system=None))
    return out.getvalue().splitlines()


SCREENS = [(100, 40), (80, 24), (120, 50), (60, 30)]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("width", "lines"), SCREENS, ids=[f"{w}x{h}" for w, h in SCREENS])
def test_an_incident_of_200_events_fits_a_terminal(width: int, lines: int, language: Language) -> None:
    assert len(LONG.log) >= 200
    shown = terminal(sheet(LONG.brief(LONG.at - 1200), language), width, lines)
    assert len(shown) < lines  # the prompt has its line
    assert max(map(cells, shown)) <= width


def test_on_a_screen_of_100_by_40_no_section_is_missing() -> None:
    of = sheet(LONG.brief(LONG.at - 1200))
    shown = "\n".join(terminal(of, 100, 40))
    assert [block.title for block in of.blocks if block.title not in shown] == []


def test_what_does_not_fit_is_counted() -> None:
    of = sheet(LONG.brief())
    small = cut(of, 20)
    for before, after in zip(of.blocks, small.blocks, strict=True):
        assert len(after.rows) + after.folded == len(before.rows) + before.folded
    assert sum(block.folded for block in small.blocks) > 150


def test_everything_is_everything() -> None:
    of = sheet(LONG.brief(LONG.at - 1200))
    shown = " ".join(" ".join(terminal(of, 100, 40, everything=True)).split())
    for block in of.blocks:
        assert " ".join(block.rows[-1].text.split()) in shown


@given(
    sizes=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 5)), max_size=20),
    lines=st.integers(0, 60),
    width=st.sampled_from([0, 10, 80]),
)
@settings(deadline=None)
def test_it_is_never_longer_than_asked_and_leaves_no_room_unused(
    sizes: list[tuple[int, int]], lines: int, width: int
) -> None:
    blocks = tuple(
        Block(str(i), str(i), tuple(Row("x" * (7 * n)) for n in range(rows)), keep=keep)
        for i, (rows, keep) in enumerate(sizes)
    )
    of = Sheet("P1 x", "P1", "triggered", (), "", blocks)
    small = cut(of, lines, width)
    used = sum(height(row, width) for block in small.blocks for row in block.rows)
    assert used <= lines
    assert all(len(block.rows) <= MOST for block in small.blocks)
    if width == 0 and any(block.folded and len(block.rows) < MOST for block in small.blocks):
        assert used == lines


def test_a_screen_too_small_drops_the_last_sections_first() -> None:
    of = sheet(worst())
    assert [block.name for block in cut(of, 3).blocks] == ["symptom", "impact", "why"]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("made", [LONG.brief(), worst(), short().brief()], ids=["long", "worst", "short"])
def test_the_e_mail_has_at_most_fifteen_lines_and_begins_with_the_headline(
    made: Brief, language: Language
) -> None:
    lines = brief_text(made, language)
    assert len(lines) <= LONGEST
    assert lines[0].startswith("P1 ")
    assert ("as of" if language is EN else "截至") in lines[1]


def test_chinese_characters_take_two_cells() -> None:
    assert cells("P1 下单") == 7


def test_plain_text_names_each_section_once() -> None:
    lines = plain(sheet(worst()))
    assert lines[0] == "P1 Checkout · INC-7"
    assert sum(line.startswith("Impact now: ") for line in lines) == 1


def test_markdown_has_a_heading_a_section_and_keeps_people_in_their_line() -> None:
    of = sheet(worst())
    text = markdown(of)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [block.title for block in of.blocks]
    assert "- 🟠 **Product manager** #2 May we stop the campaign?" in text
    assert escaped("# not\n- a *heading* <b>") == r"\# not - a \*heading\* \<b\>"
    assert escaped("1. 20") == r"\1. 20"


def test_the_page_of_its_own_needs_nothing_from_elsewhere_and_escapes_what_people_wrote() -> None:
    night = short()
    night.do("known", "li", text='<script>alert("x")</script>')
    page = html(sheet(night.brief()))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=", page)


def test_what_people_wrote_stays_in_its_line_and_moves_no_cursor() -> None:
    night = short()
    night.do("known", "li", text="one\ntwo\x1b[2J three")
    assert "one two [2J three" in "\n".join(plain(sheet(night.brief())))


def test_every_moment_of_the_log_has_a_brief() -> None:
    for entry in LOG:
        made = worst(entry.at, since=ONSET)
        for language in Language:
            assert plain(cut(sheet(made, language), 37, 80))
    assert NOW
