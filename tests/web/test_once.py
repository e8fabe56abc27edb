"""Idempotency-Key, tokens of programs, and who one is."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.web.asgi import Said
from tests.web.fake import PLAN, TOKEN
from tests.web.people import House, house
from tests.web.test_api import conforms
from watchtower.access.kept_answers import MOST, KeptAnswers, key_for
from watchtower.access.records import key_of
from watchtower.access.roles import Principal, SignInMethod, granted
from watchtower.api.auth import access_for
from watchtower.config.settings import read
from watchtower.errors import UsageError
from watchtower.model import AccessRole
from watchtower.web.app import application

__all__ = ["house"]
NOTE = "/api/v1/incidents/INC-12/do/note"


async def note(house: House, text: str, key: str, secret: str = TOKEN, path: str = NOTE) -> Said:
    header = {"authorization": f"Bearer {secret}", "idempotency-key": key}
    body = {"by": "li", "fields": {"text": text}}
    return await house.browser().ask("POST", path, json.dumps(body).encode(), header)


def notes(house: House) -> list[Any]:
    return [one for one in house.daemon.asked if one[0] == "do"]


async def test_what_is_sent_again_is_done_once_and_answered_alike(house: House) -> None:
    first, again = await note(house, "x", "k-1"), await note(house, "x", '"k-1"')
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert (first.header("idempotency-replayed"), again.header("idempotency-replayed")) == ("", "true")
    assert len(notes(house)) == 1
    await note(house, "x", "k-2")
    assert len(notes(house)) == 2


async def test_it_holds_over_a_restart_and_for_a_day(house: House) -> None:
    await note(house, "x", "k")
    kept = KeptAnswers(house.store, lambda: house.now[0])
    await kept.load()
    house.app = application(house.daemon, replace(house.access, kept=kept))
    assert (await note(house, "x", "k")).header("idempotency-replayed") == "true"
    house.now[0] += 86400
    assert (await note(house, "x", "k")).header("idempotency-replayed") == ""
    assert len(notes(house)) == 2


async def test_a_key_belongs_to_one_request_of_one_caller(house: House) -> None:
    await note(house, "x", "k")
    other = await note(house, "y", "k")
    assert (other.status, other.json()["type"]) == (422, "urn:watchtower:problem:key-reused")
    assert (await note(house, "x", "k", path=NOTE.replace("12", "11"))).status == 422
    assert (await note(house, "x", "k", await house.token("li", "respond"))).header(
        "idempotency-replayed"
    ) == ""
    viewer = await house.token("vera", "read")
    assert (await note(house, "x", "k", viewer)).status == 403
    assert (await note(house, "x", "k", "wt_nobody")).status == 401
    assert (await note(house, "x", "")).status == (await note(house, "x", "k" * 256)).status == 422


async def test_the_same_at_the_same_time_is_done_once(house: House) -> None:
    said = await asyncio.gather(*(note(house, "x", "k") for _ in range(5)))
    assert len(notes(house)) == 1
    assert {one.status for one in said} <= {200, 409}


async def test_a_refusal_is_not_kept(house: House) -> None:
    house.daemon.no = "not now"
    assert (await note(house, "x", "k")).status == 422
    house.daemon.no = ""
    assert (await note(house, "x", "k")).status == 200


async def test_the_oldest_answers_go(house: House) -> None:
    kept = KeptAnswers(house.store, lambda: house.now[0])
    for number in range(MOST + 2):
        kept._known[key_for("li", str(number))] = kept._known.get("", None) or _answer(house)
    await kept.keep("new", "request", 200, b"{}")
    assert len(kept._known) == MOST
    assert kept.find("new") is not None
    assert kept.find(key_for("li", "0")) is None


def _answer(house: House) -> Any:
    from watchtower.access.kept_answers import KeptAnswer

    return KeptAnswer("", 200, "{}", house.now[0])


async def test_a_program_of_the_settings_acts_in_its_own_name(house: House) -> None:
    secret = "c1d20f4ab8e34f66"
    named = {
        key_of(secret): Principal(
            SignInMethod.TOKEN, "ci", *granted(["respond", "push:business"], AccessRole.ADMIN)
        )
    }
    house.app = application(house.daemon, replace(house.access, named=named))
    await note(house, "x", "k", secret)
    assert notes(house)[-1] == ("do", "INC-12", "note", "ci", "token", {"text": "x"})
    said = await house.browser().ask("GET", "/api/v1/me", b"", {"authorization": f"Bearer {secret}"})
    assert said.json() == {"name": "ci", "way": "token", "role": "respond", "push": ["business"]}
    conforms(said.json(), {"$ref": "#/components/schemas/Me"})
    assert "business" in PLAN.checks


async def test_who_am_i(house: House) -> None:
    async def me(secret: str) -> Said:
        header = {"authorization": f"Bearer {secret}"} if secret else {}
        return await house.browser().ask("GET", "/api/v1/me", b"", header)

    assert (await me("")).json() == {"name": "", "way": "nobody", "role": None, "push": []}
    assert (await me(TOKEN)).json()["role"] == "admin"
    assert (await me("wt_nobody")).status == 401


async def test_tokens_of_programs_come_from_the_environment() -> None:
    text = "# who\ngrafana read 5f3a91c07be24d18\nci push:orders,respond c1d20f4ab8e34f66\n"
    access = await access_for(read({"WATCHTOWER_API_TOKEN": TOKEN, "WATCHTOWER_TOKENS": text}), b"k" * 32)
    grafana, ci = access.by_token("5f3a91c07be24d18"), access.by_token("c1d20f4ab8e34f66")
    assert (grafana.name, grafana.role, grafana.pushes("orders")) == ("grafana", AccessRole.VIEW, False)
    assert (ci.name, ci.role, ci.pushes("orders"), ci.pushes("others")) == (
        "ci",
        AccessRole.RESPOND,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("grafana 5f3a91c07be24d18", "line 1 is not NAME SCOPES TOKEN"),
        ("grafana write 5f3a91c07be24d18", 'line 1: "write" is none of read'),
        ("grafana read short", "line 1: the token has fewer than 16 characters"),
        ("watchtower read 5f3a91c07be24d18", "the daemon's own name"),
        ("a read 5f3a91c07be24d18\na read 6f3a91c07be24d18", "line 2"),
    ],
)
async def test_what_is_wrong_with_them_is_said_without_the_token(line: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read({"WATCHTOWER_TOKENS": line})
    assert said in str(refused.value)
    assert "91c07" not in str(refused.value)
