"""Half an emoji, NUL, escapes, marks that turn text round: wherever text comes in, nothing breaks and nothing is obeyed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.web.conftest import Site
from tests.web.fake import TOKEN, FakeDaemon
from watchtower.model import Text
from watchtower.outside_text import clean, clean_for_terminal, clean_json, fit

CLEANED = [
    ("li \ud83d", "li \ufffd"), ("\udc00li", "\ufffdli"), ("a\0b", "a\ufffdb"), ("\x1b[2J\x07x", "\ufffd[2J\ufffdx"),
    ("\x9b31m", "\ufffd31m"), ("pay\u202egnp.exe", "paygnp.exe"), ("\u2066a\u2069\u200f", "a"), ("\ufeffa", "a"),
    ("a\r\nb\tc\n", "a\nb\tc\n"), ("a\rb", "a\ufffdb"), ("a\u2028b", "a\ufffdb"), ("\x7f\x85", "\ufffd\ufffd"),
    ("👨‍👩‍👧 李 é e\u0301 ñ", "👨‍👩‍👧 李 é e\u0301 ñ"), ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("given", "cleaned"), CLEANED)
def test_cleaned(given: str, cleaned: str) -> None:
    assert clean(given) == cleaned
    assert fit(given) == (given == cleaned or (given == "a\r\nb\tc\n" and False))
    assert clean_json({given: [given]}) == {cleaned: [cleaned]}
    cleaned.encode()


def test_colours_pass_to_a_terminal_and_nothing_else_does() -> None:
    assert clean_for_terminal("\x1b[1;31mP0\x1b[0m \x1b]0;title\x07 \x1b[2J\ud83d") == (
        "\x1b[1;31mP0\x1b[0m \ufffd]0;title\ufffd \ufffd[2J\ufffd"
    )


BAD = [r"\ud83d", r"\udc00x", r"\u0000", r"\u001b[2J", r"\u202e", r"\ufeff", r"\ud83d\ud83d"]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("path", ["/api/v1/incidents/INC-12/ack", "/api/v1/incidents/INC-12/resolve"])
async def test_a_name_is_refused_or_cleaned(site: Site, daemon: FakeDaemon, path: str, bad: str) -> None:
    answer = await site.post(path, token=TOKEN, data=f'{{"by": "li {bad}"}}'.encode())
    assert answer.status_code in (200, 400, 409, 422)
    assert all(by == clean(str(by)) and "\ufffd" not in str(by) for _, _, by, _ in daemon.asked)
    for page in (
        "/",
        "/incidents/INC-12",
        "/api/v1/incidents",
        "/api/v1/incidents/INC-12",
        "/api/v1/lessons",
    ):
        assert (await site.get(page)).status_code == 200


@pytest.mark.parametrize("bad", BAD)
async def test_what_people_write_is_cleaned(site: Site, daemon: FakeDaemon, bad: str) -> None:
    body = f'{{"by": "li", "fields": {{"text": "half {bad} done", "x{bad}": "1"}}}}'.encode()
    answer = await site.post("/api/v1/incidents/INC-12/do/note", token=TOKEN, data=body)
    assert answer.status_code == 200
    (asked,) = daemon.asked
    assert asked[-1] == clean_json(json.loads(body))["fields"]
    json.dumps(asked[-1], ensure_ascii=False).encode()


async def test_forms_too(site: Site, daemon: FakeDaemon) -> None:
    form = {"by": "li", "token": TOKEN, "note.text": "a\0\x1b[2J\u202eb"}
    assert (await site.post("/incidents/INC-12/do/note", data=form)).status_code == 303
    assert daemon.asked[-1][-1] == {"text": "a\ufffd\ufffd[2Jb"}
    answer = await site.post("/incidents/INC-12/ack", data={"by": "li\0", "token": TOKEN})
    assert answer.status_code == 422


@pytest.mark.parametrize("bad", ["%1b%5b2J", "%00", "%0a", "%09", "%c2%9b", "%e2%80%ae", "%7f"])
@pytest.mark.parametrize(
    "path",
    ["/push/{}", "/push/business?series={}", "/{}", "/incidents/{}", "/ack/{}", "/api/v1/lessons?words={}"],
)
async def test_an_address_with_a_control_character_is_refused(site: Site, path: str, bad: str) -> None:
    if "?" in path and bad in ("%0a", "%09"):
        return  # people search for several words
    answer = await site.get(path.format(bad))
    assert answer.status_code == 400
    assert clean(answer.text) == answer.text


@pytest.mark.parametrize("by", ["watchtower", " Watchtower ", "WATCHTOWER", "", "   ", "x" * 101, "\u202e"])
async def test_nobody_is_the_machine_or_nobody(site: Site, daemon: FakeDaemon, by: str) -> None:
    for path in ("/api/v1/incidents/INC-12/ack", "/api/v1/incidents/INC-12/do/note", "/api/v1/drills/stop"):
        answer = await site.post(path, token=TOKEN, json={"by": by, "fields": {"text": "x"}})
        assert answer.status_code in (400, 422)
    answer = await site.post("/incidents/INC-12/ack", data={"by": by, "token": TOKEN})
    assert answer.status_code in (400, 422)
    assert daemon.asked == []


async def test_what_was_stored_before_breaks_no_page(site: Site, daemon: FakeDaemon) -> None:
    """An earlier version let it in."""
    bad = "li \ud83d\x1b[2J"
    broken = replace(daemon.known["INC-12"], acknowledged_by=bad, title=Text(bad, bad))
    daemon.known["INC-12"] = broken
    daemon.timeline = [
        replace(daemon.timeline[0], by=bad, detail=bad, data={"text": bad, bad: bad}),
        *daemon.timeline,
    ]
    for path in (
        "/",
        "/incidents/INC-12",
        "/incidents/INC-12/review",
        "/report",
        "/api/v1/incidents",
        "/api/v1/incidents/INC-12",
    ):
        answer = await site.get(path)
        assert answer.status_code == 200, path
        assert "\x1b" not in answer.text
    for path in (
        "brief",
        "brief?format=text",
        "brief?format=markdown",
        "review",
        "review?format=markdown",
        "explanation",
        "drafts/internal",
    ):
        assert (await site.get(f"/api/v1/incidents/INC-12/{path}")).status_code == 200, path
