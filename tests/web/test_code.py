"""The code in an SMS: 8 characters that open the incident for their person, to read and to acknowledge."""

from __future__ import annotations

import re
import string

from tests.web.engine_daemon import EngineDaemon
from tests.web.fake import KEY
from tests.web.test_link import Person, daemon, offered, said, site  # noqa: F401 - fixtures
from tests.web.test_link_rights import mitigated
from watchtower.api.attempts import A_MINUTE, OF_ONE_PEER
from watchtower.web.tokens import LASTS, code, find

CODE = code(KEY, "INC-1", "wu")
PEOPLE = ("li", "po", "wu")


def test_a_code_is_eight_small_letters_and_digits_of_its_person_and_incident() -> None:
    made = {code(KEY, f"INC-{n}", who) for n in range(500) for who in PEOPLE}
    assert len(made) == 1500
    assert all(len(one) == 8 and set(one) <= set(string.ascii_lowercase + string.digits) for one in made)
    assert len({one[place] for one in made for place in (0, 7)}) == 36
    assert find(KEY, CODE.upper(), ["INC-2", "INC-1"], PEOPLE) == ("INC-1", "wu")
    assert code(b"x" * 32, "INC-1", "wu") != CODE
    for wrong in ("", CODE[:7], f"{CODE}0", f"{CODE[:7]}-", "é" * 8, CODE):
        assert find(KEY, wrong, ["INC-2"], PEOPLE) is None


async def test_it_opens_the_page_and_only_acknowledging_is_offered(
    site: Person,  # noqa: F811
    daemon: EngineDaemon,  # noqa: F811
) -> None:
    count = len(daemon.log)
    answer = await site.get(f"/l/{CODE}")
    assert answer.status_code == 303
    link = answer.headers["location"]
    assert len(daemon.log) == count, "following it does nothing"
    html = (await site.get(link)).text
    assert "You are wu" in html
    assert "only acknowledges" in html
    assert offered(html) == {"acknowledge"}
    done = await site.press(link, "acknowledge")
    assert "You have acknowledged it" in said(done)
    assert daemon.state.incidents["INC-1"].acknowledged_by == "wu"


async def test_no_form_of_it_approves(site: Person, daemon: EngineDaemon) -> None:  # noqa: F811
    link = (await site.get(f"/l/{CODE}")).headers["location"]
    proof = re.search(r'name="press" value="([^"]+)"', (await site.get(link)).text)
    assert proof is not None
    for action, fields in (("approve", {"plan": "switch"}), ("resolve", {}), ("note", {"text": "x"})):
        data = {"press": proof[1]} | {f"{action}.{name}": value for name, value in fields.items()}
        assert (await site.post(f"{link}/do/{action}", data=data)).status_code == 409
    assert not [entry for _, entry in daemon.log if entry.by == "wu"]


async def test_a_wrong_code_is_counted_and_then_even_the_right_one_waits(site: Person) -> None:  # noqa: F811
    answers = [(await site.get(f"/l/{number:08}")).status_code for number in range(A_MINUTE + 1)]
    assert answers == [404] * A_MINUTE + [429]
    assert (await site.get(f"/l/{CODE}")).status_code == 429
    assert (await site.get(site.link())).status_code == 200, "a whole link opens all the same"


async def test_who_guesses_behind_a_proxy_keeps_no_other_from_their_link(site: Person) -> None:  # noqa: F811
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    for number in range(A_MINUTE + 1):
        await site.get(f"/l/{number:08}", headers={"X-Forwarded-For": f"1.2.3.{number}, 203.0.113.9"})
    assert (await site.get(f"/l/{CODE}", headers=proxied)).status_code == 429
    assert (await site.get(f"/l/{CODE}", headers={"X-Forwarded-For": "198.51.100.7"})).status_code == 303


async def test_who_names_ever_new_clients_is_counted_as_one(site: Person) -> None:  # noqa: F811
    for number in range(OF_ONE_PEER + 1):
        await site.get("/l/00000000", headers={"X-Forwarded-For": f"10.0.{number // 250}.{number % 250}"})
    assert (await site.get(f"/l/{CODE}", headers={"X-Forwarded-For": "198.51.100.7"})).status_code == 429


async def test_it_ends_a_week_after_its_incident(site: Person, daemon: EngineDaemon) -> None:  # noqa: F811
    mitigated(daemon)
    assert await daemon.resolve("INC-1", "li", "test")
    assert (await site.get(f"/l/{CODE}")).status_code == 303
    daemon.story.wait(LASTS + 3600)
    assert (await site.get(f"/l/{CODE}")).status_code == 404
