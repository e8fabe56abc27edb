"""The board in Chromium: an outage comes live, people search and go by keys, and axe-core finds nothing against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from starlette.concurrency import run_in_threadpool

from tests.parts.child import MissingPart
from tests.parts.conditions import without
from tests.parts.phone import Desk, Phone
from tests.web.board.night import AT, SOME, night
from tests.web.conftest import Site
from tests.web.fake import FakeDaemon
from watchtower.api.auth import Access
from watchtower.api.board import BoardStatus
from watchtower.api.porch import Porch
from watchtower.model import Observation, Severity
from watchtower.web.server import WebServer

Story = Callable[[Desk, str], None]


class NightDaemon(FakeDaemon):
    """Shows a night, which goes on."""

    shown: BoardStatus = night(SOME)

    def board(self) -> BoardStatus:
        return self.shown

    def status(self) -> object:
        return self.shown.status

    def well(self) -> None:
        """Nothing is wrong yet."""
        shown, status = self.shown, self.shown.status
        flows = {name: replace(one, silent=False, few=False, share=None) for name, one in shown.flows.items()}
        last = {key: Observation(key[0], AT, status.last["signup-page", ""].reading) for key in status.last}
        self.shown = replace(shown, status=replace(status, incidents=[], alerts=[], last=last), flows=flows)


@pytest.fixture
def daemon() -> NightDaemon:
    return NightDaemon()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    try:
        with Desk() as made:
            yield made
    except MissingPart as missing:
        without(missing)


async def play(story: Story, desk: Desk, site: Site) -> None:
    await run_in_threadpool(story, desk, f"http://127.0.0.1:{site.port}/")


async def test_an_outage_comes_to_an_open_board_by_itself(
    desk: Desk, site: Site, daemon: NightDaemon
) -> None:
    worse = daemon.shown
    daemon.well()

    def story(desk: Desk, url: str) -> None:
        desk.open(f"{url}?lang=en")
        assert "302 ok" not in desk.text
        assert "not acknowledged" not in desk.text
        desk.value("window.same = document.querySelector('[data-part=\"flow.otp\"] .name'); 0")
        daemon.shown = worse
        desk.wait_for("document.body.innerText.includes('no requests for')")
        assert "Checkout is down" in desk.text
        assert desk.value("document.title").startswith("(2)")
        assert desk.value("document.querySelectorAll('.curve .incident').length") >= 1
        assert desk.value("same.isConnected")  # a row that did not change was not touched
        assert desk.value("document.querySelector('link[rel=icon]').href").endswith("/static/bad.svg")
        assert "INC-7 · 3 min 4" in desk.text  # by the daemon's clock, whatever that of the browser says
        # Its clock goes on without the daemon.
        left = desk.value("document.querySelector('time.left').textContent")
        desk.wait_for(f"document.querySelector('time.left').textContent !== '{left}'")

    await play(story, desk, site)


async def test_a_storm_that_somebody_unfolded_stays_so_while_the_board_goes_on(
    desk: Desk, site: Site, daemon: NightDaemon
) -> None:
    shown = daemon.shown
    some = [
        replace(
            shown.status.incidents[1], id=f"INC-{n}", severity=Severity.P2, onset=AT - n, key=f"check:c{n}"
        )
        for n in range(20, 55)
    ]

    def more(count: int) -> None:
        incidents = [shown.status.incidents[0], *some[:count]]
        daemon.shown = replace(shown, status=replace(shown.status, incidents=incidents))

    def story(desk: Desk, url: str) -> None:
        desk.open(f"{url}?lang=en")
        desk.tap("details.storm summary")
        assert desk.value("document.querySelectorAll('.storm .lines li').length") == 30
        assert (
            desk.value("document.querySelectorAll('.card').length") == 2
        )  # thirty incidents are no wall, a P0 is alone
        more(35)
        desk.wait_for("document.body.innerText.includes('35 incidents that began together')")
        assert desk.value("document.querySelector('details.storm').open")

    more(30)
    await play(story, desk, site)


async def test_a_board_says_that_it_is_old_and_comes_back_by_itself(
    desk: Desk, daemon: NightDaemon, access: Access
) -> None:
    server = WebServer(Porch(daemon, access), "127.0.0.1:0")
    await server.start()
    url = f"http://127.0.0.1:{server.port}/?lang=en"
    await run_in_threadpool(desk.open, url)
    await run_in_threadpool(desk.wait_for, "document.getElementById('lost').hidden")
    await server.stop()
    await run_in_threadpool(desk.wait_for, "!document.getElementById('lost').hidden")
    server = WebServer(Porch(daemon, access), f"127.0.0.1:{server.port}")
    await server.start()
    await run_in_threadpool(desk.wait_for, "document.getElementById('lost').hidden")
    await server.stop()


async def test_a_hidden_tab_holds_no_stream(desk: Desk, site: Site) -> None:
    """Six that did would block the seventh."""

    def story(desk: Desk, url: str) -> None:
        desk.open(f"{url}?lang=en")
        desk.wait_for("stream && stream.readyState === 1")
        desk.value(
            "Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true}); 0"
        )
        for away in ("true", "false"):
            desk.value(f"window.away = {away}; document.dispatchEvent(new Event('visibilitychange')); 0")
            desk.wait_for("stream === null" if away == "true" else "stream && stream.readyState === 1")

    await play(story, desk, site)


async def test_who_searches_finds_while_typing_and_goes_by_keys(
    desk: Desk, site: Site, daemon: NightDaemon
) -> None:
    def story(desk: Desk, url: str) -> None:
        desk.open(f"{url}?lang=en")
        desk.key("/")
        assert desk.value("document.activeElement.id") == "q"
        for letter in "bank":
            desk.key(letter)
        desk.wait_for(
            "document.body.innerText.includes('bank-gateway') && location.search.includes('q=bank')"
        )
        desk.wait_for("document.querySelector('.found')")
        assert "Sign-up" not in desk.value("document.querySelector('main').innerText")
        desk.key("Escape")
        desk.key("j")
        assert desk.value("document.activeElement.classList.contains('go')")
        first = desk.value("document.activeElement.href")
        desk.key("j")
        assert desk.value("document.activeElement.href") != first
        desk.key("k")
        assert desk.value("document.activeElement.href") == first
        desk.key("?")
        assert desk.value("document.getElementById('keys').open")
        desk.key("Escape")
        desk.wait_for("!document.getElementById('keys').open")
        desk.key("Enter")
        desk.wait_for("location.pathname.length > 1")

    await play(story, desk, site)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_axe_finds_nothing(desk: Desk, site: Site, daemon: NightDaemon, language: str) -> None:
    def story(desk: Desk, url: str) -> None:
        desk.open(f"{url}?lang={language}")
        assert desk.faults() == []
        assert desk.faults(dark=True) == []
        desk.dark(False)
        assert ("无请求" in desk.text) == (language == "zh")

    await play(story, desk, site)


async def test_without_scripts_the_board_says_the_same(desk: Desk, site: Site, daemon: NightDaemon) -> None:
    def story(desk: Desk, url: str) -> None:
        desk.scripts(False)
        desk.open(f"{url}?lang=en")
        desk.scripts(True)
        assert "no requests for 3 min 40 s" in desk.text
        assert desk.value("document.querySelectorAll('.curve .observed').length") == 6
        assert desk.value("document.querySelector('.curve').getAttribute('aria-label')").startswith(
            "Checkout: requests"
        )

    await play(story, desk, site)


async def test_a_phone_shows_it_all_in_one_column(site: Site, daemon: NightDaemon) -> None:
    def story(phone: Desk, url: str) -> None:
        phone.open(f"{url}?lang=en")
        assert phone.value("document.documentElement.scrollWidth") <= phone.width
        assert phone.faults() == []

    try:
        with Phone() as phone:
            await play(story, phone, site)  # type: ignore[arg-type]
    except MissingPart as missing:
        without(missing)


async def test_three_hundred_checks_that_are_well_fit_on_a_screen_or_two(
    desk: Desk, site: Site, daemon: NightDaemon
) -> None:
    def story(desk: Desk, url: str) -> None:
        desk.open(f"{url}?lang=en")
        assert len(daemon.shown.status.plan.checks) > 300
        assert desk.value("document.documentElement.scrollHeight") < 1300

    await play(story, desk, site)
