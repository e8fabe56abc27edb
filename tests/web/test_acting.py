"""Actions on an incident: through the API, and by `watchtower do` against a daemon that listens."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.web.conftest import Site
from tests.web.fake import TOKEN, FakeDaemon
from tests.web.test_api import described
from tests.web.test_commands import here, watchtower
from watchtower.core.pipeline.features import ACTIONS

__all__ = ["here"]
PATH = "/api/v1/incidents/{id}/do/{action}"


async def test_every_action_is_listed_with_its_fields(site: Site) -> None:
    body = (await site.get("/api/v1/actions")).json()
    described("GET", "/api/v1/actions", 200, body)
    assert [each["name"] for each in body["actions"]] == list(ACTIONS)


async def test_what_is_done_reaches_the_daemon_as_it_was_said(site: Site, daemon: FakeDaemon) -> None:
    sent = {"by": " li ", "fields": {"text": "rolled back"}}
    answer = await site.post("/api/v1/incidents/INC-12/do/note", json=sent, token=TOKEN)
    described("POST", PATH, 200, answer.json())
    assert daemon.asked[-1] == ("do", "INC-12", "note", "li", "api", {"text": "rolled back"})


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("INC-12/do/nothing", {"by": "li"}, 404, id="no such action"),
        pytest.param("INC-99/do/note", {"by": "li", "fields": {"text": "x"}}, 404, id="no such incident"),
        pytest.param("INC-12/do/note", {"fields": {"text": "x"}}, 422, id="nobody says so"),
        pytest.param("INC-12/do/note", {"by": "li", "fields": "x"}, 422, id="fields are no object"),
    ],
)
async def test_it_is_refused(site: Site, path: str, body: Mapping[str, object], status: int) -> None:
    answer = await site.post(f"/api/v1/incidents/{path}", json=body, token=TOKEN)
    assert answer.status_code == status
    described("POST", PATH, status, answer.json())


async def test_a_no_of_the_engine_is_told_with_its_reason(site: Site, daemon: FakeDaemon) -> None:
    daemon.no = "INC-12 is P1 already"
    sent = {"by": "li", "fields": {}}
    answer = await site.post("/api/v1/incidents/INC-12/do/raise", json=sent, token=TOKEN)
    assert (answer.status_code, answer.json()["detail"]) == (422, "INC-12 is P1 already")


async def test_do_says_what_was_done(here: Mapping[str, str], daemon: FakeDaemon) -> None:
    ran = await watchtower("do", "INC-12", "note", "text=rolled back = better", "--by", "li", **here)
    assert (ran.status, ran.out) == (0, "INC-12: note by li\n")
    assert daemon.asked[-1] == ("do", "INC-12", "note", "li", "api", {"text": "rolled back = better"})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["INC-12", "noot", "text=x"], 'did you mean "note"', id="a misspelt action"),
        pytest.param(["INC-12", "note", "x"], '"x" is not KEY=VALUE', id="no key"),
        pytest.param(["INC-12", "note", "txt=x"], 'note has no field "txt"', id="a field that there is not"),
        pytest.param(["INC-12", "raise", "severity=P9", "reason=x"], "severity:", id="no such level"),
    ],
)
async def test_do_refuses_bad_usage_before_it_asks_the_daemon(
    here: Mapping[str, str], daemon: FakeDaemon, words: list[str], said: str
) -> None:
    ran = await watchtower("do", *words, "--by", "li", **here)
    assert ran.status == 2
    assert said in ran.err
    assert not [one for one in daemon.asked if one[0] == "do"]


async def test_do_lists_what_there_is_to_do_in_both_languages(here: Mapping[str, str]) -> None:
    english, chinese = await watchtower("do", **here), await watchtower("do", "--lang", "zh", **here)
    assert english.status == chinese.status == 0
    assert all(name in english.out for name in ACTIONS)
    assert "指挥" in chinese.out or "升级" in chinese.out or "上调" in chinese.out


async def test_a_page_that_offers_every_action_can_be_sent(site: Site, daemon: FakeDaemon) -> None:
    """Browsers send the empty fields of the whole form, too; some actions have lists that the page leaves out."""
    names = [f"{action.name}.{field}" for action in ACTIONS.values() for field in action.fields]
    assert len(names) > 20
    form = {"by": "li", "token": TOKEN, **dict.fromkeys(names, ""), "note.text": "x"}
    answer = await site.post("/incidents/INC-12/do/note", data=form)
    assert answer.status_code == 303
    assert daemon.asked[-1] == ("do", "INC-12", "note", "li", "board", {"text": "x"})
