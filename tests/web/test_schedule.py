"""The schedule by HTTP: for people's calendars, and for programs."""

from __future__ import annotations

from dataclasses import replace

import icalendar
import pytest

from tests.core.oncall.calendars import SHANGHAI, rotation, schedule
from tests.web.conftest import Site
from tests.web.fake import AT, TOKEN, FakeDaemon
from tests.web.test_api import OPENAPI, conforms, described
from watchtower.core.people.overrides import OnCallOverride
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
    assert answer.json()["detail"]


async def test_somebody_stands_in_by_the_form_on_the_clocks_of_the_schedule(
    site: Site, daemon: FakeDaemon
) -> None:
    html = (await site.get("/schedule?lang=en")).text
    assert "weekly (Asia/Shanghai)" in html
    assert html.index(">li<") < html.index(">wang<")
    form = {
        "by": "li",
        "token": TOKEN,
        "schedule": "weekly",
        "who": "anna",
        "starts_at": "2025-11-23T10:00",
        "ends_at": "8h",
    }
    assert (await site.post("/schedule", data=form | {"token": "wrong"})).status_code == 403
    assert (await site.post("/schedule", data=form)).headers["Location"] == "/schedule"
    begin = AT + 35_767.0  # 02:00 UTC is 10:00 in Shanghai
    assert daemon.asked == [("override", OnCallOverride("weekly", "anna", begin, begin + 28_800, "li"))]
    assert (await site.post("/schedule/end", data=form | {"override": "O-1"})).status_code == 303


async def test_overrides_by_the_api(site: Site, daemon: FakeDaemon) -> None:
    path, body = "/api/v1/overrides", {"by": "li", "schedule": "weekly", "who": "anna", "ends_at": "8h"}
    answer = await site.post(path, json=body, token=TOKEN)
    described("POST", path, 200, answer.json())
    for wrong in ({"ends_at": "tomorrow"}, {"who": 7}, {"starts_at": "soon"}):
        answer = await site.post(path, json=body | wrong, token=TOKEN)
        described("POST", path, 422, answer.json())
    described("GET", path, 200, (await site.get(path)).json())
    answer = await site.post(f"{path}/O-1/end", json={"by": "li"}, token=TOKEN)
    described("POST", f"{path}/{{id}}/end", 200, answer.json())
    answer = await site.post(f"{path}/O-9/end", json={"by": "li"}, token=TOKEN)
    described("POST", f"{path}/{{id}}/end", 404, answer.json())
