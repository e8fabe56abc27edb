"""People's stories in a browser: customer service declares on a phone, somebody stands in, a review is written. Axe-core finds nothing against the pages, light and dark, in English and Chinese."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.core.oncall.calendars import SHANGHAI, rotation, schedule
from tests.parts.phone import Desk, Phone
from tests.web.conftest import Site
from tests.web.engine_daemon import EngineDaemon
from tests.web.fake import TOKEN
from tests.web.test_curves_in_browser import on
from watchtower.core.changes.change import ChangeEvent
from watchtower.core.events import IncidentChanged, IncidentDeclared, OverrideAsked, Refused
from watchtower.core.oncall.schedule import on_call
from watchtower.core.people.overrides import OnCallOverride
from watchtower.core.plan.roles import PeoplePolicy, Role
from watchtower.model import IncidentState

LISTS = ("/incidents", "/declare", "/changes", "/schedule", "/responders", "/drills", "/configuration")


@dataclass
class PeoplesDaemon(EngineDaemon):
    """What people declare and who stands in goes to the real engine too."""

    async def declare(self, declared: IncidentDeclared) -> tuple[str, str]:
        found = self.feed(declared)
        changed = (d.incident.id for d in found if isinstance(d, IncidentChanged))
        return next(changed, ""), next((d.detail for d in found if isinstance(d, Refused)), "")

    async def override(self, asked: OnCallOverride) -> tuple[str, str]:
        found = self.feed(OverrideAsked(asked))
        self.story.plan = self.story.engine.plan
        why = next((d.detail for d in found if isinstance(d, Refused)), "")
        return "" if why else "O-1", why


@pytest.fixture
def daemon() -> PeoplesDaemon:
    made = PeoplesDaemon()
    weekly = schedule(rotation("li po", SHANGHAI, "1970-01-05 10:00"))
    people = PeoplePolicy({"oncall": Role(name="oncall", schedule="weekly")}, {"weekly": weekly})
    made.story.engine.replace_plan(replace(made.story.plan, people=people), made.story.at)
    made.story.plan = made.story.engine.plan
    return made


def sign(phone: Phone, form: str) -> None:
    phone.type(f"{form} input[name=by]", "wang")
    phone.type(f"{form} input[name=token]", TOKEN)


async def story(told: Callable[[Phone], None], daemon: PeoplesDaemon) -> None:
    with Phone() as phone:
        await on(phone, told)


async def test_customer_service_declares_on_a_phone(site: Site, daemon: PeoplesDaemon) -> None:
    daemon.down()

    def told(phone: Phone) -> None:
        phone.open(f"http://127.0.0.1:{site.port}/declare?lang=zh")
        phone.type("textarea[name=text]", "Nobody can pay by card")
        sign(phone, ".asks form")
        phone.tap(".asks button")
        phone.wait_for("location.pathname == '/incidents/INC-2'")
        assert "Nobody can pay by card" in phone.text
        assert phone.faults() == []

    await story(told, daemon)
    declared = daemon.state.incidents["INC-2"]
    assert (declared.key, declared.state) == ("declared:INC-2", IncidentState.TRIGGERED)


async def test_somebody_stands_in_on_a_phone(site: Site, daemon: PeoplesDaemon) -> None:
    def told(phone: Phone) -> None:
        phone.open(f"http://127.0.0.1:{site.port}/schedule?lang=en")
        phone.value("document.querySelector('select[name=who]').value = 'wu'")
        sign(phone, ".asks form")
        phone.tap(".asks button")
        phone.wait_for("document.querySelector('td') && document.querySelector('td').innerText == 'wu'")

    await story(told, daemon)
    weekly = daemon.story.engine.plan.people.schedules["weekly"]
    assert on_call(weekly, daemon.story.at) == "wu"


async def test_a_review_is_written_on_a_phone(site: Site, daemon: PeoplesDaemon) -> None:
    daemon.down()
    daemon.up()

    def told(phone: Phone) -> None:
        phone.open(f"http://127.0.0.1:{site.port}/incidents/INC-1/review?lang=en")
        phone.tap("details.asks summary")
        sign(phone, "details.asks form")
        phone.type("details.asks textarea", "The bank's certificate had expired.")
        phone.tap("details.asks button")
        phone.wait_for("document.querySelector('.chapter')")
        assert "The bank's certificate had expired." in phone.text
        assert phone.address.endswith("/review?lang=en")
        assert phone.value("document.documentElement.scrollWidth") <= phone.width
        assert phone.faults() == []

    await story(told, daemon)
    assert daemon.state.histories["INC-1"].review.sections == {
        "summary": "The bank's certificate had expired."
    }


@pytest.mark.parametrize("screen", [Phone, Desk])
async def test_the_header_stands_in_the_same_place_on_every_page(
    site: Site, daemon: PeoplesDaemon, screen: type[Phone]
) -> None:
    daemon.down()
    place = (
        "JSON.stringify([...document.querySelectorAll('header > :not(form), header nav > a')].map(one => {"
        "const at = one.getBoundingClientRect(); return [one.textContent.trim(), at.x, at.y, at.height] }))"
    )
    others = ("/", "/?q=checkout", "/incidents/INC-1", "/incidents/INC-1/review", "/silences", "/report")

    def told(phone: Phone) -> None:
        found, current = {}, {}
        for path in (*others, *LISTS):
            phone.open(f"http://127.0.0.1:{site.port}{path}")
            found[path] = phone.value(place)
            current[path] = phone.value(
                "[...document.querySelectorAll('[aria-current]')].map(one => one.getAttribute('href'))"
            )
        assert {path for path, one in found.items() if one != found["/"]} == set()
        assert (current["/"], current["/?q=checkout"], current["/drills"]) == (["/"], ["/"], ["/drills"])
        assert (current["/incidents/INC-1"], current["/declare"]) == (["/incidents"], [])

    with screen() as phone:
        await on(phone, told)


async def test_no_fault_is_found_against_the_lists(site: Site, daemon: PeoplesDaemon) -> None:
    daemon.reported = [
        ChangeEvent("7", "deploy", "checkout 1.42.0", "ci", daemon.story.at - 240, flow="checkout")
    ]
    daemon.down()

    def told(phone: Phone) -> None:
        for number, path in enumerate(LISTS):
            phone.open(f"http://127.0.0.1:{site.port}{path}?lang={'zh' if number % 2 else 'en'}")
            assert phone.faults(dark=bool(number % 2)) == [], path
            assert phone.value("document.documentElement.scrollWidth") <= phone.width, path

    await story(told, daemon)
