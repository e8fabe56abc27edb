"""Two incidents of one cause are made one by hand: what li presses on a desk, and what both pages say afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.concurrency import run_in_threadpool

from tests.parts.phone import Desk
from tests.web.engine_daemon import EngineDaemon
from tests.web.people import a_house
from tests.web.test_sign_in_browser import Served, sign_in
from watchtower.model import IncidentState
from watchtower.store.sqlite import SqliteStore
from watchtower.web.server import WebServer

BUTTON = "button[formaction*='/do/merge']"


@pytest.fixture
def daemon() -> EngineDaemon:
    made = EngineDaemon()
    made.down()
    made.story.wait(60)
    made.keep(made.story.down("page"))
    made.deliver()
    return made


@pytest.fixture
async def url(tmp_path: Path, daemon: EngineDaemon) -> AsyncIterator[str]:
    app, store = Served(), SqliteStore(tmp_path / "w.db", "NORMAL")
    await store.open()
    server = WebServer(app, "127.0.0.1:0")
    await server.start()
    app.house = await a_house(store, daemon, f"http://127.0.0.1:{server.port}")
    yield f"http://127.0.0.1:{server.port}"
    await server.stop()
    await store.close()


async def test_a_responder_merges_two_incidents(url: str, daemon: EngineDaemon) -> None:
    def looks(desk: Desk, id: str, lang: str) -> str:
        """What this page says; it is well made, light and dark."""
        desk.open(f"{url}/incidents/{id}?lang={lang}")
        for dark in (False, True):
            assert desk.faults(dark=dark) == [], (id, lang, dark)
        assert desk.value("document.documentElement.scrollWidth <= innerWidth")
        return desk.text

    def story() -> None:
        with Desk() as desk:
            desk.open(f"{url}/incidents/INC-2?lang=en")
            sign_in(desk, "vera")
            desk.wait_for("document.querySelector('article.incident')")
            assert not desk.value(f'document.querySelector("{BUTTON}")'), "who only looks merges nothing"
            desk.open(f"{url}/account")
            desk.tap("form[action='/signout'] button")
            desk.wait_for("location.pathname == '/signin'")
            desk.open(f"{url}/incidents/INC-2?lang=en")
            sign_in(desk, "li")
            desk.wait_for("document.querySelector('article.incident')")
            desk.open(f"{url}/incidents/INC-2?lang=zh")
            desk.tap("details.actions summary")
            for dark in (False, True):
                assert desk.faults(dark=dark) == []
            assert "不可撤销" in desk.text
            desk.tap(BUTTON)
            desk.wait_for("document.querySelector('article.resolved')")
            assert desk.address == f"{url}/incidents/INC-2?lang=zh", (
                "it stays in the language that was chosen"
            )
            for lang, goes_on in (("zh", "已并入 INC-1。"), ("en", "It goes on in INC-1.")):
                part = looks(desk, "INC-2", lang)
                assert goes_on in part
                assert "depends" not in part, "nobody said so: li merged it by hand"
                assert not desk.value(f'document.querySelector("{BUTTON}")'), "it is over"
            desk.tap(".done a.go-on")
            desk.wait_for("location.pathname == '/incidents/INC-1'")
            for lang, what in (
                ("en", "merged: another incident goes on in this one"),
                ("zh", "已合并另一事件"),
            ):
                whole = looks(desk, "INC-1", lang)
                assert "INC-2" in whole.partition(what)[2]
                assert "bank" in whole
                assert "page is down" in whole, "its alerts went on with it"

    await run_in_threadpool(story)
    part = daemon.state.incidents["INC-2"]
    assert (part.state, part.merged_into) == (IncidentState.RESOLVED, "INC-1")
    assert daemon.asked[-1][:4] == ("do", "INC-2", "merge", "li")
