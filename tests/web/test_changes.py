"""Changes over HTTP and by command: what is reported, what is refused, and who may."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.web.conftest import Site
from tests.web.fake import AT, PUSH_TOKEN, TOKEN, FakeDaemon
from tests.web.test_api import described
from tests.web.test_commands import here, watchtower
from watchtower.core.changes.change import DAY, ChangeEvent

__all__ = ["here"]
PATH = "/api/v1/changes"
DEPLOY = {
    "by": "ci",
    "kind": "deploy",
    "flow": "checkout",
    "text": "checkout 1.42.0",
    "key": "pipeline-7",
    "begins_at": "2025-11-22T15:59:53Z",
    "link": "https://ci.example/7",
}


async def test_ci_reports_with_the_push_token(site: Site, daemon: FakeDaemon) -> None:
    assert (await site.post(PATH, json=DEPLOY)).status_code == 401
    answer = await site.post(PATH, json=DEPLOY, token=PUSH_TOKEN)
    described("POST", PATH, 200, answer.json())
    made = ChangeEvent(
        "pipeline-7", "deploy", "checkout 1.42.0", "ci", AT - 240, None, "checkout", "", "https://ci.example/7"
    )  # fmt: skip
    assert daemon.asked == [("change", made)]


async def test_a_report_without_a_key_is_repeatable_too(site: Site, daemon: FakeDaemon) -> None:
    keys = [
        (await site.post(PATH, json={"by": "li", "text": text}, token=TOKEN)).json()["key"] for text in "aab"
    ]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"flow": "chekout"}, 'there is no flow "chekout": did you mean "checkout"?'),
        ({"kind": "release"}, '"kind" is none of deploy, config'),
        ({"link": "javascript:alert(1)"}, '"link" is no address'),
        ({"link": "https://ci:hunter2@ci.example/7"}, "without a password"),
        ({"begins_at": "yesterday"}, '"begins_at": write 2026'),
        ({"text": 7}, '"text" is not a text'),
        ({"text": "x" * 301}, "longer than 300"),
        ({"text": " ", "key": ""}, '"text" is missing'),
        ({"text": "", "key": "unknown"}, "there is no change unknown yet"),
        ({"started": 1}, '"started" is not known'),
        ({"by": ""}, "who are you?"),
        ({"by": "watchtower"}, "name of the machine"),
    ],
)
async def test_everything_that_is_wrong_is_said(
    site: Site, daemon: FakeDaemon, change: Mapping[str, object], said: str
) -> None:
    answer = await site.post(PATH, json={**DEPLOY, **change}, token=TOKEN)
    described("POST", PATH, 422, answer.json())
    assert said in answer.json()["detail"]


async def test_changes_are_listed_by_time_and_flow(site: Site, daemon: FakeDaemon) -> None:
    daemon.reported = [
        ChangeEvent("campaign", "campaign", "double points", "po", AT - 3 * DAY, AT + DAY),
        ChangeEvent("7", "deploy", "checkout 1.42.0", "ci", AT - 240, flow="checkout"),
        ChangeEvent("8", "deploy", "login 2", "ci", AT - 100, flow="login"),
        ChangeEvent("old", "deploy", "checkout 1.41.0", "ci", AT - 2 * DAY, flow="checkout"),
    ]
    body = (await site.get(f"{PATH}?flow=checkout")).json()
    described("GET", PATH, 200, body)
    assert [one["key"] for one in body["changes"]] == ["campaign", "7"]
    assert body["changes"][1]["begins_at"] == "2025-11-22T15:59:53.000Z"
    found = (await site.get(f"{PATH}?from=2025-11-20T00:00Z&to=2025-11-21T00:00Z")).json()["changes"]
    assert [one["key"] for one in found] == ["campaign", "old"]
    for wrong in (
        "from=tomorrow",
        "from=2025-11-22T00:00Z&to=2025-11-21T00:00Z",
        "from=0&to=99999999",
        "from=1e12&to=1e12",
    ):
        assert (await site.get(f"{PATH}?{wrong}")).status_code == 422


async def test_the_command_reports_and_lists(site: Site, daemon: FakeDaemon, here: Mapping[str, str]) -> None:
    ran = await watchtower(
        "change",
        "checkout 1.42.0",
        "--kind",
        "deploy",
        "--key",
        "7",
        "--began",
        "2025-11-22T15:59:53Z",
        "--by",
        "ci",
        **here,
    )
    assert (ran.status, ran.out) == (0, "change 7 is reported\n")
    daemon.reported = [ChangeEvent("7", "deploy", "checkout 1.42.0", "ci", AT - 240, flow="checkout")]
    ran = await watchtower("change", **here)
    assert ran.out == "2025-11-22 23:59:53 +0800 deploy checkout: checkout 1.42.0 (ci)\n"
