"""The schedule by HTTP: for people's calendars, and for programs."""

from __future__ import annotations

from dataclasses import replace

import icalendar
import pytest

from tests.core.oncall.calendars import SHANGHAI, rotation, schedule
from tests.web.conftest import Site
from tests.web.fake import AT, FakeDaemon
from tests.web.test_api import OPENAPI, conforms
from watchtower.core.plan.roles import PeoplePolicy, Role

SCHEMA = OPENAPI["paths"]["/api/v1/schedule/{file}"]["get"]["responses"]["200"]["content"][
    "application/json"
]["schema"]


@pytest.fixture
def daemon() -> FakeDaemon:
    made = FakeDaemon()
    weekly = schedule(rotation("li wang", SHANGHAI, "2025-11-17 10:00"))
    made.plan = replace(
        made.plan, people=PeoplePolicy({"oncall": Role(name="oncall", schedule="weekly")}, {"weekly": weekly})
    )
    return made


async def test_for_programs(site: Site) -> None:
    answer = await site.get("/api/v1/schedule/weekly.json?days=8")
    told = answer.json()
    conforms(told, SCHEMA)
    assert (told["roles"], told["now"]["who"], told["next"]["who"]) == (["oncall"], "li", "wang")
    assert (told["next"]["from"], told["next"]["until"]) == ("2025-11-24T02:00:00Z", "2025-12-01T02:00:00Z")
    assert [(one["who"], one["from"]) for one in told["shifts"]][1:] == [("wang", "2025-11-24T02:00:00Z")]


async def test_for_calendars(site: Site) -> None:
    answer = await site.get("/api/v1/schedule/weekly.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert [str(one["summary"]) for one in events][:3] == ["li", "wang", "li"]
    assert events[0]["dtstart"].dt.timestamp() < AT, "the whole shift, also of what is over of it"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nights.ics", 404),
        ("weekly.txt", 404),
        ("weekly", 404),
        ("weekly.ics?days=0", 422),
        ("weekly.json?days=x", 422),
    ],
    ids=["another", "form", "none", "zero", "word"],
)
async def test_what_there_is_not(site: Site, path: str, code: int) -> None:
    answer = await site.get(f"/api/v1/schedule/{path}")
    assert answer.status_code == code
    assert answer.json()["error"]
