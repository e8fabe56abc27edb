"""Curves in Chromium: drawn by the script, zoomed by dragging, and there without a script; on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.concurrency import run_in_threadpool

from tests.parts.child import wait_until
from tests.parts.phone import Desk, Phone
from tests.web.conftest import Site
from tests.web.fake import FakeDaemon
from tests.web.test_check import HOUR, count
from watchtower.core.changes.change import ChangeEvent
from watchtower.web.curves import POINTS

DRAWN = "document.querySelector('[data-curves]').dataset.drawn"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk() as desk:
        yield desk


async def on(screen: Phone, story: Callable[[Phone], None]) -> None:
    await run_in_threadpool(story, screen)


async def test_dragging_over_a_curve_asks_for_this_span_in_finer_steps(
    site: Site, daemon: FakeDaemon, desk: Desk
) -> None:
    count(daemon)
    daemon.reported = [ChangeEvent("c1", "deploy", "gateway 4.2", "ci", daemon.at - HOUR, flow="checkout")]

    def story(desk: Phone) -> None:
        desk.open(f"http://127.0.0.1:{site.port}/flows/checkout?span=24h")
        desk.wait_for(DRAWN)
        assert desk.value("document.querySelectorAll('.plot canvas').length") == 2
        left, top, width = desk.value(
            "(() => { const at = document.querySelector('.u-over').getBoundingClientRect();"
            " return [at.left, at.top + at.height / 2, at.width]; })()"
        )
        before = len(daemon.spans)
        for kind, share in (("mousePressed", 0.5), ("mouseMoved", 0.6), ("mouseReleased", 0.75)):
            desk._ask("Input.dispatchMouseEvent", type=kind, x=left + share * width, y=top, button="left", buttons=1, clickCount=1)  # fmt: skip
        wait_until(lambda: len(daemon.spans) > before, "the zoom asks for its span")
        assert desk.faults() == []
        assert desk.faults(dark=True) == []

    await on(desk, story)
    first, zoomed = daemon.spans[0], daemon.spans[-1]
    assert first[4] == POINTS
    assert zoomed[3] - zoomed[2] < 0.3 * (first[3] - first[2]), "a quarter of the day"


async def test_an_outage_comes_to_an_open_page_by_itself(site: Site, daemon: FakeDaemon, desk: Desk) -> None:
    count(daemon)

    def story(desk: Phone) -> None:
        desk.open(f"http://127.0.0.1:{site.port}/flows/checkout?span=1h")
        desk.wait_for(DRAWN)
        before = daemon.spans[-1]
        wait_until(lambda: daemon.spans[-1][3] > before[3], "the curve goes on by itself")
        later = daemon.spans[-1]
        assert later[3] - later[2] == before[3] - before[2], "by as much as it begins later"

    await on(desk, story)


async def test_without_a_script_the_drawing_of_the_server_stays(
    site: Site, daemon: FakeDaemon, desk: Desk
) -> None:
    count(daemon)

    def story(desk: Phone) -> None:
        desk.scripts(False)
        desk.open(f"http://127.0.0.1:{site.port}/flows/checkout?span=24h")
        desk.scripts(True)
        heights = desk.value(
            "[...document.querySelectorAll('svg.curve')].map(one => one.getBoundingClientRect().height)"
        )
        assert [height > 60 for height in heights] == [True, True]
        assert desk.value("getComputedStyle(document.querySelector('path.observed')).stroke") != "none"

    await on(desk, story)


async def test_on_a_phone_in_chinese_nothing_is_wider_than_the_screen(site: Site, daemon: FakeDaemon) -> None:
    count(daemon)

    def story(phone: Phone) -> None:
        for path in ("/flows/checkout", "/checks/methods?series=card"):
            more = "&lang=zh" if "?" in path else "?lang=zh"
            phone.open(f"http://127.0.0.1:{site.port}{path}{more}")
            phone.wait_for(DRAWN)
            assert phone.value("document.documentElement.scrollWidth") <= phone.width
            assert phone.faults() == []
            assert "当前何种情况会通知" in phone.text

    with Phone() as phone:
        await on(phone, story)
