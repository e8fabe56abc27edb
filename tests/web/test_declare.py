"""Declaring an incident over HTTP, by the page and by command."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.web.conftest import Site
from tests.web.fake import AT, PUSH_TOKEN, TOKEN, FakeDaemon
from tests.web.test_api import described
from tests.web.test_commands import here, watchtower
from watchtower.core.events import IncidentDeclared
from watchtower.model import Severity

__all__ = ["here"]
PATH = "/api/v1/incidents"
CARDS = {"by": "wang", "text": "Customers cannot pay by card", "flow": "checkout", "severity": "P1"}


async def test_an_incident_is_declared(site: Site, daemon: FakeDaemon) -> None:
    for token in ("", PUSH_TOKEN):
        assert (await site.post(PATH, json=CARDS, token=token)).status_code == 401
    answer = await site.post(PATH, json={**CARDS, "since": "2025-11-22T15:53:53Z"}, token=TOKEN)
    described("POST", PATH, 200, answer.json())
    assert answer.json()["incident"]["id"] == "INC-14"
    declared = IncidentDeclared(CARDS["text"], "wang", "api", "checkout", Severity.P1, {}, AT - 600)
    assert daemon.asked == [("declare", declared)]


async def test_numbers_may_take_the_place_of_a_severity(site: Site, daemon: FakeDaemon) -> None:
    given = {"by": "wang", "text": "cards", "indicators": {"affected_users": 1200, "data_breach": False}}
    assert (await site.post(PATH, json=given, token=TOKEN)).status_code == 200
    assert daemon.asked[0][1] == IncidentDeclared(
        "cards", "wang", "api", indicators={"affected_users": "1200", "data_breach": "no"}
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"flow": "chekout"}, 'there is no flow "chekout": did you mean "checkout"?'),
        ({"severity": "SEV1"}, '"severity" is none of P0, P1, P2, P3, P4'),
        ({"since": "yesterday"}, '"since": write 2026'),
        ({"text": ["x"]}, '"text" is not a text'),
        ({"text": "x" * 2001}, "longer than 2000"),
        ({"indicators": ["affected_users"]}, '"indicators" are no names with values'),
        ({"indicators": {"affected_users": None}}, '"indicators" are no names with values'),
        ({"title": "cards"}, '"title" is not known'),
        ({"by": "watchtower"}, "name of the machine"),
    ],
)
async def test_everything_that_is_wrong_is_said(
    site: Site, daemon: FakeDaemon, change: Mapping[str, object], said: str
) -> None:
    answer = await site.post(PATH, json={**CARDS, **change}, token=TOKEN)
    described("POST", PATH, 422, answer.json())
    assert said in answer.json()["detail"]
    assert daemon.asked == []


async def test_what_is_known_is_named(site: Site, daemon: FakeDaemon) -> None:
    daemon.no = "INC-12 (P1) is open about this: add a note to it, or raise it"
    answer = await site.post(PATH, json=CARDS, token=TOKEN)
    assert (answer.status_code, answer.json()["detail"]) == (422, daemon.no)


async def test_the_command_declares(site: Site, daemon: FakeDaemon, here: Mapping[str, str]) -> None:
    ran = await watchtower(
        "declare", "cards", "--flow", "checkout", "--severity", "p1", "--by", "wang", **here
    )
    assert (ran.status, ran.out) == (0, "INC-14 P1 is open: cards\n")
    ran = await watchtower("declare", "cards", "--indicator", "affected_users", "--by", "wang", **here)
    assert (ran.status, "NAME=VALUE" in ran.err) == (2, True)
