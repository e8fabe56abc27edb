"""Silences over HTTP: what is asked, what is refused, and what the board and an incident's page say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.web.conftest import Site
from tests.web.fake import AT, PLAN, TOKEN, FakeDaemon
from tests.web.test_api import described
from tests.web.test_commands import here, watchtower
from watchtower.core.matchers import parse_matchers
from watchtower.core.plan.maintenance import Maintenance
from watchtower.core.silences.silence import AlertSilence
from watchtower.core.silences.suppress import Suppression
from watchtower.daily_hours import zone_of
from watchtower.texts.reasons import PageReason

__all__ = ["here"]
PATH = "/api/v1/silences"
BANK = {
    "by": "li",
    "matchers": ['check="bank-gateway"', "severity!=P0"],
    "ends_at": "2h",
    "reason": "it migrates",
}


def window(begin: float, end: float) -> Maintenance:
    return Maintenance(
        name="release", matchers=parse_matchers(["flow=login"]), spans=((AT + begin, AT + end),)
    )


async def test_a_silence_is_begun_listed_and_ended(site: Site, daemon: FakeDaemon) -> None:
    answer = await site.post(PATH, json=BANK, token=TOKEN)
    described("POST", PATH, 200, answer.json())
    made = answer.json()["silence"]
    assert (made["id"], made["state"], made["by"], made["reason"]) == ("S-1", "active", "li", "it migrates")
    assert made["matchers"] == ['check="bank-gateway"', 'severity!="P0"']
    assert (made["starts_at"], made["ends_at"]) == ("2025-11-22T16:03:53.000Z", "2025-11-22T18:03:53.000Z")
    assert (made["alerts"], made["checks"]) == (1, 1)
    listed = (await site.get(PATH)).json()
    described("GET", PATH, 200, listed)
    assert listed == {"silences": [made], "maintenance": []}
    answer = await site.post(f"{PATH}/S-1/expire", json={"by": "li"}, token=TOKEN)
    described("POST", f"{PATH}/{{id}}/expire", 200, answer.json())
    answer = await site.post(f"{PATH}/S-1/expire", json={"by": "li"}, token=TOKEN)
    described("POST", f"{PATH}/{{id}}/expire", 404, answer.json())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"matchers": []}, '"matchers" are no list of texts'),
        ({"matchers": "check=bank"}, '"matchers" are no list of texts'),
        ({"matchers": [7]}, "is no matcher"),
        ({"matchers": ["bank"], "ends_at": "tomorrow"}, "'bank' is no matcher"),
        ({"matchers": ["bank"], "ends_at": "tomorrow"}, '"ends_at": write 2026'),
        ({"matchers": ["team!=db"]}, "must not fit an empty label"),
        ({"ends_at": ""}, '"ends_at"'),
        ({"starts_at": "soon"}, '"starts_at"'),
        ({"reason": 7}, "are texts"),
        ({"rrule": "FREQ=DAILY;BYHOUR=" + "1," * 500 + "1"}, "is longer than 1000 characters"),
        ({"by": ""}, "who are you?"),
    ],
)
async def test_everything_that_is_wrong_is_said(
    site: Site, daemon: FakeDaemon, change: Mapping[str, object], said: str
) -> None:
    answer = await site.post(PATH, json={**BANK, **change}, token=TOKEN)
    described("POST", PATH, 422, answer.json())
    assert said in answer.json()["detail"]
    assert daemon.silences == []


async def test_a_silence_can_recur_on_the_clocks_of_a_zone(site: Site, daemon: FakeDaemon) -> None:
    rule = {
        "starts_at": "2025-11-27T23:00",
        "ends_at": "3h",
        "rrule": "FREQ=WEEKLY;BYDAY=TH",
        "zone": "Asia/Shanghai",
    }
    answer = await site.post(PATH, json={**BANK, **rule}, token=TOKEN)
    described("POST", PATH, 200, answer.json())
    made = answer.json()["silence"]
    assert (made["rrule"], made["zone"]) == ("FREQ=WEEKLY;BYDAY=TH", "Asia/Shanghai")
    assert (made["starts_at"], made["ends_at"]) == ("2025-11-27T15:00:00.000Z", "2025-11-27T18:00:00.000Z")
    assert "every" not in (await site.get("/silences?lang=en")).text.partition("<form")[0]
    assert "FREQ=WEEKLY;BYDAY=TH, Asia/Shanghai" in (await site.get("/silences?lang=en")).text
    ran = await site.post(PATH, json={**BANK, "zone": "Mars/Olympus"}, token=TOKEN)
    assert ran.status_code == 422


async def test_an_offset_is_a_zone_that_the_engine_knows(site: Site, daemon: FakeDaemon) -> None:
    """Else the rule would come true on the clocks of UTC, here a day late."""
    rule = {"starts_at": "2025-11-27T02:00", "ends_at": "3h", "rrule": "FREQ=WEEKLY;BYDAY=TH"}
    made = await site.post(PATH, json={**BANK, **rule, "zone": "+08:00"}, token=TOKEN)
    assert made.json()["silence"]["zone"] == "UTC+08:00"
    assert zone_of("UTC+08:00").utcoffset(None) == timedelta(hours=8)


async def test_the_page_of_silences_begins_and_ends_one(site: Site, daemon: FakeDaemon) -> None:
    daemon.plan = replace(PLAN, maintenance=(window(60, 3600),))
    html = (await site.get("/silences?lang=en")).text
    assert "release" in html
    assert "to come" in html
    form = {
        "by": "li", "token": TOKEN, "subject": 'check="bank-gateway"', "matchers": "severity!=P0\n\n", "from": "2025-11-23T23:00",
        "for": "2h", "rrule": "FREQ=DAILY", "zone": "Asia/Shanghai", "reason": "release",
    }  # fmt: skip
    assert (await site.post("/silences", data=form | {"token": "wrong"})).status_code == 403
    assert (await site.post("/silences", data=form | {"subject": "", "matchers": ""})).status_code == 422
    assert daemon.silences == []
    assert (await site.post("/silences", data=form)).headers["Location"] == "/silences"
    [one] = daemon.silences
    assert (list(map(str, one.matchers)), one.rrule) == (
        ['check="bank-gateway"', 'severity!="P0"'],
        "FREQ=DAILY",
    )
    assert "每天" in (await site.get("/silences?lang=zh")).text
    assert (await site.post("/silences/S-1/expire", data=form)).status_code == 303
    assert (await site.post("/silences/S-1/expire", data=form)).status_code == 404


async def test_nobody_silences_without_the_token(site: Site, daemon: FakeDaemon) -> None:
    for path in (PATH, f"{PATH}/S-1/expire"):
        assert (await site.post(path, json=BANK)).status_code == 401
    assert daemon.asked == []


@pytest.mark.parametrize(
    ("begin", "end", "state"), [(-60.0, 60.0, "active"), (60.0, 120.0, "pending"), (-120.0, -60.0, "expired")]
)
async def test_a_window_is_listed_with_its_current_or_next_time(
    site: Site, daemon: FakeDaemon, begin: float, end: float, state: str
) -> None:
    daemon.plan = replace(PLAN, maintenance=(window(begin, end),))
    body = (await site.get(PATH)).json()
    described("GET", PATH, 200, body)
    [one] = body["maintenance"]
    assert (one["name"], one["state"], one["starts_at"] is None) == ("release", state, state == "expired")


async def test_the_board_says_what_is_held_back_and_until_when(site: Site, daemon: FakeDaemon) -> None:
    assert "Pages are held back" not in (await site.get("/?lang=en&state=all")).text
    daemon.plan = replace(PLAN, maintenance=(window(-60, 3600),))
    matchers = parse_matchers(["check=bank-gateway"])
    daemon.silences = [
        AlertSilence("S-3", matchers, AT - 60, AT + 7200, "li", "it migrates"),
        AlertSilence("S-4", matchers, AT + 600, AT + 7200, "li"),
    ]
    daemon.suppressed = {"INC-12": Suppression(PageReason.SILENCED, "S-3 (li)", AT + 7200)}
    text = (await site.get("/?lang=en&state=all")).text
    assert "S-3 (li: it migrates) until 18:03:53 UTC: check=&#34;bank-gateway&#34;" in text
    assert "release until 17:03:53 UTC: flow=&#34;login&#34;" in text
    assert "S-4" not in text
    assert "a silence holds pages back" in text
    assert "已静默" in (await site.get("/?lang=zh&state=all")).text


async def test_an_incident_says_so_and_offers_a_silence_beside_each_alert(
    site: Site, daemon: FakeDaemon
) -> None:
    daemon.suppressed = {"INC-12": Suppression(PageReason.IN_MAINTENANCE, "release", AT + 3600)}
    text = (await site.get("/incidents/INC-12?lang=en")).text
    assert "a maintenance window holds pages back: release" in text
    firing = [alert for alert in daemon.alerts if alert.incident == "INC-12"]
    assert [f'value="{alert.fingerprint}"' in text for alert in firing] == [True, True]
    form = {"by": "li", "token": TOKEN, "silence.alert": firing[0].fingerprint}
    await site.post("/incidents/INC-12/do/silence", data=form)
    assert daemon.asked[-1] == ("do", "INC-12", "silence", "li", "board", {"alert": firing[0].fingerprint})


async def test_the_command_says_what_it_did(here: Mapping[str, str], daemon: FakeDaemon) -> None:
    ran = await watchtower("silence", "add", "check=bnak", "--for", "30m", "--by", "li", **here)
    assert ran.status == 0
    assert ran.out.startswith("S-1 active until 2025-11-")
    assert ran.err == "it fits no check of the configuration\n"
    ran = await watchtower("silence", "list", **here)
    assert ran.out.endswith(': check="bnak" (li), alerts 0, checks 0\n')
    assert (await watchtower("silence", "expire", "S-1", "--by", "li", **here)).out == "S-1 is over\n"
    assert (await watchtower("silence", "list", **here)).out == "no silence\n"
    assert (await watchtower("silence", "expire", "S-1", "--by", "li", **here)).status == 1


@pytest.mark.parametrize(
    "words",
    [["bank"], ["team!=db"], ["check=a", "--for", "2"], ["check=a", "--for", "2h", "--until", "3h"], []],
)
async def test_bad_usage_asks_no_daemon(
    here: Mapping[str, str], daemon: FakeDaemon, words: list[str]
) -> None:
    assert (await watchtower("silence", "add", *words, **here)).status == 2
    assert daemon.asked == []
