"""Who acknowledges by a press, and what they are told."""

from __future__ import annotations

import pytest

from tests.web.engine_daemon import EngineDaemon
from watchtower.channels.listening import Press
from watchtower.web.presses import pressed

LI, PO, HE = "li@example.com", "po@example.com", "he@example.com"


@pytest.fixture
def daemon() -> EngineDaemon:
    made = EngineDaemon()
    made.down()
    return made


async def say(daemon: EngineDaemon, address: str, about: str = "INC-1") -> str:
    return await pressed(daemon, "email", Press(address, about))


@pytest.mark.parametrize("about", ["INC-1", "inc-1", "1", " 1 "])
async def test_who_was_paged_acknowledges_in_their_language(daemon: EngineDaemon, about: str) -> None:
    assert await say(daemon, LI, about) == "已认领，由您负责处理，不再提醒。"
    incident = daemon.state.incidents["INC-1"]
    assert incident.acknowledged_by == "li"
    assert [entry.detail for _, entry in daemon.log if entry.kind == "acknowledged"] == ["email"]
    assert await say(daemon, LI, about) == "已认领，由您负责处理，不再提醒。"  # pressed twice


@pytest.mark.parametrize(
    ("address", "about"),
    [
        ("stranger@example.com", "INC-1"),
        (HE, "INC-1"),  # informed only, or never paged
        (LI, "INC-9"),
        (LI, "9"),
        (LI, "INC-1.another-instance"),
        (LI, "\ud83d"),
        (LI, "../../etc/passwd"),
    ],
)
async def test_whoever_was_not_asked_changes_nothing(daemon: EngineDaemon, address: str, about: str) -> None:
    said = await say(daemon, address, about)
    assert "Not done" in said or "未执行" in said
    assert daemon.state.incidents["INC-1"].acknowledged_by == ""


async def test_a_press_after_the_end_says_so(daemon: EngineDaemon) -> None:
    daemon.up()
    for _ in range(60):
        daemon.later(60)
    assert not daemon.state.incidents["INC-1"].open
    assert await say(daemon, LI) == "事件已恢复。"


async def test_who_comes_second_hears_who_was_first(daemon: EngineDaemon) -> None:
    await daemon.acknowledge("INC-1", "wu", "board")
    assert await say(daemon, LI) == "已由 wu 认领。"


async def test_a_reply_without_a_number_is_about_the_only_one_that_waits(daemon: EngineDaemon) -> None:
    assert "未执行" in await say(daemon, "stranger@example.com", "")
    assert await say(daemon, LI, "") == "已认领，由您负责处理，不再提醒。"
    assert daemon.state.incidents["INC-1"].acknowledged_by == "li"
    assert "未执行" in await say(daemon, LI, ""), "nothing waits any more"


async def test_a_reply_without_a_number_names_those_that_wait(daemon: EngineDaemon) -> None:
    daemon.keep(daemon.story.down("page"))
    daemon.later(60)
    assert len(daemon.state.incidents) == 2
    assert await say(daemon, LI, "") == "有多个事件待认领：INC-1, INC-2。请回复“收到”加编号。"
    assert not any(one.acknowledged_by for one in daemon.state.incidents.values())
    assert await say(daemon, LI, "2") == "已认领，由您负责处理，不再提醒。"
