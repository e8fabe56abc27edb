"""What people read: the stored texts, the order of things, and that an SMS always fits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.channels import golden
from tests.channels.letters import BANK_DOWN, ONSET, SILENT, letter
from watchtower.channels import gsm7, mail_body, mail_html, sentences, sms_text
from watchtower.model import Language, Severity, Text
from watchtower.page_kinds import PageKind

EN, ZH = Language.EN, Language.ZH


@pytest.mark.parametrize(("name", "text"), [pytest.param(*pair, id=pair[0]) for pair in golden.texts()])
def test_a_text_is_the_one_that_a_person_has_read(name: str, text: str) -> None:
    assert (golden.FOLDER / name).read_text(encoding="utf-8") == text, "python -m tests.channels.golden"


def test_no_stored_text_is_left_over() -> None:
    assert {file.name for file in golden.FOLDER.iterdir()} == {name for name, _ in golden.texts()}


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # each counts twice
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the pair does not fit the first segment, so it opens the second
        ("中" * 70, 1),
        ("中" * 71, 2),
        ("中" * 134, 2),
        ("中" * 135, 3),
        ("😀" * 35, 1),
        ("中" * 66 + "😀" + "中" * 66, 3),  # a surrogate pair is not split either
        ("a" * 69 + "中", 1),  # one character changes the alphabet for all
        ("a" * 70 + "中", 2),
    ],
)
def test_segments_are_counted_as_networks_count_them(text: str, segments: int) -> None:
    assert gsm7.segments(text) == segments


def test_typographic_characters_do_not_halve_the_room_of_an_english_text() -> None:
    assert gsm7.plainer("“No requests” – for 3 min…") == '"No requests" - for 3 min...'
    assert gsm7.plainer("“已恢复”") == "“已恢复”"


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
SHORT_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(
    kind=st.sampled_from(PageKind),
    language=st.sampled_from(Language),
    title=WORDS,
    summary=WORDS,
    steps=st.lists(SHORT_WORDS, max_size=4),
    by=SHORT_WORDS,
    link=st.integers(0, 300),
    most=st.integers(1, 4),
    severity=st.sampled_from(Severity),
    was=st.none() | st.sampled_from(Severity),
)
def test_an_sms_always_fits_and_always_names_severity_and_incident(
    kind: PageKind, language: Language, title: str, summary: str, steps: list[str], by: str, link: int, most: int,
    severity: Severity, was: Severity | None,
) -> None:  # fmt: skip
    one = letter(
        kind,
        language,
        incident="INC-7041",
        title=Text(title, title),
        severity=severity,
        previous_severity=was,
        because=(replace(SILENT, text=Text(summary, summary)), BANK_DOWN),
        sop_steps=tuple(Text(step, step) for step in steps),
        acknowledged_by=by,
    )
    text = sms_text.compose(replace(one, ack_url="https://w.example/" + "k" * link, brief_url=""), most)
    assert gsm7.segments(text) <= most
    assert text.startswith(f"[{severity}")
    assert "INC-7041" in text
    assert "\n" not in text
    text.encode("utf-16")  # no half of a surrogate pair


@pytest.mark.parametrize(
    ("language", "most", "kept"),
    [
        (EN, 1, "title since summary steps"),
        (EN, 2, "title since summary steps"),
        (EN, 3, "title since summary whole steps"),
        (ZH, 1, "title summary"),
        (ZH, 2, "title since summary steps"),
        (ZH, 3, "title since summary steps"),
        (ZH, 4, "title since summary whole steps"),
    ],
)
def test_room_is_given_up_from_the_least_to_the_most_needed(language: Language, most: int, kept: str) -> None:
    long = Text("word " * 50 + "end", "词语" * 70 + "完")
    one = letter(PageKind.NEW, language, because=(replace(SILENT, text=long),))
    text = sms_text.compose(one, most)
    found = {
        "title": "Checkout" in text or "下单支付" in text,
        "since": "22:39" in text,
        "summary": "word" in text or "词语" in text,
        "whole": "end" in text or "完" in text,
        "steps": "1)" in text,
    }
    assert " ".join(name for name, there in found.items() if there) == kept
    assert one.ack_url in text


@pytest.mark.parametrize("language", Language)
def test_a_title_of_many_words_leaves_room_for_what_is_wrong(language: Language) -> None:
    text = sms_text.compose(letter(PageKind.NEW, language, title=Text("Checkout " * 40, "下单支付" * 40)))
    assert SILENT.text.in_(language)[:12] in text
    assert "1)" in text


@given(text=WORDS, limit=st.integers(0, 50))
def test_clipping_keeps_the_limit(text: str, limit: int) -> None:
    assert len(sms_text.clip(text, limit)) <= limit or len(text) <= limit


def test_an_english_text_is_cut_between_words() -> None:
    assert sms_text.clip("No requests on Checkout for three minutes", 32) == "No requests on Checkout for..."


@pytest.mark.parametrize("kind", PageKind)
@pytest.mark.parametrize("language", Language)
def test_the_subject_stays_the_same_over_an_incident(kind: PageKind, language: Language) -> None:
    if kind.traits.of_incident:
        first = mail_body.subject(letter(PageKind.NEW, language).message, language)
        assert mail_body.subject(letter(kind, language).message, language) == first


def test_the_first_line_of_a_mail_says_everything() -> None:
    first = mail_body.plain(letter(PageKind.REMINDER)).splitlines()[0]
    for part in ("[P0]", "Reminder", "Paylane Checkout", "No requests", "22:39:50 UTC+8", "not acknowledged"):
        assert part in first


def test_the_worst_alert_speaks_and_the_others_are_counted() -> None:
    told = letter(PageKind.UPGRADE).message
    assert told.because[0] is BANK_DOWN
    assert sentences.summary(told, EN) == "No requests for 3 min 20 s, 412 expected (+1 more)"


def test_what_fires_no_more_while_its_users_are_not_surely_back_is_told_as_what_was() -> None:
    """A reminder said "no request for 4 min 40 s" half an hour after they had come again."""
    told = letter(PageKind.REMINDER).message
    told = replace(told, because=tuple(replace(one, over=True) for one in told.because))
    said = [sentences.summary(told, language) for language in (EN, ZH)]
    assert said[0] == "no alert fires any more; it was: No requests for 3 min 20 s, 412 expected (+1 more)"
    assert said[1].startswith("已无告警触发；此前")


def test_an_all_clear_says_that_a_degradation_plan_is_still_in_force() -> None:
    made = letter(PageKind.RESOLVED)
    note = Text(
        "The incident is over and standby is still in force: roll it back?", "standby 仍在生效，是否回退？"
    )
    made = replace(made, message=replace(made.message, note=note))
    for language in (EN, ZH):
        short = sms_text.compose(replace(made, language=language), 4)
        assert note.in_(language).rstrip("?？") in short


def test_html_escapes_everything_that_comes_from_files_and_far_sides() -> None:
    evil = "<script>alert(1)</script>\"'&"
    text = Text(evil, evil)
    page = mail_html.html(
        letter(
            title=text, product=text, because=(replace(SILENT, text=text, check=evil, rule=evil, when=evil),),
            sop_title=text, sop_steps=(text,), sop_url="javascript:alert(1)", incident=evil,
        )
    )  # fmt: skip
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert "&lt;script&gt;" in page


def test_html_brings_no_image_no_style_sheet_and_nothing_from_elsewhere() -> None:
    page = mail_html.html(letter()).lower()
    for forbidden in ("<img", "<link", "<style", "@import", "url(", "<script"):
        assert forbidden not in page


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Nowhere/Atall", "", "../../etc/passwd"])
def test_a_zone_that_is_not_known_does_not_stop_a_page(zone: str) -> None:
    assert "UTC" in mail_body.plain(replace(letter(), zone=zone))


def test_a_page_on_the_next_day_says_on_which_day_it_began() -> None:
    late = letter(PageKind.REMINDER, at=ONSET + 86_400)
    assert "since 2026-11-22 22:39:50 UTC+8 (1 d)" in mail_body.plain(late)
    assert "since 11-22 22:39 (1 d)" in sms_text.compose(late)


@given(WORDS)
def test_a_cleaned_text_is_one_printable_line(text: str) -> None:
    line = sentences.clean(text)
    assert all(c.isprintable() for c in line)
    assert line == line.strip()
    assert "\n" not in line


def test_a_number_says_how_the_incident_was_called_before_it_had_one() -> None:
    for language, said in ((EN, "(earlier INC-KFDBMT)"), (ZH, "（曾称 INC-KFDBMT）")):
        made = letter(PageKind.RESOLVED, language=language)
        made = replace(made, message=replace(made.message, told_as="INC-KFDBMT"))
        assert said in mail_body.plain(made)
        assert said.replace("（", "(").replace("）", ")")[1:-1] in sms_text.compose(made)
